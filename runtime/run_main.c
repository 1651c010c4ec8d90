/*
** attn_run: a model folder, a model description and kernels make text. Exit status: 0 done,
** 1 kernels and reference differ, 2 bad usage or input.
*/
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "run.h"
#include "run_options.h"
#include "stops.h"

enum { STEPS_OF_PROMPT = 128, CACHE_MEGABYTES = 1024, ERROR_SIZE = 1024 };

static const double tolerance = 1e-3;     /* of the logits' range, between kernels and reference */

static bool prompt_encode(struct run *run, struct prompt *prompt, const struct run_options *options)
{
    struct prompt_sequence *sequence = memory_take(run->memory, 1, sizeof *sequence, run->problem);
    int32_t *tokens = NULL;
    if (sequence == NULL)
        return false;
    run->tokenizer = tokenizer_start(options->folder, run->memory, run->problem);
    if (run->tokenizer == NULL)
        return false;
    sequence->length = tokenizer_encode(run->tokenizer, options->prompt, !options->raw, &tokens, run->memory,
                                       run->problem);
    sequence->tokens = tokens;
    *prompt = (struct prompt){ sequence, 1 };
    return sequence->length > 0 || (sequence->length == 0 && problem_set(run->problem, "the prompt is empty"));
}

/* Each sequence begins with the tokens that decoders begin with. */
static bool prompt_start(struct run *run)
{
    const struct attn_model_info *info = attn_model_info(run->model);
    const int count = run->encoder_prompt.count;
    if (info->bos_count == 0)
        return problem_set(run->problem, "config.json has no token that the decoder of %s begins with; --tokens is needed",
                           info->name);
    run->prompt = (struct prompt){ memory_take(run->memory, (size_t)count, sizeof *run->prompt.sequences, run->problem), count };
    for (int i = 0; i < count && run->prompt.sequences != NULL; i++)
        run->prompt.sequences[i] = (struct prompt_sequence){ info->bos, info->bos_count };
    return run->prompt.sequences != NULL;
}

/* Encoder tokens are there just for a model that has an encoder, for each sequence, and fit its context. */
static bool encoder_check(const struct run *run)
{
    const struct attn_model_info *info = attn_model_info(run->model);
    const int count = run->encoder_prompt.count;
    const int64_t longest = prompt_longest(&run->encoder_prompt);
    if (info->encoder_context == 0 && count > 0)
        return problem_set(run->problem, "%s has no encoder; --encoder-tokens is not for it", info->name);
    if (info->encoder_context > 0 && count == 0)
        return problem_set(run->problem, "%s has an encoder; --encoder-tokens or --prompt is needed", info->name);
    if (count > 0 && count != run->prompt.count)
        return problem_set(run->problem, "there are %d sequences for the encoder and %d for the decoder of %s", count,
                           run->prompt.count, info->name);
    if (longest > info->encoder_context)
        return problem_set(run->problem, "the encoder is given %" PRId64 " tokens; its context in %s is %" PRId64, longest,
                           info->name, info->encoder_context);
    return true;
}

static bool prompt_open(struct run *run, const struct run_options *options)
{
    if (options->encoder_tokens != NULL
        && !prompt_read(&run->encoder_prompt, options->encoder_tokens, run->memory, run->problem))
        return false;
    if (options->prompt != NULL && attn_model_info(run->model)->encoder_context == 0)
        return prompt_encode(run, &run->prompt, options);
    if (options->prompt != NULL)          /* what the encoder reads; the decoder answers it */
        return prompt_encode(run, &run->encoder_prompt, options) && prompt_start(run) && encoder_check(run);
    return (options->tokens != NULL ? prompt_read(&run->prompt, options->tokens, run->memory, run->problem)
                                    : prompt_start(run))
        && encoder_check(run);
}

