-- ok_rope_dynamic, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_rope_dynamic.json"
--   family   llama (configs/families/llama.lua)
--   read     hidden_size 64, intermediate_size 96, num_attention_heads 4, num_key_value_heads 2,
--            num_hidden_layers 1, vocab_size 100, max_position_embeddings 256, rms_norm_eps 1e-05,
--            bos_token_id 1, eos_token_id { 2, 3 }, hidden_act "silu", tie_word_embeddings true,
--            rope_theta 500000, rope_scaling { type = "dynamic", factor = 2 }

name = "ok_rope_dynamic"

attention = {
  heads = 4, kv_heads = 2, d_k = 16,
  mask = causal,
  position = rope { scaling = dynamic { factor = 2, length = 256, original = 256 }, base = 500000, pairing = half },
}

layers = 1
