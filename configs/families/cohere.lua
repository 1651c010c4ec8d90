-- Command R: neighbouring pairs are rotated; attention and feed-forward read the same norm, which has no bias.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local d        = head_size(hidden, heads)
local eps      = number("layer_norm_eps", 1e-5)
local act      = activation("hidden_act", "silu")
local biased   = flag("attention_bias", false)

only("use_qk_norm", false)

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal(),
  position = rotary { neighbours = true },
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 8192)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {}

local model = {
  layers = layers, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act, out_bias = biased,
}

decoder_parallel(model, function(layer, name)
  project("h", name, heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a")
end)
