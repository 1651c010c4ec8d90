-- Layer norm (Ba et al. 2016) of each head's vector by itself.
name = "layer"
help = "(x - mean(x)) / sqrt(variance(x) + eps)"
parameters = {
  { name = "eps",     type = number, min = 1e-12, max = 1, help = "added to the variance" },
  { name = "weights", type = choice, choices = { "none", "shared", "per_head" }, default = "shared",
    help = "what multiplies it: nothing, (d_k) numbers for all heads, or (heads, d_k)" },
  { name = "offset",  type = number, min = -2, max = 2, default = 0, help = "added to each weight: 1 where weights count from 1" },
  { name = "bias",    type = boolean, default = false, help = "whether numbers of the same shape are added behind the weights" },
  { name = "when",    type = choice, choices = { "before", "after" }, default = "before", help = "before or after the rotation" },
}
code = [[
    double sum = 0.0, squares = 0.0;
    for (int d = 0; d < D_K$D; d++)
        sum += from[d];
    const double centre = sum / D_K$D;
    for (int d = 0; d < D_K$D; d++)
        squares += (from[d] - centre) * (from[d] - centre);
    const double factor = 1.0 / attn_root(squares / D_K$D + $(real(EPS)));
]]
normed = "(from[d] - centre) * factor"
