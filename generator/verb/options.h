/*
** The command line, read once: a verb, its input and its options, and what every
** verb works with. An option that the verb does not use is refused.
*/
#ifndef OPTIONS_H
#define OPTIONS_H

#include "../base/arena.h"
#include "../base/lengths.h"
#include "../base/report.h"
#include "../catalog/catalog.h"

/* In the order of the table in options.c. */
enum option {
    OPTION_OUTPUT, OPTION_TARGET, OPTION_PLAN, OPTION_TUNED, OPTION_SECONDS, OPTION_REPORT, OPTION_JSON, OPTION_RANDOM, OPTION_SEED, OPTION_RUNNER,
    OPTION_PHASE, OPTION_Q, OPTION_KV, OPTION_SHARING, OPTION_PLOT, OPTION_PROMPT, OPTION_TOKENS,
    OPTION_ENCODER_TOKENS, OPTION_STEPS, OPTION_LOGITS, OPTION_CHUNK, OPTION_CACHE_TYPE, OPTION_CACHE_FILE, OPTION_CACHE_MEGABYTES,
    OPTION_REFERENCE, OPTION_COMPARE,
    OPTION_RAW, OPTION_TEMPERATURE, OPTION_TOP_K, OPTION_TOP_P, OPTION_THREADS, OPTION_TEMPLATES,
    OPTION_HELP, OPTION_VERSION,
    OPTIONS
};

struct verb;

struct options {
    const struct verb *verb;             /* NULL: none was given */
    const char *input;                   /* CONFIG, DIR or kind; NULL when not given */
    const char *text[OPTIONS];           /* as given; "" for an option without a value; NULL: not given */
    double number[OPTIONS];              /* of a given option that takes a number; checked, whole where it must be */

    struct arena *arena;                 /* of the run */
    struct report *report;
    struct catalog catalog;
};

/* What attngen can do. run gives the exit status: 0 done, 1 a check failed, 2 bad usage or input. */
struct verb {
    const char *name;
    const char *input;                   /* what it works on: "CONFIG" */
    bool input_required;
    const char *help;
    int (*run)(const struct options *options);
};

/* verbs ends with a NULL name. false after a report. arena and report are set before. */
bool options_read(struct options *options, int argc, char **argv, const struct verb *verbs);

/* A given option's value as another program of attngen reads it: whole numbers in digits. */
const char *options_value(const struct options *options, enum option option);

/* The numbers of a given option that takes a list. */
void options_list(const struct options *options, enum option option, struct lengths *lengths);

/* The options of a verb, one a line with its help; verb NULL: those that every verb takes. */
void options_print(FILE *out, const struct verb *verb);

#endif
