/*
** Steps that move columns of activations: slice, join, repeat, select and spread. Rows keep their places.
** They take fused projections apart and put the two halves of a key together.
*/
#ifndef COLUMNS_H
#define COLUMNS_H

#include "operation.h"

/* In's columns are `groups` equal parts; out = the columns from `offset` on of each part, `width` in all. */
bool slice_bind(struct binding *binding, struct step *step);
void slice_run(struct attn_session *session, const struct step *step);

/* Both inputs are `groups` equal parts; out = a part of in, then one of with, part by part. */
bool join_bind(struct binding *binding, struct step *step);
void join_run(struct attn_session *session, const struct step *step);

/* out = in, `times` times side by side. */
bool repeat_bind(struct binding *binding, struct step *step);
void repeat_run(struct attn_session *session, const struct step *step);

/* out = those columns of in that are there in `columns`. */
bool select_bind(struct binding *binding, struct step *step);
void select_run(struct attn_session *session, const struct step *step);

/* The inverse, with zeros in the others. */
bool spread_bind(struct binding *binding, struct step *step);
void spread_run(struct attn_session *session, const struct step *step);

#endif
