#include <stdio.h>
#include <string.h>

#include "../emit/emission.h"
#include "../model/json.h"
#include "../model/source.h"
#include "../model/tree.h"
#include "../plan/plan.h"
#include "explain.h"
#include "explain_choice.h"
#include "explain_sight.h"
#include "explain_tile.h"

/* Lengths at which the tiles are counted. */
static const int64_t sample_tokens[] = { 128, 1024, 4096 };

enum {
    SAMPLES = sizeof sample_tokens / sizeof sample_tokens[0],
    SHOWN_ITEMS = 4,     /* of a list */
    NAME_WIDTH = 14      /* least, of a choice */
};

/* The plan of a phase in one line. */
static const struct {
    const char *phase;
    void (*print)(struct text *text, const struct plan *plan, const struct definition *definition);
} phases[] = {
    { "prefill", plan_print_prefill },
    { "decode",  plan_print_decode },
    { "append",  plan_print_append },
};

enum { PHASES = sizeof phases / sizeof phases[0] };

struct explanation {
    const struct model *model;
    const struct emission *emission;         /* the targets */
    const struct plan *plans;                /* (definitions, targets); without isa where the target is for others */
    struct arena *arena;
    struct text text;                        /* what is printed */
};

static const char *plan_line(const struct explanation *e, const struct plan *plan, const struct definition *definition,
                             int phase)
{
    struct text line = text_start(e->arena);
    phases[phase].print(&line, plan, definition);
    return line.data;
}

static const struct plan *plan_of(const struct explanation *e, int definition, int target)
{
    return &e->plans[definition * e->emission->target_count + target];
}

/* The plan whose tiles are counted: of the target that needs most, the last. */
static const struct plan *plan_counted(const struct explanation *e, int definition)
{
    int target = e->emission->target_count - 1;
    while (plan_of(e, definition, target)->isa == NULL)
        target--;
    return plan_of(e, definition, target);
}

static bool plans_choose(struct explanation *e)
{
    const int targets = e->emission->target_count, count = e->model->definition_count * targets;
    struct plan *plans = arena_alloc(e->arena, (size_t)count, sizeof *plans);
    for (int i = 0; i < count; i++) {
        const struct definition *definition = &e->model->definitions[i / targets];
        const struct descriptor *isa = e->emission->targets[i % targets];
        if (emission_target_fits(isa, definition) && !emission_choose_plan(e->emission, &plans[i], definition, isa))
            return false;
    }
    e->plans = plans;
    return true;
}

/* As text ------------------------------------------------------------------------------------ */

/* Lists are of numbers; long ones show their start. */
static const char *list_text(const struct explanation *e, const struct value *list)
{
    struct text text = text_start(e->arena);
    for (int i = 0; i < list->item_count && i < SHOWN_ITEMS; i++)
        text_format(&text, "%s%.4g", i > 0 ? ", " : "", list->items[i]->number);
    text_put(&text, list->item_count > SHOWN_ITEMS ? ", ..." : "");
    return text.data;
}

static const char *choice_text(const struct explanation *e, const struct value *value)
{
    struct text text = text_start(e->arena);
    if (value->kind == VALUE_TEXT)
        return value->text;
    if (value->kind == VALUE_BOOLEAN)
        return value->boolean ? "true" : "false";
    if (value->kind == VALUE_TABLE)
        return list_text(e, value);
    text_number(&text, value->number);
    return text.data;
}

static void print_choices(struct explanation *e, const struct choices *choices)
{
    int width = NAME_WIDTH;
    for (int i = 0; i < choices->count; i++)
        if ((int)strlen(choices->list[i].name) > width)
            width = (int)strlen(choices->list[i].name);
    for (int i = 0; i < choices->count; i++) {
        const struct choice *choice = &choices->list[i];
        text_format(&e->text, "  %-*s %-28s %s\n", width, choice->name, choice_text(e, choice->value), choice->words);
    }
}

