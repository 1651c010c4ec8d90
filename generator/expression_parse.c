#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "expression_tree.h"

enum {
    TEXT_BYTES = 1 << 16,     /* a longer text is refused */
    WORD_BYTES = 32           /* a longer name has no nearest one */
};

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_WORD, TOKEN_SYMBOL };

struct token { enum token_kind kind; const char *start; size_t length; };

struct parser {
    const char *text;
    struct token token;       /* the next one */
    const struct expression_name *names;
    int name_count;
    int depth;
    struct expression tree;
    struct expression_error *error;
};

static int parse_operators(struct parser *parser, enum expression_level level);

/* Tokens --------------------------------------------------------------------------------------- */

static bool byte_is_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

static size_t symbol_length(const char *start)
{
    static const char *const pairs[] = { "==", "~=", "<=", ">=", "//", "!=", "&&", "||" };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strncmp(start, pairs[i], 2) == 0)
            return 2;
    return 1;
}

static struct token token_read(const char *at)
{
    struct token token = { TOKEN_END, at + strspn(at, " \t\r\n"), 0 };
    const char *start = token.start;
    if (*start == '\0')
        return token;
    token.kind = isdigit((unsigned char)*start) ? TOKEN_NUMBER : byte_is_word(*start) ? TOKEN_WORD : TOKEN_SYMBOL;
    token.length = token.kind == TOKEN_SYMBOL ? symbol_length(start) : 0;
    if (token.kind != TOKEN_SYMBOL)
        while (byte_is_word(start[token.length]) || (token.kind == TOKEN_NUMBER && start[token.length] == '.'))
            token.length++;
    return token;
}

static bool token_is(const struct token *token, const char *string)
{
    return token->length == strlen(string) && strncmp(token->start, string, token->length) == 0;
}

/* 'abc', byte 0xff, the end. */
static void token_describe(const struct token *token, char *text, size_t size)
{
    if (token->kind == TOKEN_END)
        snprintf(text, size, "the end");
    else if (isgraph((unsigned char)*token->start))
        snprintf(text, size, "'%.*s'", (int)(token->length > WORD_BYTES ? WORD_BYTES : token->length), token->start);
    else
        snprintf(text, size, "byte 0x%02x", (unsigned char)*token->start);
}

static void parser_next(struct parser *parser)
{
    parser->token = token_read(parser->token.start + parser->token.length);
}

static int parser_column(const struct parser *parser)
{
    return (int)(parser->token.start - parser->text) + 1;
}

static bool parser_take(struct parser *parser, const char *string)
{
    const bool found = token_is(&parser->token, string);
    if (found)
        parser_next(parser);
    return found;
}

/* Always -1. What other languages write is told apart from what makes no sense. */
static int parser_unexpected(struct parser *parser, const char *expected)
{
    static const struct { const char *found, *meant; } foreign[] = {
        { "=", "==" }, { "!=", "~=" }, { "&&", "and" }, { "&", "and" }, { "||", "or" }, { "|", "or" },
        { "!", "not" }, { "/", "//" }
    };
    char found[WORD_BYTES + 8];
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (token_is(&parser->token, foreign[i].found)) {
            expression_refuse(parser->error, parser_column(parser), "found '%s', which is written '%s' here",
                              foreign[i].found, foreign[i].meant);
            return -1;
        }
    token_describe(&parser->token, found, sizeof found);
    expression_refuse(parser->error, parser_column(parser), "expected %s, found %s", expected, found);
    return -1;
}

/* Nodes and their types ------------------------------------------------------------------------ */

static int parser_add(struct parser *parser, struct expression_node node)
{
    const int index = expression_add(&parser->tree, node);
    if (index < 0)
        expression_refuse(parser->error, node.column, "this has more than %d numbers, names and operators", EXPRESSION_NODES);
    return index;
}

static int parser_leaf(struct parser *parser, enum expression_op op, int64_t value)
{
    const struct expression_node node = { op, -1, -1, value, parser_column(parser) };
    parser_next(parser);
    return parser_add(parser, node);
}

static bool operand_check(struct parser *parser, enum expression_op op, int operand)
{
    const struct expression_node *node = &parser->tree.nodes[operand];
    const struct expression_operator *operator = expression_operator(op);
    const bool boolean = expression_operator(node->op)->gives_boolean;
    char text[64];
    if (boolean == operator->takes_booleans)
        return true;
    expression_print_node(&parser->tree, operand, text, sizeof text);
    return expression_refuse(parser->error, node->column, "'%s' expects %s, found the %s `%s`%s", operator->symbol,
                             boolean ? "an integer" : "a boolean", boolean ? "boolean" : "integer", text,
                             op == EXPRESSION_NOT ? "; a comparison after 'not' needs parentheses" : "");
}

