/*
** A definition's line, read back: what the reference has to know about it.
*/
#ifndef REFERENCE_LINE_H
#define REFERENCE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "../generator/expression/expression.h"
#include "narrow.h"

enum {
    REFERENCE_HEADS = 1024,       /* most heads */
    REFERENCE_D     = 1024        /* largest d_k and d_v */
};

/* How the frequencies of RoPE are fitted to longer contexts. */
enum reference_scaling { SCALING_NONE, SCALING_LINEAR, SCALING_LLAMA3, SCALING_YARN, SCALING_LONGROPE, SCALING_DYNAMIC };

/* The norm of each head's vector. */
enum reference_norm_kind { NORM_NONE, NORM_RMS, NORM_L2, NORM_LAYER };
enum reference_norm_weights { WEIGHTS_NONE, WEIGHTS_SHARED, WEIGHTS_PER_HEAD };

struct reference_norm {
    int kind;                     /* enum reference_norm_kind; the rest is set where there is one */
    double eps;
    int weights;                  /* enum reference_norm_weights: none, (d_k) or (heads, d_k) */
    double offset;                /* added to each weight */
    int biased, after;            /* booleans; after the rotation */
};

/* What a cache stores of K or V; the reference itself keeps doubles. */
/* A score of no key, which only joins the sum: none, 0, or one that each head is given. In the order of their words. */
enum reference_sink { SINK_NONE, SINK_ZERO, SINK_GIVEN };

enum reference_cache { CACHE_F32, CACHE_F16, CACHE_BF16, CACHE_FP8, CACHE_INT8, CACHE_INT4 };

struct reference_cached {
    int type;                     /* enum reference_cache */
    int block;                    /* values that share their scale; 0: a whole row does, or nothing has a scale */
};

/* What products are made of: floats; q and weights rounded as K and V are; whole numbers for q k. */
enum reference_compute { COMPUTE_F32, COMPUTE_BF16, COMPUTE_INT8 };

struct head_list { int count; int list[REFERENCE_HEADS]; };

/* Of each query and key: nothing, scale q k, the score, the score or -infinity where hidden, the weight. */
enum reference_matrix { POINT_NONE, POINT_PRODUCT, POINT_SCORED, POINT_MASKED, POINT_NORMALIZED };

struct divisors { int count; double list[REFERENCE_D / 2]; };

struct reference_line {
    int layer_heads, layer_kv_heads;     /* before pruning: head h reads KV head h / (layer_heads / layer_kv_heads) */
    int heads, kv_heads;          /* that are left: of q, o and lse, and of k, v and the cache */
    struct head_list keep;        /* numbers before pruning of the heads left, */
    struct head_list keep_kv;     /* of the KV heads left, */
    int kv_of[REFERENCE_HEADS];   /* and which of those each of the heads left reads */
    int d_k, d_v;
    int activations;              /* enum narrow: what q, k, v and o hold */
    int v_in_k;                   /* boolean: a value is the last d_v numbers of its key as cached */
    double scale;                 /* of q k */
    struct expression mask;       /* which keys a query sees */
    int sink;                     /* enum reference_sink */
    int normalize;                /* 0: softmax; 1: sigmoid */
    int hidden_row;               /* of a query that sees no key: 0: zeros; 1: NaN; 2: the mean of all values */
    int matrix;                   /* enum reference_matrix: what a call gives of each query and key */
    struct head_list matrix_heads;       /* of which heads, by their numbers before pruning, ascending */
    int column_sums;              /* whether weights are summed over queries */
    struct expression score;      /* what becomes of scale q k: "s" when nothing */
    struct reference_norm q_norm, k_norm;
    struct expression_arrays arrays;     /* of mask and score, in the order of attn_args.array */
    int rotates;                  /* whether position=rope */
    double base;
    int dims;                     /* the first values of a row, which rotate; the others stay */
    int interleaved;              /* whether pairs are (2i, 2i + 1) rather than (i, i + dims / 2) */

    int scaling;                  /* enum reference_scaling */
    double factor;                /* what follows is set where the scaling has it; original is the trained context */
    double original, length, low, high, beta_fast, beta_slow, attention_factor, mscale, mscale_all_dim;
    int truncate, use_long;       /* booleans */
    struct divisors divisors[2];  /* for short and for long contexts */

    struct reference_cached cache_k, cache_v;
    int compute;                  /* enum reference_compute */
    int layout;                   /* 0: contiguous; 1: paged; 2: ring. The reference keeps all keys whatever it says */
    int page_tokens;
};

/* false when text is not a definition's line; error then says why in a sentence. */
bool reference_line_read(struct reference_line *line, const char *text, char *error, size_t error_size);

#endif
