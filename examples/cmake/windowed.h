/*
** windowed.h: attention kernels of the model windowed.
** Made by attngen 0.1 from windowed.lua; do not edit.
**
** For each definition, NAME() below returns its functions for the best of the targets
** that this CPU has (scalar, avx2, avx512); NULL when it has none of them. Ask once and keep the answer.
** NAME_write, NAME_prefill and NAME_decode run all tasks of a phase in the calling
** thread, with a scratch of that phase's scratch_bytes; use NAME()->prefill.run for a thread pool.
*/
#ifndef WINDOWED_H
#define WINDOWED_H

/*
** The contract between emitted kernels and their callers, version 6.
** Every header that attngen emits carries this block once; two emitted headers
** in one program agree on it or do not compile.
**
** Shapes are written (rows, columns) with the last one contiguous. Strides count
** elements, sizes floats unless a name says bytes. Lengths, positions and places on the
** key axis stay below ATTN_MAX_KEYS, and q_offset above -ATTN_MAX_KEYS. q, k and v
** are finite, also those of keys that a mask hides, and so are the products of q and k.
*/
#ifndef ATTN_CONTRACT
#define ATTN_CONTRACT 6

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ATTN_MAX_KEYS  = (1 << 24) - 256,  /* with a tile's padding still below 2^24, which masks are proved for */
    ATTN_ALIGNMENT = 64,      /* bytes: of caches, workspaces and scratches */
    ATTN_ARRAY_AXES = 4       /* most axes of an array that a definition names */
};

/*
** An array that a definition names: the element at places i, j, ... of its axes is
** data[i * stride[0] + j * stride[1] + ...]; a stride of 0 repeats one for the whole axis.
** Integers lie between the array's min and max, or what comes out means nothing.
*/
struct attn_array {
    const void *data;                        /* uint8_t (0: false), int32_t or float, as its kind says */
    int64_t stride[ATTN_ARRAY_AXES];         /* in elements */
};

enum { ATTN_BOOLEAN, ATTN_INTEGER, ATTN_NUMBER };

/* Sequences of the call, query heads, rows of q, places on the key axis 0 .. kv_len - 1, or a constant size. */
enum { ATTN_AXIS_SEQUENCE, ATTN_AXIS_HEAD, ATTN_AXIS_QUERY, ATTN_AXIS_KEY, ATTN_AXIS_SIZE };

/* What an array is like. */
struct attn_array_kind {
    const char *name;
    int32_t type, axes;
    int32_t axis[ATTN_ARRAY_AXES];
    int32_t size[ATTN_ARRAY_AXES];           /* of an axis of heads or of a constant size, else 0 */
    int32_t min, max;                        /* of integers */
};

/* One sequence of a batch. Its new keys are the last k_len of kv_len. */
struct attn_sequence {
    int64_t q_row;      /* row of its first query in q, q_rotation, o and lse */
    int64_t k_row;      /* row of its first new key in k, v and k_rotation */
    int32_t q_len;      /* queries */
    int32_t q_offset;   /* place of the first query on the key axis; kv_len - q_len when it continues its cache */
    int32_t k_len;      /* new keys that `write` puts at places kv_len - k_len .. kv_len - 1; 0: all are there already */
    int32_t kv_len;     /* keys that queries may see, the new ones included; at most the cache's capacity */
    void   *cache;      /* cache_bytes(capacity) bytes: this sequence's K and V of this layer */
    int64_t capacity;   /* keys the cache has room for; of a ring, which overwrites its oldest, a multiple of 64,
                           at least ring_reach + k_len + 64 */
    const int32_t *pages;   /* of a paged cache: pages[i] holds the keys from i page_tokens on, and `cache` all pages */
    int32_t shared;     /* leading keys that lie in the same memory, as in the same pages, as those of the sequence before it
                           that has queries; at most the kv_len of both. Decode, and prefill of few queries, read whole
                           segments of them once for both; 0 only costs time */
};

