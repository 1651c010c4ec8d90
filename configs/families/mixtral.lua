-- Mixtral: Mistral with experts; it is defined, but does not run.
local hidden = whole "hidden_size"
local heads  = whole "num_attention_heads"

attention = {
  heads = heads, kv_heads = whole("num_key_value_heads", 8),
  d_k = json.head_dim == nil and head_size(hidden, heads) or whole "head_dim",
  mask = causal_window(json.sliding_window and whole "sliding_window"),
  position = rotary(),
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 131072)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
output   = "logits"
missing  = "a mixture of experts"
harmless = harmless_and {
  "hidden_act", "intermediate_size", "num_experts_per_tok", "num_local_experts", "output_router_logits",
  "rms_norm_eps", "router_aux_loss_coef", "router_jitter_noise", "tie_word_embeddings",
}
