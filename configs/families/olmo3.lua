-- OLMo 3: OLMo 2 with a window on three of four layers, whose rotation is not scaled.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("rms_norm_eps", 1e-5)
local act      = activation("hidden_act", "silu")
local biased   = flag("attention_bias", false)
local count    = layer_count "num_hidden_layers"

local kinds = layer_kinds(count, nil, function(layer) return (layer + 1) % 4 ~= 0 end)

local function definition(mask, position)
  return { heads = heads, kv_heads = kv_heads, d_k = d, mask = mask, position = position }
end

attention, layers = mixed(kinds, {
  full     = definition(causal(), rotary { older = "rope_theta", layers = "full_attention" }),
  windowed = definition(causal_window(whole("sliding_window", 4096)),
                        rotary { older = "rope_theta", layers = "sliding_attention", unscaled = true }),
})

context  = whole("max_position_embeddings", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {}

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, count - 1 do
  local name = "layers." .. layer .. "."
  project("x", name .. "self_attn.", heads, kv_heads, d, biased)
  rms_norm("q", "q", name .. "self_attn.q_norm", eps)
  rms_norm("k", "k", name .. "self_attn.k_norm", eps)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "self_attn.o_proj", hidden, biased)
  rms_norm("h", "h", name .. "post_attention_layernorm", eps)
  add("x", "h", "x")

  gated("x", "h", name .. "mlp.", inner, hidden, act)
  rms_norm("h", "h", name .. "post_feedforward_layernorm", eps)
  add("x", "h", "x")
end

last("x")
rms_norm("x", "x", "norm", eps)
linear("x", "logits", head("embed_tokens", false), vocab)
output = "logits"
