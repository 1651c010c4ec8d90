/*
** What this machine can do: its FMA peak and its memory's bandwidth, measured
** beside whatever is compared with them.
*/
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>

double machine_thread_seconds(void);              /* of processor time of the calling thread */

/*
** GFLOP/s of float FMA on the calling thread, while it has a processor, from about a millisecond of independent chains in
** registers, on vectors of so many bits, or the widest below that this CPU has: some cores do twice as many operations with
** 512 bits as with 256, others as many. They are inline assembly: a compiler would fold a chain and show a peak that does not exist.
*/
double machine_fma_rate(int bits);

/*
** The same of products that the instruction of a target adds up: pairs of bf16, four of 8 bits. That of the FMAs where
** this CPU does not have it.
*/
enum machine_product { MACHINE_FMA, MACHINE_BF16, MACHINE_INT8 };
double machine_rate(enum machine_product product, int bits);

/*
** More bytes than the last-level cache holds, as far as the system tells its size, but at least 256 MiB and at most an eighth
** of the memory: what is read in turn from so many comes from memory.
*/
size_t machine_cold_bytes(void);

/* Reads bytes of memory once; returns something that depends on all of them. */
unsigned machine_read(const void *memory, size_t bytes);

#endif
