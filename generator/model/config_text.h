/*
** Values as the text of a Lua config that reads back to the same values.
*/
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "../base/text.h"
#include "../base/value.h"

/* A value in one line: 64, "text", rope { base = 10000, pairing = half }, { 1, 2 }. */
void config_text_value(struct text *text, const struct value *value);

/* attention = { ... }: numbers share a line, other fields have one each. */
void config_text_attention(struct text *text, const struct value *attention);

/* layers = 30, or a list of names, or a loop over the pattern that they repeat. */
void config_text_layers(struct text *text, const struct value *layers);

#endif
