-- ok_qwen2, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_qwen2.json"
--   family   qwen2 (configs/families/qwen2.lua)
--   read     hidden_size 64, intermediate_size 128, num_hidden_layers 3, num_attention_heads 4,
--            num_key_value_heads 2, vocab_size 100, use_sliding_window true, sliding_window 32,
--            max_window_layers 2

name = "ok_qwen2"

attention = {
  full = {
    heads = 4, kv_heads = 2, d_k = 16,
    mask = causal,
    position = rope { base = 10000, pairing = half },
  },
  windowed = {
    heads = 4, kv_heads = 2, d_k = 16,
    mask = causal & window { left = 31 },
    position = rope { base = 10000, pairing = half },
  },
}

layers = { "full", "full", "windowed" }
