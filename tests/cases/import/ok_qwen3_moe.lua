-- ok_qwen3_moe, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_qwen3_moe.json"
--   family   qwen3_moe (configs/families/qwen3_moe.lua)
--   read     attention_bias false, bos_token_id 151643, eos_token_id 151643, head_dim 128,
--            max_position_embeddings 32768, num_attention_heads 32, num_hidden_layers 48,
--            num_key_value_heads 4, rms_norm_eps 1e-06, rope_theta 1000000,
--            use_sliding_window false, vocab_size 151936

name = "ok_qwen3_moe"

attention = {
  heads = 32, kv_heads = 4, d_k = 128,
  mask = causal,
  q_norm = rms { eps = 1e-06 },
  k_norm = rms { eps = 1e-06 },
  position = rope { base = 1000000, pairing = half },
}

layers = 48
