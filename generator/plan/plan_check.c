#include "plan_check.h"

#include <stdarg.h>

struct checking {
    const struct plan *plan;
    const struct definition *definition;
    const struct plan_request *request;
    struct report *report;
};

static bool refuse(const struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(const struct checking *c, const char *format, ...)
{
    char sentence[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    report_error(c->report, c->request->where, "the plan of %s on %s: %s", c->definition->name, c->plan->isa->name, sentence);
    return false;
}

static bool multiple_of(const struct checking *c, enum plan_parameter parameter, int unit, const char *words)
{
    const int value = c->plan->value[parameter];
    return value % unit == 0
        || refuse(c, "%s is %d; expected a multiple of %d, %s", plan_parameter_name(parameter), value, unit, words);
}

static bool divides(const struct checking *c, enum plan_parameter parameter, int whole, const char *words)
{
    const int value = c->plan->value[parameter];
    return whole % value == 0
        || refuse(c, "%s is %d; expected a divisor of %d, %s", plan_parameter_name(parameter), value, whole, words);
}

static bool at_most(const struct checking *c, enum plan_parameter parameter, int limit, const char *words)
{
    const int value = c->plan->value[parameter];
    return value <= limit
        || refuse(c, "%s is %d; expected at most %d, %s", plan_parameter_name(parameter), value, limit, words);
}

/* A page holds whole blocks, or a block whole pages. */
static bool page_fits(const struct checking *c)
{
    const int tokens = c->definition->page_tokens, block = c->plan->value[PLAN_BLOCK];
    return tokens == 0 || tokens % block == 0 || block % tokens == 0
        || refuse(c, "block is %d; expected a divisor or a multiple of %d, the tokens of a page", block, tokens);
}

/* Weights are summed by halves: below a panel's length, tiles are powers of two. */
static bool order_fits(const struct checking *c)
{
    const int *value = c->plan->value, tile = value[PLAN_TILE];
    if (tile % PLAN_PANEL != 0 && PLAN_PANEL % tile != 0)
        return refuse(c, "tile is %d; expected a divisor or a multiple of %d, the keys of a panel", tile, PLAN_PANEL);
    return multiple_of(c, PLAN_BLOCK, PLAN_PANEL, "the keys of a panel")
        && multiple_of(c, PLAN_TILE, c->plan->isa->lanes, "the lanes of the target")
        && divides(c, PLAN_TILE, value[PLAN_BLOCK], "the keys of a block")
        && multiple_of(c, PLAN_TILE, definition_value_pack(c->definition), "the keys whose values share a byte")
        && multiple_of(c, PLAN_SEGMENT, tile, "the keys of a tile")
        && page_fits(c);
}

/* A register tile of o takes its columns from whole strips of V, or from a part of one. */
static bool columns_fit(const struct checking *c, enum plan_parameter parameter)
{
    const int value = c->plan->value[parameter], columns = value * c->plan->isa->lanes, strip = plan_strip(c->definition);
    return strip == c->plan->v_row || columns % strip == 0 || strip % columns == 0
        || refuse(c, "%s is %d, which are %d columns; expected a divisor or a multiple of %d, the columns of V that lie together",
                  plan_parameter_name(parameter), value, columns, strip);
}

static bool prefill_fits(const struct checking *c)
{
    const struct plan *plan = c->plan;
    const int *value = plan->value, lanes = plan->isa->lanes;
    return multiple_of(c, PLAN_QUERIES, value[PLAN_QUERY_VECTORS] * lanes, "the queries of a register tile of scores")
        && divides(c, PLAN_SCORE_KEYS, PLAN_PANEL, "the keys of a panel")
        && divides(c, PLAN_SCORE_KEYS, value[PLAN_TILE], "the keys of a tile")
        && divides(c, PLAN_VALUE_QUERIES, value[PLAN_QUERIES], "the queries of a block")
        && columns_fit(c, PLAN_VALUE_VECTORS)
        && at_most(c, PLAN_VALUE_VECTORS, plan->v_row / lanes, "the vectors of a row of V");
}

static bool fetch_fits(const struct checking *c, enum plan_parameter parameter)
{
    return c->plan->value[parameter] == 0 || !plan_gathers(c->definition, c->request)
        || refuse(c, "%s is 1; expected 0: pages smaller than a block are copied together before they are read",
                  plan_parameter_name(parameter));
}

/* A register tile of scores takes its keys from whole panels, or from a part of one. */
static bool keys_fit(const struct checking *c, enum plan_parameter parameter)
{
    const int value = c->plan->value[parameter], keys = value * c->plan->isa->lanes;
    if (keys % PLAN_PANEL != 0 && PLAN_PANEL % keys != 0)
        return refuse(c, "%s is %d, which are %d keys; expected a divisor or a multiple of %d, the keys of a panel",
                      plan_parameter_name(parameter), value, keys, PLAN_PANEL);
    return divides(c, parameter, c->plan->value[PLAN_TILE] / c->plan->isa->lanes, "the vectors of a tile's keys");
}

/* Where values are parts of keys there are no tiles of rows, and nothing that their sizes would change. */
static bool single_fits(const struct checking *c)
{
    static const char words[] = "as one query walks at a time where values are parts of keys";
    return at_most(c, PLAN_APPEND_ROWS, 1, words) && at_most(c, PLAN_APPEND_VECTORS, 1, words)
        && at_most(c, PLAN_APPEND_COLUMNS, 1, words) && at_most(c, PLAN_APPEND_FETCH, 0, words);
}

static bool append_fits(const struct checking *c)
{
    if (c->definition->v_in_k)
        return single_fits(c);
    return keys_fit(c, PLAN_APPEND_VECTORS) && columns_fit(c, PLAN_APPEND_COLUMNS)
        && at_most(c, PLAN_APPEND_COLUMNS, c->plan->v_row / c->plan->isa->lanes, "the vectors of a row of V");
}

static bool decode_fits(const struct checking *c)
{
    return at_most(c, PLAN_DECODE_HEADS, c->definition->group, "the query heads of a KV head")
        && columns_fit(c, PLAN_DECODE_COLUMNS)
        && (c->definition->v_in_k ? at_most(c, PLAN_DECODE_COLUMNS, c->definition->d_v, "the columns of a value")
                                  : at_most(c, PLAN_DECODE_COLUMNS, c->plan->v_row / c->plan->isa->lanes, "the vectors of a row of V"))
        && keys_fit(c, PLAN_DECODE_VECTORS);
}

const char *plan_interleaves(const struct plan *plan, const struct definition *definition)
{
    const int *value = plan->value;
    if (value[PLAN_TILE] != PLAN_PANEL * value[PLAN_SCORE_KEYS])
        return "expected tile to be 16 times score_keys";
    if (value[PLAN_QUERIES] != value[PLAN_QUERY_VECTORS] * plan->isa->lanes)
        return "expected queries to be one register tile of scores";
    const int steps = (definition->d_k + definition->compute->pack - 1) / definition->compute->pack;
    if (steps < value[PLAN_QUERY_VECTORS] * value[PLAN_SCORE_KEYS])
        return "expected d_k to be at least query_vectors times score_keys (two or four times that with compute = bf16 or int8)";
    if (definition_computes_values(definition) && value[PLAN_QUERY_VECTORS] % 2 != 0)
        return "expected query_vectors to be even, as weights of two keys are rounded together";
    return NULL;
}

static bool interleave_fits(const struct checking *c)
{
    const char *wrong = c->plan->value[PLAN_INTERLEAVE] == 1 ? plan_interleaves(c->plan, c->definition) : NULL;
    return wrong == NULL || refuse(c, "interleave is 1; %s", wrong);
}

static bool registers_fit(const struct checking *c)
{
    const struct plan *plan = c->plan;
    const struct { const char *phase; int registers; } tiles[] = {
        { "prefill", plan->prefill_registers }, { "decode", plan->decode_registers }, { "append", plan->append_registers }
    };
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++)
        if (tiles[i].registers > plan->isa->registers)
            return refuse(c, "a register tile of %s takes %d registers; expected at most %d", tiles[i].phase, tiles[i].registers,
                          plan->isa->registers);
    return true;
}

bool plan_check(const struct plan *plan, const struct definition *definition, const struct plan_request *request,
                struct report *report)
{
    const struct checking c = { plan, definition, request, report };
    return order_fits(&c) && prefill_fits(&c) && decode_fits(&c) && append_fits(&c) && fetch_fits(&c, PLAN_FETCH)
        && fetch_fits(&c, PLAN_APPEND_FETCH) && interleave_fits(&c) && registers_fit(&c);
}
