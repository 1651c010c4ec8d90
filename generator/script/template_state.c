/*
** The values that templates and formulas see, and the Lua state in which they see them.
*/
#include "template_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct template_value *value_place(struct template_values *values, const char *name)
{
    for (int i = 0; i < values->count; i++)
        if (strcmp(values->value[i].name, name) == 0)
            return &values->value[i];
    assert(values->count < TEMPLATE_VALUES);
    struct template_value *value = &values->value[values->count++];
    value->name = name;
    return value;
}

void template_set_boolean(struct template_values *values, const char *name, bool boolean)
{
    struct template_value *value = value_place(values, name);
    value->kind = TEMPLATE_BOOLEAN;
    value->integer = boolean;
}

void template_set_integer(struct template_values *values, const char *name, int64_t integer)
{
    struct template_value *value = value_place(values, name);
    value->kind = TEMPLATE_INTEGER;
    value->integer = integer;
}

void template_set_number(struct template_values *values, const char *name, double number)
{
    struct template_value *value = value_place(values, name);
    value->kind = TEMPLATE_NUMBER;
    value->number = number;
}

void template_set_text(struct template_values *values, const char *name, const char *text)
{
    struct template_value *value = value_place(values, name);
    value->kind = TEMPLATE_TEXT;
    value->text = text;
}

void template_set_list(struct template_values *values, const char *name, const char *const *list)
{
    struct template_value *value = value_place(values, name);
    value->kind = TEMPLATE_LIST;
    value->list = list;
}

void template_set_numbers(struct template_values *values, const char *name, struct numbers numbers)
{
    struct template_value *value = value_place(values, name);
    value->kind = TEMPLATE_NUMBERS;
    value->numbers = numbers;
}

void template_set_integers(struct template_values *values, const char *name, const int *list, int count)
{
    struct template_value *value = value_place(values, name);
    value->kind = TEMPLATE_INTEGERS;
    value->integers = list;
    value->count = count;
}

/* As Lua sees them ----------------------------------------------------------------------- */

static int name_unknown(lua_State *L)
{
    return luaL_error(L, "unknown name '%s'", luaL_tolstring(L, 2, NULL));
}

static void push_list(lua_State *L, const char *const *list)
{
    lua_newtable(L);
    for (int i = 0; list[i] != NULL; i++) {
        lua_pushstring(L, list[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_numbers(lua_State *L, struct numbers numbers)
{
    lua_createtable(L, numbers.count, 0);
    for (int i = 0; i < numbers.count; i++) {
        lua_pushnumber(L, numbers.list[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_integers(lua_State *L, const int *list, int count)
{
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushinteger(L, list[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_value(lua_State *L, const struct template_value *value)
{
    if (value->kind == TEMPLATE_BOOLEAN)
        lua_pushboolean(L, (int)value->integer);
    else if (value->kind == TEMPLATE_INTEGER)
        lua_pushinteger(L, value->integer);
    else if (value->kind == TEMPLATE_NUMBER)
        lua_pushnumber(L, value->number);
    else if (value->kind == TEMPLATE_TEXT)
        lua_pushstring(L, value->text);
    else if (value->kind == TEMPLATE_NUMBERS)
        push_numbers(L, value->numbers);
    else if (value->kind == TEMPLATE_INTEGERS)
        push_integers(L, value->integers, value->count);
    else
        push_list(L, value->list);
}

static void push_values(lua_State *L, const struct template_values *values)
{
    for (int i = 0; i < values->count; i++) {
        push_value(L, &values->value[i]);
        lua_setfield(L, -2, values->value[i].name);
    }
}

static void push_library(lua_State *L, const char *name, lua_CFunction open)
{
    luaL_requiref(L, name, open, 0);
    lua_setfield(L, -2, name);
}

void state_push_names(lua_State *L, const struct template_values *values)
{
    lua_newtable(L);
    luaL_requiref(L, "_G", luaopen_base, 0);
    lua_getfield(L, -1, "ipairs");
    lua_setfield(L, -3, "ipairs");
    lua_pop(L, 1);
    push_library(L, "math", luaopen_math);
    push_library(L, "string", luaopen_string);
    push_values(L, values);
    lua_newtable(L);
    lua_pushcfunction(L, name_unknown);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

void state_report(struct report *report, struct where where, const char *message)
{
    const size_t length = strlen(where.file);
    char *sentence;
    where.line = 0;
    if (strncmp(message, where.file, length) == 0 && message[length] == ':') {
        where.line = (int)strtol(message + length + 1, &sentence, 10);
        message = sentence + (*sentence == ':') + 1;
    }
    report_error(report, where, "%s", message);
}
