-- What the family files share: it runs before each of them and returns names they see.
--
-- A family reads `json`, the config.json of a model, and assigns
--
--   attention, layers   as a config does
--   context, vocab      most tokens of a sequence, and how many token ids there are
--   bos, eos            lists of token ids
--   prefixes            what may stand before the names of weights
--   bidirectional       true when tokens see those after them
--   output              the activation that is the result
--   harmless            fields of config.json that cannot change the result
--
-- and calls the step functions below in the order in which the model runs. Activations are
-- names of (tokens, width) floats. A field that is neither read nor harmless is refused.

local function show(value)
  local kind = type(value)
  if kind == "string" then return '"' .. value .. '"' end
  if kind == "nil" then return "missing" end
  if kind == "table" then return "a table" end
  return tostring(value)
end

local function refuse_value(name, value, expected)
  refuse(name, "is " .. show(value) .. "; expected " .. expected)
end

-- Fields of config.json, checked. One that is absent gives the default, or is refused without one.

local most = 16777216

local function is_whole(value, least)
  return type(value) == "number" and value >= least and value <= most and value // 1 == value
end

local function whole(name, default, limit)
  local value = json[name]
  limit = limit or most
  if value == nil then value = default end
  if not is_whole(value, 1) or value > limit then refuse_value(name, value, "a whole number from 1 to " .. limit) end
  return value // 1 | 0
end

local function layer_count(name)
  return whole(name, nil, 1024)
end

local function number(name, default)
  local value = json[name]
  if value == nil then value = default end
  if type(value) ~= "number" or value <= 0 then refuse_value(name, value, "a number above 0") end
  return value
end

local function flag(name, default)
  local value = json[name]
  if value == nil then value = default end
  if type(value) ~= "boolean" then refuse_value(name, value, "true or false") end
  return value
end

-- A field that may be there as long as it says what holds anyway.
local function only(name, expected)
  local value = json[name]
  if value ~= nil and value ~= expected then
    refuse(name, "is " .. show(value) .. "; only " .. show(expected) .. " is understood so far")
  end
end

-- Token ids: one, a list of at most 64, or none.
local function tokens(name)
  local value = json[name]
  if value == nil then return {} end
  local list = {}
  if type(value) == "table" then
    if #value > 64 then refuse(name, "has " .. #value .. " token ids; expected at most 64") end
    for i, token in ipairs(value) do list[i] = token end
  else
    list[1] = value
  end
  for _, token in ipairs(list) do
    if not is_whole(token, 0) then refuse_value(name, token, "token ids") end
  end
  return list
end

-- The name that steps have for an activation function.
local activations = {
  { "silu", "silu" }, { "swish", "silu" },
  { "gelu", "gelu" }, { "gelu_new", "gelu_tanh" }, { "gelu_pytorch_tanh", "gelu_tanh" },
}

