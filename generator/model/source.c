#include "../base/file.h"
#include "source.h"

/* The same latent attention in the other form has other sizes: `other` becomes what that would be. */
static const struct definition *shape_in_form(const struct definition *own, const struct definition *weights, struct definition *other)
{
    if (weights->mla.form == MLA_NONE || own->v_in_k == weights->v_in_k)
        return weights;
    *other = *weights;
    other->mla.form = own->v_in_k ? MLA_ABSORBED : MLA_NAIVE;
    definition_use_mla(other);
    return other;
}

/* The ranks are the weights' own too, where both say them. */
static bool ranks_agree(const struct definition *own, const struct definition *weights, const char *folder, struct report *report)
{
    const struct { const char *name; int own, weights; } ranks[] = {
        { "kv_rank", own->mla.kv_rank, weights->mla.kv_rank }, { "nope", own->mla.nope, weights->mla.nope },
        { "rope", own->mla.rope, weights->mla.rope },          { "v", own->mla.v, weights->mla.v }
    };
    if (own->mla.form == MLA_NONE || weights->mla.form == MLA_NONE)
        return true;
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (ranks[i].own != ranks[i].weights) {
            report_error(report, own->where, "attention %s: mla.%s is %d; the weights of %s have %d", own->name, ranks[i].name,
                         ranks[i].own, folder, ranks[i].weights);
            return false;
        }
    return true;
}

/* Heads and sizes are the weights' own: a config says what happens between them. */
static bool shape_agrees(const struct definition *own, const struct definition *weights, const char *folder, struct report *report)
{
    struct definition other;
    if (!ranks_agree(own, weights, folder, report))
        return false;
    weights = shape_in_form(own, weights, &other);
    const struct { const char *name; int own, weights; } shapes[] = {
        { "heads", own->heads, weights->heads }, { "kv_heads", own->kv_heads, weights->kv_heads },
        { "d_k", own->d_k, weights->d_k },       { "d_v", own->d_v, weights->d_v }
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].own != shapes[i].weights) {
            report_error(report, own->where, "attention %s: %s is %d; the weights of %s have %d", own->name, shapes[i].name,
                         shapes[i].own, folder, shapes[i].weights);
            return false;
        }
    return true;
}

/* Layer by layer; without layers a model has one definition for all. */
static bool shapes_agree(const struct source *source, const struct catalog *catalog, struct arena *arena, struct report *report)
{
    const struct model *own = &source->model;
    struct model weights;
    if (!family_model(&weights, &source->family, catalog, arena, report))
        return false;
    if (own->layer_count != 0 && own->layer_count != weights.layer_count)
        return true;                 /* run says so: other verbs need no weights */
    for (int i = 0; i < weights.layer_count; i++)
        if (!shape_agrees(&own->definitions[own->layer_count == 0 ? 0 : own->layers[i]],
                          &weights.definitions[weights.layers[i]], source->family.folder, report))
            return false;
    return true;
}

bool source_read(struct source *source, const char *input, const struct catalog *catalog,
                 struct arena *arena, struct report *report)
{
    *source = (struct source){ .has_family = family_takes(input) };
    if (source->has_family)
        return family_read(&source->family, input, catalog, arena, report)
            && family_model(&source->model, &source->family, catalog, arena, report);
    if (!definition_read_file(&source->model, input, catalog, arena, report))
        return false;
    source->has_family = source->model.weights != NULL;
    if (!source->has_family)
        return true;
    const char *folder = file_beside(input, source->model.weights, arena);
    return family_read(&source->family, folder, catalog, arena, report) && shapes_agree(source, catalog, arena, report);
}
