/*
** What an operator's case asks of emitted kernels: a definition, ragged sequences, dense
** rows of q, k and v, and where in the case's outputs each result is expected.
*/
#ifndef CALL_H
#define CALL_H

#include "view.h"

enum {
    CALL_SEQUENCES = 256,
    CALL_OUTPUTS   = 8,
    CALL_PAIRS     = 1 << 26               /* most pairs of a query of a head with a key */
};

/* Of queries q_row .. q_row + q_len - 1 and of keys k_row ..., the past ones before the fresh ones. */
struct call_sequence {
    int64_t q_row, k_row;
    int32_t q_len, q_offset;               /* place of the first query on the key axis */
    int32_t past, fresh;                   /* keys of two writes */
};

enum call_result {
    CALL_O,                                /* (q_len, heads, d_v) */
    CALL_K,                                /* keys as the cache holds them: (past + fresh, kv_heads, d_k) */
    CALL_V,
    CALL_LSE,                              /* (q_len, heads, 1) */
    CALL_MATRIX                            /* (q_len, heads, matrix_keys) */
};

/* An output of the case. A view of a call whose sequences are packed has one batch, with their rows one after another. */
struct call_output {
    const struct case_tensor *tensor;
    struct view view;
    enum call_result result;
};

struct call {
    const struct operator_case *given;
    struct arena *arena;
    const char *refusal;                   /* why the case is not expressed, or NULL */
    bool packed;                           /* sequences lie one after another without padding */

    /* The definition, in the words of the config language; NULL: not said. */
    int64_t heads, kv_heads, d_k, d_v;
    double scale;
    const char *mask, *position;
    const char *score;                     /* "softcap(50), bias()" */
    const char *matrix;                    /* "masked": what is wanted of each query and key */
    int64_t matrix_keys;                   /* of every sequence, where there is a matrix */
    int definition;                        /* which of the distinct ones it is */

    struct call_sequence sequence[CALL_SEQUENCES];
    int sequences;
    int64_t q_rows, k_rows;
    float *q, *k, *v;                      /* (q_rows, heads, d_k), (k_rows, kv_heads, d_k), (k_rows, kv_heads, d_v) */
    float *bias;                           /* (heads, q_rows, keys) of the score bias(), or NULL */
    uint8_t *visible;                      /* (heads, q_rows, keys) of the mask boolean(), or NULL */
    float *t5;                             /* (heads, buckets) of the score t5_bias, or NULL */
    int64_t buckets;
    int64_t keys;                          /* of the longest sequence */
    double score_error;                    /* how far off the scores behind the case's own outputs may be */
    const float *k_rotation;               /* (k_rows, d_k) at most: rows as `rotation` makes them; NULL: it makes them */

    struct call_output outputs[CALL_OUTPUTS];
    int output_count;
    struct call *other;                    /* the call that gives the rest of the outputs, or NULL */
};

/* What a call is made of; past_k and past_v are views of nothing where there is no past. */
struct call_rows { struct view q, past_k, past_v, k, v; };

/* Says why the case is not expressed; always false. */
bool call_refuse(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes heads and sizes from the rows and lays out a sequence a batch, its queries behind its past keys. false after a refusal. */
bool call_shape(struct call *call, const struct call_rows *rows);

/* The same for packed sequences, of rows first[i] .. first[i + 1] - 1. */
bool call_shape_packed(struct call *call, const struct call_rows *rows, const struct case_tensor *first);

/* Adds a step to the scores, "softcap(50)", and a mask that must hold too, "causal()". */
void call_score(struct call *call, const char *step);
void call_mask(struct call *call, const char *mask);

/* Fills q, k and v when the sequences are known. */
void call_fill(struct call *call, const struct call_rows *rows);

/*
** Applies to the scores a tensor that broadcasts to (sequences, heads, queries, keys), in its last dimension as it is: keys
** behind that are hidden. Booleans say which are visible, numbers are added. false after a refusal.
*/
bool call_apply(struct call *call, const struct case_tensor *tensor);

/* One query's values for all keys; made, of no effect, when there are none. */
float *call_bias_row(struct call *call, int64_t head, int64_t q_row);
uint8_t *call_visible_row(struct call *call, int64_t head, int64_t q_row);

/* Expects a result in an output of the case. false after a refusal, when it is shaped otherwise. */
bool call_expect(struct call *call, const struct case_tensor *tensor, const struct view *view, enum call_result result);

/* Rows, heads and width of a result. */
int64_t call_result_rows(const struct call *call, int sequence, enum call_result result);
int64_t call_result_heads(const struct call *call, enum call_result result);
int64_t call_result_width(const struct call *call, enum call_result result);

/* The definition as the config language says it: "{ heads = 3, ... }". */
const char *call_definition(const struct call *call);

#endif
