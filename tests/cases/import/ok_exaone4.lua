-- ok_exaone4, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_exaone4.json"
--   family   exaone4 (configs/families/exaone4.lua)
--   read     bos_token_id 1, eos_token_id 361, head_dim 128, hidden_act "silu", hidden_size 5120,
--            intermediate_size 27392, max_position_embeddings 131072, num_attention_heads 40,
--            num_hidden_layers 64, num_key_value_heads 8, rms_norm_eps 1e-05,
--            rope_scaling { factor = 16, high_freq_factor = 4, low_freq_factor = 1, original_max_position_embeddings = 8192, rope_type = "llama3" },
--            rope_theta 1000000, sliding_window 4096, sliding_window_pattern "LLLG",
--            tie_word_embeddings false, vocab_size 102400,
--            layer_types { "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention" }

name = "ok_exaone4"

attention = {
  full = {
    heads = 40, kv_heads = 8, d_k = 128,
    mask = causal,
    q_norm = rms { eps = 1e-05 },
    k_norm = rms { eps = 1e-05 },
    position = none,
  },
  windowed = {
    heads = 40, kv_heads = 8, d_k = 128,
    mask = causal & window { left = 4095 },
    q_norm = rms { eps = 1e-05 },
    k_norm = rms { eps = 1e-05 },
    position = rope { scaling = llama3 { factor = 16, high = 4, low = 1, original = 8192 }, base = 1000000, pairing = half },
  },
}

layers = {}
local pattern = { "windowed", "windowed", "windowed", "full" }
for layer = 1, 64 do layers[layer] = pattern[(layer - 1) % 4 + 1] end
