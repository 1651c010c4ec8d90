-- gpt-oss, with experts: it is defined, but does not run.
-- A window on every second layer, the first one included, and a sink of each head.
local heads = whole "num_attention_heads"
local count = layer_count "num_hidden_layers"

if json.rope_scaling == nil and json.rope_parameters == nil then
  refuse("rope_scaling", "is missing; expected how the frequencies are scaled")
end

local kinds = layer_kinds(count, nil, function(layer) return layer % 2 == 0 end)

local function definition(mask)
  return {
    heads = heads, kv_heads = whole("num_key_value_heads", heads), d_k = whole("head_dim", 64),
    mask = mask, sink = per_head, position = rotary { base = 150000 },
  }
end

attention, layers = mixed(kinds, {
  full     = definition(causal()),
  windowed = definition(causal_window(whole("sliding_window", 128))),
})

context  = whole("max_position_embeddings", 131072)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
output   = "logits"
missing  = "a mixture of experts"
harmless = harmless_and {
  "attention_bias", "experts_per_token", "hidden_act", "hidden_size", "initial_context_length", "intermediate_size",
  "num_experts_per_tok", "num_local_experts", "output_router_logits", "rms_norm_eps", "router_aux_loss_coef",
  "swiglu_alpha", "swiglu_limit", "tie_word_embeddings", "quantization_config",
}
