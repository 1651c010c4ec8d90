-- What the family files share, first part: the fields of config.json. _rope.lua and _steps.lua follow; each
-- runs before the family and returns names that it sees.
--
-- A family reads `json`, the config.json of a model, and assigns
--
--   attention, layers   as a config does
--   context, vocab      most tokens of a sequence, and how many token ids there are
--   bos, eos            lists of token ids
--   prefixes            what may stand before the names of weights
--   bidirectional       true when tokens see those after them
--   encoder             context, vocab and steps of what runs before, over tokens of its own, if there is such a part
--   output              the activation that is the result
--   harmless            fields of config.json that cannot change the result
--   missing             what no step can do yet, if there is such a part: the model is defined, but does not run
--
-- and calls the functions of _steps.lua in the order in which the model runs. Activations are
-- names of (tokens, width) floats. A field that is neither read nor harmless is refused.

-- An array of the caller's: of each query, so many numbers for each head. These are words of configs; behind this file
-- number and head are functions.
local number_word, head_word = number, head
local function array_of_queries(size)
  return array { number_word, query, head_word, size }
end

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

local function whole(name, default, limit, least)
  local value = json[name]
  limit, least = limit or most, least or 1
  if value == nil then value = default end
  if not is_whole(value, least) or value > limit then
    refuse_value(name, value, "a whole number from " .. least .. " to " .. limit)
  end
  return value // 1 | 0
end

local function layer_count(name)
  return whole(name, nil, 1024)
end

-- The name of two that the config uses, the first of which is preferred.
local function either(name, other)
  return json[name] == nil and json[other] ~= nil and other or name
end

local function number(name, default)
  local value = json[name]
  if value == nil then value = default end
  if type(value) ~= "number" or value <= 0 then refuse_value(name, value, "a number above 0") end
  return value
end

-- One number in several spellings, { name, value } each: those that are there agree.
local function agreed(spellings, default)
  local first
  for _, spelling in ipairs(spellings) do
    local name, value = spelling[1], spelling[2]
    if value ~= nil then
      if type(value) ~= "number" then refuse_value(name, value, "a number") end
      first = first or spelling
      if value ~= first[2] then
        refuse(first[1], "is " .. show(first[2]) .. ", but " .. name .. " has " .. show(value))
      end
    end
  end
  return first == nil and default or first[2]
end

local function flag(name, default)
  local value = json[name]
  if value == nil then value = default end
  if type(value) ~= "boolean" then refuse_value(name, value, "true or false") end
  return value
end

-- A field, of the config or of a table in it, that may be there as long as it says what holds anyway, or null.
local function only(name, expected, within)
  local value
  if within == nil then value = json[name] else value = json[within] and json[within][name] end
  if value ~= nil and value ~= expected then
    local understood = expected == nil and "its absence" or show(expected)
    local path = within == nil and name or within .. "." .. name
    refuse(path, "is " .. show(value) .. "; only " .. understood .. " is understood so far")
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
  { "relu", "relu" }, { "silu", "silu" }, { "swish", "silu" },
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
local function head_size(hidden, heads, heads_name, hidden_name)
  if hidden % heads ~= 0 then
    refuse(heads_name or "num_attention_heads",
           "is " .. heads .. ", which does not divide " .. (hidden_name or "hidden_size") .. ", " .. hidden)
  end
  return hidden // heads
end

-- The mask of a decoder whose queries see so many keys, their own included; all up to it without a number.
local function causal_window(keys)
  if keys == nil then return causal() end
  return causal() & window { left = keys - 1 }
end

-- The kinds of the layers, "windowed" or "full": layer_types says them, or whether `has_window`, of a layer from 0,
-- which the field of that name decides, if there is one. The windowed ones may be of another type than "sliding_attention".
local function layer_kinds(count, field, has_window, windowed)
  windowed = windowed or "sliding_attention"
  local types, list = json.layer_types, {}
  for i = 1, count do list[i] = has_window(i - 1) and "windowed" or "full" end
  if types == nil then return list end
  if type(types) ~= "table" or #types ~= count then
    refuse("layer_types", "is no list of " .. count .. " kinds of layers")
  end
  for i, kind in ipairs(types) do
    local known = kind == "full_attention" and "full" or kind == windowed and "windowed"
    if not known then refuse_value("layer_types", kind, '"full_attention" or "' .. windowed .. '"') end
    if field ~= nil and json[field] ~= nil and known ~= list[i] then
      refuse("layer_types", "says " .. kind .. " of layer " .. i - 1 .. ", which " .. field .. " does not")
    end
    list[i] = known
  end
  return list
end

-- Booleans of each layer, from 1: a field's list of 0 and 1 says them, or `default` of a layer from 0.
local function layer_flags(field, count, default)
  local given, list = json[field], {}
  if given ~= nil and (type(given) ~= "table" or #given ~= count) then
    refuse(field, "is no list of " .. count .. " numbers, 0 or 1")
  end
  for i = 1, count do
    if given == nil then list[i] = default(i - 1) else list[i] = given[i] == 1 end
    if given ~= nil and given[i] ~= 0 and given[i] ~= 1 then refuse_value(field, given[i], "0 or 1") end
  end
  return list
end

-- attention and layers of a model whose layers, from 1, have the kinds in the list; kinds that none has are left out.
local function mixed(kinds, definitions)
  local used, several = {}, false
  for _, kind in ipairs(kinds) do
    used[kind] = definitions[kind]
    several = several or kind ~= kinds[1]
  end
  if several then return used, kinds end
  return definitions[kinds[1]], #kinds
end

-- Kinds of the layers of an encoder, then of each of a decoder's layers two.
local function encoder_decoder_layers(encoder_count, decoder_count)
  local list = {}
  for layer = 1, encoder_count do list[layer] = "encoder" end
  for layer = 1, decoder_count do
    list[#list + 1] = "decoder"
    list[#list + 1] = "cross"
  end
  return list
end

-- Fields that say how a model was made, stored or trained.
local harmless_always = {
  "_name_or_path", "architectures", "model_type", "transformers_version", "transformers.js_config",
  "torch_dtype", "dtype", "use_cache", "output_attentions", "output_hidden_states", "return_dict",
  "initializer_range", "gradient_checkpointing", "task_specific_params", "id2label", "label2id",
  "attention_dropout", "hidden_dropout", "classifier_dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop",
  "pad_token_id",
}

local function harmless_and(names)
  local list = {}
  for _, name in ipairs(harmless_always) do list[#list + 1] = name end
  for _, name in ipairs(names) do list[#list + 1] = name end
  return list
end

return {
  show = show, refuse_value = refuse_value, whole = whole, layer_count = layer_count, number = number,
  agreed = agreed, either = either, flag = flag, only = only, tokens = tokens, activation = activation, head_size = head_size,
  causal_window = causal_window, layer_kinds = layer_kinds, layer_flags = layer_flags, mixed = mixed,
  array_of_queries = array_of_queries, encoder_decoder_layers = encoder_decoder_layers, harmless_and = harmless_and,
}