/* One call: a batch of sequences through one layer's attention. */
struct attn_args {
    const struct attn_sequence *sequence;   /* (sequences) */
    int32_t sequences;

    /* q, k, v and o hold what the activations of attn_attention say; all else that is called float is float whatever they are. */
    const void *q;                           /* (rows, heads, d_k) */
    int64_t q_stride, q_head_stride;
    const void *k;                           /* (rows, kv_heads, d_k); only `write` reads k and v */
    int64_t k_stride, k_head_stride;
    const void *v;                           /* (rows, kv_heads, d_v); unread with v=tail_of_k: a value is the last d_v numbers of its key */
    int64_t v_stride, v_head_stride;
    void *o;                                 /* (rows, heads, d_v) */
    int64_t o_stride, o_head_stride;
    float *lse;                              /* (rows, heads), natural log, or NULL; -infinity for a row that sees no key;
                                                0 for others with sigmoid weights */
    int64_t lse_stride;

    /* Outputs that only `outputs` writes, where the definition has them and the call wants them; else NULL. */
    float *matrix;                           /* (rows of q, matrix_heads, keys): for each query, kv_len numbers of its sequence */
    int64_t matrix_stride, matrix_head_stride;
    float *column_sums;                      /* (sequences, heads, keys): the weights of a key, summed over the call's queries */
    int64_t column_sums_stride, column_sums_head_stride;

    /* Of a pruned layer, sinks, norms per head and arrays over heads go by the heads' numbers before pruning. */
    const float *sink;                       /* (heads): scores of no key, which only join the sum; unread unless sink=per_head */

    /* Norms of q and k, where the definition has them: (d_k) numbers, or (heads, d_k) and (kv_heads, d_k); else unread. */
    const float *q_norm_weight, *q_norm_bias;
    const float *k_norm_weight, *k_norm_bias;

    const struct attn_array *array;          /* (arrays), in the order of attn_attention's */

    const float *q_rotation;                 /* (rows, rotation_floats), made by `rotation`; unread when rotation_floats is 0 */
    const float *k_rotation;                 /* the same for the rows of k */

    void *workspace;                         /* the phase's workspace_bytes(args), shared by all tasks of the call */
};

/*
** One phase. For each pass in turn, run every task 0 .. tasks(args, pass) - 1,
** in any order and on any thread; a pass starts when the one before has ended.
** Each thread brings its own scratch. Results do not depend on the order.
*/
struct attn_phase {
    const char *plan;                        /* algorithm, tiles, registers, bytes in one line */
    int passes;
    size_t scratch_bytes;                    /* for one thread */
    size_t (*workspace_bytes)(const struct attn_args *args);
    int64_t (*tasks)(const struct attn_args *args, int pass);
    void (*run)(const struct attn_args *args, int pass, int64_t task, void *scratch);
};

/* One attention definition, compiled for one target. */
struct attn_attention {
    const char *name;                        /* in the config, "attention" where there is only one */
    const char *definition;                  /* the whole definition in one line of text */
    const char *target;                      /* "scalar", "avx2", ... */
    const char *activations;                 /* of q, k, v and o: "f32", float; "f16" or "bf16", uint16_t with the bits of such a number */
    int32_t heads, kv_heads, d_k, d_v;       /* heads: those of q, k, v, o, lse and caches; of a pruned layer, the ones left */
    int32_t rotation_floats;                 /* of one row of q_rotation and k_rotation; 0: no rotation */

    int32_t arrays;
    const struct attn_array_kind *array;     /* (arrays) that mask and score name */

    int32_t matrix_heads;                    /* heads of the matrix of queries and keys that `outputs` writes; 0: none */
    const int32_t *matrix_head;              /* (matrix_heads): their numbers, of a pruned layer those before pruning */

    int32_t page_tokens;                     /* of a paged cache, whose pages have cache_bytes(page_tokens) each; or 0 */
    int32_t ring_reach;                      /* of a ring: the most keys before its own that a query sees; or -1 */

