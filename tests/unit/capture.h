/*
** Reports kept as text, so that a test can compare them.
*/
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdlib.h>

#include "../../generator/base/arena.h"
#include "../../generator/base/report.h"

struct capture {
    char *text;                  /* what was reported; valid after capture_text */
    size_t length;
    struct report report;
    struct arena *arena;         /* for what the test makes */
};

static inline void capture_open(struct capture *capture)
{
    capture->text = NULL;
    capture->report = (struct report){ .out = open_memstream(&capture->text, &capture->length) };
    capture->arena = arena_create();
}

static inline const char *capture_text(struct capture *capture)
{
    fflush(capture->report.out);
    return capture->text;
}

static inline void capture_close(struct capture *capture)
{
    fclose(capture->report.out);
    free(capture->text);
    arena_destroy(capture->arena);
}

#endif
