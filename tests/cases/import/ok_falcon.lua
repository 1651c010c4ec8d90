-- ok_falcon, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_falcon.json"
--   family   falcon (configs/families/falcon.lua)
--   read     vocab_size 65024, hidden_size 4544, num_hidden_layers 32, num_attention_heads 71,
--            layer_norm_epsilon 1e-05, bos_token_id 11, eos_token_id 11, alibi false,
--            new_decoder_architecture false, multi_query true, parallel_attn true, bias false

name = "ok_falcon"

attention = {
  heads = 71, kv_heads = 1, d_k = 64,
  mask = causal,
  position = rope { base = 10000, pairing = half },
}

layers = 32
