-- ok_bloom, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_bloom.json"
--   family   bloom (configs/families/bloom.lua)
--   read     n_embed 1024, n_layer 24, num_attention_heads 16, vocab_size 250880,
--            layer_norm_epsilon 1e-05, apply_residual_connection_post_layernorm false,
--            bos_token_id 1, eos_token_id 2, seq_length 2048

name = "ok_bloom"

attention = {
  heads = 16, d_k = 64,
  mask = causal,
  score = alibi,
}

layers = 24
