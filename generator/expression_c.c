#include "expression_c.h"
#include "expression_tree.h"

/* Vector code being written. */
struct vector {
    struct text *text;
    const struct expression *expression;
    enum expression_variable varying;
    const char *suffix;
};

static bool vector_varies(const struct vector *vector, int index)
{
    const struct expression_node *node = &vector->expression->nodes[index];
    if (node->op == EXPRESSION_VARIABLE)
        return node->value == vector->varying;
    return (node->left >= 0 && vector_varies(vector, node->left)) || (node->right >= 0 && vector_varies(vector, node->right));
}

/* Scalars -------------------------------------------------------------------------------------- */

static void scalar_put(struct text *text, const struct expression *expression, int index, enum expression_level level);

static void scalar_leaf(struct text *text, const struct expression_node *node)
{
    if (node->op == EXPRESSION_VARIABLE)
        text_put(text, expression_variable_name((enum expression_variable)node->value));
    else
        text_format(text, "%lld", node->op == EXPRESSION_TRUE ? 1 : (long long)node->value);
}

static void scalar_call(struct text *text, const struct expression *expression, const struct expression_node *node)
{
    text_put(text, node->op == EXPRESSION_DIVIDE ? "attn_floor_div(" : "attn_floor_mod(");
    scalar_put(text, expression, node->left, LEVEL_OR);
    text_put(text, ", ");
    scalar_put(text, expression, node->right, LEVEL_OR);
    text_put(text, ")");
}

/* An `or` puts its `and`s into parentheses, since compilers warn where they are missing. */
static void scalar_binary(struct text *text, const struct expression *expression, const struct expression_node *node)
{
    static const char *const symbols[] = {
        [EXPRESSION_ADD] = "+", [EXPRESSION_SUBTRACT] = "-", [EXPRESSION_MULTIPLY] = "*",
        [EXPRESSION_EQUAL] = "==", [EXPRESSION_UNEQUAL] = "!=", [EXPRESSION_LESS] = "<", [EXPRESSION_LESS_EQUAL] = "<=",
        [EXPRESSION_GREATER] = ">", [EXPRESSION_GREATER_EQUAL] = ">=", [EXPRESSION_AND] = "&&", [EXPRESSION_OR] = "||"
    };
    const enum expression_level level = expression_operator(node->op)->level;
    const bool mixed = node->op == EXPRESSION_OR && expression->nodes[node->left].op == EXPRESSION_AND;
    scalar_put(text, expression, node->left, mixed ? LEVEL_COMPARISON : level);
    text_format(text, " %s ", symbols[node->op]);
    scalar_put(text, expression, node->right, level == LEVEL_OR ? LEVEL_COMPARISON : level + 1);
}

/* In parentheses when it binds looser than level. */
static void scalar_put(struct text *text, const struct expression *expression, int index, enum expression_level level)
{
    const struct expression_node *node = &expression->nodes[index];
    const bool call = node->op == EXPRESSION_DIVIDE || node->op == EXPRESSION_MODULO;
    const bool apart = !call && expression_operator(node->op)->level < level;
    text_put(text, apart ? "(" : "");
    if (call)
        scalar_call(text, expression, node);
    else if (node->right >= 0)
        scalar_binary(text, expression, node);
    else if (node->left >= 0) {
        text_put(text, node->op == EXPRESSION_NOT ? "!" : "-");
        scalar_put(text, expression, node->left, LEVEL_LEAF);
    } else
        scalar_leaf(text, node);
    text_put(text, apart ? ")" : "");
}

void expression_scalar_c(struct text *text, const struct expression *expression, int node)
{
    scalar_put(text, expression, node, LEVEL_OR);
}

/* Vectors -------------------------------------------------------------------------------------- */

static void vector_put(struct vector *vector, int index);

static void vector_spread(struct vector *vector, int index)
{
    const bool boolean = expression_operator(vector->expression->nodes[index].op)->gives_boolean;
    text_format(vector->text, "%s%s(", boolean ? "mset" : "iset", vector->suffix);
    expression_scalar_c(vector->text, vector->expression, index);
    text_put(vector->text, ")");
}

static void vector_operands(struct vector *vector, int first, int second)
{
    vector_put(vector, first);
    if (second >= 0) {
        text_put(vector->text, ", ");
        vector_put(vector, second);
    }
    text_put(vector->text, ")");
}

static void vector_operation(struct vector *vector, const struct expression_node *node)
{
    static const struct { const char *name; bool swapped, inverted; } operations[] = {
        [EXPRESSION_NEGATE]        = { "isub", false, false },      /* from 0 */
        [EXPRESSION_ADD]           = { "iadd", false, false },
        [EXPRESSION_SUBTRACT]      = { "isub", false, false },
        [EXPRESSION_MULTIPLY]      = { "imul", false, false },
        [EXPRESSION_DIVIDE]        = { "idiv", false, false },
        [EXPRESSION_MODULO]        = { "imod", false, false },
        [EXPRESSION_EQUAL]         = { "ieq",  false, false },
        [EXPRESSION_UNEQUAL]       = { "ieq",  false, true },
        [EXPRESSION_LESS]          = { "ilt",  false, false },
        [EXPRESSION_LESS_EQUAL]    = { "ile",  false, false },
        [EXPRESSION_GREATER]       = { "ilt",  true,  false },
        [EXPRESSION_GREATER_EQUAL] = { "ile",  true,  false },
        [EXPRESSION_AND]           = { "mand", false, false },
        [EXPRESSION_OR]            = { "mor",  false, false },
        [EXPRESSION_NOT]           = { "mnot", false, false }
    };
    const char *suffix = vector->suffix;
    const bool swapped = operations[node->op].swapped, inverted = operations[node->op].inverted;
    if (inverted)
        text_format(vector->text, "mnot%s(", suffix);
    text_format(vector->text, "%s%s(", operations[node->op].name, suffix);
    if (node->op == EXPRESSION_NEGATE)
        text_format(vector->text, "iset%s(0), ", suffix);
    vector_operands(vector, swapped ? node->right : node->left, swapped ? node->left : node->right);
    text_put(vector->text, inverted ? ")" : "");
}

static void vector_put(struct vector *vector, int index)
{
    const struct expression_node *node = &vector->expression->nodes[index];
    if (!vector_varies(vector, index))
        vector_spread(vector, index);
    else if (node->op == EXPRESSION_VARIABLE)
        text_put(vector->text, expression_variable_name(vector->varying));
    else
        vector_operation(vector, node);
}

void expression_vector_c(struct text *text, const struct expression *expression, enum expression_variable varying,
                         const char *suffix)
{
    struct vector vector = { text, expression, varying, suffix };
    vector_put(&vector, expression->count - 1);
}
