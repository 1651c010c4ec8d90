/*
** Numbers as activations hold them: f32, f16, bf16. Two bytes become a number, and a number the nearest two
** bytes, in double arithmetic from what the types are; emitted code has ways of its own, which this holds to account.
*/
#ifndef NARROW_H
#define NARROW_H

#include <stddef.h>
#include <stdint.h>

/* In the order in which reference_line.c names them. */
enum narrow { NARROW_F32, NARROW_F16, NARROW_BF16, NARROWS };

const char *narrow_name(enum narrow type);      /* "f16" */
enum narrow narrow_find(const char *name);      /* NARROWS: none is called so */
size_t narrow_bytes(enum narrow type);

/* Element `at` of an array of the type. */
float narrow_get(enum narrow type, const void *array, int64_t at);

/* It becomes the nearest number of the type, in a tie the even one. */
void narrow_put(enum narrow type, void *array, int64_t at, float x);

float narrow_round(enum narrow type, float x);

/* The most by which rounding changes a number of about this size; 0 of f32, in which results are computed. */
double narrow_error(enum narrow type, double x);

#endif
