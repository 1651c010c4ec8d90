/*
** Between the files that read definitions: definition.c reads the model,
** definition_read.c one attention, definition_mask.c its mask, definition_score.c its
** scores, definition_names.c what their expressions name, definition_array.c arrays, definition_word.c the
** arguments of a word, definition_mla.c sizes from ranks, definition_rotation.c computes how pairs turn, definition_norm.c
** reads the norms of q and k, definition_outputs.c reads and prints what else a call can give, definition_cache.c reads
** the cache, definition_layers.c the layers, definition_line.c prints the line.
*/
#ifndef DEFINITION_PARTS_H
#define DEFINITION_PARTS_H

#include "../base/fields.h"
#include "../base/text.h"
#include "definition.h"

/* What every part needs, and where the part stands ("attention." or "attention.local."). */
struct definition_reader {
    const struct catalog *catalog;
    const char *path;
    struct arena *arena;
    struct report *report;
    struct expression_arrays *arrays;    /* of this definition, as far as they have been declared */
};

/* Definitions as they were written, before equal ones became one. */
struct definition_written {
    int count;
    const struct definition *list;       /* (count) */
    const int *distinct;                 /* (count): index among the model's, which are distinct */
};

/* A list of names, or with one definition their number will do; config is the whole one. */
bool definition_read_layers(struct model *model, const struct fields *config, const struct definition_written *written);

/* Fields of one attention, NULL-ended. */
const char *const *definition_attention_fields(void);

/* All are false after a report. */
bool definition_read_attention(struct definition *definition, const struct value *table,
                               const struct definition_reader *reader);

/* The index of the bare word among names (NULL-ended), 0 without one; -1 after a report. */
int definition_read_choice(const struct fields *fields, const char *field, const char *const *names);

/* Sizes of a definition whose heads are known from the ranks in mla, if there. */
bool definition_read_mla(struct definition *definition, const struct fields *fields, const struct definition_reader *reader);

/* As many dimensions turn as mla says; a key can hold the value. For a definition read otherwise. */
bool definition_check_mla(const struct definition *definition, const struct fields *fields);
bool definition_check_tail(const struct definition *definition, const struct fields *fields);

/* value NULL: none. definition has its heads and sizes already. */
bool definition_read_mask(struct definition *definition, const struct value *value,
                          const struct definition_reader *reader);

/* value NULL: none. As the mask. */
bool definition_read_score(struct definition *definition, const struct value *value,
                           const struct definition_reader *reader);

/* The expression that where or expr is given; NULL after a report. */
const char *definition_read_text(const struct value *word, const char *field, const char *example,
                                 const struct definition_reader *reader);

/* The array that a field declares: doc = array { integer, key }. sizes: what texts among its axes are computed from, or NULL. */
bool definition_read_array(struct expression_name *name, const struct field *field, const char *path,
                           const struct template_values *sizes, const struct definition_reader *reader);

/* A descriptor's arrays, its parameters given; names has room for them. */
bool definition_read_arrays(struct expression_name *names, const struct descriptor *descriptor, const struct argument *arguments,
                            const struct definition_reader *reader);

/* The arrays of mask and score become the definition's. */
void definition_order_arrays(struct definition *definition);

/* What its names stand for: whole numbers, tables, arrays, and where `numbers` any number. names has room for DEFINITION_NAMES. */
bool definition_read_names(struct expression_name *names, const struct value *word, const char *field, const char *text,
                           bool numbers, const struct definition_reader *reader);

/* What the word in field gives for the descriptor's parameters, or their defaults. value NULL: the bare word. */
bool definition_read_arguments(struct argument *arguments, const struct descriptor *descriptor, const char *field,
                               const struct value *value, const struct definition *definition,
                               const struct definition_reader *reader);

/* The descriptor that the word in a field names; without one that of otherwise, NULL: required. NULL after a report. */
const struct descriptor *definition_read_word(const struct fields *fields, const char *name, enum catalog_kind kind,
                                              const char *otherwise, const struct catalog *catalog);

/* The rotation that the position's scaling says, at value (NULL: none); false after a report, also when it refuses. */
bool definition_read_rotation(struct definition *definition, const struct value *value,
                              const struct definition_reader *reader);

/* The heads that are left; without the field, all. definition has its heads already. */
bool definition_read_keep(struct definition *definition, const struct fields *fields);

/* How K and V are stored: one word, or one for each. */
bool definition_read_cache(struct definition *definition, const struct fields *fields, const struct definition_reader *reader);

/* What products are made of. definition has its cache already; a cache that does not hold that is refused. */
bool definition_read_compute(struct definition *definition, const struct fields *fields, const struct definition_reader *reader);
bool definition_check_compute(const struct definition *definition, const struct fields *fields);

/* definition has its position already. */
bool definition_read_norm(struct definition *definition, enum definition_norm which, const struct fields *fields,
                          const struct definition_reader *reader);

/* definition has its score and layout already. */
bool definition_read_outputs(struct definition *definition, const struct fields *fields, const struct definition_reader *reader);

/* " matrix=normalized matrix.heads=0,3 column_sums=true"; nothing without outputs. */
void definition_outputs_print(struct text *line, const struct definition *definition);

/* The index of the bare word in field among names (NULL-ended), 0 without one; -1 after a report. */
int definition_read_choice(const struct fields *fields, const char *field, const char *const *names);

/* What an error message expects of a word of this kind, and what else would do (or NULL). */
const char *definition_choices(enum catalog_kind kind, const char *more, struct arena *arena);

const char *definition_line(const struct definition *definition, struct arena *arena);

/* What of it says what a cache holds, and where: layers that agree in it can share one, but for how much a ring keeps. */
const char *definition_cache_line(const struct definition *definition, struct arena *arena);

#endif
