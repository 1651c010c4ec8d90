/* to = $WORDS: one head of $ROLE. `from` may be `to`. */
static void norm_$ROLE$D(const float *from$(WEIGHTED and ", const float *weight" or "")$(BIASED and ", const float *bias" or ""), float *to)
{
$CODE
    for (int d = 0; d < D_K$D; d++)
% local element = NORMED
% if WEIGHTED and OFFSET ~= 0 then element = element .. " * (weight[d] + " .. real(OFFSET) .. ")" end
% if WEIGHTED and OFFSET == 0 then element = element .. " * weight[d]" end
% if BIASED then element = element .. " + bias[d]" end
        to[d] = (float)($element);
}

