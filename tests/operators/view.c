#include "view.h"

struct view view_heads_first(const struct case_tensor *tensor)
{
    const int64_t heads = tensor->dims[1], rows = tensor->dims[2], width = tensor->dims[3];
    return (struct view){ tensor->values, tensor->dims[0], rows, heads, width, heads * rows * width, width, rows * width };
}

struct view view_rows(const struct case_tensor *tensor, int64_t heads)
{
    const int64_t *last = tensor->dims + tensor->rank - 1;
    const int64_t batches = tensor->rank == 3 ? tensor->dims[0] : 1;
    return view_columns(tensor->values, batches, last[-1], *last, 0, heads, *last / heads);
}

struct view view_packed(const struct case_tensor *tensor, int64_t part)
{
    const int64_t *last = tensor->dims + tensor->rank - 1;
    const int64_t batches = tensor->rank == 5 ? tensor->dims[0] : 1;
    const int64_t width = *last, parts = last[-1], heads = last[-2], rows = last[-3];
    return (struct view){ tensor->values + part * width, batches, rows, heads, width, rows * heads * parts * width,
                          heads * parts * width, parts * width };
}

struct view view_columns(const double *values, int64_t batches, int64_t rows, int64_t columns, int64_t first, int64_t heads,
                         int64_t width)
{
    return (struct view){ values + first, batches, rows, heads, width, rows * columns, columns, width };
}

const double *view_at(const struct view *view, int64_t batch, int64_t row, int64_t head)
{
    return view->values + batch * view->batch_stride + row * view->row_stride + head * view->head_stride;
}

struct view view_biased(const struct view *view, const double *bias, struct arena *arena)
{
    const int64_t columns = view->heads * view->width;
    double *values = arena_alloc(arena, (size_t)(view->batches * view->rows * columns), sizeof *values), *to = values;
    for (int64_t b = 0; b < view->batches; b++)
        for (int64_t i = 0; i < view->rows; i++)
            for (int64_t c = 0; c < columns; c++)
                *to++ = view_at(view, b, i, c / view->width)[c % view->width] + bias[c];
    return view_columns(values, view->batches, view->rows, columns, 0, view->heads, view->width);
}
