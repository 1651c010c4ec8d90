#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

/* One line an option, at the index of its enum option. */
static const struct option_rule {
    const char *name;
    const char *value;                   /* what it takes: "FILE"; NULL: nothing */
    enum { TAKES_TEXT, TAKES_WHOLE, TAKES_NUMBER, TAKES_LIST } takes;
    double min, max;                     /* of a number */
    const char *verbs;                   /* those that use it, with a blank on both sides; "" for all */
    const char *help;
} rules[OPTIONS] = {
    [OPTION_OUTPUT]      = { "-o",            "PATH",    TAKES_TEXT,   0, 0,     " emit import tune ", "where the result goes" },
    [OPTION_TARGET]      = { "--target",      "T,T...",  TAKES_TEXT,   0, 0,     " emit explain check bench run tune ", "targets, instead of all that attngen has" },
    [OPTION_PLAN]        = { "--plan",        "KEY=N,...", TAKES_TEXT, 0, 0,     " emit explain check bench run ", "parameters of the plan, as `attngen list plan` prints them" },
    [OPTION_TUNED]       = { "--tuned",       "FILE",    TAKES_TEXT,   0, 0,     " emit explain check bench run ", "the tuned table to read instead of this CPU's; none: no table" },
    [OPTION_SECONDS]     = { "--seconds",     "N",       TAKES_NUMBER, 1, 86400, " tune ", "to spend (60)" },
    [OPTION_REPORT]      = { "--report",      "FILE",    TAKES_TEXT,   0, 0,     " tune ", "draw what was tried as .svg or .png" },
    [OPTION_JSON]        = { "--json",        NULL,      TAKES_TEXT,   0, 0,     " explain bench ", "print one JSON document" },
    [OPTION_RANDOM]      = { "--random",      "N",       TAKES_WHOLE,  1, 1e6,   " check ", "check this many random definitions" },
    [OPTION_SEED]        = { "--seed",        "S",       TAKES_WHOLE,  0, 2147483647, " check run ", "of the random numbers" },
    [OPTION_RUNNER]      = { "--runner",      "COMMAND", TAKES_TEXT,   0, 0,     " check ", "runs the compiled check, as an emulator does" },
    [OPTION_PHASE]       = { "--phase",       "PHASE",   TAKES_TEXT,   0, 0,     " bench ", "write, prefill, append or decode" },
    [OPTION_Q]           = { "--q",           "LIST",    TAKES_LIST,   1, 1e7,   " bench ", "queries: 64,256 or 1..16 or 64..4096*2" },
    [OPTION_KV]          = { "--kv",          "LIST",    TAKES_LIST,   1, 1e7,   " bench ", "keys, a list as of --q" },
    [OPTION_SHARING]     = { "--sharing",     "N",       TAKES_WHOLE,  1, 4096,  " bench ", "sequences, of --q queries each, that read the same keys together (1)" },
    [OPTION_PLOT]        = { "--plot",        "FILE",    TAKES_TEXT,   0, 0,     " bench ", "draw the roofline and the cost by length as .svg or .png" },
    [OPTION_PROMPT]      = { "--prompt",      "TEXT",    TAKES_TEXT,   0, 0,     " run ", "text to continue" },
    [OPTION_TOKENS]      = { "--tokens",      "FILE",    TAKES_TEXT,   0, 0,     " run ", "token ids, one sequence a line, or .npy" },
    [OPTION_ENCODER_TOKENS] = { "--encoder-tokens", "FILE", TAKES_TEXT, 0, 0, " run ", "what the encoder reads, of a model that has one" },
    [OPTION_STEPS]       = { "--steps",       "N",       TAKES_WHOLE,  0, 16777216, " run ", "tokens to generate" },
    [OPTION_LOGITS]      = { "--logits",      "FILE",    TAKES_TEXT,   0, 0,     " run ", "write the output of every row as .npy" },
    [OPTION_CACHE_TYPE]  = { "--cache-type",  "TYPE",    TAKES_TEXT,   0, 0, " run ", "how keys and values are stored, instead of as the config says: int8, \"{ k = int8, v = f16 }\"" },
    [OPTION_CACHE_FILE]  = { "--cache-file",  "FILE",    TAKES_TEXT,   0, 0, " run ", "where prompts that begin alike go on: FILE keeps their keys and values" },
    [OPTION_CACHE_MEGABYTES] = { "--cache-megabytes", "N", TAKES_WHOLE, 1, 16777216, " run ", "of keys and values that FILE keeps at most (1024)" },
    [OPTION_CHUNK]       = { "--chunk",       "N",       TAKES_WHOLE,  1, 16777216, " run ", "tokens of the prompt that are read at once" },
    [OPTION_REFERENCE]   = { "--reference",   NULL,      TAKES_TEXT,   0, 0,     " run ", "use the reference instead of kernels" },
    [OPTION_COMPARE]     = { "--compare",     NULL,      TAKES_TEXT,   0, 0,     " run ", "run kernels and reference, print the difference" },
    [OPTION_RAW]         = { "--raw",         NULL,      TAKES_TEXT,   0, 0,     " run ", "give the prompt to the model without a chat template" },
    [OPTION_TEMPERATURE] = { "--temperature", "T",       TAKES_NUMBER, 0, 1000,  " run ", "0 takes the likeliest token" },
    [OPTION_TOP_K]       = { "--top-k",       "K",       TAKES_WHOLE,  1, 2147483647, " run ", "choose among the K likeliest tokens" },
    [OPTION_TOP_P]       = { "--top-p",       "P",       TAKES_NUMBER, 0, 1,     " run ", "choose among the likeliest tokens of this total probability" },
    [OPTION_THREADS]     = { "--threads",     "LIST",    TAKES_LIST,   1, 256,   " bench run ", "threads to use; bench takes a list as of --q" },
    [OPTION_TEMPLATES]   = { "--templates",   "DIR",     TAKES_TEXT,   0, 0,     "", "read templates from here instead of the program" },
    [OPTION_HELP]        = { "--help",        NULL,      TAKES_TEXT,   0, 0,     "", "print this" },
    [OPTION_VERSION]     = { "--version",     NULL,      TAKES_TEXT,   0, 0,     "", "print the version" },
};