static void print_plans(struct explanation *e, int index)
{
    for (int i = 0; i < e->emission->target_count; i++) {
        const struct plan *plan = plan_of(e, index, i);
        for (int phase = 0; phase < PHASES && plan->isa != NULL; phase++)
            text_format(&e->text, "  %-8s %-8s %s\n", plan->isa->name, phases[phase].phase,
                        plan_line(e, plan, &e->model->definitions[index], phase));
        if (plan->isa == NULL)
            continue;
        text_format(&e->text, "  %-8s --plan   ", plan->isa->name);
        plan_print_parameters(&e->text, plan);
        text_put(&e->text, "\n");
    }
}

static void print_tiles(struct explanation *e, int index)
{
    const struct definition *definition = &e->model->definitions[index];
    const struct plan *plan = plan_counted(e, index);
    const int queries = plan->value[PLAN_QUERIES], keys = plan->value[PLAN_TILE];
    text_format(&e->text, "\n  tiles of %d queries x %d keys\n"
                "  tokens   empty    full   mixed   keys walked   by decode\n", queries, keys);
    for (int i = 0; i < SAMPLES; i++) {
        struct tile_shares shares = tile_shares_count(definition, queries, keys, sample_tokens[i]);
        text_format(&e->text, "  %6lld %5.1f %% %5.1f %% %5.1f %%       %5.1f %%   %9lld\n",
                    (long long)sample_tokens[i], 100 * shares.empty, 100 * shares.full, 100 * shares.mixed,
                    100 * shares.walked, (long long)shares.decode);
    }
    text_put(&e->text, "\n");
    sight_print(&e->text, definition, queries, keys);
}

static void print_definition(struct explanation *e, int index)
{
    const struct definition *definition = &e->model->definitions[index];
    struct choices choices;
    choices_collect(&choices, definition, e->arena);
    text_format(&e->text, "\n%s", definition->name);
    text_put(&e->text, e->model->layer_count > 0 ? ", layers " : "");
    model_layers_print(&e->text, e->model, index);
    text_format(&e->text, "\n  %s\n\n", definition->line);
    print_choices(e, &choices);
    print_tiles(e, index);
    print_plans(e, index);
}

static void print_model(struct explanation *e)
{
    const struct model *model = e->model;
    text_format(&e->text, "%s: %d definition%s", model->name, model->definition_count,
                model->definition_count == 1 ? "" : "s");
    if (model->layer_count > 0)
        text_format(&e->text, ", %d layers", model->layer_count);
    text_put(&e->text, "\n");
    for (int i = 0; i < model->definition_count; i++)
        print_definition(e, i);
}

/* As JSON ------------------------------------------------------------------------------------ */

/* The layers of a definition, and (caches) for each the layer whose cache it reads. */
static struct value *layers_tree(const struct explanation *e, int definition, bool caches)
{
    struct value *list = tree_table(e->arena);
    for (int i = 0; i < e->model->layer_count; i++)
        if (e->model->layers[i] == definition)
            tree_append(list, tree_integer(caches ? e->model->cache_of[i] : i, e->arena), e->arena);
    return list;
}

static struct value *tiles_tree(const struct explanation *e, int index)
{
    const struct definition *definition = &e->model->definitions[index];
    const struct plan *plan = plan_counted(e, index);
    const int queries = plan->value[PLAN_QUERIES], keys = plan->value[PLAN_TILE];
    struct value *list = tree_table(e->arena);
    for (int i = 0; i < SAMPLES; i++) {
        struct tile_shares shares = tile_shares_count(definition, queries, keys, sample_tokens[i]);
        struct value *tile = tree_table(e->arena);
        tree_set(tile, "tokens", tree_integer(sample_tokens[i], e->arena), e->arena);
        tree_set(tile, "queries", tree_integer(queries, e->arena), e->arena);
        tree_set(tile, "keys", tree_integer(keys, e->arena), e->arena);
        tree_set(tile, "empty", tree_number(shares.empty, e->arena), e->arena);
        tree_set(tile, "full", tree_number(shares.full, e->arena), e->arena);
        tree_set(tile, "mixed", tree_number(shares.mixed, e->arena), e->arena);
        tree_set(tile, "walked", tree_number(shares.walked, e->arena), e->arena);
        tree_set(tile, "decode_keys", tree_integer(shares.decode, e->arena), e->arena);
        tree_append(list, tile, e->arena);
    }
    return list;
}

