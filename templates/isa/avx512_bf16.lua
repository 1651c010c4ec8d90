-- AVX-512 with dot products of bf16: Zen 4 and later, Cooper Lake, Sapphire Rapids. On the last one (3.7 GHz) they were
-- measured at 0.54 ns each, FMAs at 0.14 ns: half as many products in the same time, so that avx512 is chosen on Intel.
name      = "avx512_bf16"
help      = "avx512 with AVX512_BF16, for compute = bf16"
like      = "avx512"
computes  = "bf16"
attribute = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,avx512bf16"
supported = "cpu_has_avx512_bf16()"
preferred = "!cpu_is_intel()"
products  = [[
OP$T vec$T vdot_bf16$T(ivec$T a, ivec$T b, vec$T sum)    { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }      /* what is below 2^-126 is 0 */
]]
