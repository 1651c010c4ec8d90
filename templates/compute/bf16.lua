-- What bfloat16 models do: q and the weights are rounded as K and V are cached.
name    = "bf16"
help    = "q, rotated, and weights are rounded to bf16; sums are float, of pairs: the odd product, then the even one, each an FMA that may take what is below 2^-126 as 0"
keys    = "bf16"
values  = "bf16"
pack    = 2
stored  = "uint32_t"
product = "vdot_bf16"
code = [[
/* Two halves of a unit: part 0 is the lower one. The other one stays. */
static void bf16_put(uint32_t *unit, int part, uint16_t stored)
{
    const int shift = 16 * part;
    *unit = (*unit & ~((uint32_t)0xffff << shift)) | (uint32_t)stored << shift;
}

static uint16_t bf16_get(uint32_t unit, int part)        { return (uint16_t)(unit >> 16 * part); }

/* Row q of `count` floats becomes units, each in the place of a float. */
static void bf16_units(float *q, int count)
{
    for (int d = 0; d < count; d += 2) {
        const uint32_t odd = d + 1 < count ? bf16_store(q[d + 1]) : 0, unit = odd << 16 | bf16_store(q[d]);
        memcpy(&q[d / 2], &unit, sizeof unit);
    }
}
]]
