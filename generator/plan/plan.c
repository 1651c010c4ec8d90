/*
** How a plan chooses what it is not asked for. A register tile of a x b accumulators needs
** a x b registers for the sums, b for the vectors and one for the value broadcast to them.
*/
#include "plan.h"

#include "plan_check.h"

enum {
    DEFAULT_BLOCK = 64, DEFAULT_SEGMENT = 1024,
    COLUMNS_FEW = 8,         /* vectors of columns that decode sums at once for a head of its own */
    COLUMNS_MANY = 14,       /* the same of a stream, which a second pass over V would break */
    STRIP_ALONE = 64,        /* columns of V that lie together there, where they divide a row: 16 registers hold their sums */
    HEADS_FEW = 4, HEADS_MANY = 8,
    APPEND_QUERIES = 32,     /* at most, that are taken as rows */
    APPEND_QUERIES_FEW = 16  /* the same of codes, which each register tile of rows makes values of again */
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* The largest divisor of whole that is at most limit. */
static int divisor_below(int whole, int limit)
{
    int divisor = larger(smaller(whole, limit), 1);
    while (whole % divisor != 0)
        divisor--;
    return divisor;
}

/* What a plan is chosen from. */
struct choice {
    struct plan *plan;
    const struct definition *definition;
    const struct plan_request *request;
    bool many;                       /* registers */
};

/* The parameter as asked for, or the rule's. */
static int settle(const struct choice *choice, enum plan_parameter parameter, int rule)
{
    const struct plan_request *request = choice->request;
    return choice->plan->value[parameter] = request->given[parameter] ? request->value[parameter] : rule;
}

/* Most rows of a register tile that is `vectors` wide. */
static int rows_for(const struct plan *plan, int vectors)
{
    return larger((plan->isa->registers - 1 - vectors) / vectors, 1);
}

int plan_block(const struct plan_request *request)
{
    if (request->given[PLAN_BLOCK])
        return request->value[PLAN_BLOCK];
    return request->given[PLAN_TILE] ? larger(DEFAULT_BLOCK, request->value[PLAN_TILE]) : DEFAULT_BLOCK;
}

int plan_row(const struct definition *definition)
{
    return (definition->d_v + PLAN_PANEL - 1) / PLAN_PANEL * PLAN_PANEL;
}

int plan_strip(const struct definition *definition)
{
    const int row = plan_row(definition);
    if (definition->v_in_k)
        return row;
    if (definition->group > 1)
        return PLAN_PANEL;
    return row % STRIP_ALONE == 0 ? STRIP_ALONE : row;
}

static void choose_order(const struct choice *choice)
{
    const int block = settle(choice, PLAN_BLOCK, plan_block(choice->request));
    const int tile = settle(choice, PLAN_TILE, smaller(block, DEFAULT_BLOCK));
    settle(choice, PLAN_SEGMENT, larger(DEFAULT_SEGMENT / tile, 1) * tile);
}

bool plan_gathers(const struct definition *definition, const struct plan_request *request)
{
    return definition->page_tokens > 0 && definition->page_tokens < plan_block(request);
}

/* Whether prefill makes rows of floats of the cached keys or values before it reads them. */
static bool converts(const struct choice *choice)
{
    return !definition_reads_keys(choice->definition) || !definition_reads_values(choice->definition)
        || plan_gathers(choice->definition, choice->request);
}

/*
** A block of queries is one register tile of scores wide, unless one of them is asked for. Where that is narrow and keys
** are converted, it is four, so that they are converted more rarely: 5 to 10 % of prefill.
*/
static void choose_scores(const struct choice *choice)
{
    struct plan *plan = choice->plan;
    const struct plan_request *request = choice->request;
    const int lanes = plan->isa->lanes, queries = larger(request->value[PLAN_QUERIES] / lanes, 1);
    const int vectors = choice->many ? 4 : 3;
    settle(choice, PLAN_QUERY_VECTORS, request->given[PLAN_QUERIES] ? divisor_below(queries, vectors) : vectors);
    settle(choice, PLAN_QUERIES, plan->value[PLAN_QUERY_VECTORS] * (lanes > 1 ? lanes : 4) * (converts(choice) && !choice->many ? 4 : 1));
    settle(choice, PLAN_SCORE_KEYS, smaller(4, plan->value[PLAN_TILE]));
    settle(choice, PLAN_UNROLL, lanes > 1 && !choice->many ? 2 : 1);      /* the loop of fewer registers is shorter */
    settle(choice, PLAN_INTERLEAVE, choice->many && plan_interleaves(plan, choice->definition) == NULL);
}

static void choose_values(const struct choice *choice)
{
    struct plan *plan = choice->plan;
    const int vectors = plan->v_row / plan->isa->lanes, queries = plan->value[PLAN_QUERIES];
    const int width = settle(choice, PLAN_VALUE_VECTORS, smaller(vectors, choice->many ? 4 : 2));
    const int rows = rows_for(plan, width);
    settle(choice, PLAN_VALUE_QUERIES, divisor_below(queries, choice->many ? smaller(8, rows) : rows));
    const int rest = vectors % width;
    plan->rest_queries = rest == 0 ? 1 : divisor_below(queries, smaller(12, rows_for(plan, rest)));
}

/* Bits of what lies in a lane as stored: where K and V are units of several values, a whole lane. */
static int lane_bits(const struct definition *definition)
{
    return definition_computes_values(definition) ? 32 : definition->cache_k.type->bits;
}

/* Products of units by several FMAs, one after another. */
static bool emulates(const struct choice *choice)
{
    return definition_computes(choice->definition) && choice->plan->isa->computes[0] == '\0';
}

/*
** Memory likes to be read in one stream, a panel of K and a strip of V at a time; then the machine fetches ahead by
** itself. A head of its own gains from it where a lane has more than a byte and registers hold the sums of a strip. For a
** few heads that share K and V, where a panel makes fewer than 8 chains of FMAs, the latency of these costs more than the
** stream gains unless nothing has to be converted. Larger groups wait for FMAs, not for memory.
*/
static bool decode_streams(const struct choice *choice, int heads)
{
    enum { CHAINS_LEAST = 8 };
    const struct definition *definition = choice->definition;
    const int lanes = choice->plan->isa->lanes, bits = lane_bits(definition);
    if (definition->group == 1)
        return plan_strip(definition) / lanes <= COLUMNS_MANY && bits > 8;
    return definition->group <= HEADS_FEW && !definition->v_in_k && !emulates(choice)
        && bits > (heads * PLAN_PANEL / lanes < CHAINS_LEAST ? 16 : 8);
}

/* Sums that fit into registers beside what they are made of. */
static int accumulators(const struct choice *choice)
{
    return choice->many ? 16 : 10;
}

/* Vectors, a power of two, of at most so many keys or columns and within the accumulators that there are. */
static int vectors_for(const struct choice *choice, int heads, int most)
{
    const int budget = accumulators(choice), lanes = choice->plan->isa->lanes;
    int vectors = 1;
    while (heads * vectors * 2 <= budget && most / (vectors * 2 * lanes) > 0)
        vectors *= 2;
    return vectors;
}

/* Where values are parts of keys o has lanes = heads, as columns lie apart: a vector of heads or a few, times columns. */
static void choose_tail(const struct choice *choice)
{
    enum { VECTORS_FEW = 2, VECTORS_MANY = 4 };
    struct plan *plan = choice->plan;
    const int vectors = plan->head_row / plan->isa->lanes, sums = accumulators(choice);
    const int most = smaller(vectors, choice->many ? VECTORS_MANY : VECTORS_FEW);
    const int columns = settle(choice, PLAN_DECODE_COLUMNS, smaller(sums / most, choice->definition->d_v));
    plan->value_heads = smaller(larger(sums / columns, 1), most);
}

static void choose_decode(const struct choice *choice)
{
    struct plan *plan = choice->plan;
    const int lanes = plan->isa->lanes, tile = plan->value[PLAN_TILE];
    const bool floats = choice->definition->cache_k.type->bits > 16 || choice->definition->v_in_k;
    const int most = choice->many && floats ? HEADS_MANY : HEADS_FEW;
    const int heads = settle(choice, PLAN_DECODE_HEADS, smaller(choice->definition->group, most));
    const bool streams = decode_streams(choice, heads), alone = choice->definition->group == 1;
    const bool units = definition_computes(choice->definition) && !emulates(choice);      /* a step reads whole lines of one panel */
    const int keys = streams || (alone && units) ? smaller(tile, PLAN_PANEL) : tile;
    const int strip = plan_strip(choice->definition), columns = streams ? strip : plan->v_row;
    int vectors = vectors_for(choice, heads, keys);
    while (vectors > 1 && tile % (vectors * lanes) != 0)      /* a tile of fewer keys than lanes is refused later */
        vectors /= 2;
    settle(choice, PLAN_DECODE_VECTORS, vectors);
    if (choice->definition->v_in_k)
        choose_tail(choice);
    else
        settle(choice, PLAN_DECODE_COLUMNS, alone ? divisor_below(strip / lanes, streams ? COLUMNS_MANY : COLUMNS_FEW) : vectors_for(choice, heads, columns));
    settle(choice, PLAN_FETCH, !streams && !plan_gathers(choice->definition, choice->request));
}

/* Where values are parts of keys, one query walks at a time, in decode's tiles: there are no tiles of rows. */
static void choose_single(const struct choice *choice)
{
    settle(choice, PLAN_APPEND_ROWS, 1);
    settle(choice, PLAN_APPEND_VECTORS, 1);
    settle(choice, PLAN_APPEND_COLUMNS, 1);
    settle(choice, PLAN_APPEND_FETCH, 0);
}

/*
** Rows of several queries wait for FMAs, or for memory as well: they ask for what comes next. What is converted on its way
** into registers serves eight rows where there is room; floats are read again for every four, while memory is waited for.
*/
static void choose_rows(const struct choice *choice)
{
    struct plan *plan = choice->plan;
    const int lanes = plan->isa->lanes, tile = plan->value[PLAN_TILE];
    const bool converts = choice->definition->cache_k.type->bits < 32;
    const int rows = settle(choice, PLAN_APPEND_ROWS, choice->many && converts ? HEADS_MANY : HEADS_FEW);
    int vectors = vectors_for(choice, rows, tile);
    while (vectors > 1 && tile % (vectors * lanes) != 0)
        vectors /= 2;
    settle(choice, PLAN_APPEND_VECTORS, vectors);
    settle(choice, PLAN_APPEND_COLUMNS, vectors_for(choice, rows, plan->v_row));
    settle(choice, PLAN_APPEND_FETCH, !plan_gathers(choice->definition, choice->request));
}

static void choose_append(const struct choice *choice)
{
    settle(choice, PLAN_APPEND, choice->definition->cache_k.type->bits > 8 ? APPEND_QUERIES : APPEND_QUERIES_FEW);
    if (choice->definition->v_in_k)
        choose_single(choice);
    else
        choose_rows(choice);
}

static int tile_registers(int rows, int vectors)
{
    return rows * vectors + vectors + 1;
}

/* One row uses each K and V once: no need to keep it. */
static int rows_registers(int rows, int most)
{
    return rows > 1 ? tile_registers(rows, most) : most + 2;
}

static void count_registers(struct plan *plan, bool v_in_k)
{
    const int *value = plan->value;
    const int heads = value[PLAN_DECODE_HEADS], vectors = value[PLAN_DECODE_VECTORS];
    plan->prefill_registers = larger(tile_registers(value[PLAN_SCORE_KEYS], value[PLAN_QUERY_VECTORS]),
                                     tile_registers(value[PLAN_VALUE_QUERIES], value[PLAN_VALUE_VECTORS]));
    const int most = v_in_k ? vectors : larger(vectors, value[PLAN_DECODE_COLUMNS]);
    plan->decode_registers = rows_registers(heads, most);
    if (v_in_k)
        plan->decode_registers = larger(plan->decode_registers, tile_registers(value[PLAN_DECODE_COLUMNS], plan->value_heads));
    plan->append_registers = rows_registers(value[PLAN_APPEND_ROWS], larger(value[PLAN_APPEND_VECTORS], value[PLAN_APPEND_COLUMNS]));
}

bool plan_choose(struct plan *plan, const struct definition *definition, const struct descriptor *isa,
                 const struct plan_request *request, struct report *report)
{
    const struct choice choice = { plan, definition, request, isa->registers >= 32 };
    *plan = (struct plan){ .isa = isa, .v_row = plan_row(definition) };
    plan->head_row = (definition->group + isa->lanes - 1) / isa->lanes * isa->lanes;
    choose_order(&choice);
    choose_scores(&choice);
    choose_values(&choice);
    choose_decode(&choice);
    choose_append(&choice);
    count_registers(plan, definition->v_in_k);
    return plan_check(plan, definition, request, report);
}

/* Bytes of the tiles that a phase works on, for so many rows of queries. */
static long tile_bytes(const struct plan *plan, const struct definition *definition, long rows)
{
    const long tile = plan->value[PLAN_TILE], sizes = definition->d_k + plan->v_row;
    return (rows * (sizes + tile) + tile * sizes) * 4;
}

void plan_print_prefill(struct text *text, const struct plan *plan, const struct definition *definition)
{
    const int *value = plan->value, lanes = plan->isa->lanes;
    text_format(text, "online softmax, scores lanes=queries %d keys x %d queries, o lanes=d_v %d queries x %d, tile %d queries x %d keys, "
                "segment %d, %d of %d registers, %ld KiB",
                value[PLAN_SCORE_KEYS], value[PLAN_QUERY_VECTORS] * lanes, value[PLAN_VALUE_QUERIES], value[PLAN_VALUE_VECTORS] * lanes,
                value[PLAN_QUERIES], value[PLAN_TILE], value[PLAN_SEGMENT], plan->prefill_registers, plan->isa->registers,
                tile_bytes(plan, definition, value[PLAN_QUERIES]) / 1024);
}

void plan_print_decode(struct text *text, const struct plan *plan, const struct definition *definition)
{
    const int *value = plan->value;
    text_format(text, "split keys, scores lanes=keys %d heads x %d keys, o lanes=%s, tile %d heads x %d keys, segment %d, %d of %d registers, %ld KiB",
                value[PLAN_DECODE_HEADS], value[PLAN_DECODE_VECTORS] * plan->isa->lanes, definition->v_in_k ? "heads" : "d_v", definition->group, value[PLAN_TILE],
                value[PLAN_SEGMENT], plan->decode_registers, plan->isa->registers, tile_bytes(plan, definition, definition->group) / 1024);
}

void plan_print_append(struct text *text, const struct plan *plan, const struct definition *definition)
{
    const int *value = plan->value, lanes = plan->isa->lanes;
    text_format(text, "split keys, at most %d queries, ", value[PLAN_APPEND]);
    if (definition->v_in_k)
        text_put(text, "one at a time as in decode");
    else
        text_format(text, "scores lanes=keys %d rows x %d keys, o lanes=d_v %d rows x %d, %d of %d registers", value[PLAN_APPEND_ROWS],
                    value[PLAN_APPEND_VECTORS] * lanes, value[PLAN_APPEND_ROWS], value[PLAN_APPEND_COLUMNS] * lanes,
                    plan->append_registers, plan->isa->registers);
}
