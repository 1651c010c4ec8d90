/*
** e^x: 2^n e^r with n the whole number nearest x / ln 2, and a polynomial for |r| <= ln 2 / 2; 2^n is two factors, since
** it can lie outside of what a float is. Relative error 3e-7; 0 far below, infinity far above.
*/
OP$T vec$T vexp$T(vec$T x)
{
    const vec$T within = vmax$T(vset$T(-106.0f), vmin$T(vset$T(90.0f), x));             /* a NaN stays one */
    const vec$T shifted = vfma$T(within, vset$T(1.44269504f), vset$T(12582912.0f));     /* 1.5 * 2^23: rounds to a whole number */
    const vec$T n = vsub$T(shifted, vset$T(12582912.0f));
    const vec$T r = vfma$T(n, vset$T(2.12194440e-4f), vfma$T(n, vset$T(-0.693359375f), within));      /* ln 2 in two parts */
    vec$T p = vset$T(1.0f / 720.0f);
% for _, divisor in ipairs({ 120, 24, 6, 2, 1, 1 }) do
    p = vfma$T(p, r, vset$T(1.0f / $(divisor).0f));
% end
    const ivec$T whole = isub$T(vbits$T(shifted), vbits$T(vset$T(12582912.0f))), half = ihalf$T(whole);
    return vmul$T(vmul$T(p, vpower$T(half)), vpower$T(isub$T(whole, half)));
}

/*
** ln x: x = 2^e m with m within a factor of sqrt(2) of 1, and ln m = 2 artanh((m - 1) / (m + 1)). Relative error 3e-7.
** Minus infinity for 0, NaN for what is negative.
*/
OP$T vec$T vlog$T(vec$T x)
{
    const mask$T tiny = vlt$T(x, vset$T(1.17549435e-38f));                              /* may have less than 24 bits */
    const vec$T normal = vmax$T(vselect$T(tiny, vmul$T(x, vset$T(8388608.0f)), x), vset$T(1.17549435e-38f));
    const ivec$T e = iexponent$T(isub$T(vbits$T(normal), iset$T(0x3f3504f3)));          /* sqrt(1/2) */
    const vec$T m = vfrombits$T(isub$T(vbits$T(normal), imul$T(e, iset$T(1 << 23))));
    const vec$T t = vdiv$T(vsub$T(m, vset$T(1.0f)), vadd$T(m, vset$T(1.0f))), square = vmul$T(t, t);
    vec$T sum = vset$T(2.0f / 9.0f);
% for _, divisor in ipairs({ 7, 5, 3 }) do
    sum = vfma$T(sum, square, vset$T(2.0f / $(divisor).0f));
% end
    const vec$T exponent = vsub$T(vfromi$T(e), vselect$T(tiny, vset$T(23.0f), vzero$T()));
    const vec$T rest = vfma$T(exponent, vset$T(-2.12194440e-4f), vmul$T(vmul$T(sum, square), t));
    const vec$T value = vfma$T(exponent, vset$T(0.693359375f), vadd$T(vadd$T(t, t), rest));
    const vec$T positive = vselect$T(vlt$T(x, vset$T(__builtin_inff())), value, x);     /* a NaN stays one */
    const vec$T outside = vselect$T(veq$T(x, vzero$T()), vset$T(-__builtin_inff()), vset$T(__builtin_nanf("")));
    return vselect$T(vle$T(x, vzero$T()), outside, positive);
}

/*
** tanh x: x P(x^2) / Q(x^2), fitted to a relative error of 1e-8 up to 8.4, where tanh is 1 - 1e-7 and stays. Error 4e-7,
** relative error 4e-7.
*/
OP$T vec$T vtanh$T(vec$T x)
{
    const vec$T within = vmax$T(vset$T(-8.4f), vmin$T(vset$T(8.4f), x)), square = vmul$T(within, within);      /* a NaN stays one */
    vec$T p = vset$T(1.44578118e-8f), q = vset$T(8.21994377e-7f);
% for _, c in ipairs({ "2.1379743e-5", "3.54161556e-3", "0.134195775", "1.0" }) do
    p = vfma$T(p, square, vset$T($(c)f));
% end
% for _, c in ipairs({ "3.36142431e-4", "2.60514319e-2", "0.467529029", "1.0" }) do
    q = vfma$T(q, square, vset$T($(c)f));
% end
    const vec$T value = vdiv$T(vmul$T(within, p), q);
    return vmax$T(vset$T(-1.0f), vmin$T(vset$T(1.0f), value));                          /* rounding can leave it */
}

/* The nearest float whose lower half is 0, even in a tie. */
OP$T vec$T vbf16$T(vec$T x)
{
    const mask$T number = veq$T(x, x);                                                  /* a NaN stays one */
    const ivec$T bits = vbits$T(vselect$T(number, x, vzero$T()));
    const ivec$T rounded = iadd$T(bits, iadd$T(iset$T(0x7fff), iand$T(iright$T(bits, 16), iset$T(1))));
    return vselect$T(number, vfrombits$T(iand$T(rounded, iset$T(-0x10000))), x);
}
