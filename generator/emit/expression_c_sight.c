#include "../expression/expression_tree.h"
#include "box_c.h"
#include "expression_c.h"

void expression_sight_c(struct text *text, const struct expression *expression, const char *tables)
{
    static const char *const parameters[] = { "q_first", "q_last", "k_first", "k_last", NULL };
    struct box_writer writer;
    box_start(&writer, text->arena, expression, tables, (struct ends){ "k_first", "k_last" });
    const enum expression_op op = expression->nodes[expression->count - 1].op;
    if (op == EXPRESSION_TRUE || op == EXPRESSION_FALSE)
        text_format(&writer.statements, "    return %d;\n", op == EXPRESSION_TRUE ? 2 : 0);
    else {
        const struct conditions conditions = box_conditions(&writer, expression->count - 1);
        text_format(&writer.statements, "    if (%s)\n        return 0;\n", conditions.never.text);
        text_format(&writer.statements, "    return %s ? 2 : 1;\n", conditions.always.text);
    }
    const char *body = box_body(&writer);
    box_unused(text, body, parameters);
    text_put(text, body);
}
