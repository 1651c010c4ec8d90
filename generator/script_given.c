/*
** The given value as Lua sees it: proxies that can be read, measured and walked by
** ipairs. Reads of the fields of its top are remembered.
*/
#include "script_lua.h"

static const char given_type[] = "given value";

const struct value *given_test(lua_State *L, int index)
{
    const struct value **proxy = luaL_testudata(L, index, given_type);
    return proxy == NULL ? NULL : *proxy;
}

void given_push(lua_State *L, const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOLEAN: lua_pushboolean(L, value->boolean); return;
    case VALUE_INTEGER: lua_pushinteger(L, value->integer); return;
    case VALUE_NUMBER:  lua_pushnumber(L, value->number); return;
    case VALUE_TEXT:    lua_pushlstring(L, value->text, value->length); return;
    case VALUE_TABLE:
    case VALUE_WORD:    break;
    }
    const struct value **proxy = lua_newuserdatauv(L, sizeof *proxy, 0);
    *proxy = value;
    luaL_setmetatable(L, given_type);
}

static const struct value *given_item(const struct value *value, lua_Integer item)
{
    return item >= 1 && item <= value->item_count ? value->items[item - 1] : NULL;
}

static const struct value *given_field(struct sandbox *sandbox, const struct value *value, const char *name)
{
    const struct value *field = value_field(value, name);
    if (value == sandbox->script->given)
        for (int i = 0; i < value->field_count; i++)
            sandbox->given_read[i] |= value->fields[i].value == field;
    return field;
}

/* given[key]: nil when it is absent */
static int given_index(lua_State *L)
{
    const struct value *value = given_test(L, 1), *found = NULL;
    if (lua_isinteger(L, 2))
        found = given_item(value, lua_tointeger(L, 2));
    else if (lua_type(L, 2) == LUA_TSTRING)
        found = given_field(sandbox_of(L), value, lua_tostring(L, 2));
    if (found == NULL)
        lua_pushnil(L);
    else
        given_push(L, found);
    return 1;
}

static int given_length(lua_State *L)
{
    lua_pushinteger(L, given_test(L, 1)->item_count);
    return 1;
}

static int given_write(lua_State *L)
{
    return sandbox_refuse(L, sandbox_where(L), "'%s' cannot be changed", sandbox_of(L)->script->given_name);
}

static const luaL_Reg given_methods[] = {
    { "__index",    given_index },
    { "__len",      given_length },
    { "__newindex", given_write },
    { NULL, NULL }
};

void given_open(lua_State *L)
{
    luaL_newmetatable(L, given_type);
    luaL_setfuncs(L, given_methods, 0);
    lua_pop(L, 1);
}
