/*
** The given value as Lua sees it: proxies that can be read, measured and walked by
** ipairs. Which fields were read is remembered for every table of it, so that a
** field that nobody looks at can be told.
*/
#include "script_lua.h"

static const char given_type[] = "given value";

static struct given_table *proxy_table(lua_State *L, int index)
{
    struct given_table **proxy = luaL_testudata(L, index, given_type);
    return proxy == NULL ? NULL : *proxy;
}

const struct value *given_test(lua_State *L, int index)
{
    const struct given_table *table = proxy_table(L, index);
    return table == NULL ? NULL : table->value;
}

/* The one record of this table, made at its first push. */
static struct given_table *given_record(struct sandbox *sandbox, const struct value *value, const char *path)
{
    struct given_table **at = &sandbox->given_tables;
    while (*at != NULL && (*at)->value != value)
        at = &(*at)->next;
    if (*at == NULL) {
        *at = arena_alloc(sandbox->arena, 1, sizeof **at);
        (*at)->value = value;
        (*at)->path = path;
        (*at)->read = arena_alloc(sandbox->arena, (size_t)value->field_count, sizeof *(*at)->read);
    }
    return *at;
}

void given_push(lua_State *L, const struct value *value, const char *path)
{
    switch (value->kind) {
    case VALUE_BOOLEAN: lua_pushboolean(L, value->boolean); return;
    case VALUE_INTEGER: lua_pushinteger(L, value->integer); return;
    case VALUE_NUMBER:  lua_pushnumber(L, value->number); return;
    case VALUE_TEXT:    lua_pushlstring(L, value->text, value->length); return;
    case VALUE_TABLE:
    case VALUE_WORD:    break;
    }
    struct given_table **proxy = lua_newuserdatauv(L, sizeof *proxy, 0);
    *proxy = given_record(sandbox_of(L), value, path);
    luaL_setmetatable(L, given_type);
}

static void push_item(lua_State *L, const struct given_table *table, lua_Integer item)
{
    const struct value *value = table->value;
    if (item < 1 || item > value->item_count)
        lua_pushnil(L);
    else
        given_push(L, value->items[item - 1], arena_format(sandbox_of(L)->arena, "%s[%d]", table->path, (int)item));
}

static const char *field_path(const struct given_table *table, const char *name, struct arena *arena)
{
    return table->path[0] == '\0' ? name : arena_format(arena, "%s.%s", table->path, name);
}

static void push_field(lua_State *L, const struct given_table *table, const char *name)
{
    const struct value *value = table->value, *found = value_field(value, name);
    for (int i = 0; i < value->field_count; i++)
        if (value->fields[i].value == found) {
            table->read[i] = true;
            given_push(L, found, field_path(table, value->fields[i].name, sandbox_of(L)->arena));
            return;
        }
    lua_pushnil(L);
}

/* given[key]: nil when it is absent */
static int given_index(lua_State *L)
{
    const struct given_table *table = proxy_table(L, 1);
    if (lua_isinteger(L, 2))
        push_item(L, table, lua_tointeger(L, 2));
    else if (lua_type(L, 2) == LUA_TSTRING)
        push_field(L, table, lua_tostring(L, 2));
    else
        lua_pushnil(L);
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

const char *const *given_unread(const struct sandbox *sandbox)
{
    int count = 0;
    for (const struct given_table *table = sandbox->given_tables; table != NULL; table = table->next)
        count += table->value->field_count;
    const char **names = arena_alloc(sandbox->arena, (size_t)count + 1, sizeof *names);
    count = 0;
    for (const struct given_table *table = sandbox->given_tables; table != NULL; table = table->next)
        for (int i = 0; i < table->value->field_count; i++)
            if (!table->read[i])
                names[count++] = field_path(table, table->value->fields[i].name, sandbox->arena);
    return names;
}
