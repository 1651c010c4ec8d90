#include <stdint.h>
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize ("fp-contract=off")
#endif
#include <immintrin.h>
__attribute__((target("avx2,fma"))) static inline __m256 vm(__m256 a, __m256 b){return _mm256_mul_ps(a,b);}
__attribute__((target("avx2,fma"))) static inline __m256 va(__m256 a, __m256 b){return _mm256_add_ps(a,b);}
__attribute__((target("avx2,fma"))) void f(float*x,float*y,float*z){ _mm256_storeu_ps(z, va(vm(_mm256_loadu_ps(x),_mm256_loadu_ps(y)),_mm256_loadu_ps(z))); }
__attribute__((target("avx2,fma"))) float g(float x,float y,float z){ return x*y+z; }
__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))) void h(float*x,float*y,float*z){ _mm512_storeu_ps(z, _mm512_add_ps(_mm512_mul_ps(_mm512_loadu_ps(x),_mm512_loadu_ps(y)),_mm512_loadu_ps(z))); }
