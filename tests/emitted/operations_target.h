/*
** One target's operations: included by operations.c with TARGET, LANES, FUSED (vfma rounds once), and the COMPUTES it has products for.
*/
#define JOIN(a, b) a##_##b
#define NAMED(a, b) JOIN(a, b)
#define OF(name) NAMED(name, TARGET)      /* vadd_avx2 */
#define CHECKING NAMED(KERNEL, TARGET)    /* how a function of the target is declared */

/* Every lane of a mask. */
CHECKING bool OF(all_lanes)(OF(mask) m)
{
    return !OF(many)(OF(mnot)(m));
}

CHECKING void OF(check_arithmetic)(struct random *random)
{
    float a[LANES], b[LANES], c[LANES], r[LANES];
    fill(a, LANES, random);
    fill(b, LANES, random);
    fill(c, LANES, random);
    const OF(vec) x = OF(vload)(a), y = OF(vload)(b), z = OF(vload)(c);
    OF(vstore)(r, OF(vadd)(x, y));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == a[i] + b[i]);
    OF(vstore)(r, OF(vsub)(x, y));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == a[i] - b[i]);
    OF(vstore)(r, OF(vmul)(x, y));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == a[i] * b[i]);
    OF(vstore)(r, OF(vfma)(x, y, z));
    for (int i = 0; i < LANES; i++) {
        const float product = a[i] * b[i];
        CHECK(r[i] == (FUSED ? fmaf(a[i], b[i], c[i]) : product + c[i]));
    }
}

CHECKING void OF(check_choice)(struct random *random)
{
    float a[LANES], b[LANES], r[LANES];
    fill(a, LANES, random);
    fill(b, LANES, random);
    const OF(vec) x = OF(vload)(a), y = OF(vload)(b);
    OF(vstore)(r, OF(vmax)(x, y));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == (a[i] > b[i] ? a[i] : b[i]));
    OF(vstore)(r, OF(vselect)(OF(vgreater)(x, y), OF(vset)(1.0f), OF(vzero)()));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == (a[i] > b[i] ? 1.0f : 0.0f));
}

CHECKING void OF(check_across)(struct random *random)
{
    float a[LANES], largest = -INFINITY;
    fill(a, LANES, random);
    for (int i = 0; i < LANES; i++)
        largest = a[i] > largest ? a[i] : largest;
    const OF(vec) x = OF(vload)(a);
    CHECK(OF(vfirst)(x) == a[0]);
    CHECK(OF(vlargest)(x) == largest);
    CHECK(OF(vsum)(x) == sum_by_halves(a, LANES));
}

CHECKING void OF(check_integers)(struct random *random)
{
    const int32_t a = any_integer(random) / 2, b = any_integer(random) / 2, small = any_integer(random) % 1000;
    const int32_t divisor = b == 0 ? 3 : b, quotient = (int32_t)floor((double)a / divisor);
    const OF(ivec) x = OF(iset)(a), y = OF(iset)(b), d = OF(iset)(divisor);
    CHECK(OF(all_lanes)(OF(ieq)(OF(iadd)(x, y), OF(iset)(a + b))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(isub)(x, y), OF(iset)(a - b))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(imul)(OF(iset)(small), OF(iset)(-7)), OF(iset)(small * -7))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(idiv)(x, d), OF(iset)(quotient))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(imod)(x, d), OF(iset)((int32_t)(a - (int64_t)quotient * divisor)))));
    CHECK(OF(all_lanes)(OF(ilt)(x, y)) == (a < b) && OF(many)(OF(ilt)(x, y)) == (a < b));
    CHECK(OF(all_lanes)(OF(ile)(x, y)) == (a <= b) && OF(many)(OF(ile)(x, y)) == (a <= b));
    CHECK(OF(all_lanes)(OF(ieq)(x, y)) == (a == b));
}

/* Bits and small integers of memory. */
CHECKING void OF(check_narrow)(struct random *random)
{
    uint8_t bytes[LANES];
    int8_t with_sign[LANES];
    uint16_t words[LANES];
    float a[LANES], b[LANES], c[LANES];
    for (int i = 0; i < LANES; i++) {
        words[i] = (uint16_t)random_next(random);
        bytes[i] = (uint8_t)words[i];
        with_sign[i] = (int8_t)random_between(random, -128, 127);
    }
    OF(vstore)(a, OF(vfromi)(OF(iload_u8)(bytes)));
    OF(vstore)(b, OF(vfromi)(OF(iload_s8)(with_sign)));
    OF(vstore)(c, OF(vfromi)(OF(iload_u16)(words)));
    for (int i = 0; i < LANES; i++)
        CHECK(a[i] == bytes[i] && b[i] == with_sign[i] && c[i] == words[i]);
    const int32_t x = any_integer(random), y = any_integer(random);
    const int bits = (int)random_between(random, 0, 31);
    CHECK(OF(all_lanes)(OF(ieq)(OF(iand)(OF(iset)(x), OF(iset)(y)), OF(iset)(x & y))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(ileft)(OF(iset)(x), bits), OF(iset)((int32_t)((uint32_t)x << bits)))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(iright)(OF(iset)(x), bits), OF(iset)((int32_t)((uint32_t)x >> bits)))));
}

