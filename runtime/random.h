/*
** Random numbers for checks and samplers: SplitMix64. The same seed gives the same
** numbers on every machine; whoever starts one prints its seed.
*/
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

struct random { uint64_t state; };

struct random random_start(uint64_t seed);
uint64_t random_next(struct random *random);                                /* 64 bits */
int64_t random_between(struct random *random, int64_t low, int64_t high);   /* both inclusive */
double random_uniform(struct random *random);                               /* 0 <= x < 1 */
float random_normal(struct random *random);                                 /* mean 0, variance 1, below 3.5 in size */

#endif
