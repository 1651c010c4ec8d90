/*
** Emission: the values a template sees, the order of the emitted file, its digest.
** What a kernel looks like stands in templates/; which numbers it has, in plan.c.
*/
#include "emit.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expression_c.h"
#include "file.h"
#include "plan.h"
#include "template.h"
#include "version.h"

/* One emission: what everything below needs. */
struct emission {
    const struct model *model;
    const struct catalog *catalog;
    struct arena *arena;
    struct report *report;
    const struct descriptor *targets[EMIT_TARGETS + 1];
    int target_count;
    struct text source;
    struct text plans;             /* the head comment's lines about them */
    struct template_values values;
};

/* Targets --------------------------------------------------------------------------------- */

static const char **target_names(const struct catalog *catalog, struct arena *arena)
{
    const char **names = arena_alloc(arena, (size_t)catalog->count[CATALOG_ISA] + 1, sizeof *names);
    for (int i = 0; i < catalog->count[CATALOG_ISA]; i++)
        names[i] = catalog->entries[CATALOG_ISA][i].name;
    return names;
}

static bool targets_name(const char *targets, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = targets; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* Every name in the list must be a target. */
static bool targets_check(const struct emission *e, const char *targets)
{
    const struct where nowhere = { NULL, 0 };
    for (const char *at = targets; *at != '\0';) {
        const size_t length = strcspn(at, ",");
        const char *name = arena_copy(e->arena, at, length);
        if (catalog_find(e->catalog, CATALOG_ISA, name) == NULL) {
            const char *nearest = report_nearest(name, target_names(e->catalog, e->arena));
            report_error(e->report, nowhere, "--target: unknown target '%s'%s%s%s; `attngen list targets` prints them",
                         name, nearest != NULL ? " (did you mean '" : "", nearest != NULL ? nearest : "", nearest != NULL ? "'?)" : "");
            return false;
        }
        at += length + (at[length] == ',');
    }
    return true;
}

/* In the catalogue's order, whatever order the user named them in: the first is the last resort. */
static bool targets_choose(struct emission *e, const char *targets)
{
    if (targets != NULL && !targets_check(e, targets))
        return false;
    for (int i = 0; i < e->catalog->count[CATALOG_ISA] && e->target_count < EMIT_TARGETS; i++) {
        const struct descriptor *isa = &e->catalog->entries[CATALOG_ISA][i];
        if (targets == NULL || targets_name(targets, isa->name))
            e->targets[e->target_count++] = isa;
    }
    return true;
}

static const char *targets_text(const struct emission *e)
{
    struct text text = text_start(e->arena);
    for (int i = 0; i < e->target_count; i++)
        text_format(&text, "%s%s", i > 0 ? ", " : "", e->targets[i]->name);
    return text.data;
}

/* Rendering -------------------------------------------------------------------------------- */

static bool render_text(struct emission *e, struct text *out, const char *text, size_t length, struct where where)
{
    const struct template_source source = { text, length, where };
    return template_render(out, &source, &e->values, e->report);
}

static bool render(struct emission *e, struct text *out, const char *name)
{
    size_t length;
    const char *text = catalog_file(e->catalog, name, &length, e->arena);
    const struct where where = { arena_format(e->arena, "templates/%s", name), 1 };
    if (text == NULL) {
        report_error(e->report, where, "this template is missing");
        return false;
    }
    return render_text(e, out, text, length, where);
}

/* The template text that a descriptor carries. */
static bool render_code(struct emission *e, struct text *out, const struct descriptor *descriptor)
{
    const struct where where = { descriptor->where.file, descriptor->code_line };
    return render_text(e, out, descriptor->code, strlen(descriptor->code), where);
}

static const char *upper(const char *name, struct arena *arena)
{
    char *copy = arena_copy(arena, name, strlen(name));
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    return copy;
}

/* As the inside of a C string literal. */
static const char *quoted(const char *line, struct arena *arena)
{
    struct text text = text_start(arena);
    for (; *line != '\0'; line++) {
        if (*line == '"' || *line == '\\')
            text_put(&text, "\\");
        text_add(&text, line, 1);
    }
    return text.data;
}

/* Values of a definition -------------------------------------------------------------------- */

/* A position's parameters in capitals: BASE, DIMS, PAIRING. */
static void set_position(struct emission *e, const struct definition *definition)
{
    const struct descriptor *position = definition->position;
    for (int i = 0; i < position->parameter_count; i++) {
        const struct parameter *parameter = &position->parameters[i];
        const struct argument *argument = &definition->position_argument[i];
        const char *name = upper(parameter->name, e->arena);
        if (parameter->type == PARAMETER_CHOICE)
            template_set_text(&e->values, name, argument->choice);
        else if (parameter->type == PARAMETER_INTEGER)
            template_set_integer(&e->values, name, (int64_t)argument->number);
        else
            template_set_number(&e->values, name, argument->number);
    }
}

/* Floats of a row of cosines and sines: as many as dimensions rotate. */
static int rotation_floats(const struct definition *definition)
{
    const struct descriptor *position = definition->position;
    for (int i = 0; i < position->parameter_count; i++)
        if (strcmp(position->parameters[i].name, "dims") == 0)
            return (int)definition->position_argument[i].number;
    return 0;
}

static void set_shape(struct emission *e, const struct definition *definition)
{
    struct template_values *values = &e->values;
    template_set_text(values, "DEFINITION", definition->name);
    template_set_text(values, "D", arena_format(e->arena, "_%s", definition->name));
    template_set_text(values, "LINE", definition->line);
    template_set_text(values, "LINE_QUOTED", quoted(definition->line, e->arena));
    template_set_integer(values, "HEADS", definition->heads);
    template_set_integer(values, "KV_HEADS", definition->kv_heads);
    template_set_integer(values, "GROUP", definition->group);
    template_set_integer(values, "D_K", definition->d_k);
    template_set_integer(values, "D_V", definition->d_v);
    template_set_integer(values, "V_ROW", (definition->d_v + PLAN_PANEL - 1) / PLAN_PANEL * PLAN_PANEL);
    template_set_number(values, "SCALE_LOG2", definition->scale / M_LN2);
    template_set_integer(values, "PANEL", PLAN_PANEL);
    template_set_integer(values, "BLOCK", PLAN_BLOCK);
    template_set_integer(values, "SEGMENT", PLAN_SEGMENT);
}

static void set_mask(struct emission *e, const struct definition *definition)
{
    char mask[4096];
    expression_print(&definition->mask, mask, sizeof mask);
    struct text sight = text_start(e->arena), keys = text_start(e->arena);
    expression_sight_c(&sight, &definition->mask);
    expression_keys_c(&keys, &definition->mask);
    template_set_text(&e->values, "MASK", arena_copy(e->arena, mask, strlen(mask)));
    template_set_text(&e->values, "SIGHT", sight.data);
    template_set_text(&e->values, "KEYS", keys.data);
    template_set_boolean(&e->values, "MASK_USES_H", expression_uses(&definition->mask, EXPRESSION_H));
}

static bool set_definition(struct emission *e, const struct definition *definition)
{
    set_shape(e, definition);
    set_mask(e, definition);
    set_position(e, definition);
    const int floats = rotation_floats(definition);
    template_set_integer(&e->values, "ROTATION_FLOATS", floats);
    template_set_text(&e->values, "ROTATION", floats > 0 ? arena_format(e->arena, "rotation_%s", definition->name) : "NULL");
    struct text position = text_start(e->arena);
    if (!render_code(e, &position, definition->position))
        return false;
    template_set_text(&e->values, "POSITION", position.data);
    return true;
}

/* Values of a plan ---------------------------------------------------------------------------- */

static void set_isa(struct emission *e, const struct descriptor *isa)
{
    template_set_text(&e->values, "TARGET", isa->name);
    template_set_text(&e->values, "T", arena_format(e->arena, "_%s", isa->name));
    template_set_text(&e->values, "FN", arena_format(e->arena, "KERNEL_%s", isa->name));
    template_set_text(&e->values, "ATTRIBUTE", isa->attribute);
    template_set_integer(&e->values, "LANES", isa->lanes);
}

static void set_tiles(struct emission *e, const struct plan *plan)
{
    template_set_integer(&e->values, "QUERIES", plan->queries);
    template_set_integer(&e->values, "QUERY_VECTORS", plan->query_vectors);
    template_set_integer(&e->values, "SCORE_KEYS", plan->score_keys);
    template_set_integer(&e->values, "VALUE_VECTORS", plan->value_vectors);
    template_set_integer(&e->values, "VALUE_QUERIES", plan->value_queries);
    template_set_integer(&e->values, "REST_QUERIES", plan->rest_queries);
    template_set_integer(&e->values, "DECODE_HEADS", plan->decode_heads);
    template_set_integer(&e->values, "DECODE_VECTORS", plan->decode_vectors);
}

static void set_plan_lines(struct emission *e, const struct plan *plan, const struct definition *definition)
{
    struct text prefill = text_start(e->arena), decode = text_start(e->arena);
    plan_print_prefill(&prefill, plan, definition);
    plan_print_decode(&decode, plan, definition);
    text_format(&e->plans, "**   %s on %s\n**     prefill  %s\n**     decode   %s\n",
                definition->name, plan->isa->name, prefill.data, decode.data);
    template_set_text(&e->values, "PREFILL_PLAN", prefill.data);
    template_set_text(&e->values, "DECODE_PLAN", decode.data);
}

/* The parameters of a function that its mask does not use, as lines "(void)h;". */
static const char *unused_lines(struct emission *e, const struct definition *definition)
{
    static const struct { enum expression_variable variable; const char *name; } places[] = {
        { EXPRESSION_H, "h" }, { EXPRESSION_B, "b" }, { EXPRESSION_Q_LEN, "q_len" }
    };
    struct text text = text_start(e->arena);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!expression_uses(&definition->mask, places[i].variable))
            text_format(&text, "    (void)%s;\n", places[i].name);
    if (!expression_uses(&definition->mask, EXPRESSION_Q))
        text_put(&text, "    (void)q;\n");
    return text.data;
}

