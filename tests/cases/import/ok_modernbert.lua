-- ok_modernbert, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_modernbert.json"
--   family   modernbert (configs/families/modernbert.lua)
--   read     hidden_size 768, intermediate_size 1152, num_hidden_layers 4, num_attention_heads 12,
--            vocab_size 50368, global_attn_every_n_layers 3, global_rope_theta 160000,
--            local_attention 128, local_rope_theta 10000, norm_eps 1e-05,
--            position_embedding_type "absolute", max_position_embeddings 8192

name = "ok_modernbert"

attention = {
  full = {
    heads = 12, d_k = 64,
    mask = none,
    position = rope { base = 160000, pairing = half },
  },
  windowed = {
    heads = 12, d_k = 64,
    mask = window { left = 64, right = 64 },
    position = rope { base = 10000, pairing = half },
  },
}

layers = { "full", "windowed", "windowed", "full" }
