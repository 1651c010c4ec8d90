#include "../expression/expression_tree.h"
#include "../model/tree.h"
#include "explain_sight.h"

/* Queries, of as many tokens, whose keys are shown; proofs are looked at over the same square. */
static const int64_t sample_queries[] = { 0, 5, 100, 1023 };

enum { QUERIES = sizeof sample_queries / sizeof sample_queries[0], TOKENS = 1024 };

/* Single queries ------------------------------------------------------------------------------ */

struct seen seen_find(const struct expression *mask, int head, int64_t q, int64_t tokens)
{
    struct seen seen = { .q = q, .head = head };
    int64_t at[EXPRESSION_VARIABLES] = {
        [EXPRESSION_Q] = q, [EXPRESSION_H] = head, [EXPRESSION_Q_LEN] = tokens, [EXPRESSION_KV_LEN] = tokens
    };
    bool before = false;
    for (int64_t k = 0; k < tokens; k++) {
        at[EXPRESSION_K] = k;
        const bool sees = expression_evaluate(mask, at, NULL);
        seen.range_count += sees && !before;
        if (sees && seen.range_count <= SEEN_RANGES)
            seen.ranges[seen.range_count - 1] = (struct range){ before ? seen.ranges[seen.range_count - 1].low : k, k };
        seen.keys += sees;
        before = sees;
    }
    return seen;
}

/* Proofs --------------------------------------------------------------------------------------- */

/* What a boolean is at all points of a box: always, never, or neither. */
static struct truth points_truth(const struct expression *expression, const struct range box[EXPRESSION_VARIABLES])
{
    struct truth truth = { true, true };
    int64_t at[EXPRESSION_VARIABLES];
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        at[v] = box[v].low;
    for (int64_t q = box[EXPRESSION_Q].low; q <= box[EXPRESSION_Q].high; q++)
        for (int64_t k = box[EXPRESSION_K].low; k <= box[EXPRESSION_K].high; k++) {
            at[EXPRESSION_Q] = q;
            at[EXPRESSION_K] = k;
            const bool holds = expression_evaluate(expression, at, NULL);
            truth = (struct truth){ truth.always && holds, truth.never && !holds };
            if (!truth.always && !truth.never)
                return truth;
        }
    return truth;
}

/* Whether a boolean node is the same at all points of a box, and that is not proved. */
static bool node_is_unproved(const struct expression *mask, int node, const struct range box[EXPRESSION_VARIABLES])
{
    const struct truth proved = range_truth(mask, node, box);
    struct expression part = { .tables = mask->tables };
    if (proved.always || proved.never || expression_copy(&part, mask, node) < 0)
        return false;
    const struct truth truth = points_truth(&part, box);
    return truth.always || truth.never;
}

