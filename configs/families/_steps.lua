-- What the family files share, third part: the steps of a model. Names of weights stand without ".weight"
-- and ".bias".

local list = {}
steps = list

local function step(fields)
  list[#list + 1] = fields
end

-- The steps that `make` takes, apart from the model's: those of an encoder.
local function steps_of(make)
  local around = list
  list = {}
  make()
  local own = list
  list = around
  return own
end

local function weight(name) return name .. ".weight" end
local function bias(name) return name .. ".bias" end

-- to = row of each token
local function embed(to, name, rows, width)
  step { op = "embed", out = to, weight = weight(name), rows = rows, width = width }
end

-- x = x + row of each token's position, the first of which is `offset`
local function embed_positions(x, name, rows, width, offset)
  step {
    op = "embed_positions", ["in"] = x, out = x, weight = weight(name), rows = rows, width = width,
    offset = offset or 0,
  }
end

-- x = x + one row
local function embed_row(x, name, rows, width, row)
  step { op = "embed_row", ["in"] = x, out = x, weight = weight(name), rows = rows, width = width, row = row }
end

-- x = x + the one row of a weight
local function add_row(x, name, width)
  step { op = "embed_row", ["in"] = x, out = x, weight = name, rows = 1, width = width, row = 0 }
end

-- x = x + sines and cosines of each token's position
local function embed_sinusoids(x, base)
  step { op = "embed_sinusoids", ["in"] = x, out = x, base = base }
end

-- Of each of so many groups of columns by itself, or of the whole row; `offset` is added to the weights.
local function rms_norm(from, to, name, eps, groups, offset)
  step {
    op = "norm", kind = "rms", ["in"] = from, out = to, weight = weight(name), eps = eps, groups = groups,
    weight_offset = offset,
  }
end

local function layer_norm(from, to, name, eps, biased)
  step {
    op = "norm", kind = "layer", ["in"] = from, out = to, eps = eps,
    weight = weight(name), bias = biased ~= false and bias(name) or nil,
  }
end

-- to = from weight^T + bias; weight is (width, width of from). `other` names the weight where there is none of that name.
local function linear(from, to, name, width, biased, other)
  step {
    op = "linear", ["in"] = from, out = to, width = width,
    weight = weight(name), bias = biased and bias(name) or nil, other_weight = other and weight(other),
  }
end

-- The same for each of so many groups of columns by itself, `width` in all.
local function linear_of_groups(from, to, name, width, groups)
  step { op = "linear", ["in"] = from, out = to, width = width, weight = weight(name), groups = groups }
end

-- The same with a weight of (width of from, width).
local function linear_transposed(from, to, name, width)
  step { op = "linear_transposed", ["in"] = from, out = to, width = width, weight = weight(name), bias = bias(name) }
end

-- to = each of so many groups of columns by `width / groups` rows of the weight of its own, whose group has `rows`, from row `offset` on
local function linear_each(from, to, name, width, groups, rows, offset)
  step { op = "linear_each", ["in"] = from, out = to, weight = weight(name), width = width, groups = groups, rows = rows, offset = offset }
end

-- The same by those rows transposed, as many as a group has columns.
local function linear_each_transposed(from, to, name, width, groups, rows, offset)
  step { op = "linear_each_transposed", ["in"] = from, out = to, weight = weight(name), width = width, groups = groups, rows = rows, offset = offset }
end

-- The steps that `make` takes are there where the layer's latent attention has that form.
local function where_form(form, layer, make)
  step { form = form, layer = layer, steps = steps_of(make) }
end

-- to = columns from `offset` on, of each of so many groups, `width` in all
local function slice(from, to, width, offset, groups)
  step { op = "slice", ["in"] = from, out = to, width = width, offset = offset, groups = groups }
end

-- to = a and b side by side, group by group
local function join(a, b, to, groups)
  step { op = "join", ["in"] = a, with = b, out = to, groups = groups }
end

-- to = from, so many times side by side
local function copies(from, to, times)
  step { op = "repeat", ["in"] = from, out = to, times = times }
end

-- to = attention of q, k and v by the definition of that layer, from 0; names of the weights of its q_norm and k_norm,
-- where it has them, and of the sinks of its heads, which are read where the definition has some
local function attend(layer, q, k, v, to, q_norm, k_norm, sinks)
  step {
    op = "attention", layer = layer, q = q, k = k, v = v, out = to,
    q_norm = q_norm and weight(q_norm), k_norm = k_norm and weight(k_norm), sink = sinks,
  }
end

-- The same where scores have one array [head][size], whose numbers a weight (size, heads) gives.
local function attend_biased(layer, q, k, v, to, table)
  step { op = "attention", layer = layer, q = q, k = k, v = v, out = to, table = weight(table) }
end

-- The same where scores have one array [query][head][size], which an activation holds: (tokens, heads size).
local function attend_with(layer, q, k, v, to, array)
  step { op = "attention", layer = layer, q = q, k = k, v = v, out = to, array = array }
end

-- An encoder's k and v into the cache of that layer, over which later steps attend: its definition is that of both.
local function remember(layer, k, v)
  step { op = "attention_write", layer = layer, k = k, v = v }
end

local function recall(layer, q, to)
  step { op = "attention_read", layer = layer, q = q, out = to }
end

local function add(a, b, to)
  step { op = "add", ["in"] = a, with = b, out = to }
end

local function multiply(a, b, to)
  step { op = "multiply", ["in"] = a, with = b, out = to }
end

local function scale(x, factor)
  if factor ~= 1 then step { op = "scale", ["in"] = x, out = x, factor = factor } end
end

-- x = most * tanh(x / most); nothing without a number
local function cap(x, most)
  if most ~= nil then step { op = "softcap", ["in"] = x, out = x, factor = most } end
end

local function activate(x, kind)
  step { op = "activate", kind = kind, ["in"] = x, out = x }
end

-- Only each sequence's last token goes on, unless all are asked for.
local function last(x)
  step { op = "last", ["in"] = x, out = x }
end

-- What most decoders share.

-- q, k and v = from by three weights
local function project(from, name, heads, kv_heads, d, biased)
  linear(from, "q", name .. "q_proj", heads * d, biased)
  linear(from, "k", name .. "k_proj", kv_heads * d, biased)
  linear(from, "v", name .. "v_proj", kv_heads * d, biased)
end

-- q, k and v = parts of from: first all heads of q, then those of k and of v
local function split(from, heads, kv_heads, d)
  slice(from, "q", heads * d)
  slice(from, "k", kv_heads * d, heads * d)
  slice(from, "v", kv_heads * d, (heads + kv_heads) * d)
end

-- to = multi-head latent attention of from: q comes from a latent of q_rank columns, if there is that, k and v from one of
-- kv_rank. Heads begin with the dimensions that are rotated, which all heads of k share. Naive, a weight unfolds k and v of each
-- head; absorbed, the latent is k and v of all heads, and the same weight folds q and unfolds what attention gives: folded into
-- the weights before and behind, it would make them three times as large.
-- sizes has heads, rotated, plain, d_v, q_rank, kv_rank.
local function attend_latent(layer, from, to, name, sizes, eps, biased)
  local heads, rotated, plain, d_v, latent = sizes.heads, sizes.rotated, sizes.plain, sizes.d_v, from
  if sizes.q_rank ~= nil then
    linear(from, "q_latent", name .. "q_a_proj", sizes.q_rank, biased)
    rms_norm("q_latent", "q_latent", name .. "q_a_layernorm", eps)
    latent = "q_latent"
  end
  linear(latent, "q_stored", name .. (sizes.q_rank == nil and "q_proj" or "q_b_proj"), heads * (plain + rotated))
  slice("q_stored", "q_rotated", heads * rotated, plain, heads)
  slice("q_stored", "q_plain", heads * plain, 0, heads)

  linear(from, "kv_stored", name .. "kv_a_proj_with_mqa", sizes.kv_rank + rotated, biased)
  slice("kv_stored", "k_shared", rotated, sizes.kv_rank)
  slice("kv_stored", "kv_latent", sizes.kv_rank)
  rms_norm("kv_latent", "kv_latent", name .. "kv_a_layernorm", eps)

  where_form("naive", layer, function()
    join("q_rotated", "q_plain", "q", heads)
    linear("kv_latent", "kv", name .. "kv_b_proj", heads * (plain + d_v))
    copies("k_shared", "k_rotated", heads)
    slice("kv", "k_plain", heads * plain, 0, heads)
    slice("kv", "v", heads * d_v, plain, heads)
    join("k_rotated", "k_plain", "k", heads)
    attend(layer, "q", "k", "v", to)
  end)
  where_form("absorbed", layer, function()
    linear_each_transposed("q_plain", "q_folded", name .. "kv_b_proj", heads * sizes.kv_rank, heads, plain + d_v, 0)
    join("q_rotated", "q_folded", "q", heads)
    join("k_shared", "kv_latent", "k")
    attend(layer, "q", "k", "kv_latent", "a_latent")
    linear_each("a_latent", to, name .. "kv_b_proj", heads * d_v, heads, plain + d_v, plain)
  end)
end

-- to = down(act(gate(from)) * up(from))
local function gated(from, to, name, inner, hidden, act, biased)
  linear(from, "gate", name .. "gate_proj", inner, biased)
  linear(from, "up", name .. "up_proj", inner, biased)
  activate("gate", act)
  multiply("gate", "up", "gate")
  linear("gate", to, name .. "down_proj", hidden, biased)
end

-- The same with gate and up in one weight.
local function gated_fused(from, to, fused, down, inner, hidden, act, biased)
  linear(from, "inner", fused, 2 * inner, biased)
  slice("inner", "gate", inner)
  slice("inner", "up", inner, inner)
  activate("gate", act)
  multiply("gate", "up", "gate")
  linear("gate", to, down, hidden, biased)
end

-- The weight of the last step: the embedding's, or one of its own.
local function head(embedding, default)
  return flag("tie_word_embeddings", default) and embedding or "lm_head"
end

-- Whole decoders, of tokens to logits. model has layers (how many that have steps), hidden, inner, vocab, eps and act; out_bias
-- and mlp_bias, where those products have one; tied, whether the embedding is the last weight where no field says so.
-- attend_to(layer, name) makes a by the weights under that name.

local function decoder(model, layer_steps)
  embed("x", "embed_tokens", model.vocab, model.hidden)
  for layer = 0, model.layers - 1 do layer_steps(layer, "layers." .. layer .. ".") end
  last("x")
  rms_norm("x", "x", "norm", model.eps)
  linear("x", "logits", head("embed_tokens", model.tied or false), model.vocab)
  output = "logits"
end

-- LLaMA: norms stand before attention, which reads h, and before the feed-forward.
local function decoder_norms_before(model, attend_to)
  decoder(model, function(layer, name)
    rms_norm("x", "h", name .. "input_layernorm", model.eps)
    attend_to(layer, name .. "self_attn.")
    linear("a", "h", name .. "self_attn.o_proj", model.hidden, model.out_bias)
    add("x", "h", "x")

    rms_norm("x", "h", name .. "post_attention_layernorm", model.eps)
    gated("h", "h", name .. "mlp.", model.inner, model.hidden, model.act, model.mlp_bias)
    add("x", "h", "x")
  end)
end

-- OLMo 2: norms stand behind attention, which reads x, and behind the feed-forward.
local function decoder_norms_behind(model, attend_to)
  decoder(model, function(layer, name)
    attend_to(layer, name .. "self_attn.")
    linear("a", "h", name .. "self_attn.o_proj", model.hidden, model.out_bias)
    rms_norm("h", "h", name .. "post_attention_layernorm", model.eps)
    add("x", "h", "x")

    gated("x", "h", name .. "mlp.", model.inner, model.hidden, model.act)
    rms_norm("h", "h", name .. "post_feedforward_layernorm", model.eps)
    add("x", "h", "x")
  end)
end

-- Cohere: attention and feed-forward read the same norm, without bias, and are added to x together; logits are scaled.
local function decoder_parallel(model, attend_to)
  embed("x", "embed_tokens", model.vocab, model.hidden)
  for layer = 0, model.layers - 1 do
    local name = "layers." .. layer .. "."
    layer_norm("x", "h", name .. "input_layernorm", model.eps, false)
    attend_to(layer, name .. "self_attn.")
    linear("a", "o", name .. "self_attn.o_proj", model.hidden, model.out_bias)
    gated("h", "m", name .. "mlp.", model.inner, model.hidden, model.act)
    add("x", "o", "x")
    add("x", "m", "x")
  end
  last("x")
  layer_norm("x", "x", "norm", model.eps, false)
  linear("x", "logits", head("embed_tokens", true), model.vocab)
  scale("logits", number("logit_scale", 0.0625))
  output = "logits"
end

-- DeepSeek V2 and V3: multi-head latent attention; layers with experts are defined, but do not run. defaults are dense, how many
-- layers begin without experts; context; neighbours, as rotary has it.
local function deepseek(defaults)
  local sizes = {
    heads = whole "num_attention_heads",
    rotated = whole("qk_rope_head_dim", 64), plain = whole("qk_nope_head_dim", 128), d_v = whole("v_head_dim", 128),
    q_rank = json.q_lora_rank and whole "q_lora_rank", kv_rank = whole("kv_lora_rank", 512),
  }
  local d, biased = sizes.rotated + sizes.plain, flag("attention_bias", false)
  only("num_key_value_heads", sizes.heads)
  only("head_dim", sizes.rotated)
  only("qk_head_dim", d)

  attention = {
    heads = sizes.heads,
    mla = { kv_rank = sizes.kv_rank, nope = sizes.plain, rope = sizes.rotated, v = sizes.d_v, form = naive },
    scale = d ^ -0.5 * rotary_score_factor(),
    mask = causal(),
    position = rotary { dims = sizes.rotated, neighbours = defaults.neighbours },
  }

  layers   = layer_count "num_hidden_layers"
  context  = whole("max_position_embeddings", defaults.context)
  vocab    = whole "vocab_size"
  bos, eos = tokens "bos_token_id", tokens "eos_token_id"
  prefixes = { "", "model." }

  -- Those about experts say nothing of layers that have none, and a model that has some does not run.
  harmless = harmless_and {
    "pretraining_tp", "auto_map", "ep_size", "num_nextn_predict_layers", "num_mtp_layers", "output_router_logits",
    "moe_intermediate_size", "moe_layer_freq", "n_group", "n_routed_experts", "n_shared_experts", "norm_topk_prob",
    "num_experts_per_tok", "routed_scaling_factor", "scoring_func", "seq_aux", "topk_group", "topk_method",
    "aux_loss_alpha",
  }
  local dense = whole("first_k_dense_replace", defaults.dense, nil, 0)
  if dense < layers then missing = "a mixture of experts" end

  local model = {
    layers = dense < layers and dense or layers, hidden = whole "hidden_size", inner = whole "intermediate_size",
    vocab = vocab, eps = number("rms_norm_eps", 1e-6), act = activation("hidden_act", "silu"), out_bias = biased,
  }
  decoder_norms_before(model, function(layer, name)
    attend_latent(layer, "h", "a", name, sizes, 1e-6, biased)
  end)
end

return {
  steps_of = steps_of,
  decoder_norms_before = decoder_norms_before, decoder_norms_behind = decoder_norms_behind, decoder_parallel = decoder_parallel,
  embed = embed, embed_positions = embed_positions, embed_row = embed_row, add_row = add_row, embed_sinusoids = embed_sinusoids,
  rms_norm = rms_norm, layer_norm = layer_norm, linear = linear, linear_of_groups = linear_of_groups, linear_transposed = linear_transposed,
  slice = slice, join = join, copies = copies, attend = attend, attend_biased = attend_biased, attend_with = attend_with, remember = remember, recall = recall,
  add = add, multiply = multiply, scale = scale, cap = cap, activate = activate, last = last,
  project = project, deepseek = deepseek, split = split, gated = gated, gated_fused = gated_fused, head = head,
}
