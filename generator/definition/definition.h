/*
** A model is a list of layer kinds; a definition is one of its attentions, with
** every choice made. Definitions are compared, emitted and checked by their line.
*/
#ifndef DEFINITION_H
#define DEFINITION_H

#include "../base/arena.h"
#include "../base/report.h"
#include "../base/text.h"
#include "../base/value.h"
#include "../catalog/catalog.h"
#include "../expression/expression.h"

enum {
    DEFINITION_HEADS = 1024,      /* most heads */
    DEFINITION_D     = 1024,      /* largest d_k and d_v */
    DEFINITION_COUNT = 4096,      /* most definitions and layers of a model */
    DEFINITION_PARAMETERS = 8,    /* most parameters of a word */
    DEFINITION_NAMES = 32,        /* most names that an expression is given */
    DEFINITION_NUMBERS = DEFINITION_D / 2     /* most numbers of a list: one for each pair of dimensions */
};

/* What a config gave for a descriptor's parameter, or its default. */
struct argument {
    double number;                       /* of a boolean: 0 or 1 */
    const char *choice;
    struct numbers numbers;
    const struct descriptor *word;
    const struct argument *arguments;    /* of the word's own parameters */
};

/* How pairs of q and k turn. */
struct rotation {
    int dims;                            /* leading dimensions that turn; 0: none */
    struct numbers frequencies;          /* (dims / 2): radians a position */
    double magnitude;                    /* multiplies cosines and sines */
};

/* The norm of each head's vector, of q and of k; what its word's parameters say is in the other members too. */
enum definition_norm { NORM_Q, NORM_K, NORMS };
enum norm_weights { NORM_UNWEIGHTED, NORM_SHARED, NORM_PER_HEAD };

struct norm {
    const struct descriptor *word;
    struct argument arguments[DEFINITION_PARAMETERS];
    bool used;                           /* false: vectors stay as they are */
    enum norm_weights weights;           /* none, (d_k) or (heads, d_k) numbers, which multiply */
    double offset;                       /* added to each weight */
    bool biased;                         /* numbers of the weights' shape are added */
    bool after;                          /* the rotation, not before */
};

/* "q_norm", "k_norm" */
const char *definition_norm_field(enum definition_norm which);

/* How scores become weights: e^s over their sum, or 1 / (1 + e^-s) of each by itself. */
enum definition_normalize { NORMALIZE_SOFTMAX, NORMALIZE_SIGMOID, NORMALIZES };

/* o of a query that sees no key; the mean is over all keys of the sequence. */
enum definition_hidden_row { HIDDEN_ROW_ZEROS, HIDDEN_ROW_NAN, HIDDEN_ROW_MEAN, HIDDEN_ROWS };

/* A matrix of queries and keys, at one of four points: scale q k; what the score makes of it; -infinity where hidden; weights. */
enum definition_matrix { MATRIX_NONE, MATRIX_PRODUCT, MATRIX_SCORED, MATRIX_MASKED, MATRIX_NORMALIZED, MATRICES };

/* What a call can be asked for besides o and lse. */
struct outputs {
    enum definition_matrix matrix;
    const int *heads;             /* (head_count): of the matrix, by their numbers before pruning, ascending */
    int head_count;
    bool column_sums;             /* for each key, the sum of its weights over a call's queries */
};

/* How K or V is stored. */
struct cached {
    const struct descriptor *type;
    struct argument argument[DEFINITION_PARAMETERS];
};

/* Multi-head latent attention: sizes as in its paper. */
enum mla_form { MLA_NONE, MLA_NAIVE, MLA_ABSORBED };

struct mla {
    enum mla_form form;                  /* MLA_NONE: another attention; the rest is set otherwise */
    int kv_rank;                         /* numbers of the latent that all heads share */
    int nope, rope, v;                   /* numbers of a head's k that do not turn, that turn, and of its v */
};

/* What takes part in the sum of a softmax besides visible keys: nothing, a score of 0, or one that each head is given. */
enum definition_sink { SINK_NONE, SINK_ZERO, SINK_PER_HEAD, SINKS };

/* "none", "zero", "per_head"; "softmax", "sigmoid"; "zeros", "nan", "mean" */
const char *definition_sink_name(enum definition_sink sink);
const char *definition_normalize_name(enum definition_normalize normalize);
const char *definition_hidden_row_name(enum definition_hidden_row hidden_row);

/* "none", "product", "scored", "masked", "normalized" */
const char *definition_matrix_name(enum definition_matrix matrix);

/* The heads that are left of a pruned layer: all, in one that is not. */
struct kept {
    int heads, kv_heads;          /* how many q, o and lse have, and how many k, v and the cache */
    const int *head, *kv_head;    /* their numbers before pruning, ascending; NULL: none is pruned */
    const int *first;             /* (kv_heads + 1): heads first[i] .. first[i + 1] - 1 of those left read KV head i of those left */
};

