-- RMS norm (Zhang and Sennrich 2019) of each head's vector by itself.
name = "rms"
help = "x / sqrt(mean(x^2) + eps)"
parameters = {
  { name = "eps",     type = number, min = 1e-12, max = 1, help = "added to the mean square" },
  { name = "weights", type = choice, choices = { "none", "shared", "per_head" }, default = "shared",
    help = "what multiplies it: nothing, (d_k) numbers for all heads, or (heads, d_k)" },
  { name = "offset",  type = number, min = -2, max = 2, default = 0, help = "added to each weight: 1 where weights count from 1" },
  { name = "when",    type = choice, choices = { "before", "after" }, default = "before", help = "before or after the rotation" },
}
code = [[
    double squares = 0.0;
    for (int d = 0; d < D_K$D; d++)
        squares += (double)from[d] * from[d];
    const double factor = 1.0 / attn_root(squares / D_K$D + $(real(EPS)));
]]
normed = "from[d] * factor"
