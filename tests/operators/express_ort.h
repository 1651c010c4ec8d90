/*
** What the contributed operators of ONNX Runtime share. Their masks are no masks: a hidden key's score gets
** mask_filter_value added, so that a query none of whose keys is visible still weighs them by their scores.
*/
#ifndef EXPRESS_ORT_H
#define EXPRESS_ORT_H

#include "express.h"

/* Columns of q, k and v in a projection, and what they are cut into. */
struct projection { int64_t heads, columns[3]; };

/* (rows, columns) = input * weight + bias, with or without a bias. */
double *ort_multiply(const struct case_tensor *input, const struct case_tensor *weight, const struct case_tensor *bias,
                     struct arena *arena);

/* The projection of input, seen as q, k and v. false after a refusal. */
bool ort_project(struct call *call, const struct projection *projection, struct call_rows *rows);

/* num_heads, and qkv_hidden_sizes or equal parts of the weight's columns. */
bool ort_projection_take(struct call *call, struct projection *projection);

/* Adds bias (q, k and v columns one after another) to the rows, where the case has it. */
bool ort_bias_rows(struct call *call, struct call_rows *rows);

/* Adds the mask of this role and the relative_position_bias to the scores. */
bool ort_bias_scores(struct call *call, const char *mask);

/* scale, or 1 / sqrt(d_k) where it is 0 or not given. */
void ort_scale_take(struct call *call);

#endif