/* Sequences must fit the context, and models that read whole sequences make no tokens. */
static bool prompt_check(struct run *run, const struct run_options *options)
{
    const struct attn_model_info *info = attn_model_info(run->model);
    const int64_t longest = run_longest(run);
    if (longest > info->context)
        return problem_set(run->problem, "the prompt has %" PRId64 " tokens; the context of %s is %" PRId64, longest,
                           info->name, info->context);
    if (options->chunk > 0 && !info->causal)
        return problem_set(run->problem, "%s reads whole sequences; --chunk is not for it", info->name);
    run->chunk = options->chunk;
    run->steps = options->steps;
    if (run->steps < 0)
        run->steps = options->tokens == NULL && info->causal ? STEPS_OF_PROMPT : 0;
    if (run->steps > info->context)
        run->steps = info->context;
    if (run->steps > 0 && (!info->causal || info->width != info->vocab))
        return problem_set(run->problem, "%s does not predict tokens; --steps is 0 for it", info->name);
    return true;
}

static bool run_open(struct run *run, const struct run_options *options)
{
    const struct attn_model_options model_options = {
        .folder = options->folder, .description_file = options->description,
        .kernel_file = options->kernels, .threads = (int)options->threads,
    };
    struct problem *problem = run->problem;
    run->model = attn_model_open(&model_options, problem->text, problem->size);
    if (run->model == NULL)
        return false;
    const struct attn_model_info *info = attn_model_info(run->model);
    run->sampler = attn_sampler_create(&options->sampling, NULL, info->vocab, problem->text, problem->size);
    run->stop_count = stops_read(info, options->folder, &run->stops, run->memory, problem);
    run->reference = options->reference;
    run->logits = options->logits;
    run->cache_file = options->cache_file;
    run->cache_bytes = (options->cache_megabytes > 0 ? options->cache_megabytes : CACHE_MEGABYTES) << 20;
    return run->sampler != NULL && run->stop_count >= 0
        && prompt_open(run, options) && prompt_check(run, options);
}

static void run_close(struct run *run)
{
    tokenizer_stop(run->tokenizer);
    attn_sampler_destroy(run->sampler);
    attn_model_close(run->model);
    memory_release(run->memory);
}

static void speed_print(const char *what, int64_t tokens, double seconds)
{
    if (tokens > 0)
        fprintf(stderr, "%-10s  %6" PRId64 " tokens  %8.1f tokens/s\n", what, tokens,
                (double)tokens / (seconds > 0 ? seconds : 1e-9));
}

/* The exit status. */
static int compare_print(const struct run_difference *difference)
{
    const double range = difference->high - difference->low;
    fprintf(stderr, "compare     largest difference %.3g of logits from %.4g to %.4g, %.2g of their range\n",
            difference->largest, difference->low, difference->high, difference->largest / range);
    return difference->largest <= tolerance * range ? 0 : 1;
}

static int run_all(struct run *run, const struct run_options *options)
{
    struct run_times times;
    struct run_difference difference;
    if (!run_open(run, options) || !run_generate(run, &times))
        return 2;
    if (run->cache_file != NULL)
        fprintf(stderr, "%-10s  %6" PRId64 " tokens of the prompt\n", "recalled", times.recalled_tokens);
    speed_print("prompt", times.prompt_tokens, times.prompt_seconds);
    speed_print("generation", times.made_tokens, times.made_seconds);
    if (!options->compare)
        return 0;
    return run_compare(run, &difference) ? compare_print(&difference) : 2;
}

/* Weights are read where they are mapped, of which nothing is left when their file is cut short meanwhile. */
static void file_was_cut(int signal_number)
{
    static const char sentence[] = "a file of the model became shorter while it was in use\n";
    (void)signal_number;
    while (write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0 && errno == EINTR)
        continue;
    _exit(2);
}

int main(int count, char **words)
{
    char error[ERROR_SIZE] = "";
    struct problem problem = { error, sizeof error };
    struct run_options options;
    struct memory memory;
    struct run run = { .memory = &memory, .problem = &problem };
    int status = 2;
    signal(SIGPIPE, SIG_IGN);             /* a tokenizer that ends is a sentence, not a silent death */
    signal(SIGBUS, file_was_cut);
    memory_begin(&memory, NULL);
    if (run_options_read(&options, count, words, &problem)) {
        if (options.help)
            fputs(run_options_usage, stdout);
        status = options.help ? 0 : run_all(&run, &options);
    }
    if (error[0] != '\0')
        fprintf(stderr, "%s\n", error);
    run_close(&run);
    return status;
}
