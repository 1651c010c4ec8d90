#include <float.h>
#include <math.h>

#include "expression_tree.h"
#include "range.h"

/* Simplification of one tree into another, bottom up. */
struct fold {
    const struct expression *from;
    struct expression to;                    /* in any order, with what became unused; from's tables and arrays */
    struct range box[EXPRESSION_VARIABLES];  /* the limits of the variables */
    struct range ranges[EXPRESSION_NODES];   /* of to's integer nodes */
    struct expression_error *error;
};

/* Puts a node at the end; its index, or -1 with an error. */
static int fold_add(struct fold *fold, struct expression_node node)
{
    const int index = expression_add(&fold->to, node);
    if (index < 0)
        expression_refuse_size(fold->error, node.column, &fold->to);
    return index;
}

/* Makes a node a leaf; its index. */
static int fold_to_leaf(struct fold *fold, int index, enum expression_op op, int64_t value)
{
    struct expression_node *node = &fold->to.nodes[index];
    *node = (struct expression_node){ op, node->type, -1, -1, -1, value, 0.0, node->column };
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

static int refuse_index(struct fold *fold, int index, struct range range)
{
    const struct expression_node *node = &fold->from->nodes[index];
    char text[64];
    expression_print_node(fold->from, node->left, text, sizeof text);
    expression_refuse(fold->error, fold->from->nodes[node->left].column,
                      "`%s` can leave the table, which has 0 to %d: it lies between %lld and %lld", text,
                      fold->from->tables.list[node->value].count - 1, (long long)range.low, (long long)range.high);
    return -1;
}

static struct range fold_range(const struct fold *fold, const struct expression_node *node)
{
    if (node->op == EXPRESSION_CONSTANT)
        return (struct range){ node->value, node->value };
    if (node->op == EXPRESSION_VARIABLE)
        return fold->box[node->value];
    if (node->op == EXPRESSION_TABLE)
        return range_table(&fold->to, (int)node->value, fold->ranges[node->left]);
    if (node->op == EXPRESSION_IF)
        return range_hull(fold->ranges[node->left], fold->ranges[node->right]);
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
    const int folded = fold_add(fold, node);
    if (folded < 0)
        return -1;
    fold->ranges[folded] = range;
    return range.low == range.high ? fold_to_leaf(fold, folded, EXPRESSION_CONSTANT, range.low) : folded;
}

/* Numbers -------------------------------------------------------------------------------------- */

/* The value of a constant integer or decimal. */
static bool fold_constant(const struct fold *fold, int index, double *value)
{
    const struct expression_node *node = &fold->to.nodes[index];
    *value = node->op == EXPRESSION_DECIMAL ? node->number : (double)node->value;
    return node->op == EXPRESSION_DECIMAL || node->op == EXPRESSION_CONSTANT;
}

static bool fold_is(const struct fold *fold, int index, double expected)
{
    double value;
    return fold_constant(fold, index, &value) && value == expected;
}

/* A decimal in the place of what was a number; index is its place in from. */
static int fold_decimal(struct fold *fold, int index, double value)
{
    const struct expression_node *from = &fold->from->nodes[index];
    char text[64];
    if (fabs(value) <= (double)FLT_MAX)
        return fold_add(fold, (struct expression_node){ EXPRESSION_DECIMAL, EXPRESSION_NUMBER, -1, -1, -1, 0, value, from->column });
    expression_print_node(fold->from, index, text, sizeof text);
    expression_refuse(fold->error, from->column, "`%s` is %g; expected a number that fits into a float", text, value);
    return -1;
}

/* 2.0 becomes 2 beside a number, which makes it one again: one text for both. */
static void fold_whole(struct fold *fold, int index, int beside)
{
    struct expression_node *node = &fold->to.nodes[index];
    if (node->op != EXPRESSION_DECIMAL || fold->to.nodes[beside].type != EXPRESSION_NUMBER || signbit(node->number) != (node->number < 0.0)
        || expression_values_type(&node->number, 1) != EXPRESSION_INTEGER)
        return;
    const int64_t value = (int64_t)node->number;
    node->type = EXPRESSION_INTEGER;
    fold_to_leaf(fold, index, EXPRESSION_CONSTANT, value);
    fold->ranges[index] = (struct range){ value, value };
}

/* The operand that a number's operator gives back unchanged, or -1. */
static int fold_identity(const struct fold *fold, const struct expression_node *node)
{
    const struct expression_node *nodes = fold->to.nodes;
    const enum expression_op op = node->op;
    const bool sum = op == EXPRESSION_ADD, product = op == EXPRESSION_MULTIPLY;
    if (nodes[node->left].type == EXPRESSION_NUMBER
        && (((sum || op == EXPRESSION_SUBTRACT) && fold_is(fold, node->right, 0.0))
            || ((product || op == EXPRESSION_QUOTIENT) && fold_is(fold, node->right, 1.0))))
        return node->left;
    if ((sum || product) && nodes[node->right].type == EXPRESSION_NUMBER && fold_is(fold, node->left, sum ? 0.0 : 1.0))
        return node->right;
    if (op == EXPRESSION_NEGATE && nodes[node->left].op == EXPRESSION_NEGATE)
        return nodes[node->left].left;
    return -1;
}

/* An operator of numbers. index is the node's place in from; its operands are of to. */
static int fold_operation(struct fold *fold, int index, struct expression_node node)
{
    double left, right = 0.0;
    if (fold_constant(fold, node.left, &left) && (node.right < 0 || fold_constant(fold, node.right, &right)))
        return fold_decimal(fold, index, expression_operate(node.op, left, right));
    const int unchanged = fold_identity(fold, &node);
    if (unchanged >= 0)
        return unchanged;
    if (node.right >= 0) {
        fold_whole(fold, node.left, node.right);
        fold_whole(fold, node.right, node.left);
    }
    return fold_add(fold, node);
}

static int fold_number(struct fold *fold, int index, struct expression_node node)
{
    const struct expression_table *table = &fold->to.tables.list[node.op == EXPRESSION_TABLE ? node.value : 0];
    if (node.op == EXPRESSION_TABLE && fold->to.nodes[node.left].op == EXPRESSION_CONSTANT)
        return fold_decimal(fold, index, fold->to.tables.values[table->first + fold->to.nodes[node.left].value]);
    if (node.op == EXPRESSION_IF) {
        fold_whole(fold, node.left, node.right);
        fold_whole(fold, node.right, node.left);
    }
    const bool operation = node.left >= 0 && node.op != EXPRESSION_TABLE && node.op != EXPRESSION_IF;
    return operation ? fold_operation(fold, index, node) : fold_add(fold, node);
}

/* A conditional whose condition is known: one of its branches, as a number when the other is one. */
static int fold_branch(struct fold *fold, int index, const struct expression_node *node)
{
    const bool holds = fold->to.nodes[node->condition].op == EXPRESSION_TRUE;
    const int branch = holds ? node->left : node->right;
    double value;
    if (fold->to.nodes[branch].type == node->type)
        return branch;
    if (fold_constant(fold, branch, &value))
        return fold_decimal(fold, index, value);
    const int one = fold_add(fold, (struct expression_node){ EXPRESSION_CONSTANT, EXPRESSION_INTEGER, -1, -1, -1, 1, 0.0, node->column });
    return one < 0 ? -1 : fold_add(fold, (struct expression_node){ EXPRESSION_QUOTIENT, EXPRESSION_NUMBER, -1, branch, one, 0, 0.0,
                                                                   node->column });
}

/* Booleans ------------------------------------------------------------------------------------- */

static int fold_comparison_of_numbers(struct fold *fold, struct expression_node node)
{
    double left, right;
    if (fold_constant(fold, node.left, &left) && fold_constant(fold, node.right, &right)) {
        node.condition = node.left = node.right = -1;
        node.op = expression_operate(node.op, left, right) != 0.0 ? EXPRESSION_TRUE : EXPRESSION_FALSE;
        return fold_add(fold, node);
    }
    fold_whole(fold, node.left, node.right);
    fold_whole(fold, node.right, node.left);
    return fold_add(fold, node);
}

static int fold_comparison(struct fold *fold, struct expression_node node)
{
    if (expression_has_numbers(&fold->to, &node))
        return fold_comparison_of_numbers(fold, node);
    const int folded = fold_add(fold, node);
    if (folded < 0)
        return -1;
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
    return fold_add(fold, node);
}

/* a and (b and c) becomes (a and b) and c: one text for both. The same for or. */
static int fold_chain(struct fold *fold, struct expression_node node)
{
    struct expression_node *nodes = fold->to.nodes;
    const int root = node.right;
    if (nodes[root].op != node.op)
        return fold_add(fold, node);
    int first = root;
    while (nodes[nodes[first].left].op == node.op)
        first = nodes[first].left;
    node.right = nodes[first].left;
    nodes[first].left = fold_add(fold, node);
    return nodes[first].left < 0 ? -1 : root;
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

static int fold_boolean(struct fold *fold, struct expression_node node)
{
    const struct expression_operator *operator = expression_operator(node.op);
    if (operator->operands == 0)
        return fold_add(fold, node);
    if (operator->signature == SIGNATURE_COMPARISON)
        return fold_comparison(fold, node);
    return node.op == EXPRESSION_NOT ? fold_not(fold, node) : fold_joint(fold, node);
}

/* Arrays -------------------------------------------------------------------------------------- */

/* Whether the index on one axis is proved to be inside; index is the element's place in from, place the index's in to. */
static bool fold_place(struct fold *fold, int index, int axis, int place)
{
    const struct expression_array *array = &fold->to.arrays.list[fold->from->nodes[index].value];
    const struct range range = fold->ranges[place];
    const int64_t most = array->axis[axis] == EXPRESSION_AXIS_HEAD ? fold->box[EXPRESSION_H].high : array->size[axis] - 1;
    char text[64];
    if (array->axis[axis] != EXPRESSION_AXIS_HEAD && array->axis[axis] != EXPRESSION_AXIS_SIZE)
        return true;
    if (range.low >= 0 && range.high <= most)
        return true;
    expression_print_node(&fold->to, place, text, sizeof text);
    return expression_refuse(fold->error, fold->to.nodes[place].column,
                             "`%s` can leave axis %d of %s, which has 0 to %lld: it lies between %lld and %lld", text, axis + 1,
                             array->name, (long long)most, (long long)range.low, (long long)range.high);
}

static int fold_element(struct fold *fold, int index, struct expression_node node)
{
    const struct expression_array *array = &fold->to.arrays.list[node.value];
    const int folded = fold_add(fold, node);
    int places[EXPRESSION_AXES];
    if (folded < 0)
        return -1;
    expression_places(&fold->to, folded, places);
    for (int axis = 0; axis < array->axes; axis++)
        if (!fold_place(fold, index, axis, places[axis]))
            return -1;
    fold->ranges[folded] = (struct range){ array->low, array->high };
    return folded;
}

/* An operator, its operands folded; index is its place in from. */
static int fold_operator(struct fold *fold, int index, struct expression_node node)
{
    if (node.op == EXPRESSION_PLACE)
        return fold_add(fold, node);
    if (node.op == EXPRESSION_ELEMENT)
        return fold_element(fold, index, node);
    if (node.type == EXPRESSION_BOOLEAN)
        return fold_boolean(fold, node);
    if (node.op == EXPRESSION_IF && expression_operator(fold->to.nodes[node.condition].op)->operands == 0)
        return fold_branch(fold, index, &node);
    if (node.op == EXPRESSION_TABLE) {
        const struct range range = fold->ranges[node.left];
        if (range.low < 0 || range.high >= fold->to.tables.list[node.value].count)
            return refuse_index(fold, index, range);
    }
    return node.type == EXPRESSION_NUMBER ? fold_number(fold, index, node) : fold_integer(fold, index, node);
}

/* The place in to of what a node of from became, or -1 with an error. */
static int fold_node(struct fold *fold, int index)
{
    struct expression_node node = fold->from->nodes[index];
    if (node.condition >= 0 && (node.condition = fold_node(fold, node.condition)) < 0)
        return -1;
    if (node.left >= 0 && (node.left = fold_node(fold, node.left)) < 0)
        return -1;
    if (node.right >= 0 && (node.right = fold_node(fold, node.right)) < 0)
        return -1;
    return fold_operator(fold, index, node);
}

static int expression_height(const struct expression *expression, int index)
{
    const struct expression_node *node = &expression->nodes[index];
    const int left = node->left < 0 ? 0 : expression_height(expression, node->left);
    const int right = node->right < 0 ? 0 : expression_height(expression, node->right);
    const int condition = node->condition < 0 ? 0 : expression_height(expression, node->condition);
    const int highest = left > right ? left : right;
    return 1 + (condition > highest ? condition : highest);
}

bool expression_fold(struct expression *result, const struct expression *from, int heads, struct expression_error *error)
{
    struct fold fold = { .from = from, .to.tables = from->tables, .to.arrays = from->arrays, .error = error };
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
    return expression_copy(result, &fold.to, root) >= 0 || expression_refuse_size(error, 1, result);
}
