-- Llama 4, text, with experts: it is defined, but does not run.
-- Layers that rotate see only their chunk and may norm q and k behind the rotation; the others see all, and their scores grow
-- with the position.
local heads    = whole "num_attention_heads"
local kv_heads = whole("num_key_value_heads", heads)
local count    = layer_count "num_hidden_layers"
local interval = whole("no_rope_layer_interval", 4)
local normed, tuned = flag("use_qk_norm", true), flag("attn_temperature_tuning", true)

-- no_rope_layers has 1 for the layers that do rotate.
local rotates = layer_flags("no_rope_layers", count, function(layer) return (layer + 1) % interval ~= 0 end)
local kinds = layer_kinds(count, nil, function(layer) return rotates[layer + 1] end, "chunked_attention")

for i, kind in ipairs(kinds) do kinds[i] = (rotates[i] and "rotated_" or "plain_") .. kind end

local norm = normed and rms { eps = number("rms_norm_eps", 1e-5), weights = none, when = after } or nil
local chunks = causal() & chunk { size = whole("attention_chunk_size", 8192) }
local grown = tuned and { temperature { span = whole("floor_scale", 8192), scale = number("attn_scale", 0.1) } } or nil

local function definition(mask, rotated)
  return {
    heads = heads, kv_heads = kv_heads, d_k = whole("head_dim", 128), mask = mask,
    q_norm = rotated and norm or nil, k_norm = rotated and norm or nil,
    score = not rotated and grown or nil,
    position = rotated and rotary { base = 500000, neighbours = true } or none(),
  }
end

attention, layers = mixed(kinds, {
  rotated_windowed = definition(chunks, true), rotated_full = definition(causal(), true),
  plain_windowed = definition(chunks, false), plain_full = definition(causal(), false),
})

context  = whole("max_position_embeddings", 131072)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model.", "language_model.model." }
output   = "logits"
missing  = "a mixture of experts"
harmless = harmless_and {
  "attention_bias", "for_llm_compressor", "hidden_act", "hidden_size", "interleave_moe_layer_step", "intermediate_size",
  "intermediate_size_mlp", "moe_layers", "num_experts_per_tok", "num_local_experts", "output_router_logits",
  "rms_norm_eps", "router_aux_loss_coef", "router_jitter_noise", "tie_word_embeddings", "attn_scale", "floor_scale",
}
