/*
** RoPE as its papers say it, from a definition's line: frequencies and the factor of their cosines and sines.
*/
#ifndef REFERENCE_ROTATION_H
#define REFERENCE_ROTATION_H

#include "reference_line.h"

/* Radians a position by which pair i of the rotating ones turns. */
double reference_frequency(const struct reference_line *line, int i);

/* What cosines and sines are multiplied by; 1 where nothing rotates. */
double reference_magnitude(const struct reference_line *line);

#endif
