#include "expression_tree.h"

/* Substitution --------------------------------------------------------------------------------- */

struct substitution { struct expression *to; const struct expression *outer, *inner; };

/* inner, as a number: x / 1 for an integer x. */
static int substitution_score(const struct substitution *s, int column)
{
    const int root = expression_copy(s->to, s->inner, s->inner->count - 1);
    if (root < 0 || s->to->nodes[root].type == EXPRESSION_NUMBER)
        return root;
    const int one = expression_add(s->to, (struct expression_node){ EXPRESSION_CONSTANT, EXPRESSION_INTEGER, -1, -1, -1, 1, 0.0, column });
    return one < 0 ? -1 : expression_add(s->to, (struct expression_node){ EXPRESSION_QUOTIENT, EXPRESSION_NUMBER, -1, root, one, 0, 0.0, column });
}

/* A node of outer at the end of to, with what stands for s; its index, or -1 when there is no room. */
static int substitution_node(const struct substitution *s, int index)
{
    struct expression_node node = s->outer->nodes[index];
    const struct expression_table *table = &s->outer->tables.list[node.op == EXPRESSION_TABLE ? node.value : 0];
    if (node.op == EXPRESSION_SCORE)
        return substitution_score(s, node.column);
    if (node.condition >= 0 && (node.condition = substitution_node(s, node.condition)) < 0)
        return -1;
    if (node.left >= 0 && (node.left = substitution_node(s, node.left)) < 0)
        return -1;
    if (node.right >= 0 && (node.right = substitution_node(s, node.right)) < 0)
        return -1;
    if (node.op == EXPRESSION_TABLE
        && (node.value = expression_add_table(s->to, s->outer->tables.values + table->first, table->count, table->type)) < 0)
        return -1;
    if (node.op == EXPRESSION_ELEMENT
        && (node.value = expression_array_add(&s->to->arrays, &s->outer->arrays.list[node.value])) < 0)
        return -1;
    return expression_add(s->to, node);
}

bool expression_substitute(struct expression *result, const struct expression *outer, const struct expression *inner,
                           int heads, struct expression_error *error)
{
    struct expression to = { 0 };
    const struct substitution substitution = { &to, outer, inner };
    if (substitution_node(&substitution, outer->count - 1) < 0)
        return expression_refuse_size(error, 1, &to);
    return expression_fold(result, &to, heads, error);
}

/* Derivatives ---------------------------------------------------------------------------------- */

/* Everything is added to the end of to, and every operand belongs to one operator. An index below 0 means that it is full. */
struct derivative { struct expression *to; const struct expression *from; };

static int derive_node(const struct derivative *d, int index);

static int derive_constant(const struct derivative *d, int value)
{
    return expression_add(d->to, (struct expression_node){ EXPRESSION_DECIMAL, EXPRESSION_NUMBER, -1, -1, -1, 0, value, 1 });
}

static bool derive_is(const struct derivative *d, int index, double value)
{
    const struct expression_node *node = &d->to->nodes[index];
    return index >= 0 && node->op == EXPRESSION_DECIMAL && node->number == value;
}

/* A copy of an operand. */
static int derive_copy(const struct derivative *d, int index)
{
    return expression_copy(d->to, d->from, index);
}

/* right is -1 for one operand. Nothing times 0 is left, and nothing plus 0. */
static int derive_operate(const struct derivative *d, enum expression_op op, int left, int right)
{
    const bool product = op == EXPRESSION_MULTIPLY || op == EXPRESSION_QUOTIENT, sum = op == EXPRESSION_ADD || op == EXPRESSION_SUBTRACT;
    if (left < 0 || (expression_operator(op)->operands == 2 && right < 0))
        return -1;
    if ((product || op == EXPRESSION_NEGATE) && derive_is(d, left, 0.0))
        return left;
    if ((op == EXPRESSION_MULTIPLY && derive_is(d, right, 0.0)) || (op == EXPRESSION_ADD && derive_is(d, left, 0.0)))
        return right;
    if (sum && derive_is(d, right, 0.0))
        return left;
    return expression_add(d->to, (struct expression_node){ op, EXPRESSION_NUMBER, -1, left, right, 0, 0.0, 1 });
}

/* if left order right then yes else no, of copies. */
static int derive_choice(const struct derivative *d, enum expression_op order, int left, int right, int yes, int no)
{
    if (left < 0 || right < 0 || yes < 0 || no < 0)
        return -1;
    if (derive_is(d, yes, 0.0) && derive_is(d, no, 0.0))
        return yes;
    const int condition = expression_add(d->to, (struct expression_node){ order, EXPRESSION_BOOLEAN, -1, left, right, 0, 0.0, 1 });
    return condition < 0 ? -1
        : expression_add(d->to, (struct expression_node){ EXPRESSION_IF, EXPRESSION_NUMBER, condition, yes, no, 0, 0.0, 1 });
}

/* a' b + a b' */
static int derive_product(const struct derivative *d, const struct expression_node *node)
{
    const int left = derive_operate(d, EXPRESSION_MULTIPLY, derive_node(d, node->left), derive_copy(d, node->right));
    const int right = derive_operate(d, EXPRESSION_MULTIPLY, derive_copy(d, node->left), derive_node(d, node->right));
    return derive_operate(d, EXPRESSION_ADD, left, right);
}

