-- ok_mixtral, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_mixtral.json"
--   family   mixtral (configs/families/mixtral.lua)
--   read     hidden_size 4096, num_hidden_layers 32, num_attention_heads 32, num_key_value_heads 8,
--            vocab_size 32000, rope_theta 1000000

name = "ok_mixtral"

attention = {
  heads = 32, kv_heads = 8, d_k = 128,
  mask = causal,
  position = rope { base = 1000000, pairing = half },
}

layers = 32
