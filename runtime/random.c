#include "random.h"

struct random random_start(uint64_t seed)
{
    return (struct random){ seed };
}

uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The remainder favours low numbers by less than 2^-32 for the ranges used here. */
int64_t random_between(struct random *random, int64_t low, int64_t high)
{
    return low + (int64_t)(random_next(random) % (uint64_t)(high - low + 1));
}

double random_uniform(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

/* The sum of four 16-bit numbers is nearly normal; each has a variance of 2^32 / 12. */
float random_normal(struct random *random)
{
    const uint64_t bits = random_next(random);
    int64_t sum = -2 * 0xffff;
    for (int shift = 0; shift < 64; shift += 16)
        sum += (int64_t)(bits >> shift & 0xffff);
    return (float)((double)sum * (1.7320508075688772 / 65536.0));
}
