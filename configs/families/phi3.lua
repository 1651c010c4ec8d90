-- Phi-3, 3.5 and 4: LLaMA with q, k and v in one weight, gate and up in another.
-- Every layer has a window when sliding_window is a number.
local hidden   = whole "hidden_size"
local inner    = whole "intermediate_size"
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local d        = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim"
local eps      = number("rms_norm_eps", 1e-5)
local act      = activation("hidden_act", "silu")

only("attention_bias", false)

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal_window(json.sliding_window and whole "sliding_window"),
  position = rotary { dims = rotary_dims(d, 1) },
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 4096)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and { "original_max_position_embeddings" }

embed("x", "embed_tokens", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "layers." .. layer .. "."
  rms_norm("x", "h", name .. "input_layernorm", eps)
  linear("h", "qkv", name .. "self_attn.qkv_proj", (heads + 2 * kv_heads) * d)
  split("qkv", heads, kv_heads, d)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "self_attn.o_proj", hidden)
  add("x", "h", "x")

  rms_norm("x", "h", name .. "post_attention_layernorm", eps)
  gated_fused("h", "h", name .. "mlp.gate_up_proj", name .. "mlp.down_proj", inner, hidden, act)
  add("x", "h", "x")
end

last("x")
rms_norm("x", "x", "norm", eps)
linear("x", "logits", head("embed_tokens", false), vocab)
output = "logits"
