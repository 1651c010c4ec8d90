/*
** Words of the language, as Lua sees them: names that can be called with a table,
** with a text or number, with that and then a table, or with nothing, and that
** combine by & | ~. Calling never changes a word, it gives a new one.
*/
#include "script_lua.h"

static const char word_type[] = "word";

struct word *word_test(lua_State *L, int index)
{
    return luaL_testudata(L, index, word_type);
}

void word_push(lua_State *L, const char *name, struct where where)
{
    struct word *word = lua_newuserdatauv(L, sizeof *word, WORD_VALUES);
    *word = (struct word){ .name = name, .where = where, .stage = WORD_NAMED };
    lua_newtable(L);
    lua_setiuservalue(L, -2, WORD_ITEMS);
    luaL_setmetatable(L, word_type);
}

/* The word on top came from a call or an operator: it must come to something. */
static void word_keep(lua_State *L)
{
    struct sandbox *sandbox = sandbox_of(L);
    struct word *word = word_test(L, -1);
    lua_pushvalue(L, -1);
    luaL_ref(L, LUA_REGISTRYINDEX);              /* it stays until the end, used or not */
    word->next = sandbox->words;
    sandbox->words = word;
}

/* Lua's own `and` and `or` give one of their sides, and the other would be lost without a word. */
void word_check_used(lua_State *L)
{
    const struct word *unused = NULL;
    for (const struct word *word = sandbox_of(L)->words; word != NULL; word = word->next)
        if (!word->used)
            unused = word;
    if (unused != NULL)
        sandbox_refuse(L, unused->where, "'%s' is used by nothing; masks combine by & | ~, not by and, or, not",
                       unused->name);
}

/* Appends the value at index to the items of the word on top. */
static void word_add_item(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_getiuservalue(L, -1, WORD_ITEMS);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
}

static bool is_item(lua_State *L, int index)
{
    int type = lua_type(L, index);
    return type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN || word_test(L, index) != NULL;
}

/* The new word on top is the one at 1 with the item at 2. */
static void word_give_item(lua_State *L)
{
    word_add_item(L, 2);
    word_test(L, -1)->stage = WORD_ITEM;
}

/* The new word on top is the one at 1, its items shared, with the table at 2 if there is one. */
static void word_complete(lua_State *L, bool with_table)
{
    lua_getiuservalue(L, 1, WORD_ITEMS);
    lua_setiuservalue(L, -2, WORD_ITEMS);
    if (with_table) {
        lua_pushvalue(L, 2);
        lua_setiuservalue(L, -2, WORD_FIELDS);
    }
    word_test(L, -1)->stage = WORD_COMPLETE;
}

/* word(), word { ... }, word "text", word "text" { ... } */
static int word_call(lua_State *L)
{
    struct word *word = word_test(L, 1);
    int arguments = lua_gettop(L) - 1;
    if (word->stage == WORD_COMPLETE || (word->stage == WORD_ITEM && !lua_istable(L, 2)))
        return sandbox_refuse(L, sandbox_where(L), "'%s' is called once too often", word->name);
    if (arguments > 1 || (arguments == 1 && !lua_istable(L, 2) && !is_item(L, 2)))
        return sandbox_refuse(L, sandbox_where(L), "'%s' is given %s; expected one table, text or number", word->name,
                              arguments > 1 ? "several values" : sandbox_describe(L, 2));
    word->used = true;
    if (arguments == 1 && word_test(L, 2) != NULL)
        word_test(L, 2)->used = true;
    word_push(L, word->name, word->where);
    if (arguments == 1 && !lua_istable(L, 2))
        word_give_item(L);
    else
        word_complete(L, arguments == 1);
    word_keep(L);
    return 1;
}

static int word_combine(lua_State *L, const char *name, int operands)
{
    for (int i = 1; i <= operands; i++)
        if (word_test(L, i) == NULL)
            return sandbox_refuse(L, sandbox_where(L), "'%s' combines words; found %s", name, sandbox_describe(L, i));
    word_push(L, name, word_test(L, 1)->where);
    word_test(L, -1)->stage = WORD_COMPLETE;
    for (int i = 1; i <= operands; i++) {
        word_test(L, i)->used = true;
        word_add_item(L, i);
    }
    word_keep(L);
    return 1;
}

static int word_and(lua_State *L) { return word_combine(L, "&", 2); }
static int word_or(lua_State *L)  { return word_combine(L, "|", 2); }
static int word_not(lua_State *L) { return word_combine(L, "~", 1); }

static int word_index(lua_State *L)
{
    return sandbox_refuse(L, sandbox_where(L), "'%s' is a word; it has no fields to read", word_test(L, 1)->name);
}

static const luaL_Reg word_methods[] = {
    { "__call",     word_call },
    { "__band",     word_and },
    { "__bor",      word_or },
    { "__bnot",     word_not },
    { "__index",    word_index },
    { "__newindex", word_index },
    { NULL, NULL }
};

void word_open(lua_State *L)
{
    luaL_newmetatable(L, word_type);
    luaL_setfuncs(L, word_methods, 0);
    lua_pop(L, 1);
}
