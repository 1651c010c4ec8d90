-- ok_granite, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_granite.json"
--   family   granite (configs/families/granite.lua)
--   read     hidden_size 2048, intermediate_size 8192, num_hidden_layers 40,
--            num_attention_heads 32, num_key_value_heads 8, vocab_size 49155,
--            attention_multiplier 0.015625, embedding_multiplier 12, residual_multiplier 0.22,
--            logits_scaling 8, rms_norm_eps 1e-05, rope_theta 10000000, tie_word_embeddings true,
--            max_position_embeddings 131072

name = "ok_granite"

attention = {
  heads = 32, kv_heads = 8, d_k = 64, scale = 0.015625,
  mask = causal,
  position = rope { base = 10000000, pairing = half },
}

layers = 40
