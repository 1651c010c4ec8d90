/*
** $NAME.c: attention kernels of the model $NAME.
** Made by attngen $VERSION from $CONFIG; do not edit.
**
% for i, definition in ipairs(DEFINITIONS) do
**   $definition
**     $(LINES[i])
% end
**
$PLANS
**
**   targets $TARGETS_TEXT
**   digest  $DIGEST   (of all that follows this comment)
**
** The numbers of a query do not depend on the phase, on how a prompt was cut into chunks, on its
** neighbours or on the number of threads: a score is one FMA chain over d, a tile's
** weights are summed by one fixed tree, o is one FMA chain over the keys of a
** segment, segments start at fixed places and merge from left to right.
*/
#include "$NAME.h"

/* Results must not change with the user's flags: no fused operation that is not written here. */
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "compile $NAME.c without -ffast-math and -ffinite-math-only: online softmax needs infinities"
#endif
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
/* A mask may compare the same value twice in ways that exclude each other. */
#pragma clang diagnostic ignored "-Wtautological-overlap-compare"
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off,no-tree-loop-distribute-patterns")     /* no fusing; no calls of memmove for loops that copy */
#endif

/* The two functions of C that compilers call by themselves anyway. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

