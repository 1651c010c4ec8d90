-- ok_gemma2, imported by attngen 0.1.
--
--   from     "tests/cases/import/ok_gemma2.json"
--   family   gemma2 (configs/families/gemma2.lua)
--   read     attention_bias false, attn_logit_softcapping 50, bos_token_id 2, eos_token_id 1,
--            final_logit_softcapping 30, head_dim 256, hidden_activation "gelu_pytorch_tanh",
--            hidden_size 2304, intermediate_size 9216, max_position_embeddings 8192,
--            num_attention_heads 8, num_hidden_layers 26, num_key_value_heads 4,
--            query_pre_attn_scalar 256, rms_norm_eps 1e-06, rope_theta 10000, sliding_window 4096,
--            vocab_size 256000

name = "ok_gemma2"

attention = {
  full = {
    heads = 8, kv_heads = 4, d_k = 256, scale = 0.0625,
    mask = causal,
    score = softcap { cap = 50 },
    position = rope { base = 10000, pairing = half },
  },
  windowed = {
    heads = 8, kv_heads = 4, d_k = 256, scale = 0.0625,
    mask = causal & window { left = 4095 },
    score = softcap { cap = 50 },
    position = rope { base = 10000, pairing = half },
  },
}

layers = {}
local pattern = { "windowed", "full" }
for layer = 1, 26 do layers[layer] = pattern[(layer - 1) % 2 + 1] end
