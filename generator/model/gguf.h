/*
** GGUF files: runtime/gguf_folder.py turns one into a model folder, build/gguf/<digest>, once for each file.
*/
#ifndef GGUF_H
#define GGUF_H

#include <stdbool.h>

#include "../base/arena.h"
#include "../base/report.h"

/* Whether input is a GGUF file by its name. */
bool gguf_takes(const char *input);

/* The one GGUF file of a folder; NULL when it has none, or several. */
const char *gguf_in_folder(const char *folder, struct arena *arena, struct report *report);

/* What a folder is asked to have; the config is always there. */
enum gguf_part { GGUF_CONFIG, GGUF_TOKENIZER, GGUF_WEIGHTS, GGUF_PARTS };

/* The folder of a file, which has that part; NULL after a report. */
const char *gguf_folder(const char *file, enum gguf_part part, struct arena *arena, struct report *report);

#endif
