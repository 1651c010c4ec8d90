-- MPT: ALiBi, which is not scaled with the scores; no biases, q, k and v in one weight.
local hidden = whole "d_model"
local heads  = whole "n_heads"
local d      = head_size(hidden, heads, "n_heads", "d_model")
local eps    = number("layer_norm_epsilon", 1e-5)

local given = json.attn_config or {}
if type(given) ~= "table" then refuse_value("attn_config", given, "a table") end

only("attn_type", "multihead_attention", "attn_config")
only("clip_qkv", nil, "attn_config")
only("prefix_lm", false, "attn_config")
only("qk_ln", false, "attn_config")
only("alibi", true, "attn_config")
only("attn_uses_sequence_id", false, "attn_config")
only("softmax_scale", nil, "attn_config")
only("logit_scale", nil)
only("expansion_ratio", 4)
only("no_bias", true)
only("norm_type", "low_precision_layernorm")
only("embedding_fraction", 1)

attention = {
  heads = heads, d_k = d,
  mask = causal(),
  score = alibi { max = given.alibi_bias_max },
}

layers   = layer_count "n_layers"
context  = whole("max_seq_len", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "transformer." }
harmless = harmless_and {
  "learned_pos_emb", "emb_pdrop", "init_config", "init_device", "tokenizer_name", "verbose",
  "attn_config.attn_impl", "attn_config.attn_pdrop", "attn_config._name_or_path", "attn_config.architectures",
  "attn_config.chunk_size_feed_forward", "attn_config.dtype", "attn_config.id2label", "attn_config.is_encoder_decoder",
  "attn_config.label2id", "attn_config.model_type", "attn_config.output_attentions",
  "attn_config.output_hidden_states", "attn_config.problem_type", "attn_config.return_dict",
}

embed("x", "wte", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "blocks." .. layer .. "."
  layer_norm("x", "h", name .. "norm_1", eps, false)
  linear("h", "qkv", name .. "attn.Wqkv", 3 * hidden)
  split("qkv", heads, heads, d)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "attn.out_proj", hidden)
  add("x", "h", "x")

  layer_norm("x", "h", name .. "norm_2", eps, false)
  linear("h", "inner", name .. "ffn.up_proj", 4 * hidden)
  activate("inner", "gelu")
  linear("inner", "h", name .. "ffn.down_proj", hidden)
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "norm_f", eps, false)
linear("x", "logits", head("wte", true), vocab)
output = "logits"
