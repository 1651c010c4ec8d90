/*
** Pruned layers: keep = { 0, 2, 5 } leaves these heads, and the KV heads that they read.
*/
#include "definition_parts.h"

/* The index-th head of the list, counted from 0: above the one before it, which is `last`, or -1. */
static bool read_head(int *head, const struct fields *fields, const struct value *item, int index, int last, int heads)
{
    int64_t whole;
    const char *place = arena_format(fields->arena, "%skeep[%d]", fields->path, index + 1);
    const char *found = value_describe(item, fields->arena);
    if (!value_is_whole(item, &whole) || whole < 0 || whole >= heads) {
        report_error(fields->report, item->where, "%s is %s; expected a head, from 0 to %d", place, found, heads - 1);
        return false;
    }
    if (whole <= last) {
        report_error(fields->report, item->where, "%s is %s, after %d; expected each head once, in ascending order", place, found, last);
        return false;
    }
    *head = (int)whole;
    return true;
}

/* Groups the heads by the KV head that they read. */
static void keep_groups(struct definition *definition, int *kv_head, int *first)
{
    struct kept *kept = &definition->kept;
    const int all = definition->heads / definition->kv_heads;
    definition->group = 0;
    for (int i = 0; i < kept->heads; i++) {
        if (kept->kv_heads == 0 || kv_head[kept->kv_heads - 1] != kept->head[i] / all) {
            first[kept->kv_heads] = i;
            kv_head[kept->kv_heads++] = kept->head[i] / all;
        }
        const int group = i + 1 - first[kept->kv_heads - 1];
        definition->group = group > definition->group ? group : definition->group;
    }
    first[kept->kv_heads] = kept->heads;
    kept->kv_head = kv_head;
    kept->first = first;
}

int definition_head(const struct definition *definition, int index)
{
    return definition->kept.head == NULL ? index : definition->kept.head[index];
}

bool definition_read_keep(struct definition *definition, const struct fields *fields)
{
    const struct value *value = value_field(fields->table, "keep");
    const int heads = definition->heads;
    definition->kept = (struct kept){ .heads = heads, .kv_heads = definition->kv_heads };
    definition->group = heads / definition->kv_heads;
    if (value == NULL)
        return true;
    if (value->kind != VALUE_TABLE || value->field_count > 0 || value->item_count == 0)
        return fields_refuse(fields, "keep", "a list of one or more of the heads 0 to %d, such as { 0, 2 }", heads - 1);
    int *head = arena_alloc(fields->arena, (size_t)heads, sizeof *head);
    for (int i = 0; i < value->item_count; i++)
        if (!read_head(&head[i], fields, value->items[i], i, i == 0 ? -1 : head[i - 1], heads))
            return false;       /* an item too many is not above the last head */
    if (value->item_count == heads)      /* ascending and of 0 to heads - 1: none is pruned */
        return true;
    definition->kept = (struct kept){ .heads = value->item_count, .head = head };
    const size_t most = (size_t)definition->kv_heads;
    keep_groups(definition, arena_alloc(fields->arena, most, sizeof *head), arena_alloc(fields->arena, most + 1, sizeof *head));
    return true;
}
