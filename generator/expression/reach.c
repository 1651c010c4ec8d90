/*
** A comparison that is linear in q and k and says k >= q - n reaches n back; of comparisons that
** hold together the nearest counts, of alternatives the farthest.
*/
#include "reach.h"

#include "expression_tree.h"
#include "linear.h"

struct reach_search { const struct expression *mask; struct range box[EXPRESSION_VARIABLES]; };

static int64_t reach_clamp(int64_t reach)
{
    return reach < 0 ? 0 : reach > REACH_UNBOUNDED ? REACH_UNBOUNDED : reach;
}

/* k >= form // divisor: as far back as the form is below q * divisor. */
static int64_t reach_bound(const struct reach_search *search, const struct linear_bound *bound)
{
    struct linear rest = bound->form;
    if (bound->upper || rest.coefficient[EXPRESSION_Q] != bound->divisor)
        return REACH_UNBOUNDED;
    rest.coefficient[EXPRESSION_Q] = 0;
    return reach_clamp(-expression_divide(linear_range(&rest, search->box).low, bound->divisor));
}

static int64_t reach_comparison(const struct reach_search *search, int index, bool negated)
{
    const enum expression_op op = search->mask->nodes[index].op;
    struct linear_bound bounds[2];
    const int count = linear_bounds(bounds, search->mask, index, negated ? expression_opposite(op) : op);
    int64_t reach = REACH_UNBOUNDED;
    for (int i = 0; i < count; i++) {
        const int64_t one = reach_bound(search, &bounds[i]);
        reach = one < reach ? one : reach;
    }
    return reach;
}

/* Where the node is true (negated: false). */
static int64_t reach_node(const struct reach_search *search, int index, bool negated)
{
    const struct expression_node *node = &search->mask->nodes[index];
    if (expression_operator(node->op)->level == LEVEL_COMPARISON)
        return reach_comparison(search, index, negated);
    if (node->op == EXPRESSION_NOT)
        return reach_node(search, node->left, !negated);
    if (node->op != EXPRESSION_AND && node->op != EXPRESSION_OR)
        return (node->op == EXPRESSION_FALSE) != negated ? 0 : REACH_UNBOUNDED;
    const int64_t left = reach_node(search, node->left, negated), right = reach_node(search, node->right, negated);
    const bool both = (node->op == EXPRESSION_AND) != negated;
    return (left < right) == both ? left : right;
}

int64_t reach_of(const struct expression *mask, struct range heads)
{
    const struct range keys = { 0, EXPRESSION_KEYS - 1 };
    const struct reach_search search = {
        mask, {
            [EXPRESSION_Q] = { -EXPRESSION_KEYS, EXPRESSION_KEYS }, [EXPRESSION_K] = keys, [EXPRESSION_H] = heads,
            [EXPRESSION_B] = keys, [EXPRESSION_Q_LEN] = keys, [EXPRESSION_KV_LEN] = keys
        }
    };
    return reach_node(&search, mask->count - 1, false);
}
