-- ok_llama4_text, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_llama4_text.json"
--   family   llama4_text (configs/families/llama4_text.lua)
--   read     attention_chunk_size 13, attn_scale 0.2, attn_temperature_tuning true, bos_token_id 1,
--            eos_token_id 2, floor_scale 10, head_dim 20,
--            layer_types { "chunked_attention", "chunked_attention", "chunked_attention", "full_attention" },
--            max_position_embeddings 96, no_rope_layer_interval 4, no_rope_layers { 1, 1, 1, 0 },
--            num_attention_heads 4, num_hidden_layers 4, num_key_value_heads 2, rms_norm_eps 1e-05,
--            rope_parameters { rope_theta = 500000, rope_type = "default" }, use_qk_norm true,
--            vocab_size 97

name = "ok_llama4_text"

attention = {
  plain_full = {
    heads = 4, kv_heads = 2, d_k = 20,
    mask = causal,
    score = { temperature { scale = 0.2, span = 10 } },
    position = none,
  },
  rotated_windowed = {
    heads = 4, kv_heads = 2, d_k = 20,
    mask = causal & chunk { size = 13 },
    q_norm = rms { eps = 1e-05, weights = none, when = after },
    k_norm = rms { eps = 1e-05, weights = none, when = after },
    position = rope { base = 500000, pairing = interleaved },
  },
}

layers = { "rotated_windowed", "rotated_windowed", "rotated_windowed", "plain_full" }
