/*
** One table of options; see run_options.h.
*/
#include "run_options.h"

#include <stdlib.h>
#include <string.h>

const char run_options_usage[] =
    "usage: attn_run FOLDER DESCRIPTION.json (--kernels FILE.so | --reference) [options]\n"
    "  --prompt TEXT     continue or answer this text; of a model that has an encoder, that reads it\n"
    "  --tokens FILE     begin with token ids instead: text, one sequence a line, or .npy of integers\n"
    "  --encoder-tokens FILE   what the encoder reads, of a model that has one; without --tokens its decoder\n"
    "                    begins with the token that config.json says\n"
    "  --steps N         make at most N tokens (128 for a prompt, 0 for token files)\n"
    "  --logits FILE     write the output's rows, of the prompt and of the steps, as .npy\n"
    "  --chunk N         put N tokens of a prompt through the model at once (0: hundreds)\n"
    "  --threads N       use N threads (one a CPU)\n"
    "  --temperature T   draw tokens, by logits divided by T (0: always the likeliest)\n"
    "  --cache-file FILE prompts that begin like earlier ones go on from there: FILE has their keys and values\n"
    "  --cache-megabytes N  of keys and values remembered (1024); what was used last stays\n"
    "  --top-k K         draw among the K likeliest (0: any)\n"
    "  --top-p P         draw among the likeliest that have a share P of all (1: any)\n"
    "  --seed S          of the drawing (0)\n"
    "  --raw             give the prompt as it is, without the folder's chat template\n"
    "  --compare         measure kernels against the reference on the prompt as well\n";

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_INTEGER, OPTION_NUMBER };

static const struct option {
    const char *name;
    enum option_kind kind;
    size_t place;                     /* in struct run_options */
    double largest;                   /* of a number, from 0 */
} options_known[] = {
    { "--kernels",     OPTION_TEXT,    offsetof(struct run_options, kernels),              0 },
    { "--prompt",      OPTION_TEXT,    offsetof(struct run_options, prompt),               0 },
    { "--tokens",      OPTION_TEXT,    offsetof(struct run_options, tokens),               0 },
    { "--encoder-tokens", OPTION_TEXT, offsetof(struct run_options, encoder_tokens),       0 },
    { "--logits",      OPTION_TEXT,    offsetof(struct run_options, logits),               0 },
    { "--cache-file",  OPTION_TEXT,    offsetof(struct run_options, cache_file),           0 },
    { "--cache-megabytes", OPTION_INTEGER, offsetof(struct run_options, cache_megabytes),  1 << 24 },
    { "--steps",       OPTION_INTEGER, offsetof(struct run_options, steps),                ATTN_MAX_KEYS },
    { "--chunk",       OPTION_INTEGER, offsetof(struct run_options, chunk),                ATTN_MAX_KEYS },
    { "--threads",     OPTION_INTEGER, offsetof(struct run_options, threads),              256 },
    { "--top-k",       OPTION_INTEGER, offsetof(struct run_options, sampling.top_k),       INT32_MAX },
    { "--seed",        OPTION_INTEGER, offsetof(struct run_options, sampling.seed),        INT32_MAX },
    { "--temperature", OPTION_NUMBER,  offsetof(struct run_options, sampling.temperature), 1000 },
    { "--top-p",       OPTION_NUMBER,  offsetof(struct run_options, sampling.top_p),       1 },
    { "--reference",   OPTION_FLAG,    offsetof(struct run_options, reference),            0 },
    { "--compare",     OPTION_FLAG,    offsetof(struct run_options, compare),              0 },
    { "--raw",         OPTION_FLAG,    offsetof(struct run_options, raw),                  0 },
    { "--help",        OPTION_FLAG,    offsetof(struct run_options, help),                 0 },
};

static const struct option *option_find(const char *name)
{
    for (size_t i = 0; i < sizeof options_known / sizeof options_known[0]; i++)
        if (strcmp(options_known[i].name, name) == 0)
            return &options_known[i];
    return NULL;
}

static bool value_check(const struct option *option, const char *text, const char *end, double value,
                        struct problem *problem)
{
    if (end != text && *end == '\0' && value >= 0 && value <= option->largest)
        return true;
    return problem_set(problem, "%s is \"%.40s\"; expected a %snumber from 0 to %.0f", option->name, text,
                       option->kind == OPTION_INTEGER ? "whole " : "", option->largest);
}

static bool value_read(struct run_options *options, const struct option *option, const char *text,
                       struct problem *problem)
{
    char *place = (char *)options + option->place, *end;
    if (option->kind == OPTION_TEXT) {
        memcpy(place, &text, sizeof text);
        return true;
    }
    if (option->kind == OPTION_INTEGER) {
        const long long integer = strtoll(text, &end, 10);
        memcpy(place, &integer, sizeof integer);
        return value_check(option, text, end, (double)integer, problem);
    }
    const double number = strtod(text, &end);
    memcpy(place, &number, sizeof number);
    return value_check(option, text, end, number, problem);
}

static bool option_read(struct run_options *options, char *const *words, int *at, struct problem *problem)
{
    const struct option *option = option_find(words[*at]);
    if (option == NULL)
        return problem_set(problem, "unknown option %.80s (--help lists them)", words[*at]);
    if (option->kind == OPTION_FLAG) {
        *(bool *)((char *)options + option->place) = true;
        return true;
    }
    if (words[*at + 1] == NULL)
        return problem_set(problem, "%s needs a value", option->name);
    return value_read(options, option, words[++*at], problem);
}

static bool options_check(const struct run_options *options, struct problem *problem)
{
    if (options->folder == NULL || options->description == NULL)
        return problem_set(problem, "a model folder and a description are needed (--help says more)");
    if (options->kernels == NULL && !options->reference)
        return problem_set(problem, "either --kernels FILE.so or --reference is needed");
    if (options->prompt != NULL && (options->tokens != NULL || options->encoder_tokens != NULL))
        return problem_set(problem, "--prompt excludes --tokens and --encoder-tokens");
    if (options->prompt == NULL && options->tokens == NULL && options->encoder_tokens == NULL)
        return problem_set(problem, "one of --prompt, --tokens and --encoder-tokens is needed");
    if (options->compare && options->kernels == NULL)
        return problem_set(problem, "--compare needs --kernels FILE.so");
    return true;
}

bool run_options_read(struct run_options *options, int count, char *const *words, struct problem *problem)
{
    *options = (struct run_options){ .steps = -1, .sampling.top_p = 1 };
    for (int i = 1; i < count; i++) {
        if (strncmp(words[i], "--", 2) == 0) {
            if (!option_read(options, words, &i, problem))
                return false;
        } else if (options->folder == NULL)
            options->folder = words[i];
        else if (options->description == NULL)
            options->description = words[i];
        else
            return problem_set(problem, "%.80s is one word too many (--help says more)", words[i]);
    }
    return options->help || options_check(options, problem);
}
