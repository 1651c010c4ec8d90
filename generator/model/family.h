/*
** A family is a Lua file of rules, configs/families/<model_type>.lua, that reads a
** model's config.json and says which attentions the model has and which steps it
** walks. It must understand every field, or know it harmless; others are refused.
*/
#ifndef FAMILY_H
#define FAMILY_H

#include "../base/report.h"
#include "../base/value.h"
#include "../catalog/catalog.h"
#include "../definition/definition.h"

struct family {
    const char *name;                /* "llama" */
    const char *file;                /* "configs/families/llama.lua" */
    const char *config;              /* the config.json, as messages name it */
    const char *folder;              /* that holds it and the weights; NULL when it has another name than config.json */
    const char *origin;              /* what names the model: that folder, its config.json, or a GGUF file that it was made of */
    bool converted;                  /* of a GGUF file: the folder has no weights yet */
    const struct value *json;        /* its content */
    const char *const *unread;       /* NULL-ended: its harmless fields */
    const struct value *rules;       /* what the family assigned, the fields there with their kinds checked */
};

/* Whether input is a model folder, the config.json of one or a GGUF file, rather than a Lua config. */
bool family_takes(const char *input);

/* Both are false after at least one report, and fill in their result only on success. */
bool family_read(struct family *family, const char *input, const struct catalog *catalog,
                 struct arena *arena, struct report *report);

/* The folder has weights, which are converted where need be. */
bool family_convert(struct family *family, struct arena *arena, struct report *report);

/* The model's definitions; its name comes from the folder or file. */
bool family_model(struct model *model, const struct family *family, const struct catalog *catalog,
                  struct arena *arena, struct report *report);

#endif
