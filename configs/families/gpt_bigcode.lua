-- StarCoder and SantaCoder: GPT-2 with weights stored as (out, in), and one key and value for all heads.
local hidden = whole(either("n_embd", "hidden_size"))
local inner  = whole("n_inner", 4 * hidden)
local heads  = whole(either("n_head", "num_attention_heads"))
local d      = head_size(hidden, heads, "n_head", "n_embd")
local rows   = whole(either("n_positions", "max_position_embeddings"))
local eps    = number("layer_norm_epsilon", 1e-5)
local act    = activation("activation_function", "gelu_pytorch_tanh")
local shared = flag("multi_query", true)

only("n_ctx", rows)
only("num_key_value_heads", shared and 1 or heads)
only("add_cross_attention", false)

attention = {
  heads = heads, kv_heads = shared and 1 or heads, d_k = d,
  scale = not flag("scale_attn_weights", true) and 1 or nil,
  mask = causal(),
  position = none(),
}

layers   = layer_count(either("n_layer", "num_hidden_layers"))
context  = rows
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "transformer." }
harmless = harmless_and {
  "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "inference_runner", "max_batch_size",
  "max_sequence_length", "pad_key_length", "pre_allocate_kv_cache", "validate_runner_input", "summary_activation",
  "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj",
}

embed("x", "wte", vocab, hidden)
embed_positions("x", "wpe", rows, hidden)

for layer = 0, layers - 1 do
  local name = "h." .. layer .. "."
  layer_norm("x", "h", name .. "ln_1", eps)
  linear("h", "qkv", name .. "attn.c_attn", shared and hidden + 2 * d or 3 * hidden, true)
  if shared then
    split("qkv", heads, 1, d)
  else
    slice("qkv", "q", hidden, 0, heads)
    slice("qkv", "k", hidden, d, heads)
    slice("qkv", "v", hidden, 2 * d, heads)
  end
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "attn.c_proj", hidden, true)
  add("x", "h", "x")

  layer_norm("x", "h", name .. "ln_2", eps)
  linear("h", "inner", name .. "mlp.c_fc", inner, true)
  activate("inner", act)
  linear("inner", "h", name .. "mlp.c_proj", hidden, true)
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "ln_f", eps)
linear("x", "logits", head("wte", true), vocab)
output = "logits"
