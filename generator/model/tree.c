#include <string.h>

#include "tree.h"

static struct value *tree_value(enum value_kind kind, struct arena *arena)
{
    struct value *value = arena_alloc(arena, 1, sizeof *value);
    value->kind = kind;
    return value;
}

struct value *tree_text(const char *text, struct arena *arena)
{
    struct value *value = tree_value(VALUE_TEXT, arena);
    value->text = text;
    value->length = strlen(text);
    return value;
}

struct value *tree_integer(int64_t integer, struct arena *arena)
{
    struct value *value = tree_value(VALUE_INTEGER, arena);
    value->integer = integer;
    value->number = (double)integer;
    return value;
}

struct value *tree_number(double number, struct arena *arena)
{
    struct value *value = tree_value(VALUE_NUMBER, arena);
    value->number = number;
    return value;
}

struct value *tree_boolean(bool boolean, struct arena *arena)
{
    struct value *value = tree_value(VALUE_BOOLEAN, arena);
    value->boolean = boolean;
    return value;
}

struct value *tree_table(struct arena *arena)
{
    return tree_value(VALUE_TABLE, arena);
}

/* The array with room for one more than count: it doubles at each power of two. */
static void *array_grow(void *array, int count, size_t size, struct arena *arena)
{
    if ((count & (count - 1)) != 0)
        return array;
    void *larger = arena_alloc(arena, count == 0 ? 1 : (size_t)count * 2, size);
    if (count > 0)
        memcpy(larger, array, (size_t)count * size);
    return larger;
}

struct value *tree_set(struct value *table, const char *name, struct value *value, struct arena *arena)
{
    table->fields = array_grow(table->fields, table->field_count, sizeof *table->fields, arena);
    table->fields[table->field_count++] = (struct field){ name, value };
    return table;
}

struct value *tree_append(struct value *table, struct value *value, struct arena *arena)
{
    table->items = array_grow(table->items, table->item_count, sizeof(struct value *), arena);
    table->items[table->item_count++] = value;
    return table;
}
