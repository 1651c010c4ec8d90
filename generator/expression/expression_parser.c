#include <stdio.h>

#include "expression_parser.h"

void parser_next(struct parser *parser)
{
    parser->token = token_read(parser->token.start + parser->token.length);
}

int parser_column(const struct parser *parser)
{
    return (int)(parser->token.start - parser->text) + 1;
}

bool parser_take(struct parser *parser, const char *string)
{
    const bool found = token_is(&parser->token, string);
    if (found)
        parser_next(parser);
    return found;
}

int parser_unexpected(struct parser *parser, const char *expected)
{
    static const struct { const char *found, *meant; } foreign[] = {
        { "=", "==" }, { "!=", "~=" }, { "&&", "and" }, { "&", "and" }, { "||", "or" }, { "|", "or" },
        { "!", "not" }
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

bool parser_expect(struct parser *parser, const char *string)
{
    char expected[48];
    if (parser_take(parser, string))
        return true;
    snprintf(expected, sizeof expected, "'%s'", string);
    return parser_unexpected(parser, expected) >= 0;
}

/* Nodes and their types ------------------------------------------------------------------------ */

int parser_add(struct parser *parser, struct expression_node node)
{
    const int index = expression_add(&parser->tree, node);
    if (index < 0)
        expression_refuse_size(parser->error, node.column, &parser->tree);
    return index;
}

int parser_leaf(struct parser *parser, enum expression_op op, enum expression_type type, int64_t value, double number)
{
    const struct expression_node node = { op, type, -1, -1, -1, value, number, parser_column(parser) };
    parser_next(parser);
    return parser_add(parser, node);
}

bool operand_check(struct parser *parser, enum expression_op op, int operand)
{
    static const struct { const char *expected; bool takes[3]; } signatures[] = {
        /*                                                   boolean integer number */
        [SIGNATURE_INTEGER]    = { "an integer",             { false, true,  false } },
        [SIGNATURE_NUMBER]     = { "an integer or a number", { false, true,  true } },
        [SIGNATURE_EITHER]     = { "an integer or a number", { false, true,  true } },
        [SIGNATURE_COMPARISON] = { "an integer or a number", { false, true,  true } },
        [SIGNATURE_BOOLEAN]    = { "a boolean",              { true,  false, false } }
    };
    const struct expression_node *node = &parser->tree.nodes[operand];
    const struct expression_operator *operator = expression_operator(op);
    char text[64];
    if (signatures[operator->signature].takes[node->type])
        return true;
    expression_print_node(&parser->tree, operand, text, sizeof text);
    return expression_refuse(parser->error, node->column, "'%s' expects %s, found the %s `%s`%s", operator->symbol,
                             signatures[operator->signature].expected, expression_type_name(node->type), text,
                             op == EXPRESSION_NOT ? "; a comparison after 'not' needs parentheses" : "");
}

static enum expression_type operator_type(const struct expression *tree, const struct expression_node *node)
{
    switch (expression_operator(node->op)->signature) {
    case SIGNATURE_INTEGER: return EXPRESSION_INTEGER;
    case SIGNATURE_NUMBER:  return EXPRESSION_NUMBER;
    case SIGNATURE_EITHER:  return expression_has_numbers(tree, node) ? EXPRESSION_NUMBER : EXPRESSION_INTEGER;
    default:                return EXPRESSION_BOOLEAN;
    }
}

int parser_operate(struct parser *parser, enum expression_op op, int left, int right, int column)
{
    struct expression_node node = { .op = op, .condition = -1, .left = left, .right = right, .column = column };
    const bool binary = expression_operator(op)->operands == 2;
    if (left < 0 || !operand_check(parser, op, left))
        return -1;
    if (binary && (right < 0 || !operand_check(parser, op, right)))
        return -1;
    node.type = operator_type(&parser->tree, &node);
    return parser_add(parser, node);
}

/* A choice between booleans is (condition and yes) or (not condition and no). */
static int parser_choose_boolean(struct parser *parser, int condition, int yes, int no, int column)
{
    const int again = expression_copy(&parser->tree, &parser->tree, condition);
    if (again < 0) {
        expression_refuse_size(parser->error, column, &parser->tree);
        return -1;
    }
    const int first = parser_operate(parser, EXPRESSION_AND, condition, yes, column);
    const int opposite = parser_operate(parser, EXPRESSION_NOT, again, -1, column);
    const int second = parser_operate(parser, EXPRESSION_AND, opposite, no, column);
    return parser_operate(parser, EXPRESSION_OR, first, second, column);
}

int parser_choose(struct parser *parser, int condition, int yes, int no, int column)
{
    const struct expression_node *nodes = parser->tree.nodes;
    if (nodes[condition].type != EXPRESSION_BOOLEAN) {
        char text[64];
        expression_print_node(&parser->tree, condition, text, sizeof text);
        expression_refuse(parser->error, nodes[condition].column, "'if' expects a condition, found the %s `%s`",
                          expression_type_name(nodes[condition].type), text);
        return -1;
    }
    if (nodes[yes].type == EXPRESSION_BOOLEAN && nodes[no].type == EXPRESSION_BOOLEAN)
        return parser_choose_boolean(parser, condition, yes, no, column);
    const int choice = parser_operate(parser, EXPRESSION_IF, yes, no, column);
    if (choice >= 0)
        parser->tree.nodes[choice].condition = condition;
    return choice;
}
