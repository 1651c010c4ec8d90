-- x86-64 with AVX2 and FMA: 16 registers of 8 floats.
name             = "avx2"
help             = "x86-64 with AVX2 and FMA: 8 floats at a time"
lanes            = 8
registers        = 16
header           = "immintrin.h"
attribute        = "avx2,fma"
supported        = "cpu_has_avx2()"
requires_machine = "x86_64"
code = ""