/* Every half that is a number, from its sign, exponent and fraction. */
CHECKING void OF(check_halves)(void)
{
    for (int first = 0; first < 0x10000; first += LANES) {
        uint16_t halves[LANES];
        float found[LANES];
        for (int i = 0; i < LANES; i++)
            halves[i] = (uint16_t)(first + i);
        OF(vstore)(found, OF(vload_half)(halves));
        for (int i = 0; i < LANES; i++) {
            const int exponent = halves[i] >> 10 & 31, fraction = halves[i] & 1023;
            const double size = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
            CHECK(exponent == 31 || (double)found[i] == (halves[i] & 0x8000 ? -size : size));
        }
    }
}

/* The nearest half of any float, infinities and NaNs too; and integers of two bytes. */
CHECKING void OF(check_narrow_stores)(struct random *random)
{
    float x[LANES];
    uint16_t found[LANES], nearest[LANES], words[LANES];
    for (int i = 0; i < LANES; i++) {
        words[i] = (uint16_t)random_next(random);
        x[i] = any_for_halves(random);
        narrow_put(NARROW_F16, nearest, i, x[i]);
    }
    OF(vstore_half)(found, OF(vload)(x));
    for (int i = 0; i < LANES; i++)
        CHECK(found[i] == nearest[i] || (isnan(x[i]) && (found[i] & 0x7e00) == 0x7e00));
    OF(istore_u16)(found, OF(iload_u16)(words));
    CHECK(memcmp(found, words, sizeof words) == 0);
}

/* iramp counts lanes; masks combine lane by lane. */
CHECKING void OF(check_masks)(struct random *random)
{
    const int32_t start = any_integer(random) / 2, cut = (int32_t)random_between(random, 0, LANES);
    const OF(mask) first = OF(ilt)(OF(iramp)(start), OF(iset)(start + cut));
    const OF(mask) odd = OF(ieq)(OF(imod)(OF(iramp)(0), OF(iset)(2)), OF(iset)(1));
    float both[LANES], either[LANES];
    OF(vstore)(both, OF(vselect)(OF(mand)(first, odd), OF(vset)(1.0f), OF(vzero)()));
    OF(vstore)(either, OF(vselect)(OF(mor)(first, OF(mnot)(odd)), OF(vset)(1.0f), OF(vzero)()));
    for (int i = 0; i < LANES; i++) {
        CHECK(both[i] == (i < cut && i % 2 == 1 ? 1.0f : 0.0f));
        CHECK(either[i] == (i < cut || i % 2 == 0 ? 1.0f : 0.0f));
    }
    CHECK(OF(all_lanes)(OF(mset)(1)) && !OF(many)(OF(mset)(0)));
}

CHECKING void OF(check_transpose)(struct random *random)
{
    float from[LANES * (LANES + 3)], to[LANES * (LANES + 5)];
    fill(from, LANES * (LANES + 3), random);
    for (int i = 0; i < LANES * (LANES + 5); i++)
        to[i] = 77.0f;
    OF(vtranspose)(from, LANES + 3, to, LANES + 5);
    for (int row = 0; row < LANES; row++)
        for (int column = 0; column < LANES + 5; column++)
            CHECK(to[row * (LANES + 5) + column] == (column < LANES ? from[column * (LANES + 3) + row] : 77.0f));
}

/* 2^x by its relative error, and what lies beyond the clamp. */
CHECKING void OF(check_power)(struct random *random)
{
    float x[LANES], r[LANES];
    for (int i = 0; i < LANES; i++)
        x[i] = (float)(random_uniform(random) * 139.0 - 119.0);
    OF(vstore)(r, OF(vexp2_exact)(OF(vload)(x)));
    for (int i = 0; i < LANES; i++)
        CHECK(fabs(r[i] / exp2((double)x[i]) - 1.0) < 1e-6);
    OF(vstore)(r, OF(vexp2_exact)(OF(vset)(-INFINITY)));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] > 0.0f && r[i] < 1e-35f);
}

