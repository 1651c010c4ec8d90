/*
** What templates see of a model's layers: in words for each definition, and as the rows of a table.
*/
#include "emission.h"

enum { ROWS = 8 };      /* on a line */

/* "Layers 0-3, 5."; nothing where the config does not say. */
static const char *layers_text(const struct emission *e, int definition)
{
    struct text text = text_start(e->arena);
    if (e->model->layer_count == 0)
        return "";
    text_put(&text, "Layers ");
    model_layers_print(&text, e->model, definition);
    text_put(&text, ".");
    return text.data;
}

/* { 0, 0 }, { 1, 1 }, { 0, 0 }: of each layer its definition, and the layer whose cache it reads. */
static const char *layer_rows(const struct emission *e)
{
    const struct model *model = e->model;
    struct text text = text_start(e->arena);
    for (int i = 0; i < model->layer_count; i++)
        text_format(&text, "%s{ %d, %d }", i == 0 ? "" : i % ROWS == 0 ? ",\n    " : ", ", model->layers[i], model->cache_of[i]);
    return text.length > 0 ? text.data : "";
}

void emission_set_layers(struct emission *e)
{
    const char **words = arena_alloc(e->arena, (size_t)e->model->definition_count + 1, sizeof *words);
    for (int i = 0; i < e->model->definition_count; i++)
        words[i] = layers_text(e, i);
    template_set_list(&e->values, "LAYERS", words);
    template_set_integer(&e->values, "LAYER_COUNT", e->model->layer_count);
    template_set_text(&e->values, "LAYER_ROWS", layer_rows(e));
}
