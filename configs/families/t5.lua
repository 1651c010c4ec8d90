-- T5 and T5 1.1: scores are not scaled, a learned bias by buckets of distance is that of the first layer of each stack.
-- Layers are numbered: those of the encoder, then of each of the decoder its own and that over the encoder's output.
local hidden  = whole "d_model"
local inner   = whole "d_ff"
local heads   = whole "num_heads"
local d       = whole "d_kv"
local eps     = number("layer_norm_epsilon", 1e-6)
local buckets = whole("relative_attention_num_buckets", 32)
local most    = whole("relative_attention_max_distance", 128)
local encoder_layers = layer_count "num_layers"
local decoder_layers = json.num_decoder_layers == nil and encoder_layers or layer_count "num_decoder_layers"
local tied    = flag("tie_word_embeddings", true)
local scaled  = flag("scale_decoder_outputs", tied)

only("is_encoder_decoder", true)
only("is_decoder", false)
only("num_hidden_layers", encoder_layers)

-- The activation, and whether a gate multiplies it.
local feeds = {
  relu = { "relu", false }, gelu = { "gelu", false },
  ["gated-gelu"] = { "gelu_tanh", true }, ["gated-silu"] = { "silu", true }, ["gated-relu"] = { "relu", true },
}
local feed = json.feed_forward_proj == nil and feeds.relu or feeds[json.feed_forward_proj]
if feed == nil then
  refuse_value("feed_forward_proj", json.feed_forward_proj, "relu, gelu, gated-gelu, gated-silu or gated-relu")
end

local function definition(mask, score)
  return { heads = heads, d_k = d, scale = 1, mask = mask, score = score, position = none() }
end

local function bias(both)
  return { t5_bias { buckets = buckets, max_distance = most, bidirectional = both } }
end

attention = {
  encoder = definition(none(), bias(true)),
  decoder = definition(causal(), bias(false)),
  cross   = definition(none()),
}

layers   = encoder_decoder_layers(encoder_layers, decoder_layers)
context  = 1048576                      -- distances have no end
vocab    = whole "vocab_size"
bos, eos = tokens "decoder_start_token_id", tokens "eos_token_id"
prefixes = { "" }
harmless = harmless_and {
  "n_positions", "output_past", "dropout_rate", "initializer_factor", "dense_act_fn", "is_gated_act", "bos_token_id",
  "classifier_dropout", "max_length", "num_beams", "forced_eos_token_id",
}

-- x = x + out weight a
local function finish(name)
  linear("a", "h", name .. "o", hidden)
  add("x", "h", "x")
end

local function attend_self(stack, block, layer)
  local name = stack .. ".block." .. block .. ".layer.0."
  rms_norm("x", "h", name .. "layer_norm", eps)
  for _, part in ipairs { "q", "k", "v" } do linear("h", part, name .. "SelfAttention." .. part, heads * d) end
  attend_biased(layer, "q", "k", "v", "a", stack .. ".block.0.layer.0.SelfAttention.relative_attention_bias")
  finish(name .. "SelfAttention.")
end

local function feed_forward(name)
  rms_norm("x", "h", name .. "layer_norm", eps)
  linear("h", "gate", name .. "DenseReluDense." .. (feed[2] and "wi_0" or "wi"), inner)
  activate("gate", feed[1])
  if feed[2] then
    linear("h", "up", name .. "DenseReluDense.wi_1", inner)
    multiply("gate", "up", "gate")
  end
  linear("gate", "h", name .. "DenseReluDense.wo", hidden)
  add("x", "h", "x")
end

local function encode()
  embed("x", "shared", vocab, hidden)
  for layer = 0, encoder_layers - 1 do
    attend_self("encoder", layer, layer)
    feed_forward("encoder.block." .. layer .. ".layer.1.")
  end
  rms_norm("x", "x", "encoder.final_layer_norm", eps)
  for layer = 0, decoder_layers - 1 do
    local name = "decoder.block." .. layer .. ".layer.1.EncDecAttention."
    linear("x", "k", name .. "k", heads * d)
    linear("x", "v", name .. "v", heads * d)
    remember(encoder_layers + 2 * layer + 1, "k", "v")
  end
end

encoder = { context = context, vocab = vocab, steps = steps_of(encode) }

embed("x", "shared", vocab, hidden)

for layer = 0, decoder_layers - 1 do
  local name = "decoder.block." .. layer .. ".layer."
  attend_self("decoder", layer, encoder_layers + 2 * layer)
  rms_norm("x", "h", name .. "1.layer_norm", eps)
  linear("h", "q", name .. "1.EncDecAttention.q", heads * d)
  recall(encoder_layers + 2 * layer + 1, "q", "a")
  finish(name .. "1.EncDecAttention.")
  feed_forward(name .. "2.")
end

last("x")
rms_norm("x", "x", "decoder.final_layer_norm", eps)
scale("x", scaled and hidden ^ -0.5 or 1)
linear("x", "logits", "lm_head", vocab, false, tied and "shared" or nil)
output = "logits"
