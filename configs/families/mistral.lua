-- Mistral: LLaMA with a window on every layer, when sliding_window is a number.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 8)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("rms_norm_eps", 1e-6)
local act      = activation("hidden_act", "silu")

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal_window(json.sliding_window and whole "sliding_window"),
  position = rotary(),
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 131072)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {}

local model = {
  layers = layers, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act,
}

decoder_norms_before(model, function(layer, name)
  project("h", name, heads, kv_heads, d)
  attend(layer, "q", "k", "v", "a")
end)
