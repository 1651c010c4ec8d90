% if UNIT_VALUES then
% local weight = (HAS_SCORE and "prefill_weight" or "weight") .. F
/* p = weight(s, m) of keys in pairs, rounded to bf16, as units in the place of the first one's scores. */
$FN void prefill_weights_all$F(struct prefill_scratch$F *t, float (*s)[QUERIES$F])
{
    for (int lane = 0; lane < QUERIES$F; lane += $LANES) {
        const vec$T m = vload$T(&t->state->m[lane]);
        for (int j = 0; j < PARTIALS$F; j += 2) {
            vec$T sum0 = vzero$T(), sum1 = vzero$T();
% for i = 0, TILE // PARTIALS - 1 do
            const vec$T first$i = vround_bf16$T($weight(vload$T(&s[j + $(i * PARTIALS)][lane]), m));
            const vec$T second$i = vround_bf16$T($weight(vload$T(&s[j + $(i * PARTIALS + 1)][lane]), m));
            vstore$T(&s[j + $(i * PARTIALS)][lane], vpair_bf16$T(first$i, second$i));
            sum0 = vadd$T(sum0, first$i);
            sum1 = vadd$T(sum1, second$i);
% end
            vstore$T(&t->sums[j][lane], sum0);
            vstore$T(&t->sums[j + 1][lane], sum1);
        }
    }
}

/* The weight of a key that some query of the vector may see, rounded and added to its partial sum; 0 of one beside them. */
OP$T vec$T prefill_weight_of$F(struct prefill_scratch$F *t, int32_t key, int32_t first, int32_t last, int lane,
    float (*s)[QUERIES$F])
{
    if (key < first || key > last)
        return vzero$T();
    float *sum = &t->sums[key % PARTIALS$F][lane];
    const vec$T p = vround_bf16$T(prefill_weight$F(vload$T(&s[key][lane]), vload$T(&t->state->m[lane])));
    vstore$T(sum, vadd$T(vload$T(sum), p));
    return p;
}

% local straddles = LANES % VALUE_QUERIES > 0 or LANES % REST_QUERIES > 0
% if straddles then
/*
** The same for the keys that the queries of each vector may see, with weights of 0 before and behind them, since register
** tiles of o stretch over two vectors of queries.
*/
% else
/* The same for the keys that the queries of each vector may see. */
% end
$FN void prefill_weights_some$F(struct prefill_scratch$F *t, int32_t queries,
    const struct prefill_seen$F *seen, float (*s)[QUERIES$F])
{
    for (int lane = 0; lane < queries; lane += $LANES) {
        const int32_t first = seen->first[lane / $LANES], last = seen->last[lane / $LANES];
        for (int j = 0; j < PARTIALS$F; j++)
            vstore$T(&t->sums[j][lane], vzero$T());
% if straddles then
        for (int32_t key = 0; key < TILE$F; key += 2) {
% else
        for (int32_t key = first - first % 2; key <= last; key += 2) {
% end
            const vec$T p = prefill_weight_of$F(t, key, first, last, lane, s);
            vstore$T(&s[key][lane], vpair_bf16$T(p, prefill_weight_of$F(t, key + 1, first, last, lane, s)));
        }
    }
}

% end
