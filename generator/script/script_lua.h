/*
** Between the files of the sandbox: script.c runs the chunk, script_word.c makes
** its words, script_given.c shows it the given value, script_environment.c is its
** globals, script_value.c turns what it assigned into values.
*/
#ifndef SCRIPT_LUA_H
#define SCRIPT_LUA_H

#include <lauxlib.h>
#include <lua.h>
#include <time.h>

#include "../base/places.h"
#include "script.h"

/* A table of the given value that the chunk got hold of. */
struct given_table {
    const struct value *value;
    const char *path;            /* "" for the given value itself, "rope_scaling" */
    bool *read;                  /* (fields of value) */
    struct given_table *next;    /* got hold of later */
};

struct sandbox {
    struct script *script;
    struct arena *arena;
    struct report *report;
    const struct place *places;
    size_t bytes;                /* of Lua's memory in use */
    long steps;
    clock_t deadline;            /* in time of the processor */
    int values;                  /* made so far */
    size_t result_bytes;         /* of texts and names in them */
    bool refused;                /* the error on its way is reported already */
    struct given_table *given_tables;
    struct word *words;          /* made by calls and operators, the newest first */
    struct value *result;
};

struct sandbox *sandbox_of(lua_State *L);

/* Where the Lua code stands that called the running C function. */
struct where sandbox_where(lua_State *L);

/* Ends the chunk with one report; never returns (the int is for `return sandbox_refuse(...)`). */
int sandbox_refuse(lua_State *L, struct where where, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "a number", "a table", "nothing": what stands at index. */
const char *sandbox_describe(lua_State *L, int index);

/* A word of the language: userdata whose user values are its list of items and its table of fields (or nil). */
struct word {
    const char *name;
    struct where where;
    enum { WORD_NAMED, WORD_ITEM, WORD_COMPLETE } stage;   /* what calls have given it */
    bool used;                   /* called on, combined, or part of what the chunk assigned */
    struct word *next;           /* made before it by a call or an operator */
};

enum { WORD_ITEMS = 1, WORD_FIELDS = 2, WORD_VALUES = 2 };   /* user values */

void word_open(lua_State *L);                                   /* once, before all words */
void word_push(lua_State *L, const char *name, struct where where);
struct word *word_test(lua_State *L, int index);                /* NULL when it is something else */
void word_check_used(lua_State *L);                             /* a word that came to nothing ends the chunk */

/* A proxy of a given value: nested reads work, writes do not. path is its place in the whole. */
void given_open(lua_State *L);
void given_push(lua_State *L, const struct value *value, const char *path);
const struct value *given_test(lua_State *L, int index);

/* NULL-ended: paths of the fields that were not read, of tables that were. */
const char *const *given_unread(const struct sandbox *sandbox);

/* The chunk's globals: once, before all others. */
void environment_open(lua_State *L, const struct script *script);
void environment_push(lua_State *L);                            /* an empty _ENV */
void environment_add(lua_State *L, const char *name);           /* pops a value; chunks read it as name */
void environment_push_assigned(lua_State *L);                   /* two tables: name to value, name to line */

/* The two tables on top, as a VALUE_TABLE. */
struct value *value_take_assigned(lua_State *L);

/* The Lua value on top as a value; place may be NULL, where is for what has no place. */
struct value *value_take(lua_State *L, const struct place *place, struct where where, int depth);

#endif
