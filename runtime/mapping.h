/*
** A file's bytes, mapped for reading.
*/
#ifndef MAPPING_H
#define MAPPING_H

#include "problem.h"

struct mapping { const unsigned char *bytes; size_t size; };

/* An empty file gives size 0. */
bool mapping_open(struct mapping *mapping, const char *path, struct problem *problem);
void mapping_close(struct mapping *mapping);      /* also of one that was never opened: all zero */

#endif
