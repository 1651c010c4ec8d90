/*
** Between the files that read expressions: expression_token.c cuts text into tokens,
** expression_parser.c builds nodes and checks their types, expression_table.c reads
** numbers, tables and names, expression_array.c arrays, expression_parse.c has the grammar.
*/
#ifndef EXPRESSION_PARSER_H
#define EXPRESSION_PARSER_H

#include "expression_tree.h"

enum {
    WORD_BYTES = 32,      /* a longer name has no nearest one */
    SHORT_WORD = 4        /* nor has a shorter one that begins otherwise */
};

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_WORD, TOKEN_SYMBOL };

struct token { enum token_kind kind; const char *start; size_t length; };

struct parser {
    const char *text;
    struct token token;       /* the next one */
    const struct expression_name *names;
    int name_count;
    bool score;               /* s is known */
    int depth;
    struct expression tree;
    struct expression_error *error;
};

bool token_is(const struct token *token, const char *string);

/* The first token at or after a place in the text. */
struct token token_read(const char *at);

/* 'abc', byte 0xff, the end. */
void token_describe(const struct token *token, char *text, size_t size);

void parser_next(struct parser *parser);
int parser_column(const struct parser *parser);

/* Whether the next token is the string, which is then behind. */
bool parser_take(struct parser *parser, const char *string);

/* The same; what stands there instead is refused. */
bool parser_expect(struct parser *parser, const char *string);

/* Always -1. What other languages write is told apart from what makes no sense. */
int parser_unexpected(struct parser *parser, const char *expected);

/* These give the index of the new node, or -1 with an error. */

int parser_add(struct parser *parser, struct expression_node node);

/* A leaf, of which value and number say more, at the next token. */
int parser_leaf(struct parser *parser, enum expression_op op, enum expression_type type, int64_t value, double number);

/* right is -1 for one operand. An operand below 0 has been refused. */
int parser_operate(struct parser *parser, enum expression_op op, int left, int right, int column);

/* if condition then yes else no */
int parser_choose(struct parser *parser, int condition, int yes, int no, int column);

/* Whether a node is of a type that the operator takes; refuses if not. */
bool operand_check(struct parser *parser, enum expression_op op, int operand);

int parse_number(struct parser *parser);

/* A table in braces and its index. */
int parse_table(struct parser *parser);

/* An array of the caller's, with its places. */
int parse_array(struct parser *parser, const struct expression_array *array);

/* What the i-th of the parser's names stands for. */
int parse_named(struct parser *parser, const struct expression_name *name);

/* A whole expression, up to what cannot belong to it. */
int parse_whole(struct parser *parser);

#endif
