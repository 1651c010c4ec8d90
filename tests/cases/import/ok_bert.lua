-- ok_bert, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_bert.json"
--   family   bert (configs/families/bert.lua)
--   read     hidden_size 24, intermediate_size 48, num_attention_heads 3, num_hidden_layers 2,
--            vocab_size 50, max_position_embeddings 32, layer_norm_eps 1e-12, hidden_act "gelu",
--            type_vocab_size 2, position_embedding_type "absolute"

name = "ok_bert"

attention = {
  heads = 3, d_k = 8,
  mask = none,
  position = none,
}

layers = 2
