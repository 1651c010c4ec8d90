/*
** What a template sees of a definition's heads, and of those that pruning left.
*/
#include "emission.h"

/* 0, 2, 5, on lines of 16 */
static const char *number_list(struct arena *arena, const int *list, int count)
{
    struct text text = text_start(arena);
    for (int i = 0; i < count; i++)
        text_format(&text, "%s%d", i == 0 ? "" : i % 16 == 0 ? ",\n    " : ", ", list[i]);
    return text.data;
}

static void set_pruned(struct emission *e, const struct kept *kept)
{
    struct template_values *values = &e->values;
    int *read = arena_alloc(e->arena, (size_t)kept->heads, sizeof *read);
    for (int kv_head = 0; kv_head < kept->kv_heads; kv_head++)
        for (int i = kept->first[kv_head]; i < kept->first[kv_head + 1]; i++)
            read[i] = kv_head;
    template_set_text(values, "HEAD_NUMBERS", number_list(e->arena, kept->head, kept->heads));
    template_set_text(values, "KV_HEAD_NUMBERS", number_list(e->arena, kept->kv_head, kept->kv_heads));
    template_set_text(values, "GROUP_STARTS", number_list(e->arena, kept->first, kept->kv_heads + 1));
    template_set_text(values, "KV_HEADS_READ", number_list(e->arena, read, kept->heads));
}

void emission_set_heads(struct emission *e, const struct definition *definition)
{
    const struct kept *kept = &definition->kept;
    template_set_integer(&e->values, "HEADS", kept->heads);
    template_set_integer(&e->values, "KV_HEADS", kept->kv_heads);
    template_set_integer(&e->values, "GROUP", definition->group);
    template_set_boolean(&e->values, "PRUNED", kept->head != NULL);
    if (kept->head != NULL)
        set_pruned(e, kept);
}
