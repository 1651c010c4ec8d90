/*
** One emission: what its files share. emission_target.c chooses the targets, emission_plan.c the plan; emission_model.c,
** emission_values.c, emission_heads.c, emission_batches.c, emission_layers.c, emission_types.c and emission_compute.c say
** what a template sees; emission_norm.c renders the norms of q and k, emission_names.c finds names that are there twice,
** emit.c puts the rendered parts in order.
*/
#ifndef EMISSION_H
#define EMISSION_H

#include "../plan/plan.h"
#include "../plan/tuned.h"
#include "../script/template.h"
#include "emit.h"

struct emission {
    const struct model *model;
    const struct catalog *catalog;
    struct arena *arena;
    struct report *report;
    const struct descriptor *targets[EMIT_TARGETS];
    int target_count;
    const char *plan;              /* as --plan has it, or NULL */
    struct plan_request request;   /* the same, read */
    struct tuned *tuned;           /* or NULL */
    struct text source;            /* all behind the head comment */
    struct text plans;             /* the head comment's lines about them */
    struct template_values values;
};

/* The targets of a list such as "avx2,scalar", or all for NULL, in the catalogue's order; false after a report. */
bool emission_choose_targets(struct emission *emission, const char *targets);

/* The plan of a definition: as --plan asks, else as a fresh entry of the tuned table says, else by the rule. false after a report. */
bool emission_choose_plan(const struct emission *emission, struct plan *plan, const struct definition *definition,
                          const struct descriptor *isa);

/* Whether some definition names arrays. */
bool emission_uses_arrays(const struct emission *emission);

/* What templates see of the model, of one definition, of one target, and of one plan for both. */
void emission_set_model(struct emission *emission);
void emission_set_layers(struct emission *emission);
void emission_set_definition(struct emission *emission, const struct definition *definition);
void emission_set_heads(struct emission *emission, const struct definition *definition);
void emission_set_types(struct emission *emission, const struct definition *definition);
void emission_set_compute(struct emission *emission, const struct definition *definition);
void emission_set_isa(struct emission *emission, const struct descriptor *isa);
void emission_set_batches(struct emission *emission, const struct definition *definition, const struct plan *plan);
void emission_set_plan(struct emission *emission, const struct definition *definition, const struct plan *plan);

/* The norms of q and k, as functions; the definition's other values are set. false after a report. */
bool emission_set_norms(struct emission *emission, const struct definition *definition);

/* "EPS" for "eps": what templates call a parameter. */
const char *emission_upper(const char *name, struct arena *arena);

/* Renders a template's text, which stands at a place. */
bool emission_render_text(struct emission *emission, struct text *out, const char *text, size_t length, struct where where);

/* Renders a file under templates/, or the template text of a descriptor; false after a report. */
bool emission_render(struct emission *emission, struct text *out, const char *name);
bool emission_render_code(struct emission *emission, struct text *out, const struct descriptor *descriptor);
bool emission_render_vector(struct emission *emission, struct text *out, const struct descriptor *descriptor);

/* The most numbers by which a cache of the model scales its values. */
int emission_cache_scales(const struct emission *emission);

/* How the model's caches and activations convert: between float and what is stored, or (vector) as the target loads or stores it. */
bool emission_render_types(struct emission *emission, bool vector);

/* Whether some definition computes so. */
bool emission_computes(const struct emission *emission, const struct descriptor *compute);

/* What the model's computes bring, and the target's operations for them. */
bool emission_render_computes(struct emission *emission);
bool emission_render_products(struct emission *emission, const struct descriptor *isa);

/* Whether the target is for a definition: all are, but for those of one compute. */
bool emission_target_fits(const struct descriptor *isa, const struct definition *definition);

/* Whether the functions of the whole source have names of their own; false after a report. */
bool emission_names_agree(struct emission *e);

#endif
