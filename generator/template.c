/*
** The template engine. A template is rewritten, line by line, into a Lua chunk
** that calls put; the chunk runs in a state of its own, in which only the
** given values and a few harmless functions exist.
*/
#include "template.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* Values ------------------------------------------------------------------------------- */

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

/* Template to Lua ---------------------------------------------------------------------- */

/* One line of the template, without its newline, and what it becomes. */
struct line { const char *at, *end; struct text *lua; };

static void line_quote(struct text *lua, const char *from, const char *end)
{
    if (from == end)
        return;
    text_put(lua, " put \"");
    for (; from < end; from++) {
        if (*from == '"' || *from == '\\')
            text_put(lua, "\\");
        text_add(lua, from, 1);
    }
    text_put(lua, "\"");
}

/* The end of the parenthesis that opens at `open`, or NULL. Those in string literals count too. */
static const char *parenthesis_end(const char *open, const char *end)
{
    int depth = 0;
    for (const char *at = open; at < end; at++) {
        depth += *at == '(';
        depth -= *at == ')';
        if (depth == 0)
            return at + 1;
    }
    return NULL;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* What a $ at dollar stands for: the end of its text, with the Lua added; NULL when nothing follows it. */
static const char *line_dollar(struct line *line, const char *dollar)
{
    const char *at = dollar + 1, *end = at;
    if (at < line->end && *at == '$') {
        text_put(line->lua, " put \"$\"");
        return at + 1;
    }
    if (at < line->end && *at == '(')
        end = parenthesis_end(at, line->end);
    else
        while (end < line->end && is_name(*end))
            end++;
    if (end == NULL || end == at)
        return NULL;
    text_format(line->lua, " value(%.*s)", (int)(end - at), at);
    return end;
}

static bool line_convert(struct line *line)
{
    const char *literal = line->at, *at = line->at;
    while (at < line->end) {
        if (*at != '$') {
            at++;
            continue;
        }
        line_quote(line->lua, literal, at);
        literal = at = line_dollar(line, at);
        if (at == NULL)
            return false;
    }
    line_quote(line->lua, literal, line->end);
    text_put(line->lua, " put \"\\n\"\n");
    return true;
}

/* The whole template as a Lua chunk, as many lines as the template has. */
static bool chunk_make(struct text *lua, const struct template_source *source, struct report *report)
{
    const char *end = source->text + source->length;
    struct where where = source->where;
    for (const char *at = source->text; at < end; where.line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        struct line line = { at, stop, lua };
        if (*at == '%') {
            text_add(lua, at + 1, (size_t)(stop - at - 1));
            text_put(lua, "\n");
        } else if (!line_convert(&line)) {
            report_error(report, where, "'$' is not followed by a name or (expression)");
            return false;
        }
        at = stop + 1;
    }
    return true;
}

/* What the chunk sees ------------------------------------------------------------------- */

static struct text *state_out(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int lua_put(lua_State *L)
{
    size_t length;
    const char *string = luaL_checklstring(L, 1, &length);
    text_add(state_out(L), string, length);
    return 0;
}

/* Fewest digits that read back as the same float. */
static void put_float(struct text *out, double number)
{
    char digits[40];
    for (int precision = 1; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        float back;
        if (sscanf(digits, "%f", &back) == 1 && back == (float)number)
            break;
    }
    text_format(out, "%s%sf", digits, strpbrk(digits, ".e") == NULL ? ".0" : "");
}

static int lua_value(lua_State *L)
{
    struct text *out = state_out(L);
    size_t length;
    if (lua_isinteger(L, 1))
        text_format(out, "%lld", (long long)lua_tointeger(L, 1));
    else if (lua_type(L, 1) == LUA_TNUMBER && isfinite(lua_tonumber(L, 1)))
        put_float(out, lua_tonumber(L, 1));
    else if (lua_type(L, 1) == LUA_TSTRING) {
        const char *string = lua_tolstring(L, 1, &length);
        text_add(out, string, length > 0 && string[length - 1] == '\n' ? length - 1 : length);
    } else
        return luaL_error(L, "a %s cannot be printed", luaL_typename(L, 1));
    return 0;
}

static int lua_real(lua_State *L)
{
    char digits[40];
    snprintf(digits, sizeof digits, "%.17g", luaL_checknumber(L, 1));
    lua_pushfstring(L, "%s%s", digits, strpbrk(digits, ".e") == NULL ? ".0" : "");
    return 1;
}

static int lua_unknown(lua_State *L)
{
    return luaL_error(L, "unknown name '%s'", luaL_tolstring(L, 2, NULL));
}

static void lua_push_value(lua_State *L, const struct template_value *value)
{
    if (value->kind == TEMPLATE_BOOLEAN)
        lua_pushboolean(L, (int)value->integer);
    else if (value->kind == TEMPLATE_INTEGER)
        lua_pushinteger(L, value->integer);
    else if (value->kind == TEMPLATE_NUMBER)
        lua_pushnumber(L, value->number);
    else if (value->kind == TEMPLATE_TEXT)
        lua_pushstring(L, value->text);
    else {
        lua_newtable(L);
        for (int i = 0; value->list[i] != NULL; i++) {
            lua_pushstring(L, value->list[i]);
            lua_rawseti(L, -2, i + 1);
        }
    }
}

static void lua_push_values(lua_State *L, const struct template_values *values)
{
    for (int i = 0; i < values->count; i++) {
        lua_push_value(L, &values->value[i]);
        lua_setfield(L, -2, values->value[i].name);
    }
}

static void state_open_functions(lua_State *L, struct text *out)
{
    static const luaL_Reg functions[] = { { "put", lua_put }, { "value", lua_value }, { "real", lua_real }, { NULL, NULL } };
    luaL_requiref(L, "_G", luaopen_base, 0);
    lua_getfield(L, -1, "ipairs");
    lua_setfield(L, -3, "ipairs");
    lua_pop(L, 1);
    luaL_requiref(L, "math", luaopen_math, 0);
    lua_setfield(L, -2, "math");
    luaL_requiref(L, "string", luaopen_string, 0);
    lua_setfield(L, -2, "string");
    for (const luaL_Reg *function = functions; function->name != NULL; function++) {
        lua_pushlightuserdata(L, out);
        lua_pushcclosure(L, function->func, 1);
        lua_setfield(L, -2, function->name);
    }
}

/* Everything that may raise an error, under one pcall. */
struct rendering { struct text *out; const struct text *lua; const char *chunk; const struct template_values *values; };

static int rendering_run(lua_State *L)
{
    const struct rendering *rendering = lua_touserdata(L, 1);
    if (luaL_loadbufferx(L, rendering->lua->data, rendering->lua->length, rendering->chunk, "t") != LUA_OK)
        return lua_error(L);
    lua_newtable(L);                           /* the chunk's _ENV */
    state_open_functions(L, rendering->out);
    lua_push_values(L, rendering->values);
    lua_newtable(L);
    lua_pushcfunction(L, lua_unknown);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setupvalue(L, -2, 1);
    lua_call(L, 0, 0);
    return 0;
}

/* Lua's message begins with "file:line: ", or is about the whole template. */
static void report_lua(struct report *report, struct where where, const char *message)
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

bool template_render(struct text *out, const struct template_source *source,
                     const struct template_values *values, struct report *report)
{
    struct text lua = text_start(out->arena);
    for (int line = 1; line < source->where.line; line++)
        text_put(&lua, "\n");                  /* so that Lua counts from the file's first line */
    if (!chunk_make(&lua, source, report))
        return false;

    const size_t length = out->length;
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        report_error(report, source->where, "no memory for a Lua state");
        return false;
    }
    struct rendering rendering = { out, &lua, arena_format(out->arena, "@%s", source->where.file), values };
    lua_pushcfunction(L, rendering_run);
    lua_pushlightuserdata(L, &rendering);
    const bool done = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!done) {
        report_lua(report, source->where, lua_tostring(L, -1));
        text_cut(out, length);
    }
    lua_close(L);
    return done;
}
