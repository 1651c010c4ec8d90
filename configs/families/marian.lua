-- Marian's translators, the original Transformer: sinusoidal positions, norms behind each sum.
-- Layers are numbered: those of the encoder, then of each of the decoder its own and that over the encoder's output.
local hidden  = whole "d_model"
local act     = activation("activation_function", "gelu")
local scaled  = flag("scale_embedding", false)
local tied    = flag("share_encoder_decoder_embeddings", true)
local rows    = whole "vocab_size"
local encoder_layers, decoder_layers = layer_count "encoder_layers", layer_count "decoder_layers"
local encoder_heads, decoder_heads   = whole "encoder_attention_heads", whole "decoder_attention_heads"

only("is_decoder", false)
only("is_encoder_decoder", true)
only("tie_word_embeddings", true)
only("normalize_before", false)
only("normalize_embedding", false)
only("add_final_layer_norm", false)
only("static_position_embeddings", true)
only("num_hidden_layers", encoder_layers)
only("extra_pos_embeddings", nil)

local function definition(heads, heads_name, mask)
  return { heads = heads, d_k = head_size(hidden, heads, heads_name, "d_model"), mask = mask, position = none() }
end

attention = {
  encoder = definition(encoder_heads, "encoder_attention_heads", none()),
  decoder = definition(decoder_heads, "decoder_attention_heads", causal()),
  cross   = definition(decoder_heads, "decoder_attention_heads", none()),
}

layers   = encoder_decoder_layers(encoder_layers, decoder_layers)
context  = whole("max_position_embeddings", 1024)
vocab    = tied and rows or whole("decoder_vocab_size", rows)
bos, eos = tokens "decoder_start_token_id", tokens "eos_token_id"
prefixes = { "", "model." }
harmless = harmless_and {
  "decoder_vocab_size", "bos_token_id", "forced_eos_token_id", "bad_words_ids", "num_beams", "max_length", "init_std",
  "dropout", "activation_dropout", "classifier_dropout", "classif_dropout", "encoder_layerdrop", "decoder_layerdrop",
  "add_bias_logits", "force_bos_token_to_be_generated", "gradient_checkpointing",
}

local function begin(name, count)
  embed("x", name, count, hidden)
  scale("x", scaled and hidden ^ 0.5 or 1)
  embed_sinusoids("x", 10000)
end

-- x = norm(x + out weight a)
local function finish(name, norm)
  linear("a", "h", name .. "out_proj", hidden, true)
  add("x", "h", "x")
  layer_norm("x", "x", norm, 1e-5)
end

local function feed_forward(name, inner)
  linear("x", "inner", name .. "fc1", inner, true)
  activate("inner", act)
  linear("inner", "h", name .. "fc2", hidden, true)
  add("x", "h", "x")
  layer_norm("x", "x", name .. "final_layer_norm", 1e-5)
end

local function encode()
  local inner = whole "encoder_ffn_dim"
  begin(tied and "shared" or "encoder.embed_tokens", rows)
  for layer = 0, encoder_layers - 1 do
    local name = "encoder.layers." .. layer .. "."
    project("x", name .. "self_attn.", encoder_heads, encoder_heads, hidden // encoder_heads, true)
    attend(layer, "q", "k", "v", "a")
    finish(name .. "self_attn.", name .. "self_attn_layer_norm")
    feed_forward(name, inner)
  end
  for layer = 0, decoder_layers - 1 do
    local name = "decoder.layers." .. layer .. ".encoder_attn."
    linear("x", "k", name .. "k_proj", hidden, true)
    linear("x", "v", name .. "v_proj", hidden, true)
    remember(encoder_layers + 2 * layer + 1, "k", "v")
  end
end

encoder = { context = context, vocab = rows, steps = steps_of(encode) }

local inner = whole "decoder_ffn_dim"
local table = tied and "shared" or "decoder.embed_tokens"
begin(table, vocab)

for layer = 0, decoder_layers - 1 do
  local name = "decoder.layers." .. layer .. "."
  project("x", name .. "self_attn.", decoder_heads, decoder_heads, hidden // decoder_heads, true)
  attend(encoder_layers + 2 * layer, "q", "k", "v", "a")
  finish(name .. "self_attn.", name .. "self_attn_layer_norm")

  linear("x", "q", name .. "encoder_attn.q_proj", hidden, true)
  recall(encoder_layers + 2 * layer + 1, "q", "a")
  finish(name .. "encoder_attn.", name .. "encoder_attn_layer_norm")
  feed_forward(name, inner)
end

last("x")
linear("x", "logits", table, vocab)
add_row("logits", "final_logits_bias", vocab)
output = "logits"