static const struct where command_line = { NULL, 0 };

static bool rule_applies(const struct option_rule *rule, const struct verb *verb)
{
    if (rule->verbs[0] == '\0')
        return true;
    if (verb == NULL)
        return false;
    char padded[32];
    snprintf(padded, sizeof padded, " %s ", verb->name);
    return strstr(rule->verbs, padded) != NULL;
}

/* The option that an argument names, "--name" or "--name=value"; OPTIONS when there is none. */
static int option_find(const char *argument, size_t length)
{
    int option = 0;
    while (option < OPTIONS && !(strlen(rules[option].name) == length && memcmp(rules[option].name, argument, length) == 0))
        option++;
    return option;
}

static bool option_unknown(struct options *options, const char *argument)
{
    const char *names[OPTIONS + 1] = { NULL };
    for (int i = 0; i < OPTIONS; i++)
        names[i] = rules[i].name;
    const char *nearest = report_nearest(argument, names);
    if (nearest == NULL)
        report_error(options->report, command_line, "unknown option '%s'; `attngen --help` lists them", argument);
    else
        report_error(options->report, command_line, "unknown option '%s' (did you mean '%s'?)", argument, nearest);
    return false;
}

static bool option_take_number(struct options *options, int option)
{
    const struct option_rule *rule = &rules[option];
    char *end;
    double number = strtod(options->text[option], &end);
    bool whole = rule->takes == TAKES_WHOLE;
    if (end != options->text[option] && *end == '\0' && number >= rule->min && number <= rule->max
        && (!whole || floor(number) == number)) {
        options->number[option] = number;
        return true;
    }
    report_error(options->report, command_line, "%s is '%s'; expected a %snumber from %.16g to %.16g", rule->name,
                 options->text[option], whole ? "whole " : "", rule->min, rule->max);
    return false;
}

static bool option_check_list(const struct options *options, int option)
{
    const struct option_rule *rule = &rules[option];
    struct lengths lengths;
    if (lengths_read(&lengths, options->text[option], (int32_t)rule->min, (int32_t)rule->max))
        return true;
    report_error(options->report, command_line, "%s is '%s'; expected at most %d whole numbers from %.16g to %.16g, such as 4 or 64,256 or 1..16 or 64..4096*2",
                 rule->name, options->text[option], LENGTHS_MOST, rule->min, rule->max);
    return false;
}

