-- ok_mpt, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_mpt.json"
--   family   mpt (configs/families/mpt.lua)
--   read     attn_config { alibi = true, alibi_bias_max = 8, attn_impl = "torch", attn_pdrop = 0, attn_type = "multihead_attention", attn_uses_sequence_id = false, prefix_lm = false, qk_ln = false },
--            d_model 4096, embedding_fraction 1, expansion_ratio 4, max_seq_len 2048, n_heads 32,
--            n_layers 32, no_bias true, norm_type "low_precision_layernorm", vocab_size 50432

name = "ok_mpt"

attention = {
  heads = 32, d_k = 128,
  mask = causal,
  score = alibi { max = 8 },
}

layers = 32
