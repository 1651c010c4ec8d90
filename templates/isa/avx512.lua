-- x86-64 with AVX-512 F, BW, DQ and VL: 32 registers of 16 floats.
name             = "avx512"
help             = "x86-64 with AVX-512 F, BW, DQ and VL: 16 floats at a time"
lanes            = 16
registers        = 32
header           = "immintrin.h"
attribute        = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
supported        = "cpu_has_avx512()"
requires_machine = "x86_64"
code = ""