/* Takes the option at argv[*at] and moves *at to its last argument. */
static bool option_take(struct options *options, int argc, char **argv, int *at)
{
    const char *argument = argv[*at], *equals = strchr(argument, '=');
    int option = option_find(argument, equals == NULL ? strlen(argument) : (size_t)(equals - argument));
    if (option == OPTIONS)
        return option_unknown(options, argument);
    const struct option_rule *rule = &rules[option];
    const char *value = equals != NULL ? equals + 1 : rule->value == NULL ? "" : *at + 1 < argc ? argv[++*at] : NULL;
    const char *wrong = options->text[option] != NULL ? "is given twice"
                      : rule->value == NULL && equals != NULL ? "takes no value" : NULL;
    if (wrong == NULL && value == NULL)
        wrong = arena_format(options->arena, "needs a value: %s %s", rule->name, rule->value);
    if (wrong != NULL) {
        report_error(options->report, command_line, "%s %s", rule->name, wrong);
        return false;
    }
    options->text[option] = value;
    if (rule->takes == TAKES_LIST)
        return option_check_list(options, option);
    return rule->takes == TAKES_TEXT || option_take_number(options, option);
}

/* The first argument without a dash is the verb, the second its input. */
static bool word_take(struct options *options, const char *word, const struct verb *verbs)
{
    const char *names[16] = { NULL };
    if (options->verb != NULL && options->input == NULL) {
        options->input = word;
        return true;
    }
    if (options->verb != NULL) {
        report_error(options->report, command_line, "'%s' is one argument too many for %s", word, options->verb->name);
        return false;
    }
    for (int i = 0; verbs[i].name != NULL && i < 15; i++) {
        if (strcmp(verbs[i].name, word) == 0)
            options->verb = &verbs[i];
        names[i] = verbs[i].name;
    }
    const char *nearest = report_nearest(word, names);
    if (options->verb == NULL && nearest != NULL)
        report_error(options->report, command_line, "unknown verb '%s' (did you mean '%s'?)", word, nearest);
    else if (options->verb == NULL)
        report_error(options->report, command_line, "unknown verb '%s'; `attngen --help` lists them", word);
    return options->verb != NULL;
}

static bool tuned_fits(const struct options *options)
{
    const char *tuned = options->text[OPTION_TUNED];
    if (tuned == NULL || strcmp(tuned, "none") == 0 || options->text[OPTION_PLAN] == NULL)
        return true;
    report_error(options->report, command_line, "--tuned has no effect with --plan, which says what the plans are");
    return false;
}

static bool options_fit(struct options *options)
{
    const struct verb *verb = options->verb;
    for (int i = 0; i < OPTIONS; i++)
        if (options->text[i] != NULL && !rule_applies(&rules[i], verb)) {
            const char *used = rules[i].verbs + 1;
            report_error(options->report, command_line, "%s does nothing for %s; it belongs to %.*s", rules[i].name,
                         verb == NULL ? "attngen without a verb" : verb->name, (int)strlen(used) - 1, used);
            return false;
        }
    bool asks = options->text[OPTION_HELP] != NULL || options->text[OPTION_VERSION] != NULL;
    if (asks || (verb != NULL && (options->input != NULL || !verb->input_required)))
        return true;
    if (verb == NULL)
        report_error(options->report, command_line, "no verb is given; `attngen --help` lists them");
    else
        report_error(options->report, command_line, "%s needs an input: attngen %s %s", verb->name, verb->name, verb->input);
    return false;
}

bool options_read(struct options *options, int argc, char **argv, const struct verb *verbs)
{
    bool words_only = false;             /* after -- */
    for (int i = 1; i < argc; i++) {
        bool dashed = argv[i][0] == '-' && argv[i][1] != '\0' && !words_only;
        if (dashed && strcmp(argv[i], "--") == 0)
            words_only = true;
        else if (!(dashed ? option_take(options, argc, argv, &i) : word_take(options, argv[i], verbs)))
            return false;
    }
    return options_fit(options) && tuned_fits(options);
}

void options_print(FILE *out, const struct verb *verb)
{
    for (int i = 0; i < OPTIONS; i++)
        if ((rules[i].verbs[0] != '\0') == (verb != NULL) && rule_applies(&rules[i], verb)) {
            char option[40];
            snprintf(option, sizeof option, "%s %s", rules[i].name, rules[i].value == NULL ? "" : rules[i].value);
            fprintf(out, "    %-22s %s\n", option, rules[i].help);
        }
}

const char *options_value(const struct options *options, enum option option)
{
    const bool whole = rules[option].takes == TAKES_WHOLE;
    return whole ? arena_format(options->arena, "%.0f", options->number[option]) : options->text[option];
}

void options_list(const struct options *options, enum option option, struct lengths *lengths)
{
    (void)lengths_read(lengths, options->text[option], (int32_t)rules[option].min, (int32_t)rules[option].max);
}
