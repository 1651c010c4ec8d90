/*
** What holds kernels to the reference, as an archive that the checks of all configs link: made once for each compiler, in
** build/kernels/harness_<digest of its command>, so that a check compiles the kernels alone.
*/
#ifndef HARNESS_H
#define HARNESS_H

#include "../base/arena.h"
#include "../base/report.h"

/* root is compile_root's. The archive's path; NULL after a report. */
const char *harness_make(const char *root, struct arena *arena, struct report *report);

#endif
