-- ok_bert_relative, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_bert_relative.json"
--   family   bert (configs/families/bert.lua)
--   read     hidden_size 24, intermediate_size 48, num_attention_heads 3, num_hidden_layers 2,
--            vocab_size 50, max_position_embeddings 32, layer_norm_eps 1e-12, hidden_act "gelu",
--            type_vocab_size 2, position_embedding_type "relative_key"

name = "ok_bert_relative"

attention = {
  heads = 3, d_k = 8,
  mask = none,
  score = { expr "s + scale * relative[q][h][min(max(q - k, -farthest), farthest) + farthest]" { relative = array { number, query, head, 63 }, farthest = 31, scale = 0.3535533905932738 } },
  position = none,
}

layers = 2
