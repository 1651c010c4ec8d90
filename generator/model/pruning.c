/*
** Three walks over the steps: forwards for the widths, backwards for the columns that somebody reads, and forwards again
** to write the steps anew. A product leaves rows of its weight out where its out has columns that nobody reads, and
** columns where those of its in were left out before; a slice goes by what is left. Other steps take whole rows.
*/
#include "pruning.h"

#include <string.h>

#include "tree.h"

/* Columns of an activation that has `width` of them; NULL: all. */
struct columns { int64_t width; bool *has; };

/* What is known of an activation at a step. */
struct activation { const char *name; int64_t width; const struct columns *columns; };

/* What the functions below share. */
struct pruning {
    const struct model *model;
    struct arena *arena;
    struct activation *activations;
    int activation_count;
    int64_t *in_widths, *out_widths;        /* (steps): of what a step reads as in, and writes */
    const struct columns **needed;          /* (steps): of what it writes; NULL: all */
    struct value *list;                     /* the new steps */
};

int64_t step_layer(const struct value *step)
{
    const struct value *layer = value_field(step, "layer");
    return layer != NULL && layer->kind == VALUE_INTEGER ? layer->integer : -1;
}

const struct definition *layer_definition(const struct model *model, int64_t layer)
{
    return &model->definitions[model->layer_count == 0 ? 0 : model->layers[layer]];
}

static const char *step_text(const struct value *step, const char *field)
{
    const struct value *value = value_field(step, field);
    return value != NULL && value->kind == VALUE_TEXT ? value->text : NULL;
}

static int64_t step_integer(const struct value *step, const char *field, int64_t otherwise)
{
    const struct value *value = value_field(step, field);
    return value != NULL && value->kind == VALUE_INTEGER ? value->integer : otherwise;
}

static bool step_is(const struct value *step, const char *operation)
{
    return strcmp(step_text(step, "op"), operation) == 0;
}

/* Of the whole row, not of each of its groups. */
static bool step_is_product(const struct value *step)
{
    return (step_is(step, "linear") || step_is(step, "linear_transposed")) && value_field(step, "groups") == NULL;
}

/* A new one where there is none of the name. */
static struct activation *activation_at(struct pruning *p, const char *name)
{
    for (int i = 0; i < p->activation_count; i++)
        if (strcmp(p->activations[i].name, name) == 0)
            return &p->activations[i];
    p->activations[p->activation_count] = (struct activation){ .name = name };
    return &p->activations[p->activation_count++];
}

/* Columns ---------------------------------------------------------------------------------------- */

static struct columns *columns_make(int64_t width, struct arena *arena)
{
    struct columns *columns = arena_alloc(arena, 1, sizeof *columns);
    *columns = (struct columns){ width, arena_alloc(arena, (size_t)width, sizeof(bool)) };
    return columns;
}

static int64_t columns_count(const struct columns *columns)
{
    int64_t count = 0;
    for (int64_t i = 0; i < columns->width; i++)
        count += columns->has[i];
    return count;
}

static bool columns_equal(const struct columns *a, const struct columns *b)
{
    return a->width == b->width && memcmp(a->has, b->has, (size_t)a->width) == 0;
}

/* Those of these heads, of `all` with d columns each. */
static const struct columns *columns_of_heads(const int *head, int heads, int all, int d, struct arena *arena)
{
    struct columns *columns = columns_make((int64_t)all * d, arena);
    for (int i = 0; i < heads; i++)
        memset(columns->has + (int64_t)head[i] * d, true, (size_t)d);
    return columns;
}

/* How many columns are there, then how many are not, and so on in turns. */
static struct value *columns_runs(const struct columns *columns, struct arena *arena)
{
    struct value *runs = tree_table(arena);
    bool there = true;
    for (int64_t i = 0, start = 0; i <= columns->width; i++)
        if (i == columns->width || columns->has[i] != there) {
            tree_append(runs, tree_integer(i - start, arena), arena);
            start = i;
            there = !there;
        }
    return runs;
}

/* Of those stored, the ones that are wanted: columns of what is stored. Stored: NULL for all. */
static const struct columns *columns_within(const struct columns *stored, const struct columns *wanted, struct arena *arena)
{
    if (stored == NULL)
        return wanted;
    struct columns *within = columns_make(columns_count(stored), arena);
    for (int64_t i = 0, place = 0; i < stored->width; i++)
        if (stored->has[i])
            within->has[place++] = wanted->has[i];
    return within;
}

/* The columns of a slice's in that become these of its out; NULL: all of out. */
static const struct columns *columns_of_slice(const struct value *step, int64_t in_width, const struct columns *out,
                                              struct arena *arena)
{
    const int64_t groups = step_integer(step, "groups", 1), offset = step_integer(step, "offset", 0);
    const int64_t part = in_width / groups, width = step_integer(step, "width", 0) / groups;
    struct columns *columns = columns_make(in_width, arena);
    for (int64_t i = 0; i < groups * width; i++)
        columns->has[i / width * part + offset + i % width] = out == NULL || out->has[i];
    return columns;
}

