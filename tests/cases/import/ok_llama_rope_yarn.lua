-- ok_llama_rope_yarn, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_llama_rope_yarn.json"
--   family   llama (configs/families/llama.lua)
--   read     hidden_size 64, intermediate_size 96, num_attention_heads 4, num_key_value_heads 2,
--            num_hidden_layers 1, vocab_size 100, max_position_embeddings 256, rms_norm_eps 1e-05,
--            bos_token_id 1, eos_token_id { 2, 3 }, hidden_act "silu", tie_word_embeddings true,
--            rope_parameters { rope_type = "yarn", rope_theta = 150000, factor = 4, beta_fast = 32, beta_slow = 1, original_max_position_embeddings = 64, mscale = 1, mscale_all_dim = 0.5, truncate = false }

name = "ok_llama_rope_yarn"

attention = {
  heads = 4, kv_heads = 2, d_k = 16,
  mask = causal,
  position = rope { scaling = yarn { beta_fast = 32, beta_slow = 1, factor = 4, mscale = 1, mscale_all_dim = 0.5, original = 64, truncate = false }, base = 150000, pairing = half },
}

layers = 1
