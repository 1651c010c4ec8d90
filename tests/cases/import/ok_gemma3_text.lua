-- ok_gemma3_text, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_gemma3_text.json"
--   family   gemma3_text (configs/families/gemma3_text.lua)
--   read     hidden_size 1152, intermediate_size 6912, num_hidden_layers 7, num_attention_heads 4,
--            num_key_value_heads 1, head_dim 256, vocab_size 262144, rope_theta 1000000,
--            rope_local_base_freq 10000, rope_scaling { rope_type = "linear", factor = 8 },
--            query_pre_attn_scalar 256, sliding_window 512, sliding_window_pattern 6,
--            max_position_embeddings 32768

name = "ok_gemma3_text"

attention = {
  full = {
    heads = 4, kv_heads = 1, d_k = 256, scale = 0.0625,
    mask = causal,
    q_norm = rms { eps = 1e-06, offset = 1 },
    k_norm = rms { eps = 1e-06, offset = 1 },
    position = rope { scaling = linear { factor = 8 }, base = 1000000, pairing = half },
  },
  windowed = {
    heads = 4, kv_heads = 1, d_k = 256, scale = 0.0625,
    mask = causal & window { left = 511 },
    q_norm = rms { eps = 1e-06, offset = 1 },
    k_norm = rms { eps = 1e-06, offset = 1 },
    position = rope { base = 10000, pairing = half },
  },
}

layers = { "windowed", "windowed", "windowed", "windowed", "windowed", "full", "windowed" }
