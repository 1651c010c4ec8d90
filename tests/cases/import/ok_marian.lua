-- ok_marian, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_marian.json"
--   family   marian (configs/families/marian.lua)
--   read     activation_function "relu", d_model 64, decoder_attention_heads 2, decoder_ffn_dim 48,
--            decoder_layers 2, decoder_start_token_id 99, encoder_attention_heads 4,
--            encoder_ffn_dim 96, encoder_layers 1, eos_token_id 0, is_encoder_decoder true,
--            max_position_embeddings 512, scale_embedding true,
--            share_encoder_decoder_embeddings true, vocab_size 100

name = "ok_marian"

attention = {
  encoder = {
    heads = 4, d_k = 16,
    mask = none,
    position = none,
  },
  decoder = {
    heads = 2, d_k = 32,
    mask = causal,
    position = none,
  },
  cross = {
    heads = 2, d_k = 32,
    mask = none,
    position = none,
  },
}

layers = { "encoder", "decoder", "cross", "decoder", "cross" }
