-- K and V are kept as they come.
name   = "f32"
help   = "4 bytes a value"
stored = "float"
bits   = 32
code = [[
static float f32_store(float x)      { return x; }
static float f32_value(float stored) { return stored; }
]]
vector = [[
OP$T vec$T vload_f32$T(const float *p)                   { return vload$T(p); }
]]
