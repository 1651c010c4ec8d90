/*
** An operator's conformance case: a folder with case.txt, one item a line, and the
** headerless little-endian files of its tensors:
**     test NAME | op NAME | domain NAME | opset NUMBER
**     attr NAME i|f|s|list|graph VALUE
**     input|output ROLE DTYPE FILE RANK DIMS...
**     tolerance ROLE abs NUMBER rel NUMBER
** It comes from elsewhere: every size is bounded and every file must fit its shape.
*/
#ifndef CASE_H
#define CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../generator/base/arena.h"
#include "../../generator/base/report.h"

enum {
    CASE_RANK = 6,
    CASE_TENSORS = 32,
    CASE_ATTRIBUTES = 32,
    CASE_TOLERANCES = 16,
    CASE_WORDS = 16,                       /* on a line */
    CASE_TEXT_BYTES = 64 * 1024,
    CASE_TENSOR_VALUES = 4 * 1024 * 1024
};

struct case_tensor {
    const char *role;                      /* the operator's formal name: "Q", "past_key" */
    const char *type;                      /* "f16", "bf16", "f32", "f64", "i32", "i64", "bool" */
    bool is_output;
    int rank;
    int64_t dims[CASE_RANK];
    int64_t count;                         /* product of dims; 1 for a scalar */
    double *values;                        /* (count) */
};

/* What stands behind the type: one value, or the items of a list. */
struct case_attribute {
    const char *name, *type;               /* "i", "f", "s", "list", "graph" */
    int count;
    const char *texts[CASE_WORDS];
    double numbers[CASE_WORDS];            /* of i, f and list */
};

/* An output fits when |found - expected| <= absolute + relative * |expected|. */
struct case_tolerance { const char *role; double absolute, relative; };

struct operator_case {
    const char *name, *operator_name, *domain;
    int opset;
    struct case_tensor tensors[CASE_TENSORS];
    int tensor_count;
    struct case_attribute attributes[CASE_ATTRIBUTES];
    int attribute_count;
    struct case_tolerance tolerances[CASE_TOLERANCES];
    int tolerance_count;
};

/* NULL after a report. */
struct operator_case *case_read(const char *folder, struct arena *arena, struct report *report);

/* NULL when the case has none. */
const struct case_tensor *case_input(const struct operator_case *found, const char *role);
const struct case_tensor *case_output(const struct operator_case *found, const char *role);
const struct case_attribute *case_attribute(const struct operator_case *found, const char *name);

/* The attribute's number, or what holds without it. */
double case_number(const struct operator_case *found, const char *name, double otherwise);

/* The same as a whole number of 32 bits; one that is larger is the largest. */
int32_t case_integer(const struct operator_case *found, const char *name, int32_t otherwise);
const struct case_tolerance *case_tolerance(const struct operator_case *found, const char *role);

#endif
