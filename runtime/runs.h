/*
** What pruning left of rows and columns: so many in a row that are there, then so many that are not, in turns.
*/
#ifndef RUNS_H
#define RUNS_H

#include "binding.h"

/* How many are there, and how many there were. */
int64_t runs_left(const struct step_runs *runs);
int64_t runs_total(const struct step_runs *runs);

/* to = those of from that are there, one behind another. */
void runs_gather(const struct step_runs *runs, const float *from, float *to);

/* The inverse, with zeros where one is not there. */
void runs_scatter(const struct step_runs *runs, const float *from, float *to);

/* The matrix (rows, columns) without what is not there, and itself when nothing is missing; NULL and a sentence without memory. */
const float *runs_matrix(const struct binding *binding, const float *matrix, const struct step_runs *rows,
                         const struct step_runs *columns);

#endif
