/*
** Plans: whatever the shape and the target, a plan fits its registers and covers its tile.
*/
#include "../../generator/plan.h"
#include "../test.h"

static const struct descriptor targets[] = {
    { .name = "scalar", .lanes = 1, .registers = 16 },
    { .name = "avx2", .lanes = 8, .registers = 16 },
    { .name = "avx512", .lanes = 16, .registers = 32 },
};

enum { TARGETS = sizeof targets / sizeof targets[0] };

static struct plan plan_of(int group, int d_k, int d_v, const struct descriptor *isa)
{
    const struct definition definition = { .heads = group, .kv_heads = 1, .group = group, .d_k = d_k, .d_v = d_v };
    struct plan plan;
    plan_choose(&plan, &definition, isa);
    return plan;
}

static void check_plan(const struct plan *plan, const struct descriptor *isa, int d_v)
{
    const int vectors = plan->v_row / isa->lanes;
    CHECK(plan->v_row >= d_v && plan->v_row < d_v + PLAN_PANEL && plan->v_row % PLAN_PANEL == 0);
    CHECK(plan->prefill_registers <= isa->registers);
    CHECK(plan->decode_registers <= isa->registers);
    CHECK(plan->queries % (plan->query_vectors * isa->lanes) == 0);
    CHECK(PLAN_PANEL % plan->score_keys == 0);
    CHECK(plan->queries % plan->value_queries == 0 && plan->queries % plan->rest_queries == 0);
    CHECK(plan->value_vectors >= 1 && plan->value_vectors <= vectors);
    const int rest = vectors % plan->value_vectors;
    CHECK(rest == 0 || plan->rest_queries * rest + rest + 1 <= isa->registers);
    CHECK(PLAN_BLOCK % (plan->decode_vectors * isa->lanes) == 0);
}

static void every_plan_fits_its_registers(void)
{
    static const int groups[] = { 1, 2, 3, 4, 5, 7, 8, 71 };
    for (int target = 0; target < TARGETS; target++)
        for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
            for (int d = 1; d <= 300; d++) {
                const struct plan plan = plan_of(groups[i], d, d, &targets[target]);
                check_plan(&plan, &targets[target], d);
                CHECK(plan.decode_heads >= 1 && plan.decode_heads <= groups[i]);
            }
}

static void the_numeric_order_is_the_same_everywhere(void)
{
    CHECK(PLAN_SEGMENT % PLAN_BLOCK == 0);
    CHECK(PLAN_BLOCK % PLAN_PANEL == 0 && PLAN_BLOCK / PLAN_PANEL >= 2);
    for (int target = 0; target < TARGETS; target++)
        CHECK(PLAN_PANEL % targets[target].lanes == 0);
}

static void a_plan_prints_itself_in_one_line(void)
{
    const struct definition definition = { .heads = 9, .kv_heads = 3, .group = 3, .d_k = 64, .d_v = 64 };
    struct arena *arena = arena_create();
    struct text prefill = text_start(arena), decode = text_start(arena);
    struct plan plan;
    plan_choose(&plan, &definition, &targets[2]);
    plan_print_prefill(&prefill, &plan, &definition);
    plan_print_decode(&decode, &plan, &definition);
    CHECK_TEXT(prefill.data, "online softmax, scores lanes=queries 4 keys x 64 queries, o lanes=d_v 4 queries x 64, "
                             "tile 64 queries x 64 keys, segment 1024, 21 of 32 registers, 80 KiB");
    CHECK_TEXT(decode.data, "split keys, scores lanes=keys 3 heads x 64 keys, o lanes=d_v, tile 3 heads x 64 keys, "
                            "segment 1024, 17 of 32 registers, 34 KiB");
    arena_destroy(arena);
}

int main(void)
{
    RUN(every_plan_fits_its_registers);
    RUN(the_numeric_order_is_the_same_everywhere);
    RUN(a_plan_prints_itself_in_one_line);
    return test_end();
}
