-- ok_cohere2, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_cohere2.json"
--   family   cohere2 (configs/families/cohere2.lua)
--   read     attention_bias false, hidden_size 256, intermediate_size 688, num_hidden_layers 6,
--            num_attention_heads 4, num_key_value_heads 2, head_dim 64, vocab_size 1000,
--            sliding_window 4096, sliding_window_pattern 4, layer_switch 4,
--            order_of_interleaved_layers "local_attn_first", position_embedding_type "rope_gptj",
--            rotary_pct 1, rope_theta 50000, logit_scale 0.25, use_qk_norm false,
--            use_parallel_block true, layer_norm_eps 1e-05, bos_token_id 5, eos_token_id 255001,
--            max_position_embeddings 8192

name = "ok_cohere2"

attention = {
  full = {
    heads = 4, kv_heads = 2, d_k = 64,
    mask = causal,
    position = none,
  },
  windowed = {
    heads = 4, kv_heads = 2, d_k = 64,
    mask = causal & window { left = 4095 },
    position = rope { base = 50000, pairing = interleaved },
  },
}

layers = { "windowed", "windowed", "windowed", "full", "windowed", "windowed" }
