#include "expression_tree.h"
#include "range.h"

/* Simplification of one tree into another, bottom up. */
struct fold {
    const struct expression *from;
    struct expression to;                    /* in any order, with what became unused */
    struct range box[EXPRESSION_VARIABLES];  /* the limits of the variables */
    struct range ranges[EXPRESSION_NODES];   /* of to's integer nodes */
    struct expression_error *error;
};

/* Makes a node a leaf; its index. */
static int fold_to_leaf(struct fold *fold, int index, enum expression_op op, int64_t value)
{
    const int column = fold->to.nodes[index].column;
    fold->to.nodes[index] = (struct expression_node){ op, -1, -1, value, column };
    return index;
}

/* Integers ------------------------------------------------------------------------------------- */

static int refuse_divisor(struct fold *fold, int index, struct range range)
{
    const struct expression_node *node = &fold->from->nodes[index];
    char text[48], divisor[32];
    expression_print_node(fold->from, index, text, sizeof text);
    expression_print_node(fold->from, node->right, divisor, sizeof divisor);
    if (range.low == range.high)
        expression_refuse(fold->error, node->column, "`%s` divides by 0", text);
    else
        expression_refuse(fold->error, node->column, "`%s` can divide by 0: `%s` lies between %lld and %lld",
                          text, divisor, (long long)range.low, (long long)range.high);
    return -1;
}

static int refuse_range(struct fold *fold, int index, struct range range)
{
    char text[64];
    const int column = fold->from->nodes[index].column;
    expression_print_node(fold->from, index, text, sizeof text);
    if (range.low == range.high)
        expression_refuse(fold->error, column, "`%s` leaves 32 bits: it is %lld", text, (long long)range.low);
    else
        expression_refuse(fold->error, column, "`%s` can leave 32 bits: it lies between %lld and %lld",
                      text, (long long)range.low, (long long)range.high);
    return -1;
}

static struct range fold_range(const struct fold *fold, const struct expression_node *node)
{
    if (node->op == EXPRESSION_CONSTANT)
        return (struct range){ node->value, node->value };
    if (node->op == EXPRESSION_VARIABLE)
        return fold->box[node->value];
    return range_operate(node->op, fold->ranges[node->left], fold->ranges[node->right < 0 ? node->left : node->right]);
}

/* index is the node's place in from; its operands are of to. */
static int fold_integer(struct fold *fold, int index, struct expression_node node)
{
    if (node.op == EXPRESSION_DIVIDE || node.op == EXPRESSION_MODULO) {
        const struct range divisor = fold->ranges[node.right];
        if (divisor.low <= 0 && divisor.high >= 0)
            return refuse_divisor(fold, index, divisor);
    }
    const struct range range = fold_range(fold, &node);
    if (range.low < -INT32_MAX || range.high > INT32_MAX)      /* as far down as up: C has no literal for one more */
        return refuse_range(fold, index, range);
    if (node.op == EXPRESSION_NEGATE && fold->to.nodes[node.left].op == EXPRESSION_NEGATE)
        return fold->to.nodes[node.left].left;
    const int folded = expression_add(&fold->to, node);
    fold->ranges[folded] = range;
    return range.low == range.high ? fold_to_leaf(fold, folded, EXPRESSION_CONSTANT, range.low) : folded;
}

/* Booleans ------------------------------------------------------------------------------------- */

static int fold_comparison(struct fold *fold, struct expression_node node)
{
    const int folded = expression_add(&fold->to, node);
    const struct truth truth = range_truth(&fold->to, folded, fold->box);
    if (truth.always || truth.never)
        return fold_to_leaf(fold, folded, truth.always ? EXPRESSION_TRUE : EXPRESSION_FALSE, 0);
    return folded;
}

static int fold_not(struct fold *fold, struct expression_node node)
{
    const struct expression_node *operand = &fold->to.nodes[node.left];
    if (operand->op == EXPRESSION_NOT)
        return operand->left;
    if (operand->op == EXPRESSION_TRUE || operand->op == EXPRESSION_FALSE)
        return fold_to_leaf(fold, node.left, operand->op == EXPRESSION_TRUE ? EXPRESSION_FALSE : EXPRESSION_TRUE, 0);
    return expression_add(&fold->to, node);
}

/* a and (b and c) becomes (a and b) and c: one text for both. The same for or. */
static int fold_chain(struct fold *fold, struct expression_node node)
{
    struct expression_node *nodes = fold->to.nodes;
    const int root = node.right;
    if (nodes[root].op != node.op)
        return expression_add(&fold->to, node);
    int first = root;
    while (nodes[nodes[first].left].op == node.op)
        first = nodes[first].left;
    node.right = nodes[first].left;
    nodes[first].left = expression_add(&fold->to, node);
    return root;
}

/* and, or: true decides an or and changes no and; false the other way round. */
static int fold_joint(struct fold *fold, struct expression_node node)
{
    const enum expression_op deciding = node.op == EXPRESSION_AND ? EXPRESSION_FALSE : EXPRESSION_TRUE;
    const enum expression_op neutral = node.op == EXPRESSION_AND ? EXPRESSION_TRUE : EXPRESSION_FALSE;
    const enum expression_op left = fold->to.nodes[node.left].op, right = fold->to.nodes[node.right].op;
    if (left == deciding || right == neutral)
        return node.left;
    if (right == deciding || left == neutral)
        return node.right;
    return fold_chain(fold, node);
}

/* The place in to of what a node of from became, or -1. A node of from adds at most one to to, so there is room. */
static int fold_node(struct fold *fold, int index)
{
    struct expression_node node = fold->from->nodes[index];
    if (node.left >= 0 && (node.left = fold_node(fold, node.left)) < 0)
        return -1;
    if (node.right >= 0 && (node.right = fold_node(fold, node.right)) < 0)
        return -1;
    const struct expression_operator *operator = expression_operator(node.op);
    if (!operator->gives_boolean)
        return fold_integer(fold, index, node);
    if (operator->operands == 0)
        return expression_add(&fold->to, node);
    if (!operator->takes_booleans)
        return fold_comparison(fold, node);
    return node.op == EXPRESSION_NOT ? fold_not(fold, node) : fold_joint(fold, node);
}

static int expression_height(const struct expression *expression, int index)
{
    const struct expression_node *node = &expression->nodes[index];
    const int left = node->left < 0 ? 0 : expression_height(expression, node->left);
    const int right = node->right < 0 ? 0 : expression_height(expression, node->right);
    return 1 + (left > right ? left : right);
}

bool expression_fold(struct expression *result, const struct expression *from, int heads, struct expression_error *error)
{
    struct fold fold = { .from = from, .error = error };
    const struct range key = { 0, EXPRESSION_KEYS - 1 };
    if (heads < 1 || heads > EXPRESSION_HEADS)
        return expression_refuse(error, 1, "there are %d heads; expected 1 to %d", heads, EXPRESSION_HEADS);
    for (int v = 0; v < EXPRESSION_VARIABLES; v++)
        fold.box[v] = key;
    fold.box[EXPRESSION_Q].low = -key.high;
    fold.box[EXPRESSION_H].high = heads - 1;
    const int root = fold_node(&fold, from->count - 1);
    if (root < 0)
        return false;
    if (expression_height(&fold.to, root) > EXPRESSION_DEPTH)
        return expression_refuse(error, 1, "this nests deeper than %d operators", EXPRESSION_DEPTH);
    *result = (struct expression){ 0 };
    expression_copy(result, &fold.to, root);
    return true;
}
