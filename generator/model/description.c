#include <string.h>

#include "description.h"
#include "json.h"
#include "pruning.h"
#include "tree.h"

static struct value *describe_attentions(const struct model *model, struct arena *arena)
{
    struct value *table = tree_table(arena);
    for (int i = 0; i < model->definition_count; i++)
        tree_set(table, model->definitions[i].name, tree_text(model->definitions[i].line, arena), arena);
    return table;
}

/*
** The steps that the model walks: those that a form of latent attention has stand in lists, of which a layer takes the one
** that its definition asks for.
*/
static const struct value *steps_chosen(const struct value *steps, const struct model *model, struct arena *arena)
{
    struct value *list = tree_table(arena);
    for (int i = 0; steps != NULL && i < steps->item_count; i++) {
        struct value *step = steps->items[i];
        const struct value *form = value_field(step, "form"), *inner = value_field(step, "steps");
        if (form == NULL) {
            tree_append(list, step, arena);
            continue;
        }
        const bool absorbed = layer_definition(model, step_layer(step))->v_in_k;
        for (int j = 0; strcmp(form->text, absorbed ? "absorbed" : "naive") == 0 && j < inner->item_count; j++)
            tree_append(list, inner->items[j], arena);
    }
    return list;
}

/* The step; one of attention with the name of its layer's definition, and of sinks only where that has some. */
static struct value *describe_step(struct value *step, const struct model *model, struct arena *arena)
{
    int64_t layer = step_layer(step);
    if (layer < 0)
        return step;
    struct value *copy = tree_table(arena);
    for (int i = 0; i < step->field_count; i++)
        if (strcmp(step->fields[i].name, "sink") != 0 || layer_definition(model, layer)->sink == SINK_PER_HEAD)
            tree_set(copy, step->fields[i].name, step->fields[i].value, arena);
    return tree_set(copy, "attention", tree_text(layer_definition(model, layer)->name, arena), arena);
}

/* One more than the last layer of the steps; least without any. */
static int64_t steps_layers(const struct value *steps, int64_t least)
{
    for (int i = 0; steps != NULL && i < steps->item_count; i++)
        least = step_layer(steps->items[i]) >= least ? step_layer(steps->items[i]) + 1 : least;
    return least;
}

/* The steps of the encoder, or NULL. */
static const struct value *encoder_steps(const struct value *rules)
{
    const struct value *encoder = value_field(rules, "encoder");
    return encoder == NULL ? NULL : value_field(encoder, "steps");
}

/* The config and the folder must agree on the number of layers. */
static bool layers_agree(const struct source *source, struct report *report)
{
    const struct model *model = &source->model;
    const struct value *rules = source->family.rules;
    int64_t count = steps_layers(encoder_steps(rules), steps_layers(value_field(rules, "steps"), 0));
    if (model->layer_count == 0 || model->layer_count == count)
        return true;
    report_error(report, (struct where){ model->file, 0 }, "has %d layers, but %s has %lld", model->layer_count,
                 source->family.config, (long long)count);
    return false;
}

/* Whether each step whose attention has a sink of each head names a weight for them. */
static bool sinks_are_named(const struct source *source, const struct value *steps, struct report *report)
{
    for (int i = 0; steps != NULL && i < steps->item_count; i++) {
        const struct value *step = steps->items[i];
        if (step_layer(step) < 0 || value_field(step, "q") == NULL || value_field(step, "sink") != NULL)
            continue;
        const struct definition *definition = layer_definition(&source->model, step_layer(step));
        if (definition->sink != SINK_PER_HEAD)
            continue;
        report_error(report, definition->where, "attention %s: sink is per_head; %s names no weights for it, so that only emit and "
                     "check can have it", definition->name, source->family.file);
        return false;
    }
    return true;
}

static struct value *describe_steps(const struct value *steps, const struct model *model, struct arena *arena)
{
    struct value *list = tree_table(arena);
    for (int i = 0; i < steps->item_count; i++)
        tree_append(list, describe_step(steps->items[i], model, arena), arena);
    return pruned_steps(list, model, arena);
}

static struct value *describe_encoder(const struct value *encoder, const struct model *model, struct arena *arena)
{
    struct value *table = tree_table(arena);
    tree_set(table, "context", value_field(encoder, "context"), arena);
    tree_set(table, "vocab", value_field(encoder, "vocab"), arena);
    return tree_set(table, "steps", describe_steps(value_field(encoder, "steps"), model, arena), arena);
}

bool description_print(struct text *text, const struct source *source, struct report *report)
{
    static const char *const copied[] = { "context", "vocab", "bos", "eos", "prefixes", "output" };
    const struct value *rules = source->family.rules;
    const struct value *bidirectional = value_field(rules, "bidirectional");
    struct arena *arena = text->arena;
    if (!layers_agree(source, report))
        return false;
    const struct value *steps = steps_chosen(value_field(rules, "steps"), &source->model, arena);
    if (!sinks_are_named(source, encoder_steps(rules), report)
        || !sinks_are_named(source, steps, report))
        return false;
    struct value *description = tree_table(arena);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
        tree_set(description, copied[i], value_field(rules, copied[i]), arena);
    tree_set(description, "name", tree_text(source->model.name, arena), arena);
    tree_set(description, "causal", tree_boolean(bidirectional == NULL || !bidirectional->boolean, arena), arena);
    tree_set(description, "attentions", describe_attentions(&source->model, arena), arena);
    if (encoder_steps(rules) != NULL)
        tree_set(description, "encoder", describe_encoder(value_field(rules, "encoder"), &source->model, arena), arena);
    tree_set(description, "steps", describe_steps(steps, &source->model, arena), arena);
    json_write(text, description);
    return true;
}
