-- Each head's vector gets the length 1, so that scores are cosines.
name = "l2"
help = "x / max(|x|, eps)"
parameters = {
  { name = "eps",     type = number, min = 1e-12, max = 1, help = "the least length that it is divided by" },
  { name = "weights", type = choice, choices = { "none", "shared", "per_head" }, default = "none",
    help = "what multiplies it: nothing, (d_k) numbers for all heads, or (heads, d_k)" },
  { name = "offset",  type = number, min = -2, max = 2, default = 0, help = "added to each weight: 1 where weights count from 1" },
  { name = "when",    type = choice, choices = { "before", "after" }, default = "before", help = "before or after the rotation" },
}
code = [[
    double squares = 0.0;
    for (int d = 0; d < D_K$D; d++)
        squares += (double)from[d] * from[d];
    const double least = $(real(EPS)), length = squares > least * least ? attn_root(squares) : least;
    const double factor = 1.0 / length;
]]
normed = "from[d] * factor"
