/*
** One attention of ggml, ready to be run again and again: what measure.py times. K and V are stored as llama.cpp stores
** them: rows of a token, all heads beside each other, in f32, f16, bf16 or q8_0 (int8, a scale for 32 values).
*/
#include <ggml-cpu.h>
#include <ggml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What systems/ggml_attention.py says of a shape; the same there. */
struct shape {
    int heads, kv_heads, d, q, kv, causal, threads, copies;
    const char *type;                        /* of K and V: "f32", "f16", "bf16", "int8" */
};

struct ggml_attention {
    struct ggml_context *context;
    struct ggml_cgraph **graphs;             /* (copies): one for each copy of K and V, used in turn */
    struct ggml_cplan *plans;                /* (copies) */
    struct ggml_threadpool *pool;
    struct ggml_tensor **outs;               /* (copies) */
    int copies, last;                        /* last: the copy that ran */
};

static enum ggml_type type_of(const char *name)
{
    return strcmp(name, "f16") == 0 ? GGML_TYPE_F16 : strcmp(name, "bf16") == 0 ? GGML_TYPE_BF16
         : strcmp(name, "int8") == 0 ? GGML_TYPE_Q8_0 : GGML_TYPE_F32;
}

/* rows (kv, kv_heads, d) in the type, seen as (d, kv, kv_heads). */
static struct ggml_tensor *cache_make(struct ggml_context *context, const struct shape *s, const float *rows)
{
    const enum ggml_type type = type_of(s->type);
    struct ggml_tensor *stored = ggml_new_tensor_3d(context, type, s->d, s->kv_heads, s->kv);
    ggml_get_type_traits_cpu(type)->from_float(rows, stored->data, (int64_t)s->d * s->kv_heads * s->kv);
    return ggml_permute(context, stored, 0, 2, 1, 3);
}

/* 0 where the query sees the key, else -infinity; the last query sees all keys. NULL without a mask. */
static struct ggml_tensor *mask_make(struct ggml_context *context, const struct shape *s)
{
    if (!s->causal)
        return NULL;
    struct ggml_tensor *mask = ggml_new_tensor_2d(context, GGML_TYPE_F16, s->kv, s->q);
    ggml_fp16_t *at = mask->data;
    for (int i = 0; i < s->q; i++)
        for (int key = 0; key < s->kv; key++)
            at[(int64_t)i * s->kv + key] = ggml_fp32_to_fp16(key <= i + s->kv - s->q ? 0.0f : -INFINITY);
    return mask;
}

static size_t bytes_needed(const struct shape *s)
{
    const size_t cache = (size_t)s->copies * 2 * (size_t)s->kv_heads * (size_t)s->kv * (size_t)s->d * sizeof(float);
    const size_t queries = 2 * (size_t)(s->copies + 1) * (size_t)s->heads * (size_t)s->q * (size_t)s->d * sizeof(float);
    return cache + queries + (size_t)s->q * (size_t)s->kv * 2 + (size_t)(s->copies + 1) * (1 << 20);
}

void ggml_attention_destroy(struct ggml_attention *a)
{
    for (int i = 0; i < a->copies && a->plans != NULL; i++)
        free(a->plans[i].work_data);
    if (a->pool != NULL)
        ggml_threadpool_free(a->pool);
    ggml_free(a->context);
    free(a->graphs);
    free(a->plans);
    free(a->outs);
    free(a);
}

static void graph_add(struct ggml_attention *a, const struct shape *s, struct ggml_tensor *q, struct ggml_tensor *mask,
                      const float *k, const float *v, int at)
{
    struct ggml_tensor *keys = cache_make(a->context, s, k), *values = cache_make(a->context, s, v);
    a->outs[at] = ggml_flash_attn_ext(a->context, q, keys, values, mask, 1.0f / sqrtf((float)s->d), 0.0f, 0.0f);
    a->graphs[at] = ggml_new_graph_custom(a->context, 16, false);
    ggml_build_forward_expand(a->graphs[at], a->outs[at]);
    a->plans[at] = ggml_graph_plan(a->graphs[at], s->threads, a->pool);
    a->plans[at].work_data = malloc(a->plans[at].work_size + 64);
}

/* q (q, heads, d), k and v (kv, kv_heads, d); NULL when there is no memory. */
struct ggml_attention *ggml_attention_create(const struct shape *s, const float *q, const float *k, const float *v)
{
    struct ggml_attention *a = calloc(1, sizeof *a);
    struct ggml_threadpool_params threads = ggml_threadpool_params_default(s->threads);
    threads.poll = 0;                        /* else they spin long after a run, on the core of the system that is timed next */
    ggml_cpu_init();
    a->context = ggml_init((struct ggml_init_params){ .mem_size = bytes_needed(s), .mem_buffer = NULL, .no_alloc = false });
    if (a->context == NULL) {
        free(a);
        return NULL;
    }
    a->pool = ggml_threadpool_new(&threads);
    a->copies = s->copies;
    a->graphs = calloc((size_t)s->copies, sizeof *a->graphs);
    a->plans = calloc((size_t)s->copies, sizeof *a->plans);
    a->outs = calloc((size_t)s->copies, sizeof *a->outs);
    a->last = -1;
    struct ggml_tensor *rows = ggml_new_tensor_3d(a->context, GGML_TYPE_F32, s->d, s->heads, s->q);
    memcpy(rows->data, q, (size_t)s->d * (size_t)s->heads * (size_t)s->q * sizeof(float));
    struct ggml_tensor *queries = ggml_permute(a->context, rows, 0, 2, 1, 3), *mask = mask_make(a->context, s);
    for (int i = 0; i < s->copies; i++)
        graph_add(a, s, queries, mask, k, v, i);
    return a;
}

void ggml_attention_run(struct ggml_attention *a)
{
    a->last = (a->last + 1) % a->copies;
    ggml_graph_compute(a->graphs[a->last], &a->plans[a->last]);
}

/* (q, heads, d) of the last run. */
const float *ggml_attention_out(const struct ggml_attention *a)
{
    return a->outs[a->last]->data;
}
