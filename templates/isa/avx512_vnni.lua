-- AVX-512 with dot products of bytes: Cascade Lake, Ice Lake, Zen 4 and later.
name      = "avx512_vnni"
help      = "avx512 with AVX512_VNNI, for compute = int8"
like      = "avx512"
computes  = "int8"
attribute = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,avx512vnni"
supported = "cpu_has_avx512_vnni()"
products  = [[
OP$T ivec$T idot_int8$T(ivec$T k, ivec$T q, ivec$T sum)  { return _mm512_dpbusd_epi32(sum, k, q); }
]]
