/*
** What CPU this is.
*/
#ifndef CPU_H
#define CPU_H

#include "arena.h"

/* "AMD EPYC 9R14, family 25, model 17": as precise as the system says it; "unknown CPU" when it says nothing. */
const char *cpu_name(struct arena *arena);

#endif
