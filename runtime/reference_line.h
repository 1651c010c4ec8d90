/*
** A definition's line, read back: what the reference has to know about it.
*/
#ifndef REFERENCE_LINE_H
#define REFERENCE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "../generator/expression.h"

enum {
    REFERENCE_HEADS = 1024,       /* most heads */
    REFERENCE_D     = 1024        /* largest d_k and d_v */
};

struct reference_line {
    int heads, kv_heads;          /* query head h reads KV head h / (heads / kv_heads) */
    int d_k, d_v;
    double scale;                 /* of q k */
    struct expression mask;       /* which keys a query sees */
    bool rotates;                 /* position=rope */
    double base;
    int dims;                     /* the first values of a row, which rotate; the others stay */
    bool interleaved;             /* pairs (2i, 2i + 1) rather than (i, i + dims / 2) */
};

/* false when text is not a definition's line; error then says why in a sentence. */
bool reference_line_read(struct reference_line *line, const char *text, char *error, size_t error_size);

#endif
