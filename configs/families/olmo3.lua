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

local model = {
  layers = count, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act, out_bias = biased,
}

decoder_norms_behind(model, function(layer, name)
  project("x", name, heads, kv_heads, d, biased)
  rms_norm("q", "q", name .. "q_norm", eps)
  rms_norm("k", "k", name .. "k_norm", eps)
  attend(layer, "q", "k", "v", "a")
end)