/* Attention -------------------------------------------------------------------------------------- */

/* What an attention step reads and writes of heads. */
static const struct { const char *field; bool keys, values; } sides[] = {
    { "q", false, false }, { "k", true, false }, { "v", true, true }, { "out", false, true }
};

enum {
    SIDES       = sizeof sides / sizeof sides[0],
    SIDES_IN    = SIDES - 1,
    STEP_NAMES  = SIDES + 3                /* most activations that a step names: in, with and array besides */
};

/* The columns that are left of a side of a pruned attention; NULL where none was pruned, or the step is another. */
static const struct columns *columns_left(const struct pruning *p, const struct value *step, int side)
{
    if (step_layer(step) < 0)
        return NULL;
    const struct definition *definition = layer_definition(p->model, step_layer(step));
    const struct kept *kept = &definition->kept;
    if (kept->head == NULL)
        return NULL;
    return columns_of_heads(sides[side].keys ? kept->kv_head : kept->head, sides[side].keys ? kept->kv_heads : kept->heads,
                            sides[side].keys ? definition->kv_heads : definition->heads,
                            sides[side].values ? definition->d_v : definition->d_k, p->arena);
}

static bool model_is_pruned(const struct model *model)
{
    for (int i = 0; i < model->definition_count; i++)
        if (model->definitions[i].kept.head != NULL)
            return true;
    return false;
}

/* Widths, forwards ------------------------------------------------------------------------------- */

static int64_t out_width(struct pruning *p, const struct value *step)
{
    if (step_layer(step) >= 0) {
        const struct definition *definition = layer_definition(p->model, step_layer(step));
        return (int64_t)definition->heads * definition->d_v;
    }
    const char *in = step_text(step, "in"), *with = step_text(step, "with");
    const int64_t width = in == NULL ? 0 : activation_at(p, in)->width;
    if (step_is(step, "join"))
        return width + activation_at(p, with)->width;
    return step_integer(step, "width", width * step_integer(step, "times", 1));
}

static void find_widths(struct pruning *p, const struct value *steps)
{
    for (int i = 0; i < steps->item_count; i++) {
        const char *in = step_text(steps->items[i], "in"), *out = step_text(steps->items[i], "out");
        p->in_widths[i] = in == NULL ? 0 : activation_at(p, in)->width;
        if (out != NULL)
            activation_at(p, out)->width = p->out_widths[i] = out_width(p, steps->items[i]);
    }
}

/* What is read, backwards ------------------------------------------------------------------------ */

/* Somebody reads these columns; NULL: all of them. */
static void need(struct pruning *p, const char *name, const struct columns *columns)
{
    struct activation *activation = activation_at(p, name);
    const struct columns *before = activation->columns;
    if (before == NULL || columns == NULL) {
        activation->columns = NULL;
        return;
    }
    struct columns *both = columns_make(before->width, p->arena);
    for (int64_t i = 0; i < before->width; i++)
        both->has[i] = before->has[i] || columns->has[i];
    activation->columns = both;
}

/* Nobody reads what is there before the step that writes it, nor what is left behind the last step, but for the output. */
static void need_nothing(struct activation *activation, int64_t width, struct arena *arena)
{
    activation->columns = columns_make(width, arena);
}

static void find_need(struct pruning *p, const struct value *step, int index)
{
    const char *in = step_text(step, "in"), *out = step_text(step, "out");
    const char *const whole[] = { step_text(step, "with"), step_text(step, "array") };
    if (out != NULL) {
        const struct columns *columns = activation_at(p, out)->columns;
        p->needed[index] = columns != NULL && columns_count(columns) > 0 ? columns : NULL;      /* none: the output */
        need_nothing(activation_at(p, out), p->out_widths[index], p->arena);
    }
    for (int side = 0; side < SIDES_IN; side++)
        if (step_text(step, sides[side].field) != NULL)
            need(p, step_text(step, sides[side].field), columns_left(p, step, side));
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (whole[i] != NULL)
            need(p, whole[i], NULL);
    if (in != NULL)
        need(p, in, step_is(step, "slice") && p->needed[index] != NULL
                    ? columns_of_slice(step, p->in_widths[index], p->needed[index], p->arena) : NULL);
}

/* The steps anew, forwards ----------------------------------------------------------------------- */

/* The step, with another value of one field. */
static struct value *step_with(const struct value *step, const char *name, struct value *value, struct arena *arena)
{
    struct value *copy = tree_table(arena);
    bool found = false;
    for (int i = 0; i < step->field_count; i++) {
        const bool same = strcmp(step->fields[i].name, name) == 0;
        tree_set(copy, step->fields[i].name, same ? value : step->fields[i].value, arena);
        found = found || same;
    }
    return found ? copy : tree_set(copy, name, value, arena);
}

