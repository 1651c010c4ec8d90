/*
** What a template sees of a model as a whole: its definitions and targets, and which of the common functions they call.
*/
#include <string.h>

#include "../version.h"
#include "emission.h"
#include "expression_c.h"

enum model_list { LIST_DEFINITIONS, LIST_LINES, LIST_OUTPUTS, LIST_COMPUTES };

static const char *const *definition_list(const struct emission *e, enum model_list which)
{
    const char **list = arena_alloc(e->arena, (size_t)e->model->definition_count + 1, sizeof *list);
    for (int i = 0; i < e->model->definition_count; i++) {
        const struct definition *definition = &e->model->definitions[i];
        list[i] = which == LIST_DEFINITIONS ? definition->name : which == LIST_LINES ? definition->line
                : which == LIST_COMPUTES ? definition->compute->name
                : definition_has_outputs(definition) ? "outputs" : "";
    }
    return list;
}

static const char *targets_text(const struct emission *e)
{
    struct text text = text_start(e->arena);
    for (int i = 0; i < e->target_count; i++)
        text_format(&text, "%s%s", i > 0 ? ", " : "", e->targets[i]->name);
    return text.data;
}

static void set_targets(struct emission *e)
{
    const char **names = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *names);
    const char **supported = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *supported);
    const char **machines = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *machines);
    const char **preferred = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *preferred);
    const char **computes = arena_alloc(e->arena, EMIT_TARGETS + 1, sizeof *computes);
    bool x86 = false, avx512 = false, bf16 = false, vnni = false;
    for (int i = 0; i < e->target_count; i++) {
        names[i] = e->targets[i]->name;
        supported[i] = e->targets[i]->supported;
        machines[i] = e->targets[i]->requires_machine;
        computes[i] = e->targets[i]->computes;
        preferred[i] = e->targets[i]->preferred;
        x86 = x86 || strcmp(machines[i], "x86_64") == 0;
        avx512 = avx512 || strstr(supported[i], "cpu_has_avx512") != NULL;
        bf16 = bf16 || strstr(supported[i], "cpu_has_avx512_bf16") != NULL;
        vnni = vnni || strstr(supported[i], "cpu_has_avx512_vnni") != NULL;
    }
    template_set_list(&e->values, "TARGETS", names);
    template_set_list(&e->values, "SUPPORTED", supported);
    template_set_list(&e->values, "MACHINES", machines);
    template_set_text(&e->values, "TARGETS_TEXT", targets_text(e));
    template_set_boolean(&e->values, "USES_CPUID", x86);
    template_set_list(&e->values, "TARGETS_COMPUTE", computes);
    template_set_list(&e->values, "PREFERRED", preferred);
    template_set_boolean(&e->values, "USES_AVX512", avx512);
    template_set_boolean(&e->values, "USES_AVX512_BF16", bf16);
    template_set_boolean(&e->values, "USES_AVX512_VNNI", vnni);
}

/* The C of all masks and scores, in which the functions that it calls are looked for. */
static const char *expressions_text(const struct emission *e)
{
    struct text text = text_start(e->arena);
    for (int i = 0; i < e->model->definition_count; i++) {
        const struct expression *mask = &e->model->definitions[i].mask, *score = &e->model->definitions[i].score;
        expression_sight_c(&text, mask, "");
        expression_keys_c(&text, mask, "");
        for (enum expression_variable varying = EXPRESSION_Q; varying <= EXPRESSION_K; varying++) {
            expression_vector_c(&text, mask, varying, "", "");
            expression_score_c(&text, score, varying, "", "", -1);
        }
    }
    return text.data;
}

/* The functions of common.c.t that expressions call; one needs another. */
static void set_functions(struct emission *e)
{
    static const struct { const char *value, *function; } functions[] = {
        { "USES_MAGNITUDE", "attn_magnitude" },           { "USES_SMALLER", "attn_smaller" },
        { "USES_LARGER", "attn_larger" },                 { "USES_CLIP", "attn_clip" },
        { "USES_KEY_FROM", "attn_key_from" },             { "USES_KEY_TO", "attn_key_to" },
        { "USES_REMAINDER_FROM", "attn_remainder_from" }, { "USES_REMAINDER_TO", "attn_remainder_to" },
        { "USES_FLOOR_MOD", "attn_floor_mod" }
    };
    const char *text = expressions_text(e);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        template_set_boolean(&e->values, functions[i].value, strstr(text, functions[i].function) != NULL);
    template_set_boolean(&e->values, "USES_FLOOR_DIV",
                         strstr(text, "attn_floor_div") != NULL || strstr(text, "attn_floor_mod") != NULL);
}

bool emission_uses_arrays(const struct emission *e)
{
    for (int i = 0; i < e->model->definition_count; i++)
        if (e->model->definitions[i].arrays.count > 0)
            return true;
    return false;
}

void emission_set_model(struct emission *e)
{
    bool rotates = false, norms = false, logs = false;
    for (int i = 0; i < e->model->definition_count; i++) {
        const struct definition *definition = &e->model->definitions[i];
        rotates = rotates || definition->rotation.dims > 0;
        norms = norms || definition->norm[NORM_Q].used || definition->norm[NORM_K].used;
        logs = logs || definition->normalize == NORMALIZE_SOFTMAX;
    }
    template_set_text(&e->values, "NAME", e->model->name);
    template_set_text(&e->values, "GUARD", emission_upper(e->model->name, e->arena));
    const char *slash = strrchr(e->model->file, '/');        /* the same text wherever the config lies */
    template_set_text(&e->values, "CONFIG", slash != NULL ? slash + 1 : e->model->file);
    template_set_text(&e->values, "VERSION", ATTNGEN_VERSION);
    template_set_list(&e->values, "DEFINITIONS", definition_list(e, LIST_DEFINITIONS));
    template_set_list(&e->values, "LINES", definition_list(e, LIST_LINES));
    template_set_list(&e->values, "OUTPUTS", definition_list(e, LIST_OUTPUTS));
    template_set_list(&e->values, "COMPUTES", definition_list(e, LIST_COMPUTES));
    template_set_boolean(&e->values, "USES_ROTATION", rotates);
    template_set_boolean(&e->values, "USES_NORM", norms);
    template_set_boolean(&e->values, "USES_LOG", logs);
    template_set_boolean(&e->values, "USES_ARRAYS", emission_uses_arrays(e));
    template_set_boolean(&e->values, "USES_SCALES", emission_cache_scales(e) > 0);
    template_set_boolean(&e->values, "USES_MINIMA", emission_cache_scales(e) > 1);
    emission_set_layers(e);
    set_functions(e);
    set_targets(e);
}
