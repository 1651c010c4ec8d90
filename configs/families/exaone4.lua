-- EXAONE 4: norms behind each part and on each head; layers that see all have no positions where others have a window.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 32)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("rms_norm_eps", 1e-5)
local act      = activation("hidden_act", "silu")
local count    = layer_count "num_hidden_layers"
local keys     = json.sliding_window and whole "sliding_window"
local period   = json.sliding_window_pattern == "LLLG" and 4 or whole("sliding_window_pattern", 4, nil, 0)

local kinds = layer_kinds(count, keys and "sliding_window_pattern", function(layer)
  return keys ~= nil and period > 0 and (layer + 1) % period ~= 0
end)

local function definition(mask, position)
  return {
    heads = heads, kv_heads = kv_heads, d_k = d, q_norm = rms { eps = eps }, k_norm = rms { eps = eps }, mask = mask,
    position = position,
  }
end

attention, layers = mixed(kinds, {
  full     = definition(causal(), keys == nil and rotary() or none()),
  windowed = definition(causal_window(keys), rotary()),
})

context  = whole("max_position_embeddings", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {}

local model = {
  layers = count, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act,
}

decoder_norms_behind(model, function(layer, name)
  project("x", name, heads, kv_heads, d)
  attend(layer, "q", "k", "v", "a", name .. "q_norm", name .. "k_norm")
end)
