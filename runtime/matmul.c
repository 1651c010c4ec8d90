/*
** Products by OpenBLAS, cut into blocks that are the same for any number of threads.
*/
#include "matmul.h"

#include <cblas.h>

enum {
    FEW_ROWS     = 32,                /* up to so many, weights are read at the speed of memory */
    BLOCK_ROWS   = 256,
    BLOCK_WIDTH  = 512,
    BLOCK_NARROW = 128                /* width of a block where rows are few */
};

/* A product's blocks, group by group, row of blocks by row of blocks. */
struct grid {
    const struct matmul *product;
    int64_t block_width;
    int64_t columns;                  /* blocks side by side */
    int64_t blocks;                   /* of a group */
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void bias_add(const struct matmul *product, int64_t row, int64_t rows, int64_t column, int64_t width)
{
    for (int64_t i = 0; i < rows; i++) {
        float *out = product->out + (row + i) * product->out_stride + column;
        for (int64_t j = 0; j < width; j++)
            out[j] += product->bias[column + j];
    }
}

/* (1, width) = (1, inner) * weight^T: a weight that is stored transposed is not transposed again. */
static void block_run_row(const struct matmul *p, const float *in, const float *weight, float *out, int width)
{
    const int inner = (int)p->in_width;
    if (p->transposed)
        cblas_sgemv(CblasRowMajor, CblasTrans, inner, width, 1.0f, weight, (int)p->width, in, 1, 0.0f, out, 1);
    else
        cblas_sgemv(CblasRowMajor, CblasNoTrans, width, inner, 1.0f, weight, inner, in, 1, 0.0f, out, 1);
}

static void block_run(void *context, int64_t task, void *scratch)
{
    (void)scratch;
    const struct grid *grid = context;
    const struct matmul *p = grid->product;
    const int64_t group = task / grid->blocks, block = task % grid->blocks;
    const int64_t row = block / grid->columns * BLOCK_ROWS, rows = smaller(BLOCK_ROWS, p->rows - row);
    const int64_t column = block % grid->columns * grid->block_width;
    const int64_t width = smaller(grid->block_width, p->width - column);
    const float *in = p->in + group * p->in_group + row * p->in_stride;
    const float *weight = p->weight + group * p->weight_group + (p->transposed ? column : column * p->in_width);
    float *out = p->out + group * p->out_group + row * p->out_stride + column;
    const int inner = (int)p->in_width;
    if (rows == 1)
        block_run_row(p, in, weight, out, (int)width);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, p->transposed ? CblasNoTrans : CblasTrans, (int)rows, (int)width,
                    inner, 1.0f, in, (int)p->in_stride, weight, p->transposed ? (int)p->width : inner, 0.0f, out, (int)p->out_stride);
    if (p->bias != NULL)
        bias_add(p, row, rows, column, width);
}

void matmul_start(void)
{
    openblas_set_num_threads(1);
}

void matmul_run(const struct matmul *product, struct pool *pool)
{
    const int64_t block_width = product->rows <= FEW_ROWS ? BLOCK_NARROW : BLOCK_WIDTH;
    struct grid grid = { product, block_width, (product->width + block_width - 1) / block_width, 0 };
    grid.blocks = (product->rows + BLOCK_ROWS - 1) / BLOCK_ROWS * grid.columns;
    pool_run(pool, product->groups * grid.blocks, block_run, &grid);
}
