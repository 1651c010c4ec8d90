-- ok_llama_first, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_llama_first.json"
--   family   llama (configs/families/llama.lua)
--   read     hidden_size 64, intermediate_size 96, num_attention_heads 4, num_hidden_layers 1,
--            vocab_size 100, max_position_embeddings 256, bos_token_id 1, hidden_act "silu",
--            eos_token_id 2

name = "ok_llama_first"

attention = {
  heads = 4, kv_heads = 4, d_k = 16,
  mask = causal,
  position = rope { base = 10000, pairing = half },
}

layers = 1
