-- Qwen 3 with experts: it is defined, but does not run.
only("use_sliding_window", false)
only("use_qk_norm", true)
only("attention_bias", false)
only("qkv_bias", false)

local eps = number("rms_norm_eps", 1e-6)

attention = {
  heads = whole "num_attention_heads", kv_heads = whole("num_key_value_heads", 4), d_k = whole("head_dim", 128),
  q_norm = rms { eps = eps }, k_norm = rms { eps = eps },
  mask = causal(),
  position = rotary(),
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 32768)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
output   = "logits"
missing  = "a mixture of experts"
harmless = harmless_and {
  "decoder_sparse_step", "hidden_act", "hidden_size", "intermediate_size", "max_window_layers", "mlp_only_layers",
  "moe_intermediate_size", "norm_topk_prob", "num_experts", "num_experts_per_tok", "output_router_logits",
  "router_aux_loss_coef", "shared_expert_intermediate_size", "sliding_window", "tie_word_embeddings",
}
