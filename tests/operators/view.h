/*
** A tensor seen as rows of heads, whatever its layout.
*/
#ifndef VIEW_H
#define VIEW_H

#include "case.h"

/* (batches, rows, heads, width), the width contiguous. values NULL: no such tensor, and no rows. */
struct view {
    const double *values;
    int64_t batches, rows, heads, width;
    int64_t batch_stride, row_stride, head_stride;
};

/* (batches, heads, rows, width) */
struct view view_heads_first(const struct case_tensor *tensor);

/* (batches, rows, heads * width), or (rows, heads * width) of one batch. */
struct view view_rows(const struct case_tensor *tensor, int64_t heads);

/* One of the parts of (batches, rows, heads, parts, width), or of (rows, heads, parts, width) of one batch. */
struct view view_packed(const struct case_tensor *tensor, int64_t part);

/* Columns first .. first + heads * width - 1 of the dense array (batches, rows, columns). */
struct view view_columns(const double *values, int64_t batches, int64_t rows, int64_t columns, int64_t first, int64_t heads,
                         int64_t width);

/* The same rows, bias (heads * width) added to each. */
struct view view_biased(const struct view *view, const double *bias, struct arena *arena);

const double *view_at(const struct view *view, int64_t batch, int64_t row, int64_t head);

#endif
