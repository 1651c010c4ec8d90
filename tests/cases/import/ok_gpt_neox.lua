-- ok_gpt_neox, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_gpt_neox.json"
--   family   gpt_neox (configs/families/gpt_neox.lua)
--   read     attention_bias true, bos_token_id 0, eos_token_id 0, hidden_act "gelu",
--            hidden_size 1024, intermediate_size 4096, layer_norm_eps 1e-05,
--            max_position_embeddings 2048, num_attention_heads 16, num_hidden_layers 24,
--            partial_rotary_factor 0.25, rope_theta 10000, rotary_emb_base 10000, rotary_pct 0.25,
--            tie_word_embeddings false, use_parallel_residual true, vocab_size 50304

name = "ok_gpt_neox"

attention = {
  heads = 16, d_k = 64,
  mask = causal,
  position = rope { base = 10000, dims = 16, pairing = half },
}

layers = 24
