/*
** What a chunk sees as its globals: an empty table whose metatable reads words
** and known names, and takes each assignment once.
*/
#include <string.h>

#include "script_lua.h"

/* Keys of the registry: tables by name of the values assigned, their lines, and other names the chunk can read. */
static const char assigned_key = 'a', line_key = 'l', known_key = 'k';

static int ipairs_next(lua_State *L)
{
    lua_Integer i = luaL_checkinteger(L, 2) + 1;
    lua_pushinteger(L, i);
    return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int chunk_ipairs(lua_State *L)
{
    if (lua_gettop(L) != 1 || (!lua_istable(L, 1) && given_test(L, 1) == NULL))
        return sandbox_refuse(L, sandbox_where(L), "ipairs walks a table; found %s",
                              lua_gettop(L) == 0 ? "nothing" : sandbox_describe(L, 1));
    lua_pushcfunction(L, ipairs_next);
    lua_insert(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* Of tables and functions there would be an address, another one in every run. */
static int chunk_tostring(lua_State *L)
{
    int type = lua_type(L, 1);
    if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN)
        return sandbox_refuse(L, sandbox_where(L), "tostring takes a number, text or boolean; found %s",
                              lua_gettop(L) == 0 ? "nothing" : sandbox_describe(L, 1));
    luaL_tolstring(L, 1, NULL);
    return 1;
}

/* Proxies of given tables are tables to the chunk. */
static int chunk_type(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushstring(L, given_test(L, 1) != NULL ? "table" : word_test(L, 1) != NULL ? "word" : luaL_typename(L, 1));
    return 1;
}

/* refuse(field, sentence): the given value cannot be used because of that field. */
static int chunk_refuse(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING)
        return sandbox_refuse(L, sandbox_where(L), "refuse takes a field's name and a sentence");
    const struct value *given = sandbox_of(L)->script->given;
    const struct value *field = value_field(given, lua_tostring(L, 1));
    return sandbox_refuse(L, field == NULL ? given->where : field->where, "%s %s",
                          lua_tostring(L, 1), lua_tostring(L, 2));
}

static const char *name_among(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return *names;
    return NULL;
}

static int refuse_name(lua_State *L, struct where where, const char *what, const char *name, const char *const *names)
{
    const char *nearest = names == NULL ? NULL : report_nearest(name, names);
    if (nearest == NULL)
        return sandbox_refuse(L, where, "unknown %s '%s'", what, name);
    return sandbox_refuse(L, where, "unknown %s '%s' (did you mean '%s'?)", what, name, nearest);
}

/* The value of key 2 in a table of the registry, on top. */
static bool registry_find(lua_State *L, const void *table)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, table);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) != LUA_TNIL)
        return true;
    lua_pop(L, 2);
    return false;
}

/* The chunk reads a global. */
static int environment_read(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return sandbox_refuse(L, sandbox_where(L), "a name must be a text; found %s", sandbox_describe(L, 2));
    if (registry_find(L, &assigned_key) || registry_find(L, &known_key))
        return 1;
    const char *const *words = sandbox_of(L)->script->words;
    const char *word = name_among(words, lua_tostring(L, 2));
    if (word == NULL)
        return refuse_name(L, sandbox_where(L), "word", lua_tostring(L, 2), words);
    word_push(L, word, sandbox_where(L));
    return 1;
}

static void registry_put(lua_State *L, const void *table, int name, int value)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, table);
    lua_pushvalue(L, name);
    lua_pushvalue(L, value);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Lua is at the end of the assignment; its name may stand lines above. */
static struct where assignment_where(lua_State *L, const char *name)
{
    const struct sandbox *sandbox = sandbox_of(L);
    struct where where = sandbox_where(L);
    const struct place *place = place_assigned(sandbox->places, name, where.line);
    if (place != NULL && where.file == sandbox->script->source.name)
        where.line = place->line;
    return where;
}

/* The chunk assigns a global. */
static int environment_assign(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return sandbox_refuse(L, sandbox_where(L), "a name must be a text; found %s", sandbox_describe(L, 2));
    const char *name = lua_tostring(L, 2);
    const char *const *fields = sandbox_of(L)->script->fields;
    struct where where = assignment_where(L, name);
    if (fields != NULL && name_among(fields, name) == NULL)
        return refuse_name(L, where, "field", name, fields);
    if (registry_find(L, &line_key))
        return sandbox_refuse(L, where, "'%s' is assigned twice; the first time on line %d", name,
                              (int)lua_tointeger(L, -1));
    lua_pushinteger(L, where.line);
    registry_put(L, &line_key, 2, lua_gettop(L));
    registry_put(L, &assigned_key, 2, 3);
    return 0;
}

void environment_add(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &known_key);
    lua_insert(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void environment_open(lua_State *L, const struct script *script)
{
    static const char *const tables[] = { &assigned_key, &line_key, &known_key };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        lua_newtable(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, tables[i]);
    }
    lua_pushcfunction(L, chunk_ipairs);
    environment_add(L, "ipairs");
    lua_pushcfunction(L, chunk_tostring);
    environment_add(L, "tostring");
    if (script->given == NULL)
        return;
    lua_pushcfunction(L, chunk_refuse);
    environment_add(L, "refuse");
    lua_pushcfunction(L, chunk_type);
    environment_add(L, "type");
    given_push(L, script->given, "");
    environment_add(L, script->given_name);
}

void environment_push(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_pushcfunction(L, environment_read);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, environment_assign);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}

void environment_push_assigned(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &assigned_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &line_key);
}
