/* Units, each of several numbers in 32 bits, where they travel as floats: a vector of them, and one in all lanes. */
OP$T ivec$T iload_unit$T(const float *p)                 { return vbits$T(vload$T(p)); }
OP$T ivec$T iset_unit$T(float unit)                      { return vbits$T(vset$T(unit)); }
OP$T ivec$T iset_u32$T(uint32_t unit)                    { return iset$T((int32_t)unit); }

/* The nearest bf16 of a finite float, even in a tie. */
OP$T vec$T vround_bf16$T(vec$T a)
{
    const ivec$T bits = vbits$T(a), even = iand$T(iright$T(bits, 16), iset$T(1));
    return vfrombits$T(iand$T(iadd$T(iadd$T(bits, iset$T(0x7fff)), even), iset$T(-65536)));
}

/* Two bf16 in a unit, the first in its lower half. */
OP$T vec$T vpair_bf16$T(vec$T first, vec$T second)
{
    return vfrombits$T(iadd$T(iright$T(vbits$T(first), 16), vbits$T(second)));
}

% if ISA_COMPUTES == "" then
/* sum + a b for two pairs of bf16, each pair in 32 bits: the odd product, in the upper halves, then the even one. */
OP$T vec$T vdot_bf16$T(ivec$T a, ivec$T b, vec$T sum)
{
    const ivec$T upper = iset$T(-65536);
    const vec$T odd = vfma$T(vfrombits$T(iand$T(a, upper)), vfrombits$T(iand$T(b, upper)), sum);
    return vfma$T(vfrombits$T(ileft$T(a, 16)), vfrombits$T(ileft$T(b, 16)), odd);
}

% end
