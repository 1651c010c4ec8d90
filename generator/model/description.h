/*
** The model description: JSON that tells the runtime which steps to walk. Steps come
** from the family, attentions from the model, whose config may have changed them.
*/
#ifndef DESCRIPTION_H
#define DESCRIPTION_H

#include "../base/text.h"
#include "source.h"

/* false after a report: a layer of the family is not a layer of the model. */
bool description_print(struct text *text, const struct source *source, struct report *report);

#endif