/* A step that takes columns out of an activation, or puts them back into their places: `out` is a new name. */
static void put_columns(struct pruning *p, const char *operation, const char *in, const char *out, const struct columns *columns)
{
    struct value *step = tree_table(p->arena);
    tree_set(step, "op", tree_text(operation, p->arena), p->arena);
    tree_set(step, "in", tree_text(in, p->arena), p->arena);
    tree_set(step, "out", tree_text(out, p->arena), p->arena);
    tree_append(p->list, tree_set(step, "columns", columns_runs(columns, p->arena), p->arena), p->arena);
}

/* A product: rows of its weight that nobody reads, and columns of what was left out before, are left out. */
static void put_product(struct pruning *p, struct value *step, const struct columns *needed)
{
    const struct columns *stored = activation_at(p, step_text(step, "in"))->columns;
    if (stored != NULL)
        step = step_with(step, "left_columns", columns_runs(stored, p->arena), p->arena);
    if (needed != NULL)
        step = step_with(step, "left_rows", columns_runs(needed, p->arena), p->arena);
    tree_append(p->list, step, p->arena);
}

/* A slice of which not all is read, or whose in has not all: a selection of columns. */
static void put_slice(struct pruning *p, const struct value *step, int64_t in_width, const struct columns *needed)
{
    const struct columns *stored = activation_at(p, step_text(step, "in"))->columns;
    const struct columns *wanted = columns_of_slice(step, in_width, needed, p->arena);
    put_columns(p, "select", step_text(step, "in"), step_text(step, "out"), columns_within(stored, wanted, p->arena));
}

/* The name of the activation with exactly the columns that an attention's side reads. */
static const char *put_side(struct pruning *p, const char *field, const char *name, const struct columns *left)
{
    const struct columns *stored = activation_at(p, name)->columns;
    if (left == NULL || (stored != NULL && columns_equal(stored, left)))
        return name;
    const char *selected = arena_format(p->arena, "%s_left", field);
    put_columns(p, "select", name, selected, columns_within(stored, left, p->arena));
    return selected;
}

static void put_attention(struct pruning *p, struct value *step)
{
    for (int side = 0; side < SIDES_IN; side++) {
        const char *field = sides[side].field, *name = step_text(step, field);
        if (name != NULL)
            step = step_with(step, field, tree_text(put_side(p, field, name, columns_left(p, step, side)), p->arena), p->arena);
    }
    tree_append(p->list, step, p->arena);
}

/* Another step: what it reads has all columns again, zeros for those left out. */
static void put_other(struct pruning *p, struct value *step)
{
    static const char *const fields[] = { "in", "with" };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *name = step_text(step, fields[i]);
        const struct columns *stored = name == NULL ? NULL : activation_at(p, name)->columns;
        if (stored == NULL)
            continue;
        const char *whole = arena_format(p->arena, "%s_whole", name);
        put_columns(p, "spread", name, whole, stored);
        step = step_with(step, fields[i], tree_text(whole, p->arena), p->arena);
    }
    tree_append(p->list, step, p->arena);
}

static void put_step(struct pruning *p, struct value *step, int index)
{
    const char *in = step_text(step, "in"), *out = step_text(step, "out");
    const bool product = step_is_product(step), slice = step_is(step, "slice");
    const struct columns *needed = product || slice ? p->needed[index] : columns_left(p, step, SIDES_IN);
    if (product)
        put_product(p, step, needed);
    else if (slice && (needed != NULL || activation_at(p, in)->columns != NULL))
        put_slice(p, step, p->in_widths[index], needed);
    else if (step_layer(step) >= 0)
        put_attention(p, step);
    else
        put_other(p, step);
    if (out != NULL)
        activation_at(p, out)->columns = needed;
}

struct value *pruned_steps(struct value *steps, const struct model *model, struct arena *arena)
{
    const size_t count = (size_t)steps->item_count;
    struct pruning p = { .model = model, .arena = arena };
    if (!model_is_pruned(model))
        return steps;
    p.activations = arena_alloc(arena, STEP_NAMES * count, sizeof *p.activations);
    p.in_widths = arena_alloc(arena, count, sizeof *p.in_widths);
    p.out_widths = arena_alloc(arena, count, sizeof *p.out_widths);
    p.needed = arena_alloc(arena, count, sizeof *p.needed);
    p.list = tree_table(arena);
    find_widths(&p, steps);
    for (int i = 0; i < p.activation_count; i++)
        need_nothing(&p.activations[i], p.activations[i].width, arena);
    for (int i = steps->item_count - 1; i >= 0; i--)
        find_need(&p, steps->items[i], i);
    for (int i = 0; i < p.activation_count; i++)
        p.activations[i].columns = NULL;
    for (int i = 0; i < steps->item_count; i++)
        put_step(&p, steps->items[i], i);
    return p.list;
}
