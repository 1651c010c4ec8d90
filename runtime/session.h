/*
** A batch of sequences on their way through a model.
*/
#ifndef SESSION_H
#define SESSION_H

#include "cache.h"
#include "model.h"
#include "session_pages.h"

struct activation {
    float *values;                    /* (rows, width) */
    int64_t rows, width;
};

/* What the buffers of a session have room for. */
struct session_room {
    int64_t rows;                     /* tokens of a batch */
    int64_t last_rows;                /* rows behind `last` */
    size_t workspace_bytes;
};

struct attn_session {
    struct attn_model *model;
    struct attn_session_options options;
    bool reference;
    struct memory memory;             /* for as long as the session lives */
    struct cache cache;               /* a unit is a sequence, or a page */
    struct session_pages pages;
    int64_t *lengths;                 /* (sequences): tokens in the caches */
    int64_t *encoder_lengths;         /* (sequences): tokens in those that the encoder wrote */
    struct attn_sequence *sequences;  /* (sequences): of the batch; `cache` is set layer by layer */
    struct attn_sequence *encoded;    /* (sequences): the batch's queries over what the encoder wrote */
    int64_t *output_rows;             /* (sequences + 1): where a sequence's rows begin in the output */

    struct memory buffers;            /* what follows: grows with the batch */
    struct session_room room;
    struct activation activations[DESCRIPTION_ACTIVATIONS];
    const int32_t *tokens;            /* (rows), the caller's */
    int64_t rows;
    bool all_rows;
    int32_t *positions;               /* (rows) */
    float **rotations;                /* (attentions): (rows, rotation_floats) each */
    void *workspace;
    struct attn_array array;          /* of the step that runs, where an activation holds it */
};

/* Tokens that a sequence's caches hold, the encoder's or the others. */
int64_t session_capacity(const struct attn_session *session, bool encoder);

/* Tokens that a layer's cache of one sequence holds: of a ring fewer than the sequence has. */
int64_t session_layer_capacity(const struct attn_session *session, int64_t layer);

/* Makes the buffers hold the batch that is placed in the sequences. On failure there are none, and no output. */
bool session_reserve(struct attn_session *session, struct problem *problem);

#endif
