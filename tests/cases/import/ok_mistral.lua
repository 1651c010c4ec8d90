-- ok_mistral, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_mistral.json"
--   family   mistral (configs/families/mistral.lua)
--   read     vocab_size 32000, hidden_size 4096, intermediate_size 14336, num_hidden_layers 32,
--            num_attention_heads 32, num_key_value_heads 8, hidden_act "silu",
--            max_position_embeddings 32768, rms_norm_eps 1e-05, rope_theta 10000,
--            sliding_window 4096

name = "ok_mistral"

attention = {
  heads = 32, kv_heads = 8, d_k = 128,
  mask = causal & window { left = 4095 },
  position = rope { base = 10000, pairing = half },
}

layers = 32
