-- Falcon, 7B and the new decoder architecture of 11B, 40B and 180B.
-- The first shares one key and one value among all heads; the second has groups of heads, each with its key and
-- value behind it in one weight.
local hidden = whole "hidden_size"
local inner  = whole("ffn_hidden_size", 4 * hidden)
local heads  = whole "num_attention_heads"
local d      = head_size(hidden, heads)
local eps    = number("layer_norm_epsilon", 1e-5)
local act    = activation("activation", "gelu")
local biased = flag("bias", false)
local alibi  = flag("alibi", false)
local new    = flag("new_decoder_architecture", false)
local shared = flag("multi_query", true) and not new
local parallel = flag("parallel_attn", true) or new
local norms  = parallel and whole("num_ln_in_parallel_attn", new and 2 or 1, 2) or 2

local kv_heads = shared and 1 or new and whole("num_kv_heads", heads) or heads
if heads % kv_heads ~= 0 then refuse("num_kv_heads", "is " .. kv_heads .. ", which does not divide " .. heads .. " heads") end
local group = heads // kv_heads

-- ALiBi's slopes: a geometric series for a power of two heads; others take every second one of the power above besides.
local function slopes()
  local list, power = {}, 1
  while 2 * power <= heads do power = 2 * power end
  for i = 1, heads do list[i] = i <= power and 2 ^ (-8 * i / power) or 2 ^ (-4 * (2 * (i - power) - 1) / power) end
  return list
end

attention = {
  heads = heads, kv_heads = kv_heads, d_k = d,
  mask = causal(),
  -- ALiBi counts from the first key, in numbers of 8 bits, and is scaled as the product of q and k is.
  score = alibi and { expr "s + scale * bf16(bf16(slope[h]) * bf16(k))" { slope = slopes(), scale = d ^ -0.5 } } or nil,
  position = alibi and none() or rotary(),
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "transformer." }
harmless = harmless_and { "num_kv_heads", "n_head_kv", "num_ln_in_parallel_attn", "apply_residual_connection_post_layernorm",
                          "rope_theta", "rope_parameters" }     -- no RoPE where there is ALiBi

embed("x", "word_embeddings", vocab, hidden)

for layer = 0, layers - 1 do
  local name = "h." .. layer .. "."
  layer_norm("x", "h", name .. (parallel and norms == 2 and "ln_attn" or "input_layernorm"), eps)
  linear("h", "qkv", name .. "self_attention.query_key_value", (heads + 2 * kv_heads) * d, biased)
  slice("qkv", "q", heads * d, 0, kv_heads)
  slice("qkv", "k", kv_heads * d, group * d, kv_heads)
  slice("qkv", "v", kv_heads * d, (group + 1) * d, kv_heads)
  attend(layer, "q", "k", "v", "a")
  linear("a", "o", name .. "self_attention.dense", hidden, biased)
  if not parallel then add("x", "o", "x") end

  if norms == 2 then layer_norm("x", "h", name .. (parallel and "ln_mlp" or "post_attention_layernorm"), eps) end
  linear("h", "inner", name .. "mlp.dense_h_to_4h", inner, biased)
  activate("inner", act)
  linear("inner", "h", name .. "mlp.dense_4h_to_h", hidden, biased)
  if parallel then add("x", "o", "x") end
  add("x", "h", "x")
end

last("x")
layer_norm("x", "x", "ln_f", eps)
linear("x", "logits", head("word_embeddings", true), vocab)
output = "logits"
