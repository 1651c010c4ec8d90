#include "expression_c.h"
#include "number_c.h"

/* Vector code being written. */
struct vector {
    struct text *text;
    const struct expression *expression;
    enum expression_variable varying;
    const char *suffix, *tables;
};

static void vector_put(const struct vector *vector, int index);

/* Whether some node at or under index is one that the test finds. */
static bool vector_has(const struct vector *vector, int index, bool (*test)(const struct vector *, const struct expression_node *))
{
    if (index < 0)
        return false;
    const struct expression_node *node = &vector->expression->nodes[index];
    return test(vector, node) || vector_has(vector, node->condition, test) || vector_has(vector, node->left, test)
           || vector_has(vector, node->right, test);
}

/* Scalar C has no functions of floats: their operands are spread first. */
static bool node_is_vector(const struct vector *vector, const struct expression_node *node)
{
    return (node->op == EXPRESSION_VARIABLE && node->value == vector->varying) || node->op == EXPRESSION_SCORE
           || (expression_is_function(node->op) && node->type == EXPRESSION_NUMBER);
}

static void vector_spread(const struct vector *vector, int index, bool number)
{
    static const char *const names[] = { [EXPRESSION_BOOLEAN] = "mset", [EXPRESSION_INTEGER] = "iset", [EXPRESSION_NUMBER] = "vset" };
    const enum expression_type type = number ? EXPRESSION_NUMBER : vector->expression->nodes[index].type;
    text_format(vector->text, "%s%s(", names[type], vector->suffix);
    if (number)
        expression_float_c(vector->text, vector->expression, index, vector->tables);
    else
        expression_scalar_c(vector->text, vector->expression, index, vector->tables);
    text_put(vector->text, ")");
}

/* An operand; as a vector of floats where numbers meet. */
static void vector_operand(const struct vector *vector, int index, bool number)
{
    const bool converts = number && vector->expression->nodes[index].type == EXPRESSION_INTEGER;
    if (!vector_has(vector, index, node_is_vector)) {
        vector_spread(vector, index, number);
        return;
    }
    if (converts)
        text_format(vector->text, "vfromi%s(", vector->suffix);
    vector_put(vector, index);
    text_put(vector->text, converts ? ")" : "");
}

static void vector_operands(const struct vector *vector, int first, int second, bool number)
{
    vector_operand(vector, first, number);
    if (second >= 0) {
        text_put(vector->text, ", ");
        vector_operand(vector, second, number);
    }
    text_put(vector->text, ")");
}

static void vector_table(const struct vector *vector, const struct expression_node *node)
{
    text_format(vector->text, "%stable%s(", node->type == EXPRESSION_NUMBER ? "v" : "i", vector->suffix);
    table_name_c(vector->text, vector->expression, (int)node->value, vector->tables);
    text_put(vector->text, ", ");
    vector_put(vector, node->left);
    text_put(vector->text, ")");
}

static void vector_conditional(const struct vector *vector, const struct expression_node *node)
{
    text_format(vector->text, "%sselect%s(", node->type == EXPRESSION_NUMBER ? "v" : "i", vector->suffix);
    vector_put(vector, node->condition);
    text_put(vector->text, ", ");
    vector_operands(vector, node->left, node->right, node->type == EXPRESSION_NUMBER);
}

static void vector_operation(const struct vector *vector, const struct expression_node *node)
{
    static const struct { const char *integer, *number; bool swapped, inverted; } operations[EXPRESSION_OPS] = {
        [EXPRESSION_NEGATE]        = { "isub", "vsub",   false, false },      /* from 0 */
        [EXPRESSION_ADD]           = { "iadd", "vadd",   false, false },
        [EXPRESSION_SUBTRACT]      = { "isub", "vsub",   false, false },
        [EXPRESSION_MULTIPLY]      = { "imul", "vmul",   false, false },
        [EXPRESSION_DIVIDE]        = { "idiv", NULL,     false, false },
        [EXPRESSION_MODULO]        = { "imod", NULL,     false, false },
        [EXPRESSION_QUOTIENT]      = { NULL,   "vdiv",   false, false },
        [EXPRESSION_EQUAL]         = { "ieq",  "veq",    false, false },
        [EXPRESSION_UNEQUAL]       = { "ieq",  "veq",    false, true },
        [EXPRESSION_LESS]          = { "ilt",  "vlt",    false, false },
        [EXPRESSION_LESS_EQUAL]    = { "ile",  "vle",    false, false },
        [EXPRESSION_GREATER]       = { "ilt",  "vlt",    true,  false },
        [EXPRESSION_GREATER_EQUAL] = { "ile",  "vle",    true,  false },
        [EXPRESSION_AND]           = { "mand", NULL,     false, false },
        [EXPRESSION_OR]            = { "mor",  NULL,     false, false },
        [EXPRESSION_NOT]           = { "mnot", NULL,     false, false },
        [EXPRESSION_ABS]           = { "iabs", "vabs",   false, false },
        [EXPRESSION_MIN]           = { "imin", "vmin",   false, false },
        [EXPRESSION_MAX]           = { "imax", "vmax",   false, false },
        [EXPRESSION_FLOOR]         = { NULL,   "vfloor", false, false },
        [EXPRESSION_EXP]           = { NULL,   "vexp",   false, false },
        [EXPRESSION_LOG]           = { NULL,   "vlog",   false, false },
        [EXPRESSION_TANH]          = { NULL,   "vtanh",  false, false },
        [EXPRESSION_SQRT]          = { NULL,   "vsqrt",  false, false }
    };
    const char *suffix = vector->suffix;
    const bool number = expression_has_numbers(vector->expression, node);
    const bool swapped = operations[node->op].swapped, inverted = operations[node->op].inverted;
    if (inverted)
        text_format(vector->text, "mnot%s(", suffix);
    text_format(vector->text, "%s%s(", number ? operations[node->op].number : operations[node->op].integer, suffix);
    if (node->op == EXPRESSION_NEGATE)
        text_format(vector->text, number ? "vset%s(-0.0f), " : "iset%s(0), ", suffix);      /* -0.0 - 0.0 is -0.0 */
    vector_operands(vector, swapped ? node->right : node->left, swapped ? node->left : node->right, number);
    text_put(vector->text, inverted ? ")" : "");
}

static void vector_put(const struct vector *vector, int index)
{
    const struct expression_node *node = &vector->expression->nodes[index];
    if (!vector_has(vector, index, node_is_vector))
        vector_spread(vector, index, false);
    else if (node->op == EXPRESSION_VARIABLE)
        text_put(vector->text, expression_variable_name(vector->varying));
    else if (node->op == EXPRESSION_SCORE)
        text_put(vector->text, "s");
    else if (node->op == EXPRESSION_TABLE)
        vector_table(vector, node);
    else if (node->op == EXPRESSION_IF)
        vector_conditional(vector, node);
    else
        vector_operation(vector, node);
}

void expression_vector_c(struct text *text, const struct expression *expression, enum expression_variable varying,
                         const char *suffix, const char *tables)
{
    const struct vector vector = { text, expression, varying, suffix, tables };
    vector_put(&vector, expression->count - 1);
}

void expression_score_c(struct text *text, const struct expression *score, enum expression_variable varying,
                        const char *suffix, const char *tables)
{
    const struct vector vector = { text, score, varying, suffix, tables };
    vector_operand(&vector, score->count - 1, true);
}
