-- GPT-2: learned positions, norms before each part.
-- Weights are stored as (in, out), q, k and v in one of them.
local hidden  = whole "n_embd"
local inner   = whole("n_inner", 4 * hidden)
local heads   = whole "n_head"
local d       = head_size(hidden, heads, "n_head", "n_embd")
local rows    = whole "n_positions"
local eps     = number("layer_norm_epsilon", 1e-5)
local act     = activation("activation_function", "gelu_new")

only("n_ctx", rows)
only("scale_attn_by_inverse_layer_idx", false)
only("add_cross_attention", false)

attention = {
  heads = heads, d_k = d,
  scale = not flag("scale_attn_weights", true) and 1 or nil,
  mask = causal(),
  position = none(),
}

layers   = layer_count "n_layer"
context  = rows
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "transformer." }
harmless = harmless_and {
  "reorder_and_upcast_attn", "summary_activation", "summary_first_dropout", "summary_proj_to_labels",
  "summary_type", "summary_use_proj",
}

embed("x", "wte", vocab, hidden)
embed_positions("x", "wpe", rows, hidden)

for layer = 0, layers - 1 do
  local name = "h." .. layer .. "."
  layer_norm("x", "h", name .. "ln_1", eps)
  linear_transposed("h", "qkv", name .. "attn.c_attn", 3 * hidden)
  split("qkv", heads, heads, d)
  attend(layer, "q", "k", "v", "a")
  linear_transposed("a", "h", name .. "attn.c_proj", hidden)
  add("x", "h", "x")

  layer_norm("x", "h", name .. "ln_2", eps)
  linear_transposed("h", "inner", name .. "mlp.c_fc", inner)
  activate("inner", act)
  linear_transposed("inner", "h", name .. "mlp.c_proj", hidden)
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "ln_f", eps)
linear("x", "logits", head("wte", true), vocab)
output = "logits"
