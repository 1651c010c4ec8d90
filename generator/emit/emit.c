/*
** Emission: the order of the emitted file, and its digest. What a kernel looks like stands in
** templates/; which numbers it has, in plan.c.
*/
#include "emit.h"

#include <stdio.h>
#include <string.h>

#include "../base/file.h"
#include "../compile/binary.h"
#include "../compile/code_bound.h"
#include "../compile/compile.h"
#include "../model/source.h"
#include "emission.h"

bool emission_render_text(struct emission *e, struct text *out, const char *text, size_t length, struct where where)
{
    const struct template_source source = { text, length, where };
    return template_render(out, &source, &e->values, e->report);
}

bool emission_render(struct emission *e, struct text *out, const char *name)
{
    size_t length;
    const char *text = catalog_file(e->catalog, name, &length, e->arena);
    const struct where where = { arena_format(e->arena, "templates/%s", name), 1 };
    if (text == NULL) {
        report_error(e->report, where, "this template is missing");
        return false;
    }
    return emission_render_text(e, out, text, length, where);
}

bool emission_render_code(struct emission *e, struct text *out, const struct descriptor *descriptor)
{
    const struct where where = { descriptor->where.file, descriptor->code_line };
    return emission_render_text(e, out, descriptor->code, strlen(descriptor->code), where);
}

bool emission_render_vector(struct emission *e, struct text *out, const struct descriptor *descriptor)
{
    const struct where where = { descriptor->where.file, descriptor->vector_line };
    return emission_render_text(e, out, descriptor->vector, strlen(descriptor->vector), where);
}

/* The code of a descriptor, as a value for the template that it stands in. */
static bool set_code(struct emission *e, const char *name, const struct descriptor *descriptor)
{
    struct text code = text_start(e->arena);
    if (!emission_render_code(e, &code, descriptor))
        return false;
    template_set_text(&e->values, name, code.data);
    return true;
}

/* What all targets share of a definition: the code of its norms, its position and its layout stands among the rest. */
static bool emit_definition(struct emission *e, const struct definition *definition)
{
    emission_set_definition(e, definition);
    if (!emission_set_norms(e, definition) || !set_code(e, "POSITION", definition->position)
        || !set_code(e, "LAYOUT", definition->layout))
        return false;
    return emission_render(e, &e->source, "softmax/definition.c.t") && emission_render(e, &e->source, "softmax/cache.c.t");
}

static bool emit_kernels(struct emission *e, const struct definition *definition, const struct descriptor *isa)
{
    static const char *const templates[] = {
        "softmax/target.c.t",
        "softmax/prefill_scores.c.t", "softmax/prefill_weights.c.t", "softmax/prefill_pairs.c.t", "softmax/prefill_cache.c.t",
        "softmax/decode_products.c.t", "softmax/decode_tail.c.t", "softmax/decode_tile.c.t", "softmax/decode.c.t",
        "softmax/prefill_values.c.t", "softmax/prefill.c.t", "softmax/outputs.c.t", "softmax/table.c.t"
    };
    struct plan plan;
    if (!emission_choose_plan(e, &plan, definition, isa))
        return false;
    emission_set_definition(e, definition);
    emission_set_plan(e, definition, &plan);
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        if (!emission_render(e, &e->source, templates[i]))
            return false;
    return true;
}

/* Whether some definition changes its scores, which takes functions that the rest does without. */
static bool model_scores(const struct model *model)
{
    for (int i = 0; i < model->definition_count; i++)
        if (definition_has_score(&model->definitions[i]))
            return true;
    return false;
}

/* A target's operations, then its kernels for each definition; left out where the machine is another. */
static bool emit_target(struct emission *e, const struct descriptor *isa)
{
    const bool guarded = isa->requires_machine[0] != '\0';
    emission_set_isa(e, isa);
    text_format(&e->source, "/* Target %s ", isa->name);
    for (size_t dashes = strlen(isa->name) + 11; dashes < 90; dashes++)
        text_put(&e->source, "-");
    text_put(&e->source, " */\n\n");
    if (guarded)
        text_format(&e->source, "#if defined(__%s__)\n\n", isa->requires_machine);
    if (isa->header[0] != '\0')
        text_format(&e->source, "#include <%s>\n\n", isa->header);
    if (!emission_render_code(e, &e->source, isa->base) || !emission_render_products(e, isa))
        return false;
    if (model_scores(e->model) && !emission_render(e, &e->source, "functions.c.t"))
        return false;
    if (emission_uses_arrays(e) && !emission_render(e, &e->source, "lanes.c.t"))
        return false;
    text_put(&e->source, "\n");
    if (!emission_render_types(e, true))
        return false;
    for (int i = 0; i < e->model->definition_count; i++)
        if (emission_target_fits(isa, &e->model->definitions[i]) && !emit_kernels(e, &e->model->definitions[i], isa))
            return false;
    if (guarded)
        text_put(&e->source, "#endif\n\n");
    return true;
}