static void set_sees(struct emission *e, const struct definition *definition, const struct descriptor *isa)
{
    const char *suffix = arena_format(e->arena, "_%s", isa->name);
    struct text queries = text_start(e->arena), keys = text_start(e->arena);
    expression_vector_c(&queries, &definition->mask, EXPRESSION_Q, suffix);
    expression_vector_c(&keys, &definition->mask, EXPRESSION_K, suffix);
    template_set_text(&e->values, "SEES_QUERIES", queries.data);
    template_set_text(&e->values, "SEES_KEYS", keys.data);
    template_set_text(&e->values, "SEES_UNUSED", unused_lines(e, definition));
}

/* Values of the model -------------------------------------------------------------------------- */

enum model_list { LIST_DEFINITIONS, LIST_LINES };

static const char *const *definition_list(const struct emission *e, enum model_list which)
{
    const char **list = arena_alloc(e->arena, (size_t)e->model->definition_count + 1, sizeof *list);
    for (int i = 0; i < e->model->definition_count; i++)
        list[i] = which == LIST_DEFINITIONS ? e->model->definitions[i].name : e->model->definitions[i].line;
    return list;
}

static void set_targets(struct emission *e)
{
    const char **names = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *names);
    const char **supported = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *supported);
    const char **machines = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *machines);
    bool x86 = false, avx512 = false;
    for (int i = 0; i < e->target_count; i++) {
        names[i] = e->targets[i]->name;
        supported[i] = e->targets[i]->supported;
        machines[i] = e->targets[i]->requires_machine;
        x86 = x86 || strcmp(machines[i], "x86_64") == 0;
        avx512 = avx512 || strstr(supported[i], "cpu_has_avx512") != NULL;
    }
    template_set_list(&e->values, "TARGETS", names);
    template_set_list(&e->values, "SUPPORTED", supported);
    template_set_list(&e->values, "MACHINES", machines);
    template_set_text(&e->values, "TARGETS_TEXT", targets_text(e));
    template_set_boolean(&e->values, "USES_CPUID", x86);
    template_set_boolean(&e->values, "USES_AVX512", avx512);
}

