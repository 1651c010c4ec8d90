-- LLaMA 1 to 3, and what is built like them: SmolLM2, TinyLlama, Yi.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("rms_norm_eps", 1e-6)
local act      = activation("hidden_act", "silu")
local attention_bias, mlp_bias = flag("attention_bias", false), flag("mlp_bias", false)

only("rope_interleaved", false)

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal(),
  position = rotary(),
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "pretraining_tp", "max_sequence_length", "is_llama_config" }

local model = {
  layers = layers, hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act, out_bias = attention_bias, mlp_bias = mlp_bias,
}

decoder_norms_before(model, function(layer, name)
  project("h", name, heads, kv_heads, d, attention_bias)
  attend(layer, "q", "k", "v", "a", nil, nil, name .. "sinks")
end)
