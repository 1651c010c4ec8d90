-- ok_t5, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_t5.json"
--   family   t5 (configs/families/t5.lua)
--   read     d_ff 96, d_kv 16, d_model 64, decoder_start_token_id 0, eos_token_id 1,
--            is_encoder_decoder true, layer_norm_epsilon 1e-06, num_heads 4, num_layers 2,
--            relative_attention_num_buckets 32, vocab_size 100

name = "ok_t5"

attention = {
  encoder = {
    heads = 4, d_k = 16, scale = 1,
    mask = none,
    score = { t5_bias { bidirectional = true, buckets = 32, max_distance = 128 } },
    position = none,
  },
  decoder = {
    heads = 4, d_k = 16, scale = 1,
    mask = causal,
    score = { t5_bias { bidirectional = false, buckets = 32, max_distance = 128 } },
    position = none,
  },
  cross = {
    heads = 4, d_k = 16, scale = 1,
    mask = none,
    position = none,
  },
}

layers = { "encoder", "encoder", "decoder", "cross", "decoder", "cross" }
