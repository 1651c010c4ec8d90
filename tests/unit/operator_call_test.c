/*
** Calls made of operators' cases: layouts of tensors, shapes, arrays, and what is refused.
*/
#include <math.h>

#include "../operators/call.h"
#include "../test.h"

/* A tensor that holds 0, 1, 2 ... */
static struct case_tensor counting(struct arena *arena, const char *type, int rank, const int64_t *dims)
{
    struct case_tensor tensor = { .role = "x", .type = type, .rank = rank, .count = 1 };
    for (int i = 0; i < rank; i++) {
        tensor.dims[i] = dims[i];
        tensor.count *= dims[i];
    }
    tensor.values = arena_alloc(arena, (size_t)tensor.count, sizeof *tensor.values);
    for (int64_t i = 0; i < tensor.count; i++)
        tensor.values[i] = (double)i;
    return tensor;
}

static void layouts_are_seen(void)
{
    struct arena *arena = arena_create();
    const struct case_tensor heads_first = counting(arena, "f32", 4, (const int64_t[]){ 2, 3, 4, 5 });
    const struct case_tensor rows = counting(arena, "f32", 3, (const int64_t[]){ 2, 4, 15 });
    const struct case_tensor packed = counting(arena, "f32", 5, (const int64_t[]){ 2, 4, 3, 2, 5 });
    const struct view views[] = { view_heads_first(&heads_first), view_rows(&rows, 3), view_packed(&packed, 1) };
    /* batch 1, row 2, head 1 */
    const double first[] = { ((1 * 3 + 1) * 4 + 2) * 5, (1 * 4 + 2) * 15 + 5, (((1 * 4 + 2) * 3 + 1) * 2 + 1) * 5 };
    for (int i = 0; i < 3; i++) {
        CHECK(views[i].batches == 2 && views[i].rows == 4 && views[i].heads == 3 && views[i].width == 5);
        CHECK(view_at(&views[i], 1, 2, 1)[0] == first[i]);
    }
    const double bias[15] = { [5] = 1000 };
    const struct view biased = view_biased(&views[1], bias, arena);
    CHECK(view_at(&biased, 1, 2, 1)[0] == first[1] + 1000 && view_at(&biased, 1, 2, 1)[1] == first[1] + 1);
    arena_destroy(arena);
}

/* Two sequences of two queries, one past key and two fresh ones, two heads that share a KV head. */
static struct call *call_make(struct arena *arena)
{
    struct case_tensor *q = arena_alloc(arena, 3, sizeof *q), *k = q + 1, *past = q + 2;
    struct call *call = arena_alloc(arena, 1, sizeof *call);
    *q = counting(arena, "f32", 3, (const int64_t[]){ 2, 2, 6 });
    *k = counting(arena, "f32", 3, (const int64_t[]){ 2, 2, 3 });
    *past = counting(arena, "f32", 4, (const int64_t[]){ 2, 1, 1, 3 });
    call->arena = arena;
    call->scale = 0.5;
    const struct call_rows made = { view_rows(q, 2), view_heads_first(past), view_heads_first(past), view_rows(k, 1), view_rows(k, 1) };
    CHECK(call_shape(call, &made));
    call_fill(call, &made);
    return call;
}

static void past_stands_before_fresh_keys(void)
{
    static const float k[] = { 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    struct arena *arena = arena_create();
    const struct call *call = call_make(arena);
    CHECK(call->sequences == 2 && call->q_rows == 4 && call->k_rows == 6 && call->d_k == 3 && call->kv_heads == 1);
    CHECK(call->sequence[1].q_row == 2 && call->sequence[1].q_offset == 1 && call->sequence[1].k_row == 3);
    CHECK(memcmp(call->k, k, sizeof k) == 0);
    CHECK_TEXT(call_definition(call), "{ heads = 2, kv_heads = 1, d_k = 3, d_v = 3, scale = 0.5 }");
    arena_destroy(arena);
}

static void shapes_that_do_not_fit_are_refused(void)
{
    struct arena *arena = arena_create();
    struct call call = { .arena = arena };
    const struct case_tensor q = counting(arena, "f32", 3, (const int64_t[]){ 2, 2, 6 });
    const struct case_tensor k = counting(arena, "f32", 3, (const int64_t[]){ 2, 2, 4 });
    const struct case_tensor first = counting(arena, "i32", 1, (const int64_t[]){ 4 });
    const struct call_rows widths = { .q = view_rows(&q, 2), .k = view_rows(&k, 1), .v = view_rows(&k, 1) };
    const struct call_rows rows = { .q = view_rows(&q, 2), .k = view_rows(&q, 2), .v = view_rows(&q, 2) };
    CHECK(!call_shape(&call, &widths));
    CHECK_TEXT(call.refusal, "queries, keys and values do not fit together");
    CHECK(!call_shape_packed(&call, &rows, &first));
    CHECK_TEXT(call.refusal, "the packed rows do not fit their lengths");
    arena_destroy(arena);
}

static void arrays_broadcast(void)
{
    struct arena *arena = arena_create();
    struct call *call = call_make(arena);
    struct case_tensor bias = counting(arena, "f32", 4, (const int64_t[]){ 2, 1, 2, 2 });
    struct case_tensor visible = counting(arena, "bool", 2, (const int64_t[]){ 2, 3 });
    CHECK(call_apply(call, &bias) && call_apply(call, &visible));
    const float *row = call_bias_row(call, 1, 3);      /* sequence 1, query 1 */
    CHECK(row[0] == 6 && row[1] == 7 && isinf(row[2]));
    CHECK(call_visible_row(call, 0, 2)[0] == 0 && call_visible_row(call, 0, 2)[1] == 1 && call_visible_row(call, 1, 3)[0] == 1);
    CHECK_TEXT(call_definition(call), "{ heads = 2, kv_heads = 1, d_k = 3, d_v = 3, scale = 0.5, mask = boolean(), "
                                      "score = { bias() } }");
    const struct case_tensor heads = counting(arena, "f32", 3, (const int64_t[]){ 3, 1, 3 });
    CHECK(!call_apply(call, &heads));
    CHECK_TEXT(call->refusal, "x does not broadcast to the scores");
    arena_destroy(arena);
}

int main(void)
{
    RUN(layouts_are_seen);
    RUN(past_stands_before_fresh_keys);
    RUN(shapes_that_do_not_fit_are_refused);
    RUN(arrays_broadcast);
    return test_end();
}
