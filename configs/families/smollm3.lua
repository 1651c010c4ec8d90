-- SmolLM3: LLaMA where every fourth layer has no positions.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", 4)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("rms_norm_eps", 1e-6)
local act      = activation("hidden_act", "silu")
local attention_bias, mlp_bias = flag("attention_bias", false), flag("mlp_bias", false)
local count    = layer_count "num_hidden_layers"
local interval = whole("no_rope_layer_interval", 4)

only("use_sliding_window", false)
layer_kinds(count, "use_sliding_window", function() return false end)

-- no_rope_layers has 1 for the layers that do rotate.
local rotates, kinds = layer_flags("no_rope_layers", count, function(layer) return (layer + 1) % interval ~= 0 end), {}
for i, rotated in ipairs(rotates) do kinds[i] = rotated and "rotated" or "plain" end

local function definition(position)
  return { heads = heads, kv_heads = kv_heads, d_k = d, mask = causal(), position = position }
end

attention, layers = mixed(kinds, { rotated = definition(rotary { base = 2000000 }), plain = definition(none()) })

context  = whole("max_position_embeddings", 32768)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "sliding_window", "max_window_layers", "pretraining_tp" }

local model = {
  layers = count, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act, out_bias = attention_bias, mlp_bias = mlp_bias, tied = true,
}

decoder_norms_before(model, function(layer, name)
  project("h", name, heads, kv_heads, d, attention_bias)
  attend(layer, "q", "k", "v", "a")
end)
