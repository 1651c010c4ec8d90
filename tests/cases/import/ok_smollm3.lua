-- ok_smollm3, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_smollm3.json"
--   family   smollm3 (configs/families/smollm3.lua)
--   read     hidden_size 2048, intermediate_size 11008, num_hidden_layers 4,
--            num_attention_heads 16, num_key_value_heads 4, vocab_size 128256,
--            no_rope_layers { 1, 1, 0, 1 }, no_rope_layer_interval 4, rope_theta 5000000,
--            use_sliding_window false,
--            layer_types { "full_attention", "full_attention", "full_attention", "full_attention" }

name = "ok_smollm3"

attention = {
  plain = {
    heads = 16, kv_heads = 4, d_k = 128,
    mask = causal,
    position = none,
  },
  rotated = {
    heads = 16, kv_heads = 4, d_k = 128,
    mask = causal,
    position = rope { base = 5000000, pairing = half },
  },
}

layers = { "rotated", "rotated", "plain", "rotated" }