static struct value *definition_tree(const struct explanation *e, int index)
{
    const struct definition *definition = &e->model->definitions[index];
    struct value *tree = tree_table(e->arena);
    struct choices choices;
    choices_collect(&choices, definition, e->arena);
    for (int i = 0; i < choices.count; i++)
        tree_set(tree, choices.list[i].name, choices.list[i].value, e->arena);
    tree_set(tree, "name", tree_text(definition->name, e->arena), e->arena);
    tree_set(tree, "line", tree_text(definition->line, e->arena), e->arena);
    tree_set(tree, "layers", layers_tree(e, index, false), e->arena);
    tree_set(tree, "cache_of", layers_tree(e, index, true), e->arena);
    const struct plan *plan = plan_counted(e, index);
    const int queries = plan->value[PLAN_QUERIES], keys = plan->value[PLAN_TILE];
    tree_set(tree, "tiles", tiles_tree(e, index), e->arena);
    tree_set(tree, "sees", sight_queries_tree(definition, e->arena), e->arena);
    tree_set(tree, "proofs", sight_proofs_tree(definition, queries, keys, e->arena), e->arena);
    return tree;
}

static struct value *parameters_tree(const struct explanation *e, const struct plan *plan)
{
    struct value *tree = tree_table(e->arena);
    for (enum plan_parameter i = 0; i < PLAN_PARAMETERS; i++)
        tree_set(tree, plan_parameter_name(i), tree_integer(plan->value[i], e->arena), e->arena);
    return tree;
}

static void kernels_append(const struct explanation *e, struct value *list, int index)
{
    const struct definition *definition = &e->model->definitions[index];
    for (int i = 0; i < e->emission->target_count; i++) {
        const struct plan *plan = plan_of(e, index, i);
        for (int phase = 0; phase < PHASES && plan->isa != NULL; phase++) {
            struct value *kernel = tree_table(e->arena);
            tree_set(kernel, "definition", tree_text(definition->name, e->arena), e->arena);
            tree_set(kernel, "target", tree_text(plan->isa->name, e->arena), e->arena);
            tree_set(kernel, "phase", tree_text(phases[phase].phase, e->arena), e->arena);
            tree_set(kernel, "plan", tree_text(plan_line(e, plan, definition, phase), e->arena), e->arena);
            tree_set(kernel, "parameters", parameters_tree(e, plan), e->arena);
            tree_append(list, kernel, e->arena);
        }
    }
}

static void print_json(struct explanation *e)
{
    struct value *tree = tree_table(e->arena), *definitions = tree_table(e->arena), *kernels = tree_table(e->arena);
    for (int i = 0; i < e->model->definition_count; i++) {
        tree_append(definitions, definition_tree(e, i), e->arena);
        kernels_append(e, kernels, i);
    }
    tree_set(tree, "name", tree_text(e->model->name, e->arena), e->arena);
    tree_set(tree, "definitions", definitions, e->arena);
    tree_set(tree, "kernels", kernels, e->arena);
    json_write(&e->text, tree);
}

int verb_explain(const struct options *options)
{
    struct source source;
    struct emit_options emit;
    struct emission emission = { .model = &source.model, .catalog = &options->catalog, .arena = options->arena, .report = options->report };
    struct explanation explanation = { &source.model, &emission, NULL, options->arena, text_start(options->arena) };
    if (!tuned_options(&emit, options)
        || !source_read(&source, options->input, &options->catalog, options->arena, options->report)
        || !emission_choose_targets(&emission, emit.targets)
        || !plan_request_read(&emission.request, emit.plan, (struct where){ NULL, 0 }, options->report))
        return 2;
    emission.plan = emit.plan;
    emission.tuned = emit.tuned;
    if (!plans_choose(&explanation))
        return 2;
    if (options->text[OPTION_JSON] != NULL)
        print_json(&explanation);
    else
        print_model(&explanation);
    return fwrite(explanation.text.data, 1, explanation.text.length, stdout) == explanation.text.length ? 0 : 2;
}
