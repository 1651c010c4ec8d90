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

