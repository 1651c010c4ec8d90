-- ModernBERT: an encoder with rotary positions, some layers with a window; the last hidden state.
-- Layers that see all have one base, those with a window to both sides another.
local hidden = whole "hidden_size"
local inner  = whole "intermediate_size"
local heads  = whole "num_attention_heads"
local eps    = number("norm_eps", 1e-5)
local act    = activation("hidden_activation", "gelu")
local count  = layer_count "num_hidden_layers"
local period = whole("global_attn_every_n_layers", 3)
local side   = whole("local_attention", 128) // 2
local norm_bias, attention_bias, mlp_bias = flag("norm_bias", false), flag("attention_bias", false), flag("mlp_bias", false)

only("position_embedding_type", "absolute")

local kinds = layer_kinds(count, "global_attn_every_n_layers", function(layer) return layer % period ~= 0 end)

local function definition(mask, position)
  return { heads = heads, d_k = head_size(hidden, heads), mask = mask, position = position }
end

attention, layers = mixed(kinds, {
  full     = definition(none(), rotary { base = 160000, older = "global_rope_theta", layers = "full_attention" }),
  windowed = definition(window { left = side, right = side },
                        rotary { older = "local_rope_theta", layers = "sliding_attention" }),
})

context       = whole("max_position_embeddings", 8192)
vocab         = whole "vocab_size"
bos, eos      = {}, {}
bidirectional = true
prefixes      = { "", "model." }
harmless      = harmless_and {
  "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id", "initializer_cutoff_factor", "embedding_dropout",
  "mlp_dropout", "classifier_activation", "classifier_bias", "classifier_pooling", "decoder_bias",
  "deterministic_flash_attn", "reference_compile", "repad_logits_with_grad", "sparse_pred_ignore_index",
  "sparse_prediction", "layer_norm_eps", "tie_word_embeddings",
}

embed("x", "embeddings.tok_embeddings", vocab, hidden)
layer_norm("x", "x", "embeddings.norm", eps, norm_bias)

for layer = 0, count - 1 do
  local name = "layers." .. layer .. "."
  local normed = "x"                    -- the embedding's norm is that of the first layer
  if layer > 0 then
    layer_norm("x", "h", name .. "attn_norm", eps, norm_bias)
    normed = "h"
  end
  linear(normed, "qkv", name .. "attn.Wqkv", 3 * hidden, attention_bias)
  split("qkv", heads, heads, hidden // heads)
  attend(layer, "q", "k", "v", "a")
  linear("a", "h", name .. "attn.Wo", hidden, attention_bias)
  add("x", "h", "x")

  layer_norm("x", "h", name .. "mlp_norm", eps, norm_bias)
  gated_fused("h", "h", name .. "mlp.Wi", name .. "mlp.Wo", inner, hidden, act, mlp_bias)
  add("x", "h", "x")
end

layer_norm("x", "x", "final_norm", eps, norm_bias)
output = "x"