static void doubt_count(struct doubt *doubt, const struct expression *mask, const struct range box[EXPRESSION_VARIABLES])
{
    doubt->tiles++;
    if (!node_is_unproved(mask, mask->count - 1, box))
        return;
    doubt->unproved++;
    for (int i = 0; i < mask->count; i++)
        if (!doubt->comparison[i] && expression_operator(mask->nodes[i].op)->level == LEVEL_COMPARISON)
            doubt->comparison[i] = node_is_unproved(mask, i, box);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct doubt doubt_find(const struct expression *mask, int queries, int keys, int64_t tokens)
{
    struct doubt doubt = { 0 };
    struct range box[EXPRESSION_VARIABLES] = {
        [EXPRESSION_Q_LEN] = { tokens, tokens }, [EXPRESSION_KV_LEN] = { tokens, tokens }
    };
    for (int64_t q = 0; q < tokens; q += queries)
        for (int64_t k = 0; k < tokens; k += keys) {
            box[EXPRESSION_Q] = (struct range){ q, smaller(q + queries, tokens) - 1 };
            box[EXPRESSION_K] = (struct range){ k, smaller(k + keys, tokens) - 1 };
            doubt_count(&doubt, mask, box);
        }
    return doubt;
}

/* Reach ---------------------------------------------------------------------------------------- */

static struct range reach_keys(const struct expression *mask, int64_t q)
{
    const struct range box[EXPRESSION_VARIABLES] = { [EXPRESSION_Q] = { q, q }, [EXPRESSION_K] = { 0, EXPRESSION_KEYS - 1 } };
    return range_keys(mask, box);
}

const char *reach_text(const struct expression *mask, struct arena *arena)
{
    static const int64_t places[] = { EXPRESSION_KEYS / 2, EXPRESSION_KEYS / 2 + 12345 };
    const struct range a = reach_keys(mask, places[0]), b = reach_keys(mask, places[1]);
    const bool from_start = a.low == 0 && b.low == 0, to_end = a.high == EXPRESSION_KEYS - 1 && b.high == EXPRESSION_KEYS - 1;
    const int64_t before = places[0] - a.low, after = a.high - places[0];
    const bool varies = (!from_start && before != places[1] - b.low) || (!to_end && after != b.high - places[1])
                        || a.low > a.high || expression_uses(mask, EXPRESSION_H) || expression_uses(mask, EXPRESSION_B)
                        || expression_uses(mask, EXPRESSION_Q_LEN) || expression_uses(mask, EXPRESSION_KV_LEN);
    if (varies)
        return "varies";
    const char *left = from_start ? "all" : arena_format(arena, "%lld", (long long)before);
    const char *right = to_end ? "all" : arena_format(arena, "%lld", (long long)after);
    return arena_format(arena, "%s before, %s after", left, right);
}

/* Output --------------------------------------------------------------------------------------- */

/* "k 0..3, 17..80" */
static void print_seen(struct text *text, const struct seen *seen)
{
    text_put(text, seen->range_count == 0 ? "no key" : "k ");
    for (int i = 0; i < seen->range_count && i < SEEN_RANGES; i++) {
        const struct range *range = &seen->ranges[i];
        text_format(text, range->low == range->high ? "%s%lld" : "%s%lld..%lld", i > 0 ? ", " : "", (long long)range->low,
                    (long long)range->high);
    }
    if (seen->range_count > SEEN_RANGES)
        text_format(text, ", ... (%lld keys)", (long long)seen->keys);
}

/* "`k % 7 * h < 3`, `...`" or "how its comparisons are joined" */
static void print_doubt(struct text *text, const struct expression *mask, const struct doubt *doubt)
{
    char part[EXPRESSION_BYTES];
    bool any = false;
    for (int i = 0; i < mask->count; i++) {
        if (!doubt->comparison[i])
            continue;
        expression_print_node(mask, i, part, sizeof part);
        text_format(text, "%s`%s`", any ? ", " : "", part);
        any = true;
    }
    text_put(text, any ? "" : "how its comparisons are joined");
}

/* The heads whose queries are shown: the first, and the last where heads differ. */
static int head_count(const struct definition *definition)
{
    return definition->kept.heads > 1 && expression_uses(&definition->mask, EXPRESSION_H) ? 2 : 1;
}

static struct seen sample(const struct definition *definition, int index)
{
    const int head = definition_head(definition, index < QUERIES ? 0 : definition->kept.heads - 1);
    return seen_find(&definition->mask, head, sample_queries[index % QUERIES], TOKENS);
}

void sight_print(struct text *text, const struct definition *definition, int queries, int keys)
{
    const int heads = head_count(definition);
    if (expression_uses_arrays(&definition->mask)) {
        text_put(text, "  which keys queries see, and which tiles are empty or full, is found in each call from what the arrays hold\n\n");
        return;
    }
    text_format(text, "  keys that queries of %d tokens see\n", TOKENS);
    for (int i = 0; i < heads * QUERIES; i++) {
        const struct seen seen = sample(definition, i);
        text_put(text, "    ");
        if (heads > 1)
            text_format(text, "h=%d ", seen.head);
        text_format(text, "q=%lld: ", (long long)seen.q);
        print_seen(text, &seen);
        text_put(text, "\n");
    }
    const struct doubt doubt = doubt_find(&definition->mask, queries, keys, TOKENS);
    if (doubt.unproved == 0)
        text_put(text, "  every empty and every full tile is proved to be one\n\n");
    else {
        text_format(text, "  %.1f %% of the tiles are empty or full without proof, so tested key by key; what prevents it: ",
                    100 * (double)doubt.unproved / (double)doubt.tiles);
        print_doubt(text, &definition->mask, &doubt);
        text_put(text, "\n\n");
    }
}

static struct value *ranges_tree(const struct seen *seen, struct arena *arena)
{
    struct value *list = tree_table(arena);
    for (int i = 0; i < seen->range_count && i < SEEN_RANGES; i++) {
        struct value *range = tree_table(arena);
        tree_append(range, tree_integer(seen->ranges[i].low, arena), arena);
        tree_append(range, tree_integer(seen->ranges[i].high, arena), arena);
        tree_append(list, range, arena);
    }
    return list;
}

struct value *sight_queries_tree(const struct definition *definition, struct arena *arena)
{
    struct value *list = tree_table(arena);
    for (int i = 0; i < head_count(definition) * QUERIES && !expression_uses_arrays(&definition->mask); i++) {
        const struct seen seen = sample(definition, i);
        struct value *query = tree_table(arena);
        tree_set(query, "tokens", tree_integer(TOKENS, arena), arena);
        tree_set(query, "head", tree_integer(seen.head, arena), arena);
        tree_set(query, "q", tree_integer(seen.q, arena), arena);
        tree_set(query, "keys", tree_integer(seen.keys, arena), arena);
        tree_set(query, "range_count", tree_integer(seen.range_count, arena), arena);
        tree_set(query, "ranges", ranges_tree(&seen, arena), arena);
        tree_append(list, query, arena);
    }
    return list;
}

struct value *sight_proofs_tree(const struct definition *definition, int queries, int keys, struct arena *arena)
{
    const bool arrays = expression_uses_arrays(&definition->mask);      /* what they hold is proved in each call */
    const struct doubt doubt = arrays ? (struct doubt){ .tiles = 1 } : doubt_find(&definition->mask, queries, keys, TOKENS);
    struct value *tree = tree_table(arena);
    struct text text = text_start(arena);
    if (doubt.unproved > 0)
        print_doubt(&text, &definition->mask, &doubt);
    tree_set(tree, "tokens", tree_integer(TOKENS, arena), arena);
    tree_set(tree, "unproved", tree_number((double)doubt.unproved / (double)doubt.tiles, arena), arena);
    tree_set(tree, "prevented_by", tree_text(text.length > 0 ? text.data : "", arena), arena);
    return tree;
}
