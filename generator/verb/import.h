/*
** attngen import: a model folder's config.json as a Lua config to read, keep and change.
*/
#ifndef IMPORT_H
#define IMPORT_H

#include "../base/text.h"
#include "../model/source.h"
#include "options.h"

/* The config as path will hold it ("": here); reading it gives the model's definitions again. */
void import_print(struct text *text, const struct model *model, const struct family *family, const char *path);

int verb_import(const struct options *options);

#endif