static bool mask_divides(const struct expression *mask)
{
    for (int i = 0; i < mask->count; i++)
        if (mask->nodes[i].op == EXPRESSION_DIVIDE || mask->nodes[i].op == EXPRESSION_MODULO)
            return true;
    return false;
}

static void set_model(struct emission *e)
{
    bool rotates = false, divides = false;
    for (int i = 0; i < e->model->definition_count; i++) {
        rotates = rotates || rotation_floats(&e->model->definitions[i]) > 0;
        divides = divides || mask_divides(&e->model->definitions[i].mask);
    }
    template_set_text(&e->values, "NAME", e->model->name);
    template_set_text(&e->values, "GUARD", upper(e->model->name, e->arena));
    template_set_text(&e->values, "CONFIG", e->model->file);
    template_set_text(&e->values, "VERSION", ATTNGEN_VERSION);
    template_set_list(&e->values, "DEFINITIONS", definition_list(e, LIST_DEFINITIONS));
    template_set_list(&e->values, "LINES", definition_list(e, LIST_LINES));
    template_set_boolean(&e->values, "USES_ROTATION", rotates);
    template_set_boolean(&e->values, "USES_FLOOR", divides);
    set_targets(e);
}

/* The file's parts, in order -------------------------------------------------------------------- */

static bool emit_definitions(struct emission *e)
{
    for (int i = 0; i < e->model->definition_count; i++)
        if (!set_definition(e, &e->model->definitions[i]) || !render(e, &e->source, "softmax/definition.c.t"))
            return false;
    return true;
}

