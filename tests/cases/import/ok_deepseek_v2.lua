-- ok_deepseek_v2, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_deepseek_v2.json"
--   family   deepseek_v2 (configs/families/deepseek_v2.lua)
--   read     attention_bias false, bos_token_id 100000, eos_token_id 100001,
--            first_k_dense_replace 1, hidden_act "silu", hidden_size 2048, intermediate_size 10944,
--            kv_lora_rank 512, max_position_embeddings 163840, num_attention_heads 16,
--            num_hidden_layers 27, num_key_value_heads 16, qk_nope_head_dim 128,
--            qk_rope_head_dim 64, rms_norm_eps 1e-06,
--            rope_scaling { beta_fast = 32, beta_slow = 1, factor = 40, mscale = 0.707, mscale_all_dim = 0.707, original_max_position_embeddings = 4096, type = "yarn" },
--            rope_theta 10000, tie_word_embeddings false, v_head_dim 128, vocab_size 102400

name = "ok_deepseek_v2"

attention = {
  heads = 16, scale = 0.11472138679292611,
  mla = { form = naive, kv_rank = 512, nope = 128, rope = 64, v = 128 },
  mask = causal,
  position = rope { scaling = yarn { beta_fast = 32, beta_slow = 1, factor = 40, mscale = 0.707, mscale_all_dim = 0.707, original = 4096 }, base = 10000, dims = 64, pairing = interleaved },
}

layers = 27
