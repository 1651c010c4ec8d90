#include "definition_parts.h"
#include "text.h"

enum { MASK_BYTES = 32 * EXPRESSION_NODES };

static void line_position(struct text *line, const struct definition *definition)
{
    const struct descriptor *position = definition->position;
    text_format(line, " position=%s", position->name);
    for (int i = 0; i < position->parameter_count; i++) {
        const struct parameter *parameter = &position->parameters[i];
        text_format(line, " %s.%s=", position->name, parameter->name);
        if (parameter->type == PARAMETER_CHOICE)
            text_put(line, definition->position_argument[i].choice);
        else
            text_number(line, definition->position_argument[i].number);
    }
}

const char *definition_line(const struct definition *definition, struct arena *arena)
{
    char mask[MASK_BYTES];
    struct text line = text_start(arena);
    expression_print(&definition->mask, mask, sizeof mask);
    text_format(&line, "softmax heads=%d kv_heads=%d d_k=%d d_v=%d scale=",
                definition->heads, definition->kv_heads, definition->d_k, definition->d_v);
    text_number(&line, definition->scale);
    text_format(&line, " mask=\"%s\"", mask);
    line_position(&line, definition);
    text_format(&line, " cache=%s", definition->cache->name);
    return line.data;
}
