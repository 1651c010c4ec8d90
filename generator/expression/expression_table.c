#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expression_parser.h"

/* Numbers -------------------------------------------------------------------------------------- */

static bool fits_float(double number)
{
    return fabs(number) <= (double)FLT_MAX;      /* false for what is no number */
}

/* A number's value as its digits say; false when they are no number, or too large for its type. */
static bool parse_digits(struct parser *parser, double *value, enum expression_type *type)
{
    const char *start = parser->token.start, *at = start + strspn(start, "0123456789");
    *type = EXPRESSION_INTEGER;
    if (*at == '.' || tolower((unsigned char)*at) == 'e')
        *type = EXPRESSION_NUMBER;
    if (*at == '.' && isdigit((unsigned char)at[1]))
        at += 1 + strspn(at + 1, "0123456789");
    const size_t sign = at[0] != '\0' && (at[1] == '-' || at[1] == '+') ? 2 : 1;
    if (tolower((unsigned char)*at) == 'e' && isdigit((unsigned char)at[sign]))
        at += sign + strspn(at + sign, "0123456789");
    if (parser->token.kind != TOKEN_NUMBER || at != start + parser->token.length)
        return parser_unexpected(parser, "a number") >= 0;
    *value = strtod(start, NULL);
    if (*type == EXPRESSION_INTEGER && *value > INT32_MAX)
        return parser_unexpected(parser, "a number of at most 2147483647") >= 0;
    return fits_float(*value) || parser_unexpected(parser, "a number that fits into a float") >= 0;
}

int parse_number(struct parser *parser)
{
    enum expression_type type;
    double value;
    if (!parse_digits(parser, &value, &type))
        return -1;
    if (type == EXPRESSION_INTEGER)
        return parser_leaf(parser, EXPRESSION_CONSTANT, type, (int64_t)value, 0.0);
    return parser_leaf(parser, EXPRESSION_DECIMAL, type, 0, value);
}

/* Tables --------------------------------------------------------------------------------------- */

/* The index in brackets that follows a table; its values have been added as table. */
static int parse_index(struct parser *parser, int table, int column)
{
    if (table < 0) {
        expression_refuse_size(parser->error, column, &parser->tree);
        return -1;
    }
    if (!parser_expect(parser, "["))
        return -1;
    const int index = parse_whole(parser);
    if (index < 0 || !parser_expect(parser, "]") || !operand_check(parser, EXPRESSION_TABLE, index))
        return -1;
    return parser_add(parser, (struct expression_node){ EXPRESSION_TABLE, parser->tree.tables.list[table].type,
                                                        -1, index, -1, table, 0.0, column });
}

/* The values of a table in braces; how many, or -1. */
static int parse_values(struct parser *parser, double values[EXPRESSION_VALUES], enum expression_type *type)
{
    int count = 0;
    *type = EXPRESSION_INTEGER;
    do {
        enum expression_type one;
        parser_next(parser);      /* the brace or comma before */
        const bool negative = parser_take(parser, "-");
        if (count == EXPRESSION_VALUES) {
            expression_refuse_size(parser->error, parser_column(parser), &parser->tree);
            return -1;
        }
        if (!parse_digits(parser, &values[count], &one))
            return -1;
        *type = one > *type ? one : *type;
        values[count] = negative ? -values[count] : values[count];
        count++;
        parser_next(parser);
    } while (token_is(&parser->token, ","));
    return parser_expect(parser, "}") ? count : -1;
}

/* The table in braces, or -1 with an error. */
static bool parse_literal(struct parser *parser, int *table)
{
    double values[EXPRESSION_VALUES];
    enum expression_type type;
    const int count = parse_values(parser, values, &type);
    *table = count < 0 ? -1 : expression_add_table(&parser->tree, values, count, type);
    return count >= 0;
}

int parse_table(struct parser *parser)
{
    const int column = parser_column(parser);
    int table;
    return parse_literal(parser, &table) ? parse_index(parser, table, column) : -1;
}

/* Named numbers and tables --------------------------------------------------------------------- */

static int refuse_name(struct parser *parser, const char *name, double value)
{
    expression_refuse(parser->error, parser_column(parser), "%.40s is %.9g; expected a number that fits into a float", name, value);
    return -1;
}

static int parse_named_integer(struct parser *parser, const struct expression_name *name)
{
    if (name->value >= -INT32_MAX && name->value <= INT32_MAX)
        return parser_leaf(parser, EXPRESSION_CONSTANT, EXPRESSION_INTEGER, name->value, 0.0);
    expression_refuse(parser->error, parser_column(parser), "%.40s is %lld; expected at most %d in size", name->name,
                      (long long)name->value, INT32_MAX);
    return -1;
}

static int parse_named_number(struct parser *parser, const struct expression_name *name)
{
    if (!fits_float(name->number))
        return refuse_name(parser, name->name, name->number);
    return parser_leaf(parser, EXPRESSION_DECIMAL, EXPRESSION_NUMBER, 0, name->number);
}

static int parse_named_table(struct parser *parser, const struct expression_name *name)
{
    const int column = parser_column(parser);
    for (int i = 0; i < name->count; i++)
        if (!fits_float(name->values[i]))
            return refuse_name(parser, name->name, name->values[i]);
    if (name->count < 1) {
        expression_refuse(parser->error, column, "%.40s is a table without values", name->name);
        return -1;
    }
    parser_next(parser);
    return parse_index(parser, expression_add_table(&parser->tree, name->values, name->count,
                                                    expression_values_type(name->values, name->count)), column);
}

static int parse_named_array(struct parser *parser, const struct expression_name *name)
{
    return parse_array(parser, name->array);
}

int parse_named(struct parser *parser, const struct expression_name *name)
{
    static int (*const kinds[])(struct parser *, const struct expression_name *) = {
        [EXPRESSION_NAME_INTEGER] = parse_named_integer, [EXPRESSION_NAME_NUMBER] = parse_named_number,
        [EXPRESSION_NAME_TABLE] = parse_named_table, [EXPRESSION_NAME_ARRAY] = parse_named_array
    };
    return kinds[name->kind](parser, name);
}
