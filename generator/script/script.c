#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script_lua.h"

enum { STEPS_A_LOOK = 100 };    /* Lua instructions between two looks at the limits */

/* Lua shortens long chunk names; these short ones stand for script's source and preludes. */
static const char chunk_name[] = "@chunk";
static const char *const prelude_names[SCRIPT_PRELUDES] = { "@preludea", "@preludeb", "@preludec" };

struct sandbox *sandbox_of(lua_State *L)
{
    return *(struct sandbox **)lua_getextraspace(L);
}

/* Lua's allocator: refuses what would exceed the limit. */
static void *sandbox_memory(void *user, void *block, size_t old_size, size_t size)
{
    struct sandbox *sandbox = user;
    size_t old = block == NULL ? 0 : old_size;     /* without a block, old_size is a type */
    if (size > old && size - old > SCRIPT_BYTES - sandbox->bytes)
        return NULL;
    if (size == 0) {
        free(block);
        sandbox->bytes -= old;
        return NULL;
    }
    void *memory = realloc(block, size);
    if (memory != NULL)
        sandbox->bytes += size - old;
    return memory;
}

static struct where chunk_where(const struct script *script, const char *name, int line)
{
    const char *file = script->source.name;
    for (int i = 0; i < SCRIPT_PRELUDES; i++)
        if (strcmp(name, prelude_names[i] + 1) == 0)
            file = script->preludes[i].name;
    return (struct where){ file, line > 0 ? line : 0 };
}

static struct where activation_where(lua_State *L, lua_Debug *activation)
{
    lua_getinfo(L, "Sl", activation);
    return chunk_where(sandbox_of(L)->script, activation->short_src, activation->currentline);
}

struct where sandbox_where(lua_State *L)
{
    lua_Debug activation;
    if (lua_getstack(L, 1, &activation))
        return activation_where(L, &activation);
    return (struct where){ .file = sandbox_of(L)->script->source.name };
}

int sandbox_refuse(lua_State *L, struct where where, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    struct sandbox *sandbox = sandbox_of(L);
    report_error(sandbox->report, where, "%s", sentence);
    sandbox->refused = true;
    lua_pushnil(L);
    return lua_error(L);
}

const char *sandbox_describe(lua_State *L, int index)
{
    static const struct { int type; const char *text; } names[] = {
        { LUA_TNIL, "nothing (nil)" }, { LUA_TBOOLEAN, "a boolean" }, { LUA_TNUMBER, "a number" },
        { LUA_TSTRING, "a text" }, { LUA_TTABLE, "a table" }, { LUA_TFUNCTION, "a function" },
    };
    int type = lua_type(L, index);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].text;
    return word_test(L, index) != NULL ? "a word" : "a given value";
}

/* Counts steps. Each is cheap, but on huge texts even few are slow: so the time is watched too. */
static void sandbox_look(lua_State *L, lua_Debug *activation)
{
    struct sandbox *sandbox = sandbox_of(L);
    const int limit = sandbox->script->steps > 0 ? sandbox->script->steps : SCRIPT_STEPS;
    sandbox->steps += STEPS_A_LOOK;
    if (sandbox->steps > limit)
        sandbox_refuse(L, activation_where(L, activation), "still runs after %d steps; is this loop endless?",
                       limit);
    if (clock() > sandbox->deadline)
        sandbox_refuse(L, activation_where(L, activation), "still runs after %d seconds; is this text huge?",
                       SCRIPT_SECONDS);
}

/* Runs a chunk of text and leaves its first result on top. */
static void sandbox_call(lua_State *L, const struct script_source *source, const char *name)
{
    if (luaL_loadbufferx(L, source->text, source->length, name, "t") != LUA_OK)
        lua_error(L);
    environment_push(L);
    lua_setupvalue(L, -2, 1);
    lua_call(L, 0, 1);
}

static void sandbox_run_prelude(lua_State *L, const struct script_source *prelude, const char *name)
{
    struct where where = { prelude->name, 0 };
    if (prelude->text == NULL)
        return;
    sandbox_call(L, prelude, name);
    if (!lua_istable(L, -1))
        sandbox_refuse(L, where, "ends without returning a table of names");
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING)
            sandbox_refuse(L, where, "returns a table with a key that is no name");
        environment_add(L, lua_tostring(L, -2));
    }
    lua_pop(L, 1);
}

/* Everything that can raise a Lua error, under one lua_pcall. */
static int sandbox_run(lua_State *L)
{
    struct sandbox *sandbox = sandbox_of(L);
    word_open(L);
    given_open(L);
    environment_open(L, sandbox->script);
    lua_sethook(L, sandbox_look, LUA_MASKCOUNT, STEPS_A_LOOK);
    for (int i = 0; i < SCRIPT_PRELUDES; i++)
        sandbox_run_prelude(L, &sandbox->script->preludes[i], prelude_names[i]);
    sandbox_call(L, &sandbox->script->source, chunk_name);
    environment_push_assigned(L);
    sandbox->result = value_take_assigned(L);
    if (sandbox->script->given == NULL)          /* rules of a family may prepare what they then do not need */
        word_check_used(L);
    return 0;
}

/* Lua's own message is `chunk:line: sentence`, or just a sentence. */
static void sandbox_report(struct sandbox *sandbox, const char *message)
{
    char name[16];
    int line = 0, skip = 0;
    if (sscanf(message, "%15[a-z]:%d: %n", name, &line, &skip) != 2 || skip == 0) {
        name[0] = '\0';
        skip = 0;
    }
    report_error(sandbox->report, chunk_where(sandbox->script, name, line), "%s", message + skip);
}

static void sandbox_fail(struct sandbox *sandbox, lua_State *L, int status)
{
    struct where where = { sandbox->script->source.name, 0 };
    if (sandbox->refused)
        return;
    if (status == LUA_ERRMEM)
        report_error(sandbox->report, where, "needs more than the %d MiB of memory that it may use", SCRIPT_BYTES >> 20);
    else
        sandbox_report(sandbox, lua_tostring(L, -1));
}

static bool script_acceptable(const struct script_source *source, struct report *report)
{
    struct where where = { source->name, 0 };
    bool compiled = source->length > 0 && source->text[0] == LUA_SIGNATURE[0];
    if (source->length > SCRIPT_SOURCE_BYTES)
        report_error(report, where, "has %zu bytes; at most %d are read", source->length, SCRIPT_SOURCE_BYTES);
    else if (compiled)
        report_error(report, where, "is compiled Lua; expected Lua text");
    return source->length <= SCRIPT_SOURCE_BYTES && !compiled;
}

struct value *script_run(struct script *script, struct arena *arena, struct report *report)
{
    if (!script_acceptable(&script->source, report))
        return NULL;
    struct sandbox sandbox = { .script = script, .arena = arena, .report = report };
    sandbox.deadline = clock() + (clock_t)SCRIPT_SECONDS * CLOCKS_PER_SEC;
    sandbox.places = places_read(script->source.text, script->source.length, arena);
    lua_State *L = lua_newstate(sandbox_memory, &sandbox);
    if (L == NULL) {
        sandbox_fail(&sandbox, NULL, LUA_ERRMEM);
        return NULL;
    }
    *(struct sandbox **)lua_getextraspace(L) = &sandbox;
    lua_pushcfunction(L, sandbox_run);
    int status = lua_pcall(L, 0, 0, 0);
    if (status != LUA_OK)
        sandbox_fail(&sandbox, L, status);
    lua_close(L);
    if (status == LUA_OK && script->given != NULL)
        script->unread = given_unread(&sandbox);
    return status == LUA_OK ? sandbox.result : NULL;
}
