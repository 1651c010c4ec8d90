-- Gemma 3, text: five layers with a window for one that sees all, each kind with its own rotary base.
-- Norms, which count weights from 1, stand before and behind each part and on each head of q and k.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 4)
local d        = whole("head_dim", 256)
local eps      = number("rms_norm_eps", 1e-6)
local act      = activation("hidden_activation", "gelu_pytorch_tanh")
local biased   = flag("attention_bias", false)
local count    = layer_count "num_hidden_layers"
local period   = whole("sliding_window_pattern", 6)

only("use_bidirectional_attention", false)
only("attn_logit_softcapping", nil)
only("final_logit_softcapping", nil)

local kinds = layer_kinds(count, "sliding_window_pattern", function(layer) return (layer + 1) % period ~= 0 end)

local function definition(mask, position)
  return {
    heads = heads, kv_heads = kv_heads, d_k = d, scale = number("query_pre_attn_scalar", 256) ^ -0.5,
    q_norm = rms { eps = eps, offset = 1 }, k_norm = rms { eps = eps, offset = 1 }, mask = mask, position = position,
  }
end

attention, layers = mixed(kinds, {
  full     = definition(causal(), rotary { base = 1000000, older = "rope_theta", layers = "full_attention" }),
  windowed = definition(causal_window(whole("sliding_window", 4096)),
                        rotary { older = "rope_local_base_freq", layers = "sliding_attention", unscaled = true }),
})

context  = whole("max_position_embeddings", 131072)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "cache_implementation", "_sliding_window_pattern" }

local function norm(from, to, name) rms_norm(from, to, name, eps, 1, 1) end

embed("x", "embed_tokens", vocab, hidden)
scale("x", hidden ^ 0.5)

for layer = 0, count - 1 do
  local name = "layers." .. layer .. "."
  norm("x", "h", name .. "input_layernorm")
  project("h", name .. "self_attn.", heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a", name .. "self_attn.q_norm", name .. "self_attn.k_norm")
  linear("a", "h", name .. "self_attn.o_proj", hidden, biased)
  norm("h", "h", name .. "post_attention_layernorm")
  add("x", "h", "x")

  norm("x", "h", name .. "pre_feedforward_layernorm")
  gated("h", "h", name .. "mlp.", inner, hidden, act)
  norm("h", "h", name .. "post_feedforward_layernorm")
  add("x", "h", "x")
end

last("x")
norm("x", "x", "norm")
linear("x", "logits", head("embed_tokens", true), vocab)
output = "logits"