/* Phases of all definitions on the targets that are for them. */
static int emission_kernels(const struct emission *e)
{
    int kernels = 0;
    for (int i = 0; i < e->model->definition_count * e->target_count; i++)
        kernels += 3 * emission_target_fits(e->targets[i % e->target_count], &e->model->definitions[i / e->target_count]);
    return kernels;
}

static bool emit_body(struct emission *e)
{
    if (!emission_render(e, &e->source, "common.c.t")
        || (emission_uses_arrays(e) && !emission_render(e, &e->source, "arrays.c.t"))
        || !emission_render_types(e, false) || !emission_render_computes(e))
        return false;
    for (int i = 0; i < e->model->definition_count; i++)
        if (!emit_definition(e, &e->model->definitions[i]))
            return false;
    for (int i = 0; i < e->target_count; i++)
        if (!emit_target(e, e->targets[i]))
            return false;
    return emission_render(e, &e->source, "run_all.c.t") && emission_names_agree(e)
        && emission_render(e, &e->source, "model.c.t");
}

static bool emit_header(struct emission *e, struct text *header)
{
    size_t length;
    const char *contract = catalog_file(e->catalog, "contract.h", &length, e->arena);
    if (contract == NULL) {
        const struct where where = { "templates/contract.h", 0 };
        report_error(e->report, where, "this file is missing");
        return false;
    }
    template_set_text(&e->values, "CONTRACT", contract);
    return emission_render(e, header, "model.h.t");
}

/* The head comment carries the digest of all that follows it, so it is rendered last. */
bool emit_model(struct emitted *emitted, const struct model *model, const struct catalog *catalog,
                const struct emit_options *options, struct arena *arena, struct report *report)
{
    struct emission *e = arena_alloc(arena, 1, sizeof *e);
    e->model = model;
    e->catalog = catalog;
    e->arena = arena;
    e->report = report;
    e->plan = options->plan;
    e->tuned = options->tuned;
    e->source = text_start(arena);
    e->plans = text_start(arena);
    struct text header = text_start(arena), source = text_start(arena);
    if (!emission_choose_targets(e, options->targets) || !plan_request_read(&e->request, options->plan, (struct where){ NULL, 0 }, report))
        return false;
    emission_set_model(e);
    if (!emit_header(e, &header) || !emit_body(e))
        return false;
    const char *digest = text_digest(&e->source);
    template_set_text(&e->values, "DIGEST", digest);
    template_set_text(&e->values, "PLANS", e->plans.data);
    if (!emission_render(e, &source, "head.c.t"))
        return false;
    text_add(&source, e->source.data, e->source.length);
    *emitted = (struct emitted){ header.data, source.data, header.length, source.length, digest,
                                 emission_kernels(e) };
    return true;
}

bool emit_write(const struct emitted *emitted, const struct model *model, const char *directory,
                struct arena *arena, struct report *report)
{
    const char *header = arena_format(arena, "%s/%s.h", directory, model->name);
    const char *source = arena_format(arena, "%s/%s.c", directory, model->name);
    return file_make_directory(directory, report) &&
           file_write(header, emitted->header, emitted->header_length, report, NULL) &&
           file_write(source, emitted->source, emitted->source_length, report, NULL);
}

/* What only a compiled pair can show. */
static bool code_fits(const struct emitted *emitted, const struct model *model, const struct options *options)
{
    struct binary binary = { .emitted = *emitted };
    const char *root = code_bound_given(model) ? compile_root(options->arena, options->report) : NULL;
    return !code_bound_given(model) || (root != NULL && binary_compile(&binary, model, root, options));
}

int verb_emit(const struct options *options)
{
    const char *directory = options->text[OPTION_OUTPUT] != NULL ? options->text[OPTION_OUTPUT] : "generated";
    struct emit_options emit;
    struct source source;
    struct emitted emitted;
    if (!tuned_options(&emit, options) ||
        !source_read(&source, options->input, &options->catalog, options->arena, options->report) ||
        !emit_model(&emitted, &source.model, &options->catalog, &emit, options->arena, options->report) ||
        !code_fits(&emitted, &source.model, options) ||
        !emit_write(&emitted, &source.model, directory, options->arena, options->report))
        return 2;
    printf("%s/%s.h  %zu bytes\n%s/%s.c  %zu bytes, %d kernels\n", directory, source.model.name, emitted.header_length,
           directory, source.model.name, emitted.source_length, emitted.kernels);
    return 0;
}
