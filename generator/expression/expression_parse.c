#include <stdio.h>
#include <string.h>

#include "expression_parser.h"

static int parse_operators(struct parser *parser, enum expression_level level);

/* Names ---------------------------------------------------------------------------------------- */

/* Bytes to put in, leave out or change to turn a into b; both are shorter than WORD_BYTES. */
static size_t word_distance(const char *a, const char *b)
{
    size_t row[WORD_BYTES], length = strlen(b);
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j + 1] + 1 < best ? row[j + 1] + 1 : best;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[length];
}

/* What an expression may call, then variables, then named numbers and tables. */
enum { FUNCTIONS = EXPRESSION_BF16 - EXPRESSION_ABS + 1, KNOWN_WORDS = FUNCTIONS + EXPRESSION_VARIABLES };

/* The index-th word that an expression may use. */
static const char *parser_name(const struct parser *parser, int index)
{
    if (index < FUNCTIONS)
        return expression_operator((enum expression_op)(EXPRESSION_ABS + index))->symbol;
    if (index < KNOWN_WORDS)
        return expression_variable_name((enum expression_variable)(index - FUNCTIONS));
    return parser->names[index - KNOWN_WORDS].name;
}

bool expression_word_is_taken(const char *word)
{
    static const char *const taken[] = { "s", "and", "or", "not", "true", "false", "if", "then", "else" };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(taken[i], word) == 0)
            return true;
    for (int i = 0; i < KNOWN_WORDS; i++)
        if (strcmp(parser_name(NULL, i), word) == 0)
            return true;
    return false;
}

