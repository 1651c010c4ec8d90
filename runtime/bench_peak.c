#include "bench_peak.h"

#include <string.h>

#include "kernels.h"

/* Targets that have no products of their own make them of FMAs. */
struct bench_peak bench_peak_of(const struct attn_attention *attention)
{
    const bool bf16 = strcmp(attention->target, "avx512_bf16") == 0, int8 = strcmp(attention->target, "avx512_vnni") == 0;
    return (struct bench_peak){
        .bits = strncmp(attention->target, "avx512", strlen("avx512")) == 0 ? 512 : 256,      /* what its instructions can reach */
        .keys = bf16 ? MACHINE_BF16 : int8 ? MACHINE_INT8 : MACHINE_FMA, .values = bf16 ? MACHINE_BF16 : MACHINE_FMA,
        .key_share = (double)attention->d_k / (attention->d_k + attention->d_v)
    };
}

double bench_peak_rate(const struct bench_peak *peak)
{
    const double keys = machine_rate(peak->keys, peak->bits);
    const double values = peak->values == peak->keys ? keys : machine_rate(peak->values, peak->bits);
    return 1.0 / (peak->key_share / keys + (1.0 - peak->key_share) / values);
}
