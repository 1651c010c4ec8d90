#include "linear.h"

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

static bool linear_fits(const struct linear *form)
{
    int64_t most = magnitude(form->constant);
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        most += magnitude(form->coefficient[v]) * (v == EXPRESSION_H ? EXPRESSION_HEADS : EXPRESSION_KEYS);
    return most <= INT32_MAX;
}

/* form += factor * addend */
static void linear_add(struct linear *form, int64_t factor, const struct linear *addend)
{
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        form->coefficient[v] += factor * addend->coefficient[v];
    form->constant += factor * addend->constant;
}

bool linear_is_constant(const struct linear *form)
{
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        if (form->coefficient[v] != 0)
            return false;
    return true;
}

/* form = left op right; false when that is not linear. */
static bool linear_operate(struct linear *form, enum expression_op op, const struct linear *left, const struct linear *right)
{
    if (op == EXPRESSION_ADD || op == EXPRESSION_SUBTRACT) {
        linear_add(form, 1, left);
        linear_add(form, op == EXPRESSION_ADD ? 1 : -1, right);
        return true;
    }
    if (op != EXPRESSION_MULTIPLY)
        return false;
    if (linear_is_constant(left)) {
        linear_add(form, left->constant, right);
        return true;
    }
    linear_add(form, right->constant, left);
    return linear_is_constant(right);
}

bool linear_read(struct linear *form, const struct expression *expression, int index)
{
    const struct expression_node *node = &expression->nodes[index];
    struct linear left, right;
    *form = (struct linear){ 0 };
    if (node->op == EXPRESSION_CONSTANT)
        form->constant = node->value;
    else if (node->op == EXPRESSION_VARIABLE)
        form->coefficient[node->value] = 1;
    else if (node->left < 0 || !linear_read(&left, expression, node->left))
        return false;
    else if (node->op == EXPRESSION_NEGATE)
        linear_add(form, -1, &left);
    else if (node->right < 0 || !linear_read(&right, expression, node->right)
             || !linear_operate(form, node->op, &left, &right))
        return false;
    return linear_fits(form);
}

bool linear_sides(struct linear *left, struct linear *right, const struct expression *expression, int index)
{
    const struct expression_node *node = &expression->nodes[index];
    if (!linear_read(left, expression, node->left) || !linear_read(right, expression, node->right))
        return false;
    bool shared = false;
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        shared = shared || (left->coefficient[v] != 0 && right->coefficient[v] != 0);
    if (shared) {
        linear_add(left, -1, right);
        *right = (struct linear){ 0 };
    }
    return linear_fits(left);
}

struct range linear_range(const struct linear *form, const struct range box[EXPRESSION_VARIABLES])
{
    struct range range = { form->constant, form->constant };
    for (int v = 0; v < EXPRESSION_VARIABLES; v++) {
        const int64_t coefficient = form->coefficient[v];
        range.low += coefficient * (coefficient > 0 ? box[v].low : box[v].high);
        range.high += coefficient * (coefficient > 0 ? box[v].high : box[v].low);
    }
    return range;
}

/* Solves small + strict <= large for k. */
static bool linear_solve(struct linear_bound *bound, const struct linear *small, int strict, const struct linear *large)
{
    struct linear form = *small;      /* <= 0 */
    linear_add(&form, -1, large);
    form.constant += strict;
    const int64_t coefficient = form.coefficient[EXPRESSION_K];
    form.coefficient[EXPRESSION_K] = 0;
    *bound = (struct linear_bound){ .upper = coefficient > 0, .divisor = magnitude(coefficient) };
    linear_add(&bound->form, bound->upper ? -1 : 1, &form);
    if (!bound->upper)
        bound->form.constant += bound->divisor - 1;      /* rounds up */
    return coefficient != 0 && linear_fits(&bound->form);
}

int linear_bounds(struct linear_bound bounds[2], const struct expression *expression, int node, enum expression_op op)
{
    struct linear left, right;
    if (!linear_sides(&left, &right, expression, node))
        return 0;
    const int strict = op == EXPRESSION_LESS || op == EXPRESSION_GREATER;
    int count = 0;
    if (op == EXPRESSION_LESS || op == EXPRESSION_LESS_EQUAL || op == EXPRESSION_EQUAL)
        count += linear_solve(&bounds[count], &left, strict, &right);
    if (op == EXPRESSION_GREATER || op == EXPRESSION_GREATER_EQUAL || op == EXPRESSION_EQUAL)
        count += linear_solve(&bounds[count], &right, strict, &left);
    return count;
}
