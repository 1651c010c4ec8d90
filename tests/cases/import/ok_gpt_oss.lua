-- ok_gpt_oss, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_gpt_oss.json"
--   family   gpt_oss (configs/families/gpt_oss.lua)
--   read     head_dim 20,
--            layer_types { "sliding_attention", "full_attention", "sliding_attention", "full_attention" },
--            max_position_embeddings 131072, num_attention_heads 4, num_hidden_layers 4,
--            num_key_value_heads 2,
--            rope_parameters { beta_fast = 32, beta_slow = 1, factor = 32, original_max_position_embeddings = 4096, rope_theta = 150000, rope_type = "yarn", truncate = false },
--            sliding_window 13, vocab_size 97

name = "ok_gpt_oss"

attention = {
  full = {
    heads = 4, kv_heads = 2, d_k = 20,
    mask = causal,
    sink = per_head,
    position = rope { scaling = yarn { beta_fast = 32, beta_slow = 1, factor = 32, original = 4096, truncate = false }, base = 150000, pairing = half },
  },
  windowed = {
    heads = 4, kv_heads = 2, d_k = 20,
    mask = causal & window { left = 12 },
    sink = per_head,
    position = rope { scaling = yarn { beta_fast = 32, beta_slow = 1, factor = 32, original = 4096, truncate = false }, base = 150000, pairing = half },
  },
}

layers = { "windowed", "full", "windowed", "full" }
