/*
** Lists of whole numbers on the command line: 64,256,1024 or 1..16 or 64..4096*2 (each twice the one before).
*/
#ifndef LENGTHS_H
#define LENGTHS_H

#include <stdbool.h>
#include <stdint.h>

enum { LENGTHS_MOST = 64 };

struct lengths { int32_t list[LENGTHS_MOST]; int count; };

/* false when the text is no such list, has a number outside of min .. max, or more than LENGTHS_MOST of them. */
bool lengths_read(struct lengths *lengths, const char *text, int32_t min, int32_t max);

#endif