local function activation(name, default)
  local value = json[name]
  if value == nil then value = default end
  local known = ""
  for i, pair in ipairs(activations) do
    if pair[1] == value then return pair[2] end
    known = known .. (i == 1 and "" or i == #activations and " or " or ", ") .. pair[1]
  end
  refuse_value(name, value, known)
end

-- hidden_size divided among the heads.
local function head_size(hidden, heads)
  if hidden % heads ~= 0 then
    refuse("num_attention_heads", "is " .. heads .. ", which does not divide hidden_size, " .. hidden)
  end
  return hidden // heads
end

-- Rotary positions in either spelling: rope_theta and rope_scaling, or rope_parameters.

-- These words, before steps of the same name are defined.
local scaling_words = { linear = linear, llama3 = llama3, yarn = yarn, longrope = longrope }

-- The table that says how frequencies are scaled, and the name of its field; nothing where there is none.
local function rope_table()
  local name = json.rope_parameters == nil and "rope_scaling" or "rope_parameters"
  local given = json[name]
  if name == "rope_parameters" and json.rope_scaling ~= nil then
    refuse("rope_scaling", "stands beside rope_parameters; expected one of them")
  end
  if given ~= nil and type(given) ~= "table" then refuse_value(name, given, "a table") end
  return name, given
end

-- A field of it of that kind; nothing where it is not there, unless it is needed.
local function rope_field(key, kind, needed)
  local name, given = rope_table()
  local value = given[key]
  if value == nil and needed then refuse(name, "has no " .. key .. "; expected a " .. kind) end
  if value ~= nil and type(value) ~= kind then refuse(name, "has " .. key .. " " .. show(value) .. "; expected a " .. kind) end
  return value
end

local function rope_number(key, needed) return rope_field(key, "number", needed) end

local function rope_list(key)
  local list = {}
  for i, value in ipairs(rope_field(key, "table", true)) do list[i] = value end
  return list
end

-- The context trained on, and how many times longer the model's is, when it does not say so itself.
local function rope_original()
  return rope_number "original_max_position_embeddings" or whole(json.original_max_position_embeddings == nil
    and "max_position_embeddings" or "original_max_position_embeddings")
end

local function rope_factor()
  return rope_number "factor" or whole "max_position_embeddings" / rope_original()
end

-- What is not read here is refused as not understood.
local scalings = {
  default = function() return nil end,
  linear = function() return { factor = rope_factor() } end,
  llama3 = function()
    return {
      factor = rope_factor(), original = rope_original(),
      low = rope_number("low_freq_factor", true), high = rope_number("high_freq_factor", true),
    }
  end,

  -- The mscales are a ratio: one alone, or zero, says nothing.
  yarn = function()
    local attention_factor, mscale, below = rope_number "attention_factor", rope_number "mscale", rope_number "mscale_all_dim"
    local ratio = attention_factor == nil and (mscale or 0) ~= 0 and (below or 0) ~= 0
    return {
      factor = rope_factor(), original = rope_original(), truncate = rope_field("truncate", "boolean"),
      beta_fast = rope_number "beta_fast", beta_slow = rope_number "beta_slow", attention_factor = attention_factor,
      mscale = ratio and mscale or nil, mscale_all_dim = ratio and below or nil,
    }
  end,

  -- A cache cannot switch lists when its text grows, so the longest text decides.
  longrope = function()
    local long_text = whole "max_position_embeddings" > rope_original()
    return {
      short = rope_list "short_factor", long = rope_list "long_factor", use = long_text and long or short,
      factor = rope_factor(), original = rope_original(), attention_factor = rope_number "attention_factor",
    }
  end,
}

local function rope_scaling()
  local name, given = rope_table()
  if given == nil then return nil end
  local kind, older = given.rope_type, given.type
  if kind == nil then kind = older end
  if kind == "dynamic" then
    refuse(name, 'has rope_type "dynamic", whose base grows with the text while keys in the cache keep the old rotation')
  end
  local read = type(kind) == "string" and scalings[kind] or nil
  if read == nil then
    local found = kind == nil and "no rope_type" or "rope_type " .. show(kind)
    refuse(name, "has " .. found .. "; expected default, linear, llama3, yarn or longrope")
  end
  local fields = read()
  return fields and scaling_words[kind](fields)
end

local function rope_base()
  local base = json.rope_theta
  local name, given = rope_table()
  local newer = given ~= nil and given.rope_theta or nil
  if base == nil then base = newer end
  if base == nil then base = 10000 end
  if type(base) ~= "number" then refuse_value("rope_theta", base, "a number") end
  if newer ~= nil and newer ~= base then
    refuse("rope_theta", "is " .. show(base) .. ", but " .. name .. " has " .. show(newer))
  end
  return base
end

-- Pairs are dimension i with i + d / 2, or, interleaved, neighbours.
local function rotary(neighbours)
  return rope { base = rope_base(), pairing = neighbours and interleaved or half, scaling = rope_scaling() }
end

-- Fields that say how a model was made, stored or trained.
local harmless_always = {
  "_name_or_path", "architectures", "model_type", "transformers_version", "transformers.js_config",
  "torch_dtype", "dtype", "use_cache", "output_attentions", "output_hidden_states", "return_dict",
  "initializer_range", "gradient_checkpointing", "task_specific_params", "id2label", "label2id",
  "attention_dropout", "hidden_dropout", "classifier_dropout", "pad_token_id",
}

local function harmless_and(names)
  local list = {}
  for _, name in ipairs(harmless_always) do list[#list + 1] = name end
  for _, name in ipairs(names) do list[#list + 1] = name end
  return list
end

-- Steps. Names of weights stand without ".weight" and ".bias".

local list = {}
steps = list

local function step(fields)
  list[#list + 1] = fields
end

local function weight(name) return name .. ".weight" end
local function bias(name) return name .. ".bias" end

-- to = row of each token
local function embed(to, name, rows, width)
  step { op = "embed", out = to, weight = weight(name), rows = rows, width = width }
end

-- x = x + row of each token's position
local function embed_positions(x, name, rows, width)
  step { op = "embed_positions", ["in"] = x, out = x, weight = weight(name), rows = rows, width = width, offset = 0 }
end

-- x = x + one row
local function embed_row(x, name, rows, width, row)
  step { op = "embed_row", ["in"] = x, out = x, weight = weight(name), rows = rows, width = width, row = row }
end

local function rms_norm(from, to, name, eps)
  step { op = "norm", kind = "rms", ["in"] = from, out = to, weight = weight(name), eps = eps }
end

local function layer_norm(from, to, name, eps)
  step { op = "norm", kind = "layer", ["in"] = from, out = to, weight = weight(name), bias = bias(name), eps = eps }
end

-- to = from weight^T + bias; weight is (width, width of from)
local function linear(from, to, name, width, biased)
  step {
    op = "linear", ["in"] = from, out = to, width = width,
    weight = weight(name), bias = biased and bias(name) or nil,
  }
end

-- to = attention of q, k and v by the definition of that layer, from 0
local function attend(layer, q, k, v, to)
  step { op = "attention", layer = layer, q = q, k = k, v = v, out = to }
end

local function add(a, b, to)
  step { op = "add", ["in"] = a, with = b, out = to }
end

local function multiply(a, b, to)
  step { op = "multiply", ["in"] = a, with = b, out = to }
end

local function activate(x, kind)
  step { op = "activate", kind = kind, ["in"] = x, out = x }
end

-- Only each sequence's last token goes on, unless all are asked for.
local function last(x)
  step { op = "last", ["in"] = x, out = x }
end

return {
  whole = whole, layer_count = layer_count, number = number, flag = flag, only = only, tokens = tokens,
  activation = activation, head_size = head_size, rotary = rotary, harmless_and = harmless_and,
  embed = embed, embed_positions = embed_positions, embed_row = embed_row,
  rms_norm = rms_norm, layer_norm = layer_norm, linear = linear, attend = attend,
  add = add, multiply = multiply, activate = activate, last = last,
}
