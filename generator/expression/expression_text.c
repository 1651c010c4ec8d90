#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression_tree.h"

/* Text in a buffer, cut at its end. */
struct print { const struct expression *expression; char *text; size_t size, length; };

static void print_node(struct print *print, int index, enum expression_level level);

static void print_put(struct print *print, const char *string)
{
    for (; *string != '\0' && print->length + 1 < print->size; string++)
        print->text[print->length++] = *string;
}

void expression_print_decimal(double number, char *text, size_t size)
{
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, size, "%.*g", precision, number);
        if (strtod(text, NULL) == number)
            break;
    }
    if (strpbrk(text, ".e") == NULL)
        snprintf(text + strlen(text), size - strlen(text), ".0");
}

static void print_decimal(struct print *print, double number)
{
    char text[40];
    expression_print_decimal(number, text, sizeof text);
    print_put(print, text);
}

static void print_integer(struct print *print, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    print_put(print, text);
}

static void print_leaf(struct print *print, const struct expression_node *node)
{
    if (node->op == EXPRESSION_CONSTANT)
        print_integer(print, node->value);
    else if (node->op == EXPRESSION_DECIMAL)
        print_decimal(print, node->number);
    else if (node->op == EXPRESSION_VARIABLE)
        print_put(print, expression_variable_name((enum expression_variable)node->value));
    else
        print_put(print, expression_operator(node->op)->symbol);
}

/* {1, 2}[h], or {1.0, 2.0}[h] for a table of numbers. */
static void print_table(struct print *print, const struct expression_node *node)
{
    const struct expression_table *table = &print->expression->tables.list[node->value];
    const double *values = print->expression->tables.values + table->first;
    for (int i = 0; i < table->count; i++) {
        print_put(print, i == 0 ? "{" : ", ");
        if (table->type == EXPRESSION_INTEGER)
            print_integer(print, (int64_t)values[i]);
        else
            print_decimal(print, values[i]);
    }
    print_put(print, "}[");
    print_node(print, node->left, LEVEL_CONDITIONAL);
    print_put(print, "]");
}

/* doc[k], bias[h][q][k] */
static void print_element(struct print *print, int index)
{
    const struct expression_array *array = &print->expression->arrays.list[print->expression->nodes[index].value];
    int places[EXPRESSION_AXES];
    expression_places(print->expression, index, places);
    print_put(print, array->name);
    for (int axis = 0; axis < array->axes; axis++) {
        print_put(print, "[");
        print_node(print, places[axis], LEVEL_CONDITIONAL);
        print_put(print, "]");
    }
}

static void print_function(struct print *print, const struct expression_node *node)
{
    print_put(print, expression_operator(node->op)->symbol);
    print_put(print, "(");
    print_node(print, node->left, LEVEL_CONDITIONAL);
    if (node->right >= 0) {
        print_put(print, ", ");
        print_node(print, node->right, LEVEL_CONDITIONAL);
    }
    print_put(print, ")");
}

static void print_conditional(struct print *print, const struct expression_node *node)
{
    print_put(print, "if ");
    print_node(print, node->condition, LEVEL_CONDITIONAL);
    print_put(print, " then ");
    print_node(print, node->left, LEVEL_CONDITIONAL);
    print_put(print, " else ");
    print_node(print, node->right, LEVEL_CONDITIONAL);
}

static void print_binary(struct print *print, const struct expression_node *node)
{
    const struct expression_operator *operator = expression_operator(node->op);
    print_node(print, node->left, operator->level);
    print_put(print, " ");
    print_put(print, operator->symbol);
    print_put(print, " ");
    print_node(print, node->right, operator->level + 1);
}

static void print_operation(struct print *print, int index)
{
    const struct expression_node *node = &print->expression->nodes[index];
    if (node->op == EXPRESSION_ELEMENT)
        print_element(print, index);
    else if (node->op == EXPRESSION_IF)
        print_conditional(print, node);
    else if (node->op == EXPRESSION_TABLE)
        print_table(print, node);
    else if (expression_is_function(node->op))
        print_function(print, node);
    else if (node->right >= 0)
        print_binary(print, node);
    else if (node->left >= 0) {
        print_put(print, node->op == EXPRESSION_NOT ? "not " : "-");
        print_node(print, node->left, LEVEL_UNARY);
    } else
        print_leaf(print, node);
}

/* In parentheses when it binds looser than level. */
static void print_node(struct print *print, int index, enum expression_level level)
{
    const struct expression_node *node = &print->expression->nodes[index];
    const bool apart = expression_operator(node->op)->level < level;
    print_put(print, apart ? "(" : "");
    print_operation(print, index);
    print_put(print, apart ? ")" : "");
}

void expression_print_node(const struct expression *expression, int node, char *text, size_t size)
{
    struct print print = { expression, text, size, 0 };
    print_node(&print, node, LEVEL_CONDITIONAL);
    if (size > 0)
        text[print.length] = '\0';
}

void expression_print(const struct expression *expression, char *text, size_t size)
{
    expression_print_node(expression, expression->count - 1, text, size);
}
