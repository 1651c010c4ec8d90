/*
** Expressions as C text: vector code for a tile, and the scalar code that
** classifies a tile and bounds its keys (range.h does the same with numbers).
** Tables are arrays named <tables>0, <tables>1 and so on; equal ones are one.
*/
#ifndef EXPRESSION_C_H
#define EXPRESSION_C_H

#include "../base/text.h"
#include "../expression/expression.h"

/* Definitions of the tables, one a line or more: static const int32_t <tables>0[] = { 1, 2 }; or float. "" without tables. */
void expression_tables_c(struct text *text, const struct expression *expression, const char *tables);

/*
** One C expression of type mask<suffix>: which lanes see. The variable named by
** varying (EXPRESSION_Q or EXPRESSION_K) is a C variable of type ivec<suffix> with the same
** name ("q", "k"); all others are int32_t variables q k h b q_len kv_len. What does not
** vary stays scalar C until it meets what does. Operations used, suffix appended:
** iset iadd isub imul idiv imod iabs imin imax iselect itable ieq ilt ile mand mor mnot mset.
*/
void expression_vector_c(struct text *text, const struct expression *expression,
                         enum expression_variable varying, const char *suffix, const char *tables);

/*
** One C expression of type vec<suffix>: the score, from a C variable s of that type and the rest as above; the node `near`,
** where there is one (else -1), is a variable of that name. Besides:
** vset vfromi vadd vsub vmul vdiv vabs vmin vmax vfloor vexp vlog vtanh vsqrt vbf16 vselect vtable veq vlt vle.
*/
void expression_score_c(struct text *text, const struct expression *score,
                        enum expression_variable varying, const char *suffix, const char *tables, int near);

/* A number in the score, for a vector q and a scalar k: what `near` is. */
void expression_near_c(struct text *text, const struct expression *score, int near, const char *suffix, const char *tables);

/*
** The C expression of a node over int32_t variables q k h b q_len kv_len: int32_t, int for a boolean, or float for a
** number, which is made without functions. Calls attn_floor_div attn_floor_mod attn_magnitude attn_smaller attn_larger.
*/
void expression_scalar_c(struct text *text, const struct expression *expression, int node, const char *tables);

/*
** The body of a C function (indented by four spaces) over int32_t q_first q_last k_first
** k_last, and those of h b q_len kv_len that it names, that returns 0 (no query sees a
** key), 2 (every query sees every key) or 1.
*/
void expression_sight_c(struct text *text, const struct expression *expression, const char *tables);

/*
** The body of a C function over int32_t q_first q_last, the same others, and int32_t *k_first,
** *k_last (the range of keys, inclusive) that narrows *k_first .. *k_last to the keys that some
** query may see. It never widens them. Calls besides the above attn_clip attn_key_from attn_key_to
** attn_remainder_from attn_remainder_to. True when keys in between may be hidden from all, so that
** narrowing what is left behind a key can skip some.
*/
bool expression_keys_c(struct text *text, const struct expression *expression, const char *tables);

#endif
