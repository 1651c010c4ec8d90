/*
** What templates see of the norms of q and k, and the functions that these become.
*/
#include <string.h>

#include "../catalog/argument.h"
#include "emission.h"

static const char roles[NORMS] = { [NORM_Q] = 'q', [NORM_K] = 'k' };

/* The norm's parameters that its code may name, and what softmax/norm.c.t adds to it. */
static bool set_norm(struct emission *e, enum definition_norm which, const struct norm *norm)
{
    struct text code = text_start(e->arena);
    for (int i = 0; i < norm->word->parameter_count; i++)
        argument_set(&e->values, emission_upper(norm->word->parameters[i].name, e->arena), &norm->word->parameters[i],
                     &norm->arguments[i]);
    template_set_text(&e->values, "ROLE", arena_format(e->arena, "%c", roles[which]));
    template_set_text(&e->values, "WORDS", norm->word->help);
    template_set_text(&e->values, "NORMED", norm->word->normed);
    template_set_boolean(&e->values, "WEIGHTED", norm->weights != NORM_UNWEIGHTED);
    template_set_boolean(&e->values, "BIASED", norm->biased);
    template_set_number(&e->values, "OFFSET", norm->offset);
    if (!emission_render_code(e, &code, norm->word))
        return false;
    template_set_text(&e->values, "CODE", code.data);
    return true;
}

/* What a call passes behind the vector: ", args->q_norm_weight + head * 64". The vector's head is `head`, of k kv_head. */
static const char *given(const struct emission *e, enum definition_norm which, const struct definition *definition)
{
    const struct norm *norm = &definition->norm[which];
    const char *role = which == NORM_Q ? "head" : "kv_head";
    const char *head = definition->kept.head == NULL ? role : arena_format(e->arena, "%s_%s[%s]", role, definition->name, role);
    const char *place = norm->weights != NORM_PER_HEAD ? "" : arena_format(e->arena, " + %s * D_K_%s", head, definition->name);
    const char *const array = arena_format(e->arena, "args->%c_norm_", roles[which]);
    struct text text = text_start(e->arena);
    if (norm->weights != NORM_UNWEIGHTED)
        text_format(&text, ", %sweight%s", array, place);
    if (norm->biased)
        text_format(&text, ", %sbias%s", array, place);
    return text.length > 0 ? text.data : "";
}

bool emission_set_norms(struct emission *e, const struct definition *definition)
{
    struct text functions = text_start(e->arena);
    bool in_place = strcmp(definition->activations->stored, "float") != 0;      /* what becomes floats first stands where it goes */
    for (enum definition_norm which = 0; which < NORMS; which++) {
        const struct norm *norm = &definition->norm[which];
        const char *when = !norm->used ? "never" : norm->after ? "after" : "before";
        template_set_text(&e->values, which == NORM_Q ? "Q_NORM" : "K_NORM", when);
        template_set_text(&e->values, which == NORM_Q ? "Q_NORM_GIVEN" : "K_NORM_GIVEN", given(e, which, definition));
        in_place = in_place || (norm->used && !norm->after);
        if (norm->used && (!set_norm(e, which, norm) || !emission_render(e, &functions, "softmax/norm.c.t")))
            return false;
    }
    template_set_text(&e->values, "NORM_FUNCTIONS", functions.length > 0 ? functions.data : "");
    template_set_boolean(&e->values, "ROTATES_IN_PLACE", in_place);
    return true;
}
