-- Gemma 2: every second layer has a window; scores and logits are capped.
-- Norms, which count weights from 1, stand before and behind each part.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 4)
local d        = whole("head_dim", 256)
local eps      = number("rms_norm_eps", 1e-6)
local act      = activation("hidden_activation", "gelu_pytorch_tanh")
local biased   = flag("attention_bias", false)
local count    = layer_count "num_hidden_layers"

only("use_bidirectional_attention", false)

local kinds = layer_kinds(count, nil, function(layer) return layer % 2 == 0 end)

local function definition(mask)
  return {
    heads = heads, kv_heads = kv_heads, d_k = d, scale = number("query_pre_attn_scalar", 256) ^ -0.5,
    mask = mask, position = rotary(),
    score = json.attn_logit_softcapping and softcap { cap = number "attn_logit_softcapping" },
  }
end

attention, layers = mixed(kinds, {
  full = definition(causal()), windowed = definition(causal_window(whole("sliding_window", 4096))),
})

context  = whole("max_position_embeddings", 8192)
vocab    = whole("vocab_size", 256000)
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "cache_implementation", "hidden_act" }

local function norm(from, to, name) rms_norm(from, to, name, eps, 1, 1) end

embed("x", "embed_tokens", vocab, hidden)
scale("x", hidden ^ 0.5)

for layer = 0, count - 1 do
  local name = "layers." .. layer .. "."
  norm("x", "h", name .. "input_layernorm")
  project("h", name .. "self_attn.", heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a")
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
cap("logits", json.final_logit_softcapping and number "final_logit_softcapping")
output = "logits"