static bool emit_kernels(struct emission *e, const struct definition *definition, const struct descriptor *isa)
{
    struct plan plan;
    plan_choose(&plan, definition, isa);
    template_set_text(&e->values, "F", arena_format(e->arena, "_%s_%s", definition->name, isa->name));
    if (!set_definition(e, definition))
        return false;
    set_tiles(e, &plan);
    set_plan_lines(e, &plan, definition);
    set_sees(e, definition, isa);
    return render(e, &e->source, "softmax/target.c.t") && render(e, &e->source, "softmax/prefill.c.t") &&
           render(e, &e->source, "softmax/decode.c.t") && render(e, &e->source, "softmax/table.c.t");
}

/* A target's operations, then its kernels for each definition; left out where the machine is another. */
static bool emit_target(struct emission *e, const struct descriptor *isa)
{
    const bool guarded = isa->requires_machine[0] != '\0';
    set_isa(e, isa);
    text_format(&e->source, "/* Target %s ", isa->name);
    for (size_t dashes = strlen(isa->name) + 11; dashes < 90; dashes++)
        text_put(&e->source, "-");
    text_put(&e->source, " */\n\n");
    if (guarded)
        text_format(&e->source, "#if defined(__%s__)\n\n", isa->requires_machine);
    if (isa->header[0] != '\0')
        text_format(&e->source, "#include <%s>\n\n", isa->header);
    if (!render_code(e, &e->source, isa))
        return false;
    text_put(&e->source, "\n");
    for (int i = 0; i < e->model->definition_count; i++)
        if (!emit_kernels(e, &e->model->definitions[i], isa))
            return false;
    if (guarded)
        text_put(&e->source, "#endif\n\n");
    return true;
}

static bool emit_body(struct emission *e)
{
    if (!render(e, &e->source, "common.c.t") || !emit_definitions(e))
        return false;
    for (int i = 0; i < e->target_count; i++)
        if (!emit_target(e, e->targets[i]))
            return false;
    return render(e, &e->source, "run_all.c.t") && render(e, &e->source, "model.c.t");
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
    return render(e, header, "model.h.t");
}

/* FNV-1a, 64 bits. */
static uint64_t digest_of(const struct text *text)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text->length; i++)
        digest = (digest ^ (unsigned char)text->data[i]) * UINT64_C(0x100000001b3);
    return digest;
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
    e->source = text_start(arena);
    e->plans = text_start(arena);
    struct text header = text_start(arena), source = text_start(arena);
    if (!targets_choose(e, options->targets))
        return false;
    set_model(e);
    if (!emit_header(e, &header) || !emit_body(e))
        return false;
    const char *digest = arena_format(arena, "%016llx", (unsigned long long)digest_of(&e->source));
    template_set_text(&e->values, "DIGEST", digest);
    template_set_text(&e->values, "PLANS", e->plans.data);
    if (!render(e, &source, "head.c.t"))
        return false;
    text_add(&source, e->source.data, e->source.length);
    *emitted = (struct emitted){ header.data, source.data, header.length, source.length, digest,
                                 model->definition_count * e->target_count * 3 };
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
