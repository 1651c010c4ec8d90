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

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "layers." .. layer .. "."
  rms_norm("x", "h", name .. "input_layernorm", eps)
  project("h", name .. "self_attn.", heads, kv_heads, d, attention_bias)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "self_attn.o_proj", hidden, attention_bias)
  add("x", "h", "x")

  rms_norm("x", "h", name .. "post_attention_layernorm", eps)
  gated("h", "h", name .. "mlp.", inner, hidden, act, mlp_bias)
  add("x", "h", "x")
end

last("x")
rms_norm("x", "x", "norm", eps)
linear("x", "logits", head("embed_tokens", false), vocab)
output = "logits"
