-- Command R7B: layers with a window have rotary positions, those without have none; logits are scaled.
-- Neighbouring pairs are rotated; attention and feed-forward read the same norm, which has no bias.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local d        = head_size(hidden, heads)
local eps      = number("layer_norm_eps", 1e-5)
local act      = activation("hidden_act", "silu")
local biased   = flag("attention_bias", false)
local count    = layer_count "num_hidden_layers"
local period   = whole("sliding_window_pattern", 4)

only("head_dim", d)
only("use_qk_norm", false)
only("rotary_pct", 1)
only("layer_switch", period)
only("order_of_interleaved_layers", "local_attn_first")
only("position_embedding_type", "rope_gptj")
only("use_gated_activation", true)
only("use_parallel_block", true)
only("use_parallel_embedding", false)
only("use_embedding_sharing", true)

local kinds = layer_kinds(count, "sliding_window_pattern", function(layer) return (layer + 1) % period ~= 0 end)

local function definition(mask, position)
  return { heads = heads, kv_heads = kv_heads, d_k = d, mask = mask, position = position }
end

attention, layers = mixed(kinds, {
  full     = definition(causal(), none()),
  windowed = definition(causal_window(whole("sliding_window", 4096)), rotary { neighbours = true }),
})

context  = whole("max_position_embeddings", 8192)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "cache_implementation" }

local model = {
  layers = count, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act, out_bias = biased,
}

decoder_parallel(model, function(layer, name)
  project("h", name, heads, kv_heads, d, biased)
  attend(layer, "q", "k", "v", "a")
end)
