/*
** A template: its lines become Lua, which is run. Templates are files of the program's own
** and may loop as long as they like; here they come from anyone, so each state gets limits.
*/
#include <lauxlib.h>

#include "../../generator/script/template.h"
#include "fuzz_generator.h"

enum {
    STEPS = 20 * 1000,              /* Lua instructions */
    BLOCK_BYTES = 1024 * 1024       /* most of one block of memory: a text, a table */
};

static void state_stop(lua_State *L, lua_Debug *activation)
{
    (void)activation;
    luaL_error(L, "too many steps");
}

static void *state_memory(void *user, void *block, size_t old_size, size_t size)
{
    (void)user, (void)old_size;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return size > BLOCK_BYTES ? NULL : realloc(block, size);
}

/* Takes the place of Lua's own. */
lua_State *luaL_newstate(void)
{
    lua_State *L = lua_newstate(state_memory, NULL);
    if (L != NULL)
        lua_sethook(L, state_stop, LUA_MASKCOUNT, STEPS);
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const list[] = { "a", "b", NULL };
    struct fuzz_generator fuzz;
    struct template_values values = { 0 };
    fuzz_generator_open(&fuzz);
    template_set_integer(&values, "N", 4);
    template_set_number(&values, "SCALE", 0.125);
    template_set_boolean(&values, "CAUSAL", true);
    template_set_text(&values, "NAME", "attention");
    template_set_list(&values, "LIST", list);
    struct text out = text_start(fuzz.arena);
    const struct template_source source = { arena_copy(fuzz.arena, (const char *)data, size), size, { "fuzz.c.t", 1 } };
    fuzz_generator_close(&fuzz, template_render(&out, &source, &values, &fuzz.report));
    return 0;
}
