/*
** What template.c and formula.c share: a Lua state that knows the given values and a few
** harmless functions, and nothing else.
*/
#ifndef TEMPLATE_STATE_H
#define TEMPLATE_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "template.h"

/* Pushes the table of names that a chunk sees; may raise. Reading another name is an error. */
void state_push_names(lua_State *L, const struct template_values *values);

/* Reports Lua's message at the line that it begins with ("file:line: "), or else about the whole file. */
void state_report(struct report *report, struct where where, const char *message);

#endif
