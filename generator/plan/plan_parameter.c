/*
** The parameters of a plan: their names and bounds, and how they are asked for.
*/
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* One line a parameter, at the index of its enum plan_parameter. */
static const struct plan_rule {
    const char *name;
    int min, max;
    const char *help;
} rules[PLAN_PARAMETERS] = {
    [PLAN_BLOCK]          = { "block",          16, 256,     "keys of a cache block" },
    [PLAN_TILE]           = { "tile",           1,  256,     "keys whose weights are computed together" },
    [PLAN_SEGMENT]        = { "segment",        1,  1 << 20, "keys of a partial result" },
    [PLAN_QUERIES]        = { "queries",        1,  256,     "prefill: queries of a block" },
    [PLAN_QUERY_VECTORS]  = { "query_vectors",  1,  16,      "prefill: vectors of queries in a register tile of scores" },
    [PLAN_SCORE_KEYS]     = { "score_keys",     1,  16,      "prefill: keys in a register tile of scores" },
    [PLAN_VALUE_QUERIES]  = { "value_queries",  1,  32,      "prefill: queries in a register tile of o" },
    [PLAN_VALUE_VECTORS]  = { "value_vectors",  1,  16,      "prefill: vectors of columns in a register tile of o" },
    [PLAN_INTERLEAVE]     = { "interleave",     0,  1,       "prefill: exponentials among the scores of the next tile" },
    [PLAN_UNROLL]         = { "unroll",         1,  16,      "prefill: steps of d written out in a loop of scores" },
    [PLAN_DECODE_HEADS]   = { "decode_heads",   1,  16,      "decode: heads in a register tile" },
    [PLAN_DECODE_VECTORS] = { "decode_vectors", 1,  16,      "decode: vectors of keys in a register tile of scores" },
    [PLAN_DECODE_COLUMNS] = { "decode_columns", 1,  16,      "decode: vectors of columns in a register tile of o; columns where values are parts of keys" },
    [PLAN_FETCH]          = { "fetch",          0,  1,       "decode: asks for what comes next in the cache ahead of its use" },
    [PLAN_APPEND]         = { "append",         0,  256,     "prefill: most queries of a sequence that are taken together as in decode" },
    [PLAN_APPEND_ROWS]    = { "append_rows",    1,  16,      "append: rows, queries x heads, in a register tile" },
    [PLAN_APPEND_VECTORS] = { "append_vectors", 1,  16,      "append: vectors of keys in a register tile of scores" },
    [PLAN_APPEND_COLUMNS] = { "append_columns", 1,  16,      "append: vectors of columns in a register tile of o" },
    [PLAN_APPEND_FETCH]   = { "append_fetch",   0,  1,       "append: asks for what comes next in the cache ahead of its use" },
};

const char *plan_parameter_name(enum plan_parameter parameter)
{
    return rules[parameter].name;
}

const char *plan_parameter_help(enum plan_parameter parameter)
{
    return rules[parameter].help;
}

static bool name_unknown(const struct plan_request *request, const char *name, struct report *report)
{
    const char *names[PLAN_PARAMETERS + 1] = { NULL };
    for (int i = 0; i < PLAN_PARAMETERS; i++)
        names[i] = rules[i].name;
    const char *nearest = report_nearest(name, names);
    report_error(report, request->where, "plan: unknown parameter '%s'%s%s%s; `attngen list plan` prints them", name,
                 nearest != NULL ? " (did you mean '" : "", nearest != NULL ? nearest : "", nearest != NULL ? "'?)" : "");
    return false;
}

bool plan_request_set(struct plan_request *request, const char *name, const char *value, struct report *report)
{
    int parameter = 0;
    while (parameter < PLAN_PARAMETERS && strcmp(rules[parameter].name, name) != 0)
        parameter++;
    if (parameter == PLAN_PARAMETERS)
        return name_unknown(request, name, report);
    const struct plan_rule *rule = &rules[parameter];
    if (request->given[parameter]) {
        report_error(report, request->where, "plan: %s is given twice", name);
        return false;
    }
    char *end;
    const long number = strtol(value, &end, 10);
    if (end == value || *end != '\0' || number < rule->min || number > rule->max) {
        report_error(report, request->where, "plan: %s is '%s'; expected a whole number from %d to %d", name, value,
                     rule->min, rule->max);
        return false;
    }
    request->given[parameter] = true;
    request->value[parameter] = (int)number;
    return true;
}

/* "name=value", which it may change. */
static bool request_take(struct plan_request *request, char *item, struct report *report)
{
    char *equals = strchr(item, '=');
    if (equals == NULL) {
        report_error(report, request->where, "plan: '%s' has no value; expected NAME=NUMBER, as in tile=32", item);
        return false;
    }
    *equals = '\0';
    return plan_request_set(request, item, equals + 1, report);
}

bool plan_request_read(struct plan_request *request, const char *text, struct where where, struct report *report)
{
    char copy[PLAN_TEXT];
    *request = (struct plan_request){ .where = where };
    if (text == NULL)
        return true;
    if (strlen(text) >= sizeof copy) {
        report_error(report, request->where, "plan: %zu characters; expected fewer than %d", strlen(text), PLAN_TEXT);
        return false;
    }
    strcpy(copy, text);
    for (char *item = copy, *next; item != NULL; item = next) {
        next = strchr(item, ',');
        if (next != NULL)
            *next++ = '\0';
        if (!request_take(request, item, report))
            return false;
    }
    return true;
}

void plan_print_parameters(struct text *text, const struct plan *plan)
{
    for (int i = 0; i < PLAN_PARAMETERS; i++)
        text_format(text, "%s%s=%d", i > 0 ? "," : "", rules[i].name, plan->value[i]);
}
