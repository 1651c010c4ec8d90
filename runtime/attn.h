/*
** libattn runs a model: weights from a folder of safetensors, layers from a model description, and
** attention by emitted kernels or by the reference.
**
**     model = attn_model_open(&options, error, sizeof error);
**     session = attn_session_create(model, &session_options, error, sizeof error);
**     attn_forward(session, &batch, error, sizeof error);
**     logits = attn_session_output(session, 0, &rows);
**
** A function that fails returns NULL or false and one sentence in error; nothing exits or prints.
** Sessions of one model share its weights and threads: use one at a time.
*/
#ifndef ATTN_H
#define ATTN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../templates/contract.h"

struct attn_model;
struct attn_session;
struct attn_sampler;

/* Where memory comes from. allocate returns NULL when there is none; alignment is a power of two. */
struct attn_allocator {
    void *(*allocate)(void *context, size_t bytes, size_t alignment);
    void (*release)(void *context, void *memory);
    void *context;
};

struct attn_model_options {
    const char *folder;                           /* holds model.safetensors, or its index and shards */
    const char *description_file;                 /* JSON: the steps that make an output of the weights */
    const char *kernel_file;                      /* a shared object of emitted kernels, or NULL */
    const struct attn_model_kernels *kernels;     /* kernels linked into the program, or NULL */
    int threads;                                  /* 0: one a CPU */
    const struct attn_allocator *allocator;       /* must outlive the model; NULL: the C library's */
};

struct attn_model_info {
    const char *name;
    int64_t context;                              /* most tokens of a sequence */
    int64_t vocab;                                /* tokens are 0 .. vocab - 1 */
    int64_t width;                                /* floats in a row of the output */
    int64_t encoder_context, encoder_vocab;       /* the same of its encoder; 0: it has none */
    bool causal;                                  /* false: whole sequences are read at once */
    bool kernels;                                 /* false: opened without, sessions use the reference */
    const int32_t *bos, *eos;                     /* (bos_count), (eos_count) */
    int bos_count, eos_count;
};

/* What one attention step did, for those who want to look; pointers are valid during the call. */
struct attn_trace {
    int64_t layer;
    const struct attn_attention *kernel;          /* NULL: the reference */
    const struct attn_args *args;                 /* q and k are neither normed nor rotated; `kernel->read` gives k as it is
                                                     cached. k and v are NULL where an encoder wrote the cache before */
    const int32_t *position;                      /* (rows) */
    int64_t rows;
};

struct attn_session_options {
    int sequences;                                /* in a batch */
    int64_t capacity;                             /* tokens a sequence may grow to; at most the context */
    int64_t encoder_capacity;                     /* tokens its encoder may read; 0 for models that have none */
    int64_t chunk;                                /* most new tokens of a sequence in a batch; 0: capacity */
    int64_t cache_bytes;                          /* of pages, for sequences and what is remembered; 0: what the sequences need */
    bool reference;                               /* even where there are kernels */
    void (*trace)(void *context, const struct attn_trace *trace);   /* after each attention step, or NULL */
    void *trace_context;
};

struct attn_encoder_batch {
    const int32_t *tokens;                        /* what the sequences' encoders read, one after the other */
    const int32_t *lengths;                       /* (sequences) tokens of each; 0 leaves it as it is */
};

struct attn_batch {
    const int32_t *tokens;                        /* the sequences' new tokens, one after the other */
    const int32_t *lengths;                       /* (sequences) new tokens of each; 0 leaves it as it is */
    bool all_rows;                                /* an output row for every token, not only the last */
};

struct attn_sampling {
    double temperature;                           /* 0: the likeliest token */
    int64_t top_k;                                /* 0: any */
    double top_p;                                 /* 1: any */
    uint64_t seed;
};

/* Files are mapped, every tensor inside its file; one that is cut short later ends the program with SIGBUS. */
struct attn_model *attn_model_open(const struct attn_model_options *options, char *error, size_t error_size);
void attn_model_close(struct attn_model *model);                 /* after its sessions; accepts NULL */
const struct attn_model_info *attn_model_info(const struct attn_model *model);

/* Bytes of the pages that so many sequences of so many tokens take; 0 when caches are not paged. */
int64_t attn_cache_bytes(const struct attn_model *model, int sequences, int64_t capacity);

struct attn_session *attn_session_create(struct attn_model *model, const struct attn_session_options *options,
                                         char *error, size_t error_size);
void attn_session_destroy(struct attn_session *session);         /* accepts NULL */

/*
** Gives sequences what they are about; those of an encoder-decoder model need it before their first token.
** They forget what they held. A batch that fails leaves the sequences as they were.
*/
bool attn_encode(struct attn_session *session, const struct attn_encoder_batch *batch, char *error, size_t error_size);

/*
** Appends the batch to the sequences. A model that is not causal forgets what its sequences held.
** A batch that fails leaves the sequences as they were; the output is then not to be read.
*/
bool attn_forward(struct attn_session *session, const struct attn_batch *batch, char *error, size_t error_size);

/* The sequence's rows of the last batch's output: (rows, width). */
const float *attn_session_output(const struct attn_session *session, int sequence, int64_t *rows);

int64_t attn_session_length(const struct attn_session *session, int sequence);

/* Forgets all but the first `length` tokens; false when the sequence is shorter. */
bool attn_session_truncate(struct attn_session *session, int sequence, int64_t length);

/*
** Prompts that begin alike, where the kernels' caches are paged. What is remembered stays until its
** pages are needed, the least recently used goes first.
**
** recall gives an empty sequence the longest beginning of the tokens that is remembered, though never
** all of them, and returns its length: the tokens after it are to be given to attn_forward.
** remember keeps what the sequence has, for later.
*/
int64_t attn_session_recall(struct attn_session *session, int sequence, const int32_t *tokens, int64_t count);
void attn_session_remember(struct attn_session *session, int sequence);

/*
** What is remembered, to and from a file. Saving replaces the file at once or leaves it as it was; loading
** refuses a file that is damaged or of another model, target, definition or plan, and then remembers nothing.
*/
bool attn_session_save(struct attn_session *session, const char *path, char *error, size_t error_size);
bool attn_session_load(struct attn_session *session, const char *path, char *error, size_t error_size);

struct attn_sampler *attn_sampler_create(const struct attn_sampling *sampling, const struct attn_allocator *allocator,
                                         int64_t vocab, char *error, size_t error_size);
void attn_sampler_destroy(struct attn_sampler *sampler);         /* accepts NULL */

/* A token by its logits (vocab), or -1 when none of them is a number above -infinity. */
int32_t attn_sampler_next(struct attn_sampler *sampler, const float *logits);

#endif