struct definition {
    const char *name;             /* a C identifier: "attention", "local" */
    struct where where;
    int heads, kv_heads;          /* before pruning: query head h reads KV head h / (heads / kv_heads) */
    struct kept kept;
    int group;                    /* the most query heads left that share a KV head */
    int d_k, d_v;
    const struct descriptor *activations; /* what q, k, v and o hold */
    bool v_in_k;                  /* a value is the last d_v numbers of its key as cached; v itself is unread */
    struct mla mla;               /* what the sizes come from. Not a part of line */
    double scale;                 /* of q k */
    struct expression mask;       /* which keys a query sees: boolean over q k h b q_len kv_len */
    struct expression score;      /* what becomes of s = scale q k: a number over s and the same */
    struct expression_arrays arrays;     /* that mask and score use, in the order in which the caller hands them over */
    enum definition_sink sink;
    enum definition_normalize normalize;
    enum definition_hidden_row hidden_row;
    struct outputs outputs;
    struct norm norm[NORMS];
    const struct descriptor *position;
    struct argument position_argument[DEFINITION_PARAMETERS];
    struct rotation rotation;     /* what the position says, in numbers */
    struct cached cache_k, cache_v;
    const struct descriptor *compute;     /* what products are made of */
    const struct descriptor *layout;      /* of the cache: where its blocks are */
    struct argument layout_argument[DEFINITION_PARAMETERS];
    int page_tokens;              /* of a paged layout; 0: no pages */
    int64_t ring_reach;           /* of a ring: the most keys before its own that a query sees; or -1 */
    int max_code;                 /* bytes of machine code on one target, at most; 0: no bound. Not a part of line */
    struct where max_code_where;

    /*
    ** The definition in one line, the same for the same attention whatever words said it:
    ** softmax heads=9 kv_heads=3 d_k=64 d_v=64 scale=0.125 mask="k <= q" position=rope rope.base=10000
    ** rope.dims=64 rope.pairing=half cache=f32
    */
    const char *line;
};

struct model {
    const char *name;                     /* a C identifier; prefix of every public symbol */
    const char *file;                     /* the config, as the user named it */
    const struct definition *definitions; /* distinct lines, in the order of first mention */
    int definition_count;
    const int *layers;                    /* (layer_count): index of each layer's definition */
    const int *cache_of;                  /* (layer_count): the layer whose cache each reads: its own number, or an earlier layer's */
    int layer_count;                      /* 0 when the config does not say */
    const char *weights;                  /* the model folder that the config is for, or NULL */
};

/* Values that share their scale, in rows of d; 0: the row is scaled as a whole, or nothing is. */
int cached_block(const struct cached *cached);

/* Whether a scale is of a whole row, and so multiplies the score, or the weight, of a key. */
bool cached_scales_rows(const struct cached *cached);

/* Whether products are of anything but floats: those of q k, and those of p v. */
bool definition_computes(const struct definition *definition);
bool definition_computes_values(const struct definition *definition);

/* Whether prefill's products read the cached keys, or rows of values, as they are; else it makes floats of them first. */
bool definition_reads_keys(const struct definition *definition);
bool definition_reads_values(const struct definition *definition);

/* Values that share what is stored: neighbours in a key's row, and those of neighbouring keys in a column of V. */
int definition_key_pack(const struct definition *definition);
int definition_value_pack(const struct definition *definition);

/* Values that share what is stored where products are of floats: 2 where each has 4 bits, else 1. */
int cached_pack(const struct cached *cached);

/* Scaled parts of a row of d values: its blocks, or 1, or 0 when nothing is scaled. */
int cached_runs(const struct cached *cached, int d);

/* Bytes of a row of d values, scales included. */
int64_t cached_bytes(const struct cached *cached, int d);

/* Whether K and V are stored alike. */
bool definition_caches_alike(const struct definition *definition);

/* "f16", "int8 { block = 32 }" or "{ k = int8, v = f16 }": as a config says it. */
const char *definition_cache_text(const struct definition *definition, struct arena *arena);

/* Whether scores are anything but scale q k. */
bool definition_has_score(const struct definition *definition);

/* The number, before pruning, of the index-th of the heads left. */
int definition_head(const struct definition *definition, int index);

/* "0, 3": the heads of the matrix. */
void definition_heads_print(struct text *text, const struct outputs *outputs, const char *between);

/* Whether a call can be asked for more than o and lse. */
bool definition_has_outputs(const struct definition *definition);

/* Heads and sizes of K and V, from the ranks and the form in mla. */
void definition_use_mla(struct definition *definition);

/* An absorbed definition of which no head is pruned, in naive form over a cache of floats. */
struct definition definition_unfolded(const struct definition *absorbed, const struct catalog *catalog, struct arena *arena);

/* Gives contiguous definitions pages instead, of the tokens that the layout has by default. */
void definition_use_pages(struct model *model, const struct catalog *catalog, struct arena *arena);

/* All definitions store K and V as the text says, in a config's words: "int8 { block = 32 }". false after a report. */
bool definition_use_cache(struct model *model, const char *text, const struct catalog *catalog, struct arena *arena,
                          struct report *report);

/* "0-3, 5, of which 5 with the cache of layer 2": the layers, from 0, that have a definition. */
void model_layers_print(struct text *text, const struct model *model, int definition);

/* Words and fields a config may use, NULL-ended, for the sandbox. */
const char *const *definition_words(const struct catalog *catalog, struct arena *arena);
const char *const *definition_fields(void);

/* false after at least one report; *model is filled only on success. */
bool definition_read(struct model *model, const struct value *config, const struct catalog *catalog,
                     struct arena *arena, struct report *report);

/* Reads the config file and does all of the above. */
bool definition_read_file(struct model *model, const char *file, const struct catalog *catalog,
                          struct arena *arena, struct report *report);

#endif