CHECKING void OF(check_quotient)(struct random *random)
{
    float a[LANES], b[LANES], r[LANES];
    fill(a, LANES, random);
    fill(b, LANES, random);
    const OF(vec) x = OF(vload)(a), y = OF(vload)(b);
    OF(vstore)(r, OF(vdiv)(x, y));
    for (int i = 0; i < LANES; i++)
        CHECK(same_float(r[i], a[i] / b[i]));
    OF(vstore)(r, OF(vsqrt)(x));
    for (int i = 0; i < LANES; i++)
        CHECK(same_float(r[i], sqrtf(a[i])));
    OF(vstore)(r, OF(vfloor)(x));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == floorf(a[i]));
    OF(vstore)(r, OF(vabs)(x));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == fabsf(a[i]));
    OF(vstore)(r, OF(vmin)(x, y));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == (a[i] < b[i] ? a[i] : b[i]));
}

/* Equal, less, and less or equal, each as a bit of a number. */
CHECKING void OF(check_comparisons)(struct random *random)
{
    float a[LANES], b[LANES], equal[LANES], less[LANES], at_most[LANES];
    fill(a, LANES, random);
    fill(b, LANES, random);
    b[0] = random_between(random, 0, 1) == 0 ? a[0] : b[0];
    a[LANES - 1] = random_between(random, 0, 3) == 0 ? NAN : a[LANES - 1];
    const OF(vec) x = OF(vload)(a), y = OF(vload)(b), one = OF(vset)(1.0f), zero = OF(vzero)();
    OF(vstore)(equal, OF(vselect)(OF(veq)(x, y), one, zero));
    OF(vstore)(less, OF(vselect)(OF(vlt)(x, y), one, zero));
    OF(vstore)(at_most, OF(vselect)(OF(vle)(x, y), one, zero));
    for (int i = 0; i < LANES; i++)
        CHECK((equal[i] != 0.0f) == (a[i] == b[i]) && (less[i] != 0.0f) == (a[i] < b[i]) && (at_most[i] != 0.0f) == (a[i] <= b[i]));
}

/* An index a lane; integers as floats. */
CHECKING void OF(check_tables)(struct random *random)
{
    float table[50], r[LANES], s[LANES];
    int32_t whole[50];
    const int32_t start = (int32_t)random_between(random, 0, 50 - LANES), a = any_integer(random), b = any_integer(random);
    fill(table, 50, random);
    for (int i = 0; i < 50; i++)
        whole[i] = any_integer(random) >> 8;
    OF(vstore)(r, OF(vtable)(table, OF(iramp)(start)));
    OF(vstore)(s, OF(vfromi)(OF(itable)(whole, OF(iramp)(start))));
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == table[start + i] && s[i] == (float)whole[start + i]);
    CHECK(OF(all_lanes)(OF(ieq)(OF(iabs)(OF(iset)(a)), OF(iset)(abs(a)))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(imin)(OF(iset)(a), OF(iset)(b)), OF(iset)(a < b ? a : b))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(imax)(OF(iset)(a), OF(iset)(b)), OF(iset)(a > b ? a : b))));
    CHECK(OF(all_lanes)(OF(ieq)(OF(iselect)(OF(mset)(a < b), OF(iset)(a), OF(iset)(b)), OF(iset)(a < b ? a : b))));
}

/* Floats of every exponent and sign against the C library's functions. */
CHECKING void OF(check_functions)(struct random *random)
{
    float x[LANES], exponential[LANES], logarithm[LANES], tangent[LANES], rounded[LANES];
    for (int i = 0; i < LANES; i++)
        x[i] = any_bits(random);
    OF(vstore)(exponential, OF(vexp)(OF(vload)(x)));
    OF(vstore)(logarithm, OF(vlog)(OF(vload)(x)));
    OF(vstore)(tangent, OF(vtanh)(OF(vload)(x)));
    OF(vstore)(rounded, OF(vbf16)(OF(vload)(x)));
    for (int i = 0; i < LANES; i++) {
        CHECK(is_near(exponential[i], exp((double)x[i]), 1e-6, 2e-45));
        CHECK(is_near(logarithm[i], log((double)x[i]), 1e-6, 0.0));
        CHECK(same_float(rounded[i], nearest_bf16(x[i])));
        CHECK(is_near(tangent[i], tanh((double)x[i]), 1e-6, 0.0) && !(fabs(tangent[i] - tanh((double)x[i])) > 4e-7));
    }
}

#if LANES > 1
CHECKING void OF(check_part)(struct random *random)
{
    const int count = (int)random_between(random, 0, LANES);
    float a[LANES], r[LANES];
    fill(a, LANES, random);
    for (int i = 0; i < LANES; i++)
        r[i] = 77.0f;
    OF(vstore_part)(r, OF(vload)(a), count);
    for (int i = 0; i < LANES; i++)
        CHECK(r[i] == (i < count ? a[i] : 77.0f));
}
#endif

