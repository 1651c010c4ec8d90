/*
** See runs.h.
*/
#include "runs.h"

#include <string.h>

#include "model.h"

static int64_t runs_sum(const struct step_runs *runs, int every)
{
    int64_t sum = 0;
    for (int i = 0; i < runs->count; i += every)
        sum += runs->lengths[i];
    return sum;
}

int64_t runs_left(const struct step_runs *runs)
{
    return runs_sum(runs, 2);
}

int64_t runs_total(const struct step_runs *runs)
{
    return runs_sum(runs, 1);
}

void runs_gather(const struct step_runs *runs, const float *from, float *to)
{
    for (int i = 0; i < runs->count; from += runs->lengths[i], i++)
        if (i % 2 == 0) {
            memcpy(to, from, (size_t)runs->lengths[i] * sizeof *to);
            to += runs->lengths[i];
        }
}

void runs_scatter(const struct step_runs *runs, const float *from, float *to)
{
    for (int i = 0; i < runs->count; to += runs->lengths[i], i++)
        if (i % 2 == 0) {
            memcpy(to, from, (size_t)runs->lengths[i] * sizeof *to);
            from += runs->lengths[i];
        } else
            memset(to, 0, (size_t)runs->lengths[i] * sizeof *to);
}

const float *runs_matrix(const struct binding *binding, const float *matrix, const struct step_runs *rows,
                         const struct step_runs *columns)
{
    const int64_t width = runs_total(columns), left = runs_left(columns);
    if (runs_left(rows) == runs_total(rows) && left == width)
        return matrix;
    float *kept = memory_take_large(&binding->model->memory, (size_t)(runs_left(rows) * left), sizeof *kept, binding->problem);
    float *to = kept;
    for (int i = 0; i < rows->count && kept != NULL; i++)
        for (int64_t row = 0; row < rows->lengths[i]; row++, matrix += width)
            if (i % 2 == 0) {
                runs_gather(columns, matrix, to);
                to += left;
            }
    return kept;
}
