-- Qwen 3: LLaMA with a norm of each head of q and k before they are rotated.
-- Layers from max_window_layers on may have a window.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 32)
local d        = whole("head_dim", 128)
local eps      = number("rms_norm_eps", 1e-6)
local act      = activation("hidden_act", "silu")
local count    = layer_count "num_hidden_layers"
local keys     = flag("use_sliding_window", false) and whole("sliding_window", 4096) or nil
local first    = whole("max_window_layers", 28, nil, 0)
local biased   = flag("attention_bias", false)

local kinds = layer_kinds(count, "max_window_layers", function(layer) return keys ~= nil and layer >= first end)

local function definition(mask)
  return {
    heads = heads, kv_heads = kv_heads, d_k = d, q_norm = rms { eps = eps }, k_norm = rms { eps = eps }, mask = mask,
    position = rotary(),
  }
end

attention, layers = mixed(kinds, { full = definition(causal()), windowed = definition(causal_window(keys)) })

context  = whole("max_position_embeddings", 32768)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "sliding_window" }

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, count - 1 do
  local name = "layers." .. layer .. "."
  rms_norm("x", "h", name .. "input_layernorm", eps)
  project("h", name .. "self_attn.", heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a", name .. "self_attn.q_norm", name .. "self_attn.k_norm")
  linear("a", "h", name .. "self_attn.o_proj", hidden, biased)
  add("x", "h", "x")

  rms_norm("x", "h", name .. "post_attention_layernorm", eps)
  gated("h", "h", name .. "mlp.", inner, hidden, act)
  add("x", "h", "x")
end

last("x")
rms_norm("x", "x", "norm", eps)
linear("x", "logits", head("embed_tokens", false), vocab)
output = "logits"