/* Numbers of 16 bits in units: loaded, rounded to nearest, packed by neighbours and by pairs of vectors. */
CHECKING void OF(check_units)(struct random *random)
{
    uint32_t words[LANES];
    float x[2][LANES], halves[2][LANES], pairs[LANES], row[LANES + 2] = { 0.0f };
    for (int i = 0; i < LANES; i++)
        words[i] = (uint32_t)any_integer(random);
    for (int i = 0; i < LANES; i++)
        CHECK(OF(all_lanes)(OF(ieq)(OF(iset_u32)(words[i]), OF(iset)((int32_t)words[i]))));
    int32_t found[LANES];
    OF(vstore)(pairs, OF(vfrombits)(OF(iload_u32)(words)));
    memcpy(found, pairs, sizeof found);
    CHECK(memcmp(found, words, sizeof found) == 0);
    const int first = LANES == 1 ? (int)random_between(random, 0, 3) : 4;
    for (int part = 0; part < 2; part++) {
        fill(x[part], LANES, random);
        OF(vstore)(halves[part], OF(vround_bf16)(OF(vload)(x[part])));
        for (int i = 0; i < LANES; i++)
            CHECK(same_float(halves[part][i], nearest_bf16(x[part][i])));
    }
    OF(vstore)(pairs, OF(vpair_bf16)(OF(vload)(halves[0]), OF(vload)(halves[1])));
    for (int i = 0; i < LANES; i++)
        CHECK(half_of(pairs[i], 0) == half_of(halves[0][i], 1) && half_of(pairs[i], 1) == half_of(halves[1][i], 1));
    OF(vstore_halves)(row, first, OF(vload)(halves[0]));
    for (int i = 0; i < LANES; i++)
        CHECK(half_of(row[(first + i) / 2], (first + i) % 2) == half_of(halves[0][i], 1));
    for (int i = 0; i < 2 * LANES + 4; i++)
        CHECK(half_of(row[i / 2], i % 2) == 0 || (i >= first && i < first + LANES));
}

/* Products of units: pairs of bf16, the odd one first; four bytes with a sign and four without. */
CHECKING void OF(check_products)(struct random *random)
{
    uint32_t a[LANES], b[LANES];
    float sum[LANES], found[LANES];
    for (int i = 0; i < LANES; i++) {
        a[i] = unit_of(random_normal(random), random_normal(random));
        b[i] = unit_of(random_normal(random), random_normal(random));
        sum[i] = random_normal(random);
    }
#if COMPUTES & BF16
    OF(vstore)(found, OF(vdot_bf16)(OF(iload_u32)(a), OF(iload_u32)(b), OF(vload)(sum)));
    for (int i = 0; i < LANES; i++) {
        const float odd = half_value(a[i], 1) * half_value(b[i], 1), even = half_value(a[i], 0) * half_value(b[i], 0);
        const float added = odd + sum[i];            /* products are exact: fused or not is the same */
        CHECK(found[i] == even + added);
    }
#endif
#if COMPUTES & INT8
    const int32_t start = any_integer(random) / 2;
    OF(vstore)(found, OF(vfrombits)(OF(idot_int8)(OF(iload_u32)(a), OF(iload_u32)(b), OF(iset)(start))));
    for (int i = 0; i < LANES; i++) {
        int32_t expected = start, got;
        for (int bit = 0; bit < 32; bit += 8)
            expected += (int32_t)(a[i] >> bit & 255u) * (int8_t)(b[i] >> bit & 255u);
        memcpy(&got, &found[i], sizeof got);
        CHECK(got == expected);
    }
#endif
    (void)found;
    (void)sum;
}

CHECKING void OF(check_operations)(void)
{
    struct random random = random_start(3);
    OF(check_halves)();
    for (int round = 0; round < ROUNDS; round++) {
        OF(check_arithmetic)(&random);
        OF(check_choice)(&random);
        OF(check_across)(&random);
        OF(check_integers)(&random);
        OF(check_masks)(&random);
        OF(check_narrow)(&random);
        OF(check_narrow_stores)(&random);
        OF(check_transpose)(&random);
        OF(check_power)(&random);
        OF(check_quotient)(&random);
        OF(check_comparisons)(&random);
        OF(check_tables)(&random);
        OF(check_units)(&random);
        OF(check_products)(&random);
        for (int i = 0; i < 20; i++)
            OF(check_functions)(&random);
#if LANES > 1
        OF(check_part)(&random);
#endif
    }
}

static void OF(operations)(void)
{
    if (!OF(supported)())
        SKIP("this CPU does not have the target");
    OF(check_operations)();
}

#undef TARGET
#undef LANES
#undef FUSED
#undef COMPUTES
#undef JOIN
#undef NAMED
#undef OF
#undef CHECKING
