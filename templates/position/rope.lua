-- Rotary positions: pairs of q and k are turned by position * frequency, which the scaling says.
name = "rope"
help = "rotary positions: pairs of q and k are turned by their position"
parameters = {
  { name = "base",    type = number, min = 1, max = 1e15, help = "base of the inverse frequencies" },
  { name = "dims",    type = integer, min = 2, multiple = 2, default = "d_k", help = "leading dimensions that are turned" },
  { name = "pairing", type = choice, choices = { "half", "interleaved" },
    help = "half: dimension i turns with i + dims / 2; interleaved: 2 i with 2 i + 1" },
  { name = "scaling", type = word, of = "scalings", default = "none", help = "how frequencies are fitted to longer contexts" },
}
code = [[
% if SCALING == "none" then
/* The inverse frequencies of the rotation: $(real(BASE)) ^ (-2 i / $DIMS). */
% else
/* The inverse frequencies of the rotation: $(real(BASE)) ^ (-2 i / $DIMS), scaled by $SCALING. */
% end
static const double frequency$D[$(DIMS // 2)] = {
% for _, frequency in ipairs(FREQUENCIES) do
    $(real(frequency)),
% end
};

% local magnitude = MAGNITUDE == 1 and "" or " * " .. real(MAGNITUDE)
/* Rows of $(DIMS // 2) cosines and $(DIMS // 2) sines$(magnitude == "" and "" or ", both" .. magnitude), the angles in double. */
static void rotation$D(const int32_t *position, int64_t rows, float *rotation)
{
    for (int64_t row = 0; row < rows; row++, rotation += $DIMS)
        for (int i = 0; i < $(DIMS // 2); i++) {
            double sine, cosine;
            attn_sincos(position[row] * frequency$D[i], &sine, &cosine);
            rotation[i] = (float)$(magnitude == "" and "cosine" or "(cosine" .. magnitude .. ")");
            rotation[$(DIMS // 2) + i] = (float)$(magnitude == "" and "sine" or "(sine" .. magnitude .. ")");
        }
}

% local half = DIMS // 2
% local first = PAIRING == "half" and "i" or "2 * i"
% local second = PAIRING == "half" and "i + " .. half or "2 * i + 1"
/* Turns the pairs ($first, $second) of a row by their angles. */
% local alone = ROTATES_IN_PLACE and "" or "restrict "      -- `from` may be `to` behind a norm or a conversion
static void rotate$D(const float *$(alone)from, const float *restrict rotation, float *$(alone)to)
{
    for (int i = 0; i < $half; i++) {
        const float x = from[$first], y = from[$second], cosine = rotation[i], sine = rotation[$half + i];
        to[$first] = x * cosine - y * sine;
        to[$second] = x * sine + y * cosine;
    }
% if DIMS < D_K then
    for (int d = $DIMS; d < D_K$D; d++)
        to[d] = from[d];
% end
}
]]