    size_t (*cache_bytes)(int64_t capacity); /* of one sequence and one layer; of a paged cache, of so many keys' pages */
    void (*rotation)(const int32_t *position, int64_t rows, float *rotation);   /* fills (rows, rotation_floats) */
    struct attn_phase write;                 /* k and v into the caches, k normed and rotated */
    struct attn_phase prefill;               /* any number of queries a sequence; few beside many keys go as in decode */
    struct attn_phase decode;                /* the same result; made for few queries a sequence */
    struct attn_phase outputs;               /* behind prefill or decode of the same call, whose lse it reads; no passes: has none */

    /* Keys first .. first + count - 1 of one KV head, as plain rows k (count, d_k) and v (count, d_v). */
    void (*read)(const struct attn_sequence *sequence, int32_t kv_head, int32_t first, int32_t count, float *k, float *v);

    /* The inverse, for caches that come from elsewhere: rows of keys, rotated already, and values into their places; v is unread with v=tail_of_k. */
    void (*store)(const struct attn_sequence *sequence, int32_t kv_head, int32_t first, int32_t count, const float *k, const float *v);

    /* Of a pruned layer, the numbers before pruning of the heads left, ascending; NULL when none is pruned. */
    const int32_t *head;                     /* (heads) */
    const int32_t *kv_head;                  /* (kv_heads) */

    /*
    ** Two results of the same queries, over keys that share none, become one over all of them. For each of `rows`
    ** queries and heads, with t the larger of lse and other_lse:
    **     a = e^(lse - t)    b = e^(other_lse - t)    o = (a o + b other_o) / (a + b)    lse = t + ln(a + b)
    ** (sigmoid weights: o = o + other_o). A row whose lse is -infinity adds nothing; where both are, o stays.
    ** Any number of results merge one after another; the order changes the last bits. lse knows no sink: compute
    ** without one, and in the end multiply o by 1 / (1 + e^(sink - lse)). o holds activations, so f16 and bf16 are rounded
    ** in each part and by each merge: parts that must not lose that want a definition whose activations are f32.
    */
    void (*merge)(int64_t rows, void *o, float *lse, const void *other_o, const float *other_lse);   /* o (rows, d_v), lse (rows) */
};

/*
** A layer. One that reads an earlier layer's cache has no k and v: its calls take that layer's sequences, behind its
** `write`, with k_len = 0, and need no `write`.
*/
struct attn_layer {
    int32_t attention;                       /* its definition, an index into `attention` */
    int32_t cache;                           /* the layer whose cache it reads: its own number, or an earlier layer's */
};

/* A model: its definitions for the best target that this CPU has, and for each target by itself. */
struct attn_model_kernels {
    int32_t contract;                                         /* ATTN_CONTRACT of its header: what loads a file asks this first */
    const char *name;
    int32_t attentions;
    const struct attn_attention *(*const *attention)(void);   /* (attentions): the best, or NULL when the CPU has none */
    int32_t targets;
    const struct attn_attention *const *all;                  /* (attentions, targets); NULL: not of this machine */
    int (*const *supported)(void);                            /* (targets): whether this CPU has it; scalar always */
    int32_t layers;                                           /* 0: the config does not say */
    const struct attn_layer *layer;                           /* (layers) */
};

#ifdef __cplusplus
}
#endif
#elif ATTN_CONTRACT != 6
#error "two emitted headers carry different versions of the attngen contract"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* softmax heads=4 kv_heads=4 d_k=24 d_v=16 scale=0.20412414523193154 mask="k <= q and q - k <= 15" position=none cache=f32 */
const struct attn_attention *windowed_attention(void);
void windowed_attention_write(const struct attn_args *args, void *scratch);
void windowed_attention_prefill(const struct attn_args *args, void *scratch);
void windowed_attention_decode(const struct attn_args *args, void *scratch);

/* All of them, in this order. */
extern const struct attn_model_kernels windowed_kernels;

#ifdef __cplusplus
}
#endif
#endif
