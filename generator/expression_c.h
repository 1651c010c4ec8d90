/*
** Expressions as C text: vector code for a tile, and the scalar code that
** classifies a tile and bounds its keys (range.h does the same with numbers).
*/
#ifndef EXPRESSION_C_H
#define EXPRESSION_C_H

#include "expression.h"
#include "text.h"

/*
** One C expression of type mask<suffix>: which lanes see. The variable named by
** varying (EXPRESSION_Q or EXPRESSION_K) is a C variable of type ivec<suffix> with the same
** name ("q", "k"); all others are int32_t variables q k h b q_len kv_len. What does not
** vary stays scalar C until it meets what does. Operations used, suffix appended:
** iset iadd isub imul idiv imod ieq ile ilt mand mor mnot mset.
*/
void expression_vector_c(struct text *text, const struct expression *expression,
                         enum expression_variable varying, const char *suffix);

/* The C expression of a node over int32_t variables q k h b q_len kv_len: int32_t, or int for a boolean. */
void expression_scalar_c(struct text *text, const struct expression *expression, int node);

/*
** The body of a C function (indented by four spaces) over int32_t q_first q_last k_first k_last h b q_len kv_len
** that returns 0 (no query sees a key), 2 (every query sees every key) or 1.
*/
void expression_sight_c(struct text *text, const struct expression *expression);

/*
** The body of a C function over int32_t q_first q_last h b q_len kv_len and int32_t *k_first, *k_last (the range of keys,
** inclusive) that narrows *k_first .. *k_last to the keys that some query may see.
*/
void expression_keys_c(struct text *text, const struct expression *expression);

#endif
