-- What the family files share, second part: rotary positions, in either spelling: rope_theta and rope_scaling,
-- or rope_parameters, which may hold a table for each kind of layers.

-- These words, before steps of the same name are defined.
local scaling_words = { linear = linear, llama3 = llama3, yarn = yarn, longrope = longrope, dynamic = dynamic }

-- The table that says how frequencies are scaled, of one kind of layers if they have several; and its name.
local function rope_source(layers)
  local name = json.rope_parameters == nil and "rope_scaling" or "rope_parameters"
  local given, field = json[name], name
  if name == "rope_parameters" and json.rope_scaling ~= nil then
    refuse("rope_scaling", "stands beside rope_parameters; expected one of them")
  end
  if given ~= nil and type(given) ~= "table" then refuse_value(name, given, "a table") end
  if given ~= nil and layers ~= nil and field == "rope_parameters" then
    name, given = name .. "." .. layers, given[layers]
    if type(given) ~= "table" then refuse(field, "has " .. layers .. " " .. show(given) .. "; expected a table") end
  end
  return { field = field, name = name, given = given }
end

-- A field of it of that kind; nothing where it is not there, unless it is needed.
local function rope_field(source, key, kind, needed)
  local value = source.given[key]
  if value == nil and needed then refuse(source.field, "has no " .. key .. "; expected a " .. kind) end
  if value ~= nil and type(value) ~= kind then
    refuse(source.field, "has " .. key .. " " .. show(value) .. "; expected a " .. kind)
  end
  return value
end

local function rope_number(source, key, needed) return rope_field(source, key, "number", needed) end

local function rope_list(source, key)
  local list = {}
  for i, value in ipairs(rope_field(source, key, "table", true)) do list[i] = value end
  return list
end

-- The context trained on, and how many times longer the model's is, when it does not say so itself.
local function rope_original(from)
  return rope_number(from, "original_max_position_embeddings") or whole(json.original_max_position_embeddings == nil
    and "max_position_embeddings" or "original_max_position_embeddings")
end

local function rope_factor(from)
  return rope_number(from, "factor") or whole "max_position_embeddings" / rope_original(from)
end

-- What is not read here is refused as not understood.
local scalings = {
  default = function() return nil end,
  linear = function(from) return { factor = rope_factor(from) } end,
  llama3 = function(from)
    return {
      factor = rope_factor(from), original = rope_original(from),
      low = rope_number(from, "low_freq_factor", true), high = rope_number(from, "high_freq_factor", true),
    }
  end,

  -- A text within the context has the plain base, and longer ones are refused: keys in a cache would keep the old rotation.
  dynamic = function(from)
    local context = whole "max_position_embeddings"
    return { factor = rope_factor(from), original = context, length = context }
  end,

  -- The mscales are a ratio: one alone, or zero, says nothing.
  yarn = function(from)
    local attention_factor, mscale, below = rope_number(from, "attention_factor"), rope_number(from, "mscale"), rope_number(from, "mscale_all_dim")
    local ratio = attention_factor == nil and (mscale or 0) ~= 0 and (below or 0) ~= 0
    return {
      factor = rope_factor(from), original = rope_original(from), truncate = rope_field(from, "truncate", "boolean"),
      beta_fast = rope_number(from, "beta_fast"), beta_slow = rope_number(from, "beta_slow"), attention_factor = attention_factor,
      mscale = ratio and mscale or nil, mscale_all_dim = ratio and below or nil,
    }
  end,

  -- A cache cannot switch lists when its text grows, so the longest text decides.
  longrope = function(from)
    local long_text = whole "max_position_embeddings" > rope_original(from)
    return {
      short = rope_list(from, "short_factor"), long = rope_list(from, "long_factor"), use = long_text and long or short,
      factor = rope_factor(from), original = rope_original(from), attention_factor = rope_number(from, "attention_factor"),
    }
  end,
}

local function rope_scaling(from)
  local name, given = from.field, from.given
  if given == nil then return nil end
  local kind, older = given.rope_type, given.type
  if kind == nil then kind = older end
  local read = type(kind) == "string" and scalings[kind] or nil
  if read == nil then
    local found = kind == nil and "no rope_type" or "rope_type " .. show(kind)
    refuse(name, "has " .. found .. "; expected default, linear, llama3, yarn, longrope or dynamic")
  end
  local fields = read(from)
  return fields and scaling_words[kind](fields)
end

-- How many leading dimensions of d are turned, when only a fraction is.
local function rotary_dims(d, default, older)
  local from = rope_source()
  local fraction = agreed({
    { "partial_rotary_factor", json.partial_rotary_factor }, { older, older and json[older] },
    { from.name, from.given and from.given.partial_rotary_factor },
  }, default)
  local dims = d * fraction // 1 | 0
  if dims < 2 or dims > d then refuse_value("partial_rotary_factor", fraction, "2 to " .. d .. " dimensions of " .. d) end
  return dims
end

-- Options: neighbours, when dimension 2 i turns with 2 i + 1 and not i with i + dims / 2; dims, when not
-- all turn; base, where no field says it; older, a field that says the base as well; layers, the kind of
-- those that have a table of their own; unscaled, when rope_scaling is not for them.
local function rotary(options)
  options = options or {}
  local from, older = rope_source(options.layers), options.older
  local base = agreed({
    { "rope_theta", options.layers == nil and json.rope_theta or nil }, { older, older and json[older] },
    { from.name, from.given and from.given.rope_theta },
  }, options.base or 10000)
  local scaled = from.field == "rope_parameters" or not options.unscaled
  return rope {
    base = base, dims = options.dims, pairing = options.neighbours and interleaved or half,
    scaling = scaled and rope_scaling(from) or nil,
  }
end

-- 2 artanh((x - 1) / (x + 1)), for x from 1 on
local function logarithm(x)
  local sum, twos = 0, 0
  while x > 1.5 do x, twos = x / 2, twos + 1 end
  local y = (x - 1) / (x + 1)
  for power = 1, 39, 2 do sum = sum + y ^ power / power end
  return 2 * sum + twos * 0.6931471805599453
end

-- DeepSeek's scores grow with the context where the rotation does not: by (0.1 mscale_all_dim ln factor + 1) squared.
local function rotary_score_factor()
  local from = rope_source()
  local below = from.given and from.given.mscale_all_dim or 0
  if below == 0 then return 1 end
  local factor = rope_factor(from)
  return factor <= 1 and 1 or (0.1 * below * logarithm(factor) + 1) ^ 2
end

return { rotary = rotary, rotary_dims = rotary_dims, rotary_score_factor = rotary_score_factor }
