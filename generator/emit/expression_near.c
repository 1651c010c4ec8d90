#include "../expression/expression_tree.h"
#include "../expression/linear.h"
#include "expression_near.h"

/* Whether a node is the same wherever query and key are as far apart: q and k stand in it as q - k only. */
static bool node_is_near(const struct expression *score, int index)
{
    const struct expression_node *node = &score->nodes[index];
    struct linear form;
    if (node->op == EXPRESSION_SCORE)
        return false;
    if (node->type == EXPRESSION_INTEGER && linear_read(&form, score, index))
        return form.coefficient[EXPRESSION_Q] + form.coefficient[EXPRESSION_K] == 0;
    return (node->condition < 0 || node_is_near(score, node->condition)) && (node->left < 0 || node_is_near(score, node->left))
           && (node->right < 0 || node_is_near(score, node->right));
}

static int near_find(const struct expression *score, int index)
{
    const struct expression_node *node = &score->nodes[index];
    if (node->type == EXPRESSION_NUMBER && expression_node_uses(score, index, EXPRESSION_K) && node_is_near(score, index))
        return index;
    const int operands[] = { node->condition, node->left, node->right };
    for (int i = 0; i < 3; i++) {
        const int found = operands[i] < 0 ? -1 : near_find(score, operands[i]);
        if (found >= 0)
            return found;
    }
    return -1;
}

int expression_near(const struct expression *score)
{
    return near_find(score, score->count - 1);
}
