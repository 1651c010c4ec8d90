/*
** The template engine. A template is rewritten, line by line, into a Lua chunk
** that calls put; the chunk runs in a state of its own, in which only the
** given values and a few harmless functions exist.
*/
#include "template.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "template_state.h"

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

static void state_add_functions(lua_State *L, struct text *out)
{
    static const luaL_Reg functions[] = { { "put", lua_put }, { "value", lua_value }, { "real", lua_real }, { NULL, NULL } };
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
    state_push_names(L, rendering->values);    /* the chunk's _ENV */
    state_add_functions(L, rendering->out);
    lua_setupvalue(L, -2, 1);
    lua_call(L, 0, 0);
    return 0;
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
        state_report(report, source->where, lua_tostring(L, -1));
        text_cut(out, length);
    }
    lua_close(L);
    return done;
}
