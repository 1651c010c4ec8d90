-- ok_gpt2, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_gpt2.json"
--   family   gpt2 (configs/families/gpt2.lua)
--   read     activation_function "gelu_new", bos_token_id 50256, eos_token_id 50256,
--            layer_norm_epsilon 1e-05, n_ctx 1024, n_embd 768, n_head 12, n_layer 12,
--            n_positions 1024, vocab_size 50257

name = "ok_gpt2"

attention = {
  heads = 12, d_k = 64,
  mask = causal,
  position = none,
}

layers = 12