/* The known name with the fewest edits, at most one for every three letters and for two, of a short one not the first; or NULL. */
static const char *parser_nearest(const struct parser *parser, const char *word)
{
    const char *nearest = NULL;
    const size_t length = strlen(word);
    size_t best = (length == 2 ? 1 : length / 3) + 1;
    for (int i = 0; i < KNOWN_WORDS + parser->name_count; i++) {
        const char *name = parser_name(parser, i);
        const size_t distance = strlen(name) < WORD_BYTES ? word_distance(word, name) : best;
        if (distance < best && distance < strlen(name) && (length >= SHORT_WORD || name[0] == word[0])) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}

static int parser_unknown(struct parser *parser)
{
    const struct token *token = &parser->token;
    char word[WORD_BYTES] = "";
    if (token->length < sizeof word)
        memcpy(word, token->start, token->length);
    const char *nearest = parser_nearest(parser, word);
    if (nearest != NULL)
        expression_refuse(parser->error, parser_column(parser), "unknown name '%s' (did you mean '%s'?)", word, nearest);
    else
        expression_refuse(parser->error, parser_column(parser), "unknown name '%.*s'; known are %sq, k, h, b, q_len, kv_len%s",
                          (int)(token->length < WORD_BYTES ? token->length : WORD_BYTES), token->start,
                          parser->score ? "s, " : "", parser->name_count > 0 ? " and the named numbers" : "");
    return -1;
}

/* Grammar -------------------------------------------------------------------------------------- */

/* max(a, b) */
static int parse_function(struct parser *parser, enum expression_op op)
{
    const int column = parser_column(parser);
    int right = -1;
    parser_next(parser);
    if (!parser_expect(parser, "("))
        return -1;
    const int left = parse_whole(parser);
    if (left < 0)
        return -1;
    if (expression_operator(op)->operands == 2
        && (!parser_expect(parser, ",") || (right = parse_whole(parser)) < 0))
        return -1;
    return parser_expect(parser, ")") ? parser_operate(parser, op, left, right, column) : -1;
}

static int parse_name(struct parser *parser)
{
    if (parser->score && token_is(&parser->token, "s"))
        return parser_leaf(parser, EXPRESSION_SCORE, EXPRESSION_NUMBER, 0, 0.0);
    for (int i = 0; i < KNOWN_WORDS + parser->name_count; i++) {
        if (!token_is(&parser->token, parser_name(parser, i)))
            continue;
        if (i < FUNCTIONS)
            return parse_function(parser, (enum expression_op)(EXPRESSION_ABS + i));
        if (i < KNOWN_WORDS)
            return parser_leaf(parser, EXPRESSION_VARIABLE, EXPRESSION_INTEGER, i - FUNCTIONS, 0.0);
        return parse_named(parser, &parser->names[i - KNOWN_WORDS]);
    }
    return parser_unknown(parser);
}

static int parse_conditional(struct parser *parser)
{
    static const char *const words[] = { "if", "then", "else" };
    const int column = parser_column(parser);
    int parts[3];
    for (int i = 0; i < 3; i++)
        if (!parser_expect(parser, words[i]) || (parts[i] = parse_whole(parser)) < 0)
            return -1;
    return parser_choose(parser, parts[0], parts[1], parts[2], column);
}

static int parse_parentheses(struct parser *parser)
{
    char expected[48];
    snprintf(expected, sizeof expected, "')' for the '(' at column %d", parser_column(parser));
    parser_next(parser);
    const int inside = parse_whole(parser);
    if (inside < 0 || parser_take(parser, ")"))
        return inside;
    return parser_unexpected(parser, expected);
}

static bool token_joins(const struct token *token)
{
    static const char *const words[] = { "and", "or", "then", "else" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(token, words[i]))
            return true;
    return false;
}

static int parse_operand(struct parser *parser)
{
    const struct token *token = &parser->token;
    if (token_is(token, "true") || token_is(token, "false"))
        return parser_leaf(parser, token_is(token, "true") ? EXPRESSION_TRUE : EXPRESSION_FALSE, EXPRESSION_BOOLEAN, 0, 0.0);
    if (token_is(token, "if"))
        return parse_conditional(parser);
    if (token->kind == TOKEN_WORD && !token_joins(token))
        return parse_name(parser);
    if (token->kind == TOKEN_NUMBER)
        return parse_number(parser);
    if (token_is(token, "{"))
        return parse_table(parser);
    return token_is(token, "(") ? parse_parentheses(parser) : parser_unexpected(parser, "a number, a name or '('");
}

static int parse_unary(struct parser *parser);

/* What follows a '-'. A number takes the sign itself, so that the text of a negative one is one node again. */
static int parse_negated(struct parser *parser, int column)
{
    if (parser->token.kind != TOKEN_NUMBER)
        return parser_operate(parser, EXPRESSION_NEGATE, parse_unary(parser), -1, column);
    const int number = parse_number(parser);
    if (number >= 0) {
        struct expression_node *node = &parser->tree.nodes[number];
        node->value = -node->value;
        node->number = -node->number;
        node->column = column;
    }
    return number;
}

static int parse_unary(struct parser *parser)
{
    const int column = parser_column(parser);
    if (++parser->depth > EXPRESSION_DEPTH) {
        expression_refuse(parser->error, column, "this nests deeper than %d operators", EXPRESSION_DEPTH);
        return -1;
    }
    int operand;
    if (parser_take(parser, "-"))
        operand = parse_negated(parser, column);
    else if (parser_take(parser, "not"))
        operand = parser_operate(parser, EXPRESSION_NOT, parse_unary(parser), -1, column);
    else
        operand = parse_operand(parser);
    parser->depth--;
    return operand;
}

/* The operator of this level that comes next, or EXPRESSION_CONSTANT for none. */
static enum expression_op parser_operator(const struct parser *parser, enum expression_level level)
{
    for (int op = EXPRESSION_ADD; op <= EXPRESSION_OR; op++)
        if (expression_operator((enum expression_op)op)->level == level
            && token_is(&parser->token, expression_operator((enum expression_op)op)->symbol))
            return (enum expression_op)op;
    return EXPRESSION_CONSTANT;
}

/* Operators of this level and tighter ones, each level from left to right. */
static int parse_operators(struct parser *parser, enum expression_level level)
{
    if (level == LEVEL_UNARY)
        return parse_unary(parser);
    int left = parse_operators(parser, level + 1);
    for (int count = 0; left >= 0; count++) {
        const enum expression_op op = parser_operator(parser, level);
        const int column = parser_column(parser);
        if (op == EXPRESSION_CONSTANT)
            break;
        if (level == LEVEL_COMPARISON && count > 0) {
            expression_refuse(parser->error, column, "comparisons do not chain; write a < b < c as a < b and b < c");
            return -1;
        }
        parser_next(parser);
        left = parser_operate(parser, op, left, parse_operators(parser, level + 1), column);
    }
    return left;
}

int parse_whole(struct parser *parser)
{
    return parse_operators(parser, LEVEL_OR);
}

/* The root of the whole text, or -1. */
static int parser_read(struct parser *parser, const char *text)
{
    if (strlen(text) > EXPRESSION_BYTES) {
        expression_refuse(parser->error, 1, "this is longer than %d bytes", EXPRESSION_BYTES);
        return -1;
    }
    parser->token = token_read(text);
    const int root = parse_whole(parser);
    if (root >= 0 && parser->token.kind != TOKEN_END)
        return parser_unexpected(parser, "an operator or the end");
    return root;
}

static bool refuse_type(struct parser *parser, int node, const char *expected)
{
    const struct expression_node *found = &parser->tree.nodes[node];
    char text[64];
    expression_print_node(&parser->tree, node, text, sizeof text);
    return expression_refuse(parser->error, found->column, "expected %s; found the %s `%s`", expected, expression_type_name(found->type), text);
}

/* A tile of a mask is proved empty or full: its values have to be exact. */
static bool mask_check(struct parser *parser)
{
    char text[64];
    for (int i = 0; i < parser->tree.count; i++) {
        const struct expression_node *node = &parser->tree.nodes[i];
        if (node->type != EXPRESSION_NUMBER)
            continue;
        expression_print_node(&parser->tree, i, text, sizeof text);
        return expression_refuse(parser->error, node->column, "`%s` is a number; a mask takes integers only%s", text,
                                 node->op == EXPRESSION_QUOTIENT ? ", which '//' divides" : "");
    }
    return true;
}

bool expression_parse(struct expression *expression, const char *text, const struct expression_name *names, int name_count,
                      int heads, struct expression_error *error)
{
    struct parser parser = { .text = text, .names = names, .name_count = name_count, .error = error };
    const int root = parser_read(&parser, text);
    if (root < 0)
        return false;
    if (parser.tree.nodes[root].type != EXPRESSION_BOOLEAN)
        return refuse_type(&parser, root, "true or false, as of a comparison");
    return mask_check(&parser) && expression_fold(expression, &parser.tree, heads, error);
}

bool expression_parse_score(struct expression *expression, const char *text, const struct expression_name *names,
                            int name_count, int heads, struct expression_error *error)
{
    struct parser parser = { .text = text, .names = names, .name_count = name_count, .score = true, .error = error };
    const int root = parser_read(&parser, text);
    if (root < 0)
        return false;
    if (parser.tree.nodes[root].type == EXPRESSION_BOOLEAN)
        return refuse_type(&parser, root, "a number");
    return expression_fold(expression, &parser.tree, heads, error);
}
