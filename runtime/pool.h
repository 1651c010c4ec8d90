/*
** Threads that run independent tasks, each with a scratch of its own.
*/
#ifndef POOL_H
#define POOL_H

#include "memory.h"

enum { POOL_THREADS = 256 };          /* at most */

struct pool;

int pool_default_threads(void);       /* CPUs that this process may use */

/* The caller of pool_run is the first of the threads. */
struct pool *pool_create(int threads, size_t scratch_bytes, struct memory *memory, struct problem *problem);
void pool_destroy(struct pool *pool);                    /* ends the threads; accepts NULL */

/* Runs tasks 0 .. tasks - 1 in any order and returns when all have ended. */
void pool_run(struct pool *pool, int64_t tasks, void (*run)(void *context, int64_t task, void *scratch),
              void *context);

/* One phase of attention, pass after pass. */
void pool_run_phase(struct pool *pool, const struct attn_phase *phase, const struct attn_args *args);

#endif
