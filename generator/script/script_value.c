/*
** Lua values become struct value: bounded in depth, number and bytes, cycles and
** functions refused, fields in the order of their lines.
*/
#include <stdlib.h>
#include <string.h>

#include "script_lua.h"

/* The value under construction, and where its parts stand. */
struct taking {
    lua_State *L;
    struct sandbox *sandbox;
    struct value *value;
    const struct place *place;
    int from;                /* parts stand on this line or later */
    int depth;
};

/* A copy of the text at index, counted. */
static const char *value_copy_text(struct taking *taking, int index, size_t *length)
{
    const char *text = lua_tolstring(taking->L, index, length);
    struct sandbox *sandbox = taking->sandbox;
    if (*length > SCRIPT_RESULT_BYTES - sandbox->result_bytes)
        sandbox_refuse(taking->L, taking->value->where, "the texts are longer than %d bytes together",
                       SCRIPT_RESULT_BYTES);
    sandbox->result_bytes += *length;
    return arena_copy(sandbox->arena, text, *length);
}

static void value_take_number(struct taking *taking)
{
    lua_State *L = taking->L;
    struct value *value = taking->value;
    value->kind = lua_isinteger(L, -1) ? VALUE_INTEGER : VALUE_NUMBER;
    value->integer = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    value->number = lua_tonumber(L, -1);
}

static void value_take_text(struct taking *taking)
{
    taking->value->kind = VALUE_TEXT;
    taking->value->text = value_copy_text(taking, -1, &taking->value->length);
}

/* Counts the keys of the table on top, and refuses those that are neither names nor 1, 2, 3 ... */
static void table_count(struct taking *taking, int *fields, lua_Integer *items)
{
    lua_State *L = taking->L;
    lua_Integer largest = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING)
            ++*fields;
        else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1) {
            ++*items;
            largest = lua_tointeger(L, -2) > largest ? lua_tointeger(L, -2) : largest;
        } else
            sandbox_refuse(L, taking->value->where, "a table has %s as a key; expected names, or a list from 1",
                           sandbox_describe(L, -2));
        if (*fields + *items > SCRIPT_VALUES)
            sandbox_refuse(L, taking->value->where, "a table has more than %d fields", SCRIPT_VALUES);
    }
    if (largest > *items)
        sandbox_refuse(L, taking->value->where, "a list has a gap before its item %lld", (long long)largest);
}

static struct value *value_take_part(struct taking *taking, const struct place *place)
{
    struct where where = taking->value->where;
    if (place != NULL)
        where.line = place->line;
    return value_take(taking->L, place, where, taking->depth + 1);
}

static int field_compare(const void *a, const void *b)
{
    const struct field *left = a, *right = b;
    int by_line = left->value->where.line - right->value->where.line;
    return by_line != 0 ? by_line : strcmp(left->name, right->name);
}

/* The named part of the table on top. */
static void table_take_fields(struct taking *taking, int count)
{
    lua_State *L = taking->L;
    struct value *value = taking->value;
    value->fields = arena_alloc(taking->sandbox->arena, (size_t)count, sizeof *value->fields);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        size_t length;
        const char *name = value_copy_text(taking, -2, &length);
        if (strlen(name) != length)
            sandbox_refuse(L, value->where, "the name of a field has a zero byte");
        const struct place *place = place_field(taking->place, name, taking->from);
        struct field field = { name, value_take_part(taking, place) };
        value->fields[value->field_count++] = field;
    }
    qsort(value->fields, (size_t)value->field_count, sizeof *value->fields, field_compare);
}

/* The list part of the table on top, after the items that value has already. */
static void table_take_items(struct taking *taking, lua_Integer count)
{
    struct value *value = taking->value;
    struct value **items = arena_alloc(taking->sandbox->arena, (size_t)(value->item_count + count), sizeof *items);
    if (value->item_count > 0)
        memcpy(items, value->items, (size_t)value->item_count * sizeof *items);
    value->items = items;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(taking->L, -1, i);
        value->items[value->item_count++] = value_take_part(taking, place_item(taking->place, (int)i, taking->from));
        lua_pop(taking->L, 1);
    }
}

