#include "formula.h"

#include <math.h>
#include <string.h>

#include "../base/text.h"
#include "template_state.h"

/* A formula being evaluated: everything that may raise an error runs under one pcall. */
struct evaluation {
    const struct formula *formula;
    const struct template_values *values;
    struct arena *arena;
    double *numbers;                 /* (count), or NULL: a sentence is asked for */
    int count;
    const char *sentence;
};

/* Pushes the function and, in its names, i. */
static void evaluation_call(lua_State *L, int i)
{
    lua_pushinteger(L, i);
    lua_setfield(L, 1, "i");
    lua_pushvalue(L, 2);
    lua_call(L, 0, 1);
}

static void evaluate_numbers(lua_State *L, struct evaluation *e)
{
    for (int i = 0; i < e->count; i++) {
        evaluation_call(L, i);
        e->numbers[i] = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
        if (!isfinite(e->numbers[i]))
            luaL_error(L, "the formula gives %s for i = %d; expected a finite number", luaL_tolstring(L, -1, NULL), i);
        lua_pop(L, 1);
    }
}

static void evaluate_sentence(lua_State *L, struct evaluation *e)
{
    evaluation_call(L, 0);
    const char *sentence = lua_tostring(L, -1);
    e->sentence = sentence == NULL ? NULL : arena_copy(e->arena, sentence, strlen(sentence));
}

/* The names are at 1, the function at 2. */
static int evaluation_run(lua_State *L)
{
    struct evaluation *e = lua_touserdata(L, 1);
    const struct formula *formula = e->formula;
    struct text chunk = text_start(e->arena);
    for (int line = 1; line < formula->where.line; line++)
        text_put(&chunk, "\n");                  /* so that Lua counts from the file's first line */
    text_put(&chunk, formula->text);
    lua_settop(L, 0);
    state_push_names(L, e->values);
    if (luaL_loadbufferx(L, chunk.data, chunk.length, arena_format(e->arena, "@%s", formula->where.file), "t") != LUA_OK)
        return lua_error(L);
    lua_pushvalue(L, 1);
    lua_setupvalue(L, 2, 1);
    if (e->numbers != NULL)
        evaluate_numbers(L, e);
    else
        evaluate_sentence(L, e);
    return 0;
}

static bool evaluation_start(struct evaluation *e, struct report *report)
{
    lua_State *L = luaL_newstate();
    if (L == NULL) {
        report_error(report, e->formula->where, "no memory for a Lua state");
        return false;
    }
    lua_pushcfunction(L, evaluation_run);
    lua_pushlightuserdata(L, e);
    const bool done = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!done)
        state_report(report, e->formula->where, lua_tostring(L, -1));
    lua_close(L);
    return done;
}

bool formula_numbers(const struct formula *formula, const struct template_values *values,
                     double *numbers, int count, struct arena *arena, struct report *report)
{
    struct evaluation e = { formula, values, arena, numbers, count, NULL };
    return evaluation_start(&e, report);
}

bool formula_sentence(const struct formula *formula, const struct template_values *values,
                      const char **sentence, struct arena *arena, struct report *report)
{
    struct evaluation e = { formula, values, arena, NULL, 0, NULL };
    const bool done = evaluation_start(&e, report);
    *sentence = e.sentence;
    return done;
}
