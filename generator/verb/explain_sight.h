/*
** What a mask shows when it is asked: which keys single queries see, how far they reach, and
** where interval arithmetic proves less about a tile than is so.
*/
#ifndef EXPLAIN_SIGHT_H
#define EXPLAIN_SIGHT_H

#include "../base/text.h"
#include "../base/value.h"
#include "../definition/definition.h"
#include "../expression/range.h"

enum { SEEN_RANGES = 3 };      /* most ranges that are kept */

/* Visible keys of query q of one head, of as many keys as tokens. No mask here that is asked for single keys uses arrays. */
struct seen {
    int64_t q, keys;           /* how many keys */
    int head, range_count;     /* how many ranges there are; the first SEEN_RANGES are kept */
    struct range ranges[SEEN_RANGES];
};

struct seen seen_find(const struct expression *mask, int head, int64_t q, int64_t tokens);

/*
** Tiles that are empty or full in truth without a proof, and the comparisons that are the same
** at every point of such a tile without proof. Where there is none, it is how they are joined
** that hides it.
*/
struct doubt {
    int64_t tiles, unproved;   /* of the first head */
    bool comparison[EXPRESSION_NODES];
};

/* Tiles of queries x keys in a square of tokens. */
struct doubt doubt_find(const struct expression *mask, int queries, int keys, int64_t tokens);

/* How many keys before and after its own place a query can see; "all" without a limit, "varies" where places differ. */
const char *reach_text(const struct expression *mask, struct arena *arena);

/* Lines about sample queries and proofs, for tiles of queries x keys. */
void sight_print(struct text *text, const struct definition *definition, int queries, int keys);

/* The same for --json: a list of queries, and an object. */
struct value *sight_queries_tree(const struct definition *definition, struct arena *arena);
struct value *sight_proofs_tree(const struct definition *definition, int queries, int keys, struct arena *arena);

#endif