static void value_take_table(struct taking *taking)
{
    int fields = 0;
    lua_Integer items = 0;
    table_count(taking, &fields, &items);
    table_take_fields(taking, fields);
    table_take_items(taking, items);
}

/* What a word was called with; the operands of a composed word share its place. */
static void value_take_word(struct taking *taking, struct word *word)
{
    word->used = true;
    lua_State *L = taking->L;
    struct value *value = taking->value;
    value->kind = VALUE_WORD;
    value->word = word->name;
    value->where = word->where;
    taking->from = word->where.line;
    lua_getiuservalue(L, -1, WORD_ITEMS);
    int count = (int)lua_rawlen(L, -1);
    value->items = arena_alloc(taking->sandbox->arena, (size_t)count, sizeof *value->items);
    while (value->item_count < count) {
        lua_rawgeti(L, -1, value->item_count + 1);
        value->items[value->item_count] = value_take(L, taking->place, value->where, taking->depth + 1);
        value->item_count++;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    if (lua_getiuservalue(L, -1, WORD_FIELDS) == LUA_TTABLE)
        value_take_table(taking);
    lua_pop(L, 1);
}

static void value_take_kind(struct taking *taking)
{
    lua_State *L = taking->L;
    struct word *word = word_test(L, -1);
    int type = lua_type(L, -1);
    if (word != NULL)
        value_take_word(taking, word);
    else if (type == LUA_TBOOLEAN)
        taking->value->boolean = lua_toboolean(L, -1);
    else if (type == LUA_TNUMBER)
        value_take_number(taking);
    else if (type == LUA_TSTRING)
        value_take_text(taking);
    else if (type == LUA_TTABLE) {
        taking->value->kind = VALUE_TABLE;
        value_take_table(taking);
    } else
        sandbox_refuse(L, taking->value->where, "a field is %s; expected a number, a text, a table or a word",
                       sandbox_describe(L, -1));
}

struct value *value_take(lua_State *L, const struct place *place, struct where where, int depth)
{
    struct sandbox *sandbox = sandbox_of(L);
    const struct value *given = given_test(L, -1);
    struct value *value = arena_alloc(sandbox->arena, 1, sizeof *value);
    if (given != NULL) {
        *value = *given;
        return value;
    }
    if (depth > SCRIPT_DEPTH)
        sandbox_refuse(L, where, "tables stand more than %d deep in each other, or one contains itself", SCRIPT_DEPTH);
    if (++sandbox->values > SCRIPT_VALUES)
        sandbox_refuse(L, where, "there are more than %d values", SCRIPT_VALUES);
    luaL_checkstack(L, 8, NULL);
    value->where = where;
    struct taking taking = { L, sandbox, value, place, 0, depth };
    value_take_kind(&taking);
    return value;
}

/* The value of the assignment (name, line) on top of the tables of values and lines; NULL for nil. */
static struct value *assignment_take(lua_State *L, const struct sandbox *sandbox, const char *name)
{
    struct where where = { sandbox->script->source.name, (int)lua_tointeger(L, -1) };
    const struct place *place = place_assigned(sandbox->places, name, where.line);
    if (place != NULL)
        where.line = place->line;
    lua_pushvalue(L, -2);
    struct value *value = lua_rawget(L, -5) == LUA_TNIL ? NULL : value_take(L, place, where, 1);
    lua_pop(L, 1);
    return value;
}

struct value *value_take_assigned(lua_State *L)
{
    struct sandbox *sandbox = sandbox_of(L);
    struct value *root = arena_alloc(sandbox->arena, 1, sizeof *root);
    *root = (struct value){ .kind = VALUE_TABLE, .where = { sandbox->script->source.name, 0 } };
    struct taking taking = { .L = L, .sandbox = sandbox, .value = root };
    int fields = 0;
    lua_Integer items = 0;
    table_count(&taking, &fields, &items);
    root->fields = arena_alloc(sandbox->arena, (size_t)fields, sizeof *root->fields);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        size_t length;
        const char *name = value_copy_text(&taking, -2, &length);
        struct value *value = assignment_take(L, sandbox, name);
        if (value != NULL)
            root->fields[root->field_count++] = (struct field){ name, value };
    }
    qsort(root->fields, (size_t)root->field_count, sizeof *root->fields, field_compare);
    return root;
}
