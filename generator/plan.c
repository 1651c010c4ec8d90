/*
** The default plan. A register tile of a x b accumulators needs a x b registers for the
** sums, b for the vectors and one for the value broadcast to them.
*/
#include "plan.h"

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* The largest divisor of whole that is at most limit. */
static int divisor_below(int whole, int limit)
{
    int divisor = smaller(whole, limit);
    while (whole % divisor != 0)
        divisor--;
    return divisor;
}

/* Most rows of a register tile that is `vectors` wide. */
static int rows_for(const struct plan *plan, int vectors)
{
    return (plan->isa->registers - 1 - vectors) / vectors;
}

static void choose_prefill(struct plan *plan, const struct definition *definition)
{
    const int lanes = plan->isa->lanes, vectors = plan->v_row / lanes;
    const bool many = plan->isa->registers >= 32;
    plan->score_keys = 4;
    plan->query_vectors = many ? 4 : 3;
    plan->queries = plan->query_vectors * (lanes > 1 ? lanes : 4);
    plan->value_vectors = smaller(vectors, many ? 4 : 2);
    plan->value_queries = divisor_below(plan->queries, many ? smaller(8, rows_for(plan, plan->value_vectors)) : rows_for(plan, plan->value_vectors));
    const int rest = vectors % plan->value_vectors;
    plan->rest_queries = rest == 0 ? 1 : divisor_below(plan->queries, smaller(12, rows_for(plan, rest)));
    plan->interleave = many && definition->d_k >= 16;
    const int scores = plan->score_keys * plan->query_vectors + plan->query_vectors + 1;
    const int values = plan->value_queries * plan->value_vectors + plan->value_vectors + 1;
    plan->prefill_registers = scores > values ? scores : values;
}

/* Few heads take more keys at once, so that there are enough independent sums to hide an FMA's latency. */
static void choose_decode(struct plan *plan, const struct definition *definition)
{
    const int budget = plan->isa->registers >= 32 ? 16 : 10;
    plan->decode_heads = smaller(definition->group, 4);
    plan->decode_vectors = 1;
    while (plan->decode_heads * plan->decode_vectors * 2 <= budget && plan->decode_vectors * 2 * plan->isa->lanes <= PLAN_BLOCK)
        plan->decode_vectors *= 2;
    const int keys = plan->decode_heads > 1 ? plan->decode_vectors : 1;     /* one head uses each K once: no need to keep it */
    plan->decode_registers = plan->decode_heads * plan->decode_vectors + keys + 1;
}

void plan_choose(struct plan *plan, const struct definition *definition, const struct descriptor *isa)
{
    plan->isa = isa;
    plan->v_row = (definition->d_v + PLAN_PANEL - 1) / PLAN_PANEL * PLAN_PANEL;
    choose_prefill(plan, definition);
    choose_decode(plan, definition);
}

/* Bytes of the tiles that a phase works on. */
static long prefill_bytes(const struct plan *plan, const struct definition *definition)
{
    const long floats = (long)plan->queries * (definition->d_k + PLAN_BLOCK + plan->v_row) + (long)PLAN_BLOCK * (definition->d_k + plan->v_row);
    return floats * 4;
}

static long decode_bytes(const struct plan *plan, const struct definition *definition)
{
    const long floats = (long)definition->group * (definition->d_k + PLAN_BLOCK + plan->v_row) + (long)PLAN_BLOCK * (definition->d_k + plan->v_row);
    return floats * 4;
}

void plan_print_prefill(struct text *text, const struct plan *plan, const struct definition *definition)
{
    text_format(text, "online softmax, scores lanes=queries %d keys x %d queries, o lanes=d_v %d queries x %d, tile %d queries x %d keys, segment %d, %d of %d registers, %ld KiB",
                plan->score_keys, plan->query_vectors * plan->isa->lanes, plan->value_queries, plan->value_vectors * plan->isa->lanes,
                plan->queries, PLAN_BLOCK, PLAN_SEGMENT, plan->prefill_registers, plan->isa->registers,
                prefill_bytes(plan, definition) / 1024);
}

void plan_print_decode(struct text *text, const struct plan *plan, const struct definition *definition)
{
    text_format(text, "split keys, scores lanes=keys %d heads x %d keys, o lanes=d_v, tile %d heads x %d keys, segment %d, %d of %d registers, %ld KiB",
                plan->decode_heads, plan->decode_vectors * plan->isa->lanes, definition->group, PLAN_BLOCK, PLAN_SEGMENT,
                plan->decode_registers, plan->isa->registers, decode_bytes(plan, definition) / 1024);
}