/* (a' - a / b b') / b, which does not overflow as b b can. */
static int derive_quotient(const struct derivative *d, const struct expression_node *node)
{
    const int ratio = derive_operate(d, EXPRESSION_QUOTIENT, derive_copy(d, node->left), derive_copy(d, node->right));
    const int change = derive_operate(d, EXPRESSION_MULTIPLY, ratio, derive_node(d, node->right));
    const int top = derive_operate(d, EXPRESSION_SUBTRACT, derive_node(d, node->left), change);
    return derive_operate(d, EXPRESSION_QUOTIENT, top, derive_copy(d, node->right));
}

static int derive_magnitude(const struct derivative *d, const struct expression_node *node)
{
    const int fall = derive_operate(d, EXPRESSION_NEGATE, derive_node(d, node->left), -1);
    return derive_choice(d, EXPRESSION_LESS, derive_copy(d, node->left), derive_constant(d, 0), fall, derive_node(d, node->left));
}

static int derive_extreme(const struct derivative *d, const struct expression_node *node)
{
    return derive_choice(d, node->op == EXPRESSION_MIN ? EXPRESSION_LESS : EXPRESSION_GREATER, derive_copy(d, node->left),
                         derive_copy(d, node->right), derive_node(d, node->left), derive_node(d, node->right));
}

/* 1 - tanh(x) tanh(x) */
static int derive_tanh(const struct derivative *d, int tanh)
{
    const int square = derive_operate(d, EXPRESSION_MULTIPLY, derive_copy(d, tanh), derive_copy(d, tanh));
    return derive_operate(d, EXPRESSION_SUBTRACT, derive_constant(d, 1), square);
}

/* A function of one number: its derivative there, times that of its operand. index is the call's. */
static int derive_call(const struct derivative *d, int index)
{
    const struct expression_node *node = &d->from->nodes[index];
    const int inside = derive_node(d, node->left);
    switch (node->op) {
    case EXPRESSION_EXP:
        return derive_operate(d, EXPRESSION_MULTIPLY, derive_copy(d, index), inside);
    case EXPRESSION_TANH:
        return derive_operate(d, EXPRESSION_MULTIPLY, derive_tanh(d, index), inside);
    case EXPRESSION_BF16:
        return inside;
    case EXPRESSION_LOG:
        return derive_operate(d, EXPRESSION_QUOTIENT, inside, derive_copy(d, node->left));
    case EXPRESSION_SQRT:
        return derive_operate(d, EXPRESSION_QUOTIENT, inside,
                              derive_operate(d, EXPRESSION_MULTIPLY, derive_constant(d, 2), derive_copy(d, index)));
    default:
        return derive_constant(d, 0);      /* floor */
    }
}

static int derive_branches(const struct derivative *d, const struct expression_node *node)
{
    const int condition = derive_copy(d, node->condition), yes = derive_node(d, node->left), no = derive_node(d, node->right);
    if (condition < 0 || yes < 0 || no < 0)
        return -1;
    if (derive_is(d, yes, 0.0) && derive_is(d, no, 0.0))
        return yes;
    return expression_add(d->to, (struct expression_node){ EXPRESSION_IF, EXPRESSION_NUMBER, condition, yes, no, 0, 0.0, 1 });
}

/* The derivative of a node of from, at the end of to. */
static int derive_node(const struct derivative *d, int index)
{
    const struct expression_node *node = &d->from->nodes[index];
    if (node->type != EXPRESSION_NUMBER || node->left < 0 || node->op == EXPRESSION_TABLE || node->op == EXPRESSION_ELEMENT)
        return derive_constant(d, node->op == EXPRESSION_SCORE);
    switch (node->op) {
    case EXPRESSION_NEGATE:   return derive_operate(d, EXPRESSION_NEGATE, derive_node(d, node->left), -1);
    case EXPRESSION_ADD:
    case EXPRESSION_SUBTRACT: return derive_operate(d, node->op, derive_node(d, node->left), derive_node(d, node->right));
    case EXPRESSION_MULTIPLY: return derive_product(d, node);
    case EXPRESSION_QUOTIENT: return derive_quotient(d, node);
    case EXPRESSION_ABS:      return derive_magnitude(d, node);
    case EXPRESSION_MIN:
    case EXPRESSION_MAX:      return derive_extreme(d, node);
    case EXPRESSION_IF:       return derive_branches(d, node);
    default:                  return derive_call(d, index);
    }
}

bool expression_derive(struct expression *result, const struct expression *score, int heads, struct expression_error *error)
{
    struct expression to = { 0 };
    const struct derivative derivative = { &to, score };
    const int root = derive_node(&derivative, score->count - 1);
    if (root < 0)
        return expression_refuse(error, 1, "the derivative has more than %d numbers, names and operators", EXPRESSION_NODES);
    struct expression tree = { 0 };
    return expression_copy(&tree, &to, root) < 0 ? expression_refuse_size(error, 1, &tree) : expression_fold(result, &tree, heads, error);
}