/* right is -1 for one operand. An operand below 0 has been refused. */
static int parser_operate(struct parser *parser, enum expression_op op, int left, int right, int column)
{
    const bool binary = expression_operator(op)->operands == 2;
    if (left < 0 || !operand_check(parser, op, left))
        return -1;
    if (binary && (right < 0 || !operand_check(parser, op, right)))
        return -1;
    return parser_add(parser, (struct expression_node){ op, left, right, 0, column });
}

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

/* The index-th name that an expression may use: variables, then named numbers. */
static const char *parser_name(const struct parser *parser, int index)
{
    if (index < EXPRESSION_VARIABLES)
        return expression_variable_name((enum expression_variable)index);
    return parser->names[index - EXPRESSION_VARIABLES].name;
}

/* The known name with the fewest edits, at most one for every three letters; or NULL. */
static const char *parser_nearest(const struct parser *parser, const char *word)
{
    const char *nearest = NULL;
    size_t best = (strlen(word) + 2) / 3 + 1;
    for (int i = 0; i < EXPRESSION_VARIABLES + parser->name_count; i++) {
        const char *name = parser_name(parser, i);
        const size_t distance = strlen(name) < WORD_BYTES ? word_distance(word, name) : best;
        if (distance < best && distance < strlen(name)) {
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
        expression_refuse(parser->error, parser_column(parser), "unknown name '%.*s'; known are q, k, h, b, q_len, kv_len%s",
                          (int)(token->length < WORD_BYTES ? token->length : WORD_BYTES), token->start,
                          parser->name_count > 0 ? " and the named numbers" : "");
    return -1;
}

static int parse_name(struct parser *parser)
{
    for (int i = 0; i < EXPRESSION_VARIABLES + parser->name_count; i++) {
        if (!token_is(&parser->token, parser_name(parser, i)))
            continue;
        if (i < EXPRESSION_VARIABLES)
            return parser_leaf(parser, EXPRESSION_VARIABLE, i);
        const struct expression_name *name = &parser->names[i - EXPRESSION_VARIABLES];
        if (name->value >= -INT32_MAX && name->value <= INT32_MAX)
            return parser_leaf(parser, EXPRESSION_CONSTANT, name->value);
        expression_refuse(parser->error, parser_column(parser), "%.40s is %lld; expected at most %d in size", name->name,
                          (long long)name->value, INT32_MAX);
        return -1;
    }
    return parser_unknown(parser);
}

/* Grammar -------------------------------------------------------------------------------------- */

static int parse_number(struct parser *parser)
{
    const struct token *token = &parser->token;
    int64_t value = 0;
    for (size_t i = 0; i < token->length; i++) {
        if (!isdigit((unsigned char)token->start[i]))
            return parser_unexpected(parser, "a whole number");
        value = value * 10 + (token->start[i] - '0');
        if (value > INT32_MAX)
            return parser_unexpected(parser, "a number of at most 2147483647");
    }
    return parser_leaf(parser, EXPRESSION_CONSTANT, value);
}

static int parse_parentheses(struct parser *parser)
{
    char expected[48];
    snprintf(expected, sizeof expected, "')' for the '(' at column %d", parser_column(parser));
    parser_next(parser);
    const int inside = parse_operators(parser, LEVEL_OR);
    if (inside < 0 || parser_take(parser, ")"))
        return inside;
    return parser_unexpected(parser, expected);
}

static int parse_operand(struct parser *parser)
{
    const struct token *token = &parser->token;
    if (token_is(token, "true") || token_is(token, "false"))
        return parser_leaf(parser, token_is(token, "true") ? EXPRESSION_TRUE : EXPRESSION_FALSE, 0);
    if (token->kind == TOKEN_WORD && !token_is(token, "and") && !token_is(token, "or"))
        return parse_name(parser);
    if (token->kind == TOKEN_NUMBER)
        return parse_number(parser);
    return token_is(token, "(") ? parse_parentheses(parser) : parser_unexpected(parser, "a number, a name or '('");
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
        operand = parser_operate(parser, EXPRESSION_NEGATE, parse_unary(parser), -1, column);
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

static bool parser_root(struct parser *parser, int root)
{
    char text[64];
    if (root < 0)
        return false;
    if (parser->token.kind != TOKEN_END)
        return parser_unexpected(parser, "an operator or the end") >= 0;
    if (expression_operator(parser->tree.nodes[root].op)->gives_boolean)
        return true;
    expression_print_node(&parser->tree, root, text, sizeof text);
    return expression_refuse(parser->error, parser->tree.nodes[root].column,
                             "expected true or false, as of a comparison; found the integer `%s`", text);
}

bool expression_parse(struct expression *expression, const char *text, const struct expression_name *names, int name_count,
                      int heads, struct expression_error *error)
{
    struct parser parser = { .text = text, .names = names, .name_count = name_count, .error = error };
    if (strlen(text) > TEXT_BYTES)
        return expression_refuse(error, 1, "this is longer than %d bytes", TEXT_BYTES);
    parser.token = token_read(text);
    return parser_root(&parser, parse_operators(&parser, LEVEL_OR)) && expression_fold(expression, &parser.tree, heads, error);
}
