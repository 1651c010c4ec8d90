-- Qwen 1.5, 2 and 2.5: LLaMA with biases on q, k and v.
-- Layers from max_window_layers on may have a window.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 32)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("rms_norm_eps", 1e-6)
local act      = activation("hidden_act", "silu")
local count    = layer_count "num_hidden_layers"
local keys     = flag("use_sliding_window", false) and whole("sliding_window", 4096) or nil
local first    = whole("max_window_layers", 28, nil, 0)

only("attention_bias", true)

local kinds = layer_kinds(count, "max_window_layers", function(layer) return keys ~= nil and layer >= first end)

local function definition(mask)
  return { heads = heads, kv_heads = kv_heads, d_k = d, mask = mask, position = rotary() }
end

attention, layers = mixed(kinds, { full = definition(causal()), windowed = definition(causal_window(keys)) })

context  = whole("max_position_embeddings", 32768)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "sliding_window" }

local model = {
  layers = count, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act,
}

decoder_norms_before(model, function(layer, name)
  project("h", name, heads, kv_heads, d, true)
  attend(layer, "q", "k", "v", "a")
end)
