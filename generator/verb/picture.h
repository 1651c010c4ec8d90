/*
** Pictures are drawn by Python scripts of this repository, with the Python that ./bootstrap prepares.
*/
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>

#include "../base/arena.h"
#include "../base/report.h"

/* Whether the name ends as a picture that a script can draw; false after a report that names the option. */
bool picture_fits(const char *option, const char *file, struct report *report);

/* Runs a script under root with two arguments: what it reads, what it writes. false after a report. */
bool picture_draw(const char *root, const char *script, const char *from, const char *to, struct arena *arena, struct report *report);

#endif
