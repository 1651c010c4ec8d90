/*
** Steps that turn tokens and their positions into rows.
*/
#ifndef EMBEDDING_H
#define EMBEDDING_H

#include "operation.h"

/* out = the token's row of weight */
bool embed_bind(struct binding *binding, struct step *step);
void embed_run(struct attn_session *session, const struct step *step);

/* out = in + the row of weight at the position, the first of which is `offset` */
bool embed_positions_bind(struct binding *binding, struct step *step);
void embed_positions_run(struct attn_session *session, const struct step *step);

/* out = in + the same row of weight for every token */
bool embed_row_bind(struct binding *binding, struct step *step);
void embed_row_run(struct attn_session *session, const struct step *step);

/* out = in + sines, then cosines, of position * base^(-2 i / width), i from 0 on in both halves */
bool embed_sinusoids_bind(struct binding *binding, struct step *step);
void embed_sinusoids_run(struct attn_session *session, const struct step *step);

#endif
