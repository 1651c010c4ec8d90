/*
** What bench says of its timings: rows for people, one JSON document, and pictures.
*/
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "../compile/binary.h"
#include "../compile/code_size.h"
#include "../compile/timing.h"
#include "options.h"

struct bench_report {
    const struct options *options;
    const struct model *model;
    const struct binary *binary;
    const struct code_symbols *symbols;
    const struct timing_job *job;
};

/* One timing, below the names of the columns when it is the first. */
void bench_report_row(const struct bench_report *report, int at);

/* Bytes of code of each definition on the targets that were timed, the compile time, the CPU. */
void bench_report_code(const struct bench_report *report);

/* All timings, as an array of objects. */
const char *bench_report_json(const struct bench_report *report);

/* Draws them into a .svg or .png file, by scripts/plot_bench.py; false after a report. */
bool bench_report_plot(const struct bench_report *report, const char *root, const char *file);

#endif
