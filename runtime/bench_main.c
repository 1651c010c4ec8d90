/*
** attn_bench: times kernels that were compiled into shared objects. `attngen bench` and `attngen tune` start it,
** and read what it prints: one line for each case and object, with the columns of `columns` below.
**
**     attn_bench MODEL [--target T] [--seconds S] [--stream no] [--sharing N] --kernels FILE... --case DEFINITION:PHASE:Q:KV:THREADS...
**
** DEFINITION counts the model's definitions from 0. The objects take turns within a case; they differ in their plans
** only. --sharing N has N sequences read the same keys together. --stream no saves the time that it takes to measure the memory's bandwidth, which is then printed as 1.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_measure.h"
#include "bench_work.h"
#include "kernels.h"
#include "huge_pages.h"

enum { OBJECTS = 64, CASES = 1024 };

/* A case as it was asked for. */
struct wanted {
    int32_t definition;
    enum bench_phase phase;
    int32_t q, kv, threads;
};

struct arguments {
    const char *model, *target;
    bool streams;
    int32_t sharing;                         /* sequences that read the same keys together */
    double seconds;                          /* for a case and object */
    const char *files[OBJECTS];
    struct kernels objects[OBJECTS];
    int object_count;
    struct wanted cases[CASES];
    int case_count;
};

static const char columns[] = "case object target seconds spread flops bytes peak stream workspace huge samples dropped";

static int fail(const char *sentence)
{
    fprintf(stderr, "attn_bench: %s\n", sentence);
    return 2;
}

/* Arguments ------------------------------------------------------------------------------------- */

static bool case_read(struct wanted *wanted, const char *text)
{
    char phase[16];
    int end = 0;
    return sscanf(text, "%d:%15[a-z]:%d:%d:%d%n", &wanted->definition, phase, &wanted->q, &wanted->kv, &wanted->threads, &end) == 5
        && text[end] == '\0' && bench_phase_find(&wanted->phase, phase)
        && wanted->definition >= 0 && wanted->q >= 1 && wanted->kv >= wanted->q && wanted->kv < ATTN_MAX_KEYS
        && wanted->threads >= 1 && wanted->threads <= POOL_THREADS;
}

static bool argument_take(struct arguments *arguments, const char *name, const char *value)
{
    char *end;
    if (strcmp(name, "--target") == 0)
        arguments->target = value;
    else if (strcmp(name, "--seconds") == 0)
        return (arguments->seconds = strtod(value, &end)) >= 0.0 && *end == '\0';
    else if (strcmp(name, "--sharing") == 0)
        return (arguments->sharing = (int32_t)strtol(value, &end, 10)) >= 1 && *end == '\0';
    else if (strcmp(name, "--stream") == 0)
        return !(arguments->streams = strcmp(value, "no") != 0);
    else if (strcmp(name, "--kernels") == 0 && arguments->object_count < OBJECTS)
        arguments->files[arguments->object_count++] = value;
    else if (strcmp(name, "--case") == 0 && arguments->case_count < CASES)
        return case_read(&arguments->cases[arguments->case_count++], value);
    else
        return false;
    return true;
}

static bool arguments_read(struct arguments *arguments, int argc, char **argv)
{
    bool good = argc > 2 && argc % 2 == 0;
    *arguments = (struct arguments){ .model = argc > 1 ? argv[1] : NULL, .seconds = 1.0, .streams = true, .sharing = 1 };
    for (int i = 2; good && i < argc; i += 2)
        good = argument_take(arguments, argv[i], argv[i + 1]);
    return good && arguments->object_count > 0 && arguments->case_count > 0;
}

static bool objects_load(struct arguments *arguments, struct problem *problem)
{
    for (int i = 0; i < arguments->object_count; i++)
        if (!kernels_load(&arguments->objects[i], arguments->files[i], arguments->model, problem))
            return false;
    return true;
}

/* Cases ------------------------------------------------------------------------------------------ */

/* The definition on the target asked for, or on the best that this CPU has; NULL, with a sentence, when it has none. */
static const struct attn_attention *attention_choose(const struct attn_model_kernels *kernels, int32_t definition,
                                                     const char *target, struct problem *problem)
{
    if (definition >= kernels->attentions) {
        problem_set(problem, "there is no definition %d", definition);
        return NULL;
    }
    if (target == NULL)
        return kernels->attention[definition]();
    for (int32_t i = 0; i < kernels->targets; i++) {
        const struct attn_attention *attention = kernels->all[definition * kernels->targets + i];
        if (attention != NULL && strcmp(attention->target, target) == 0 && kernels->supported[i]())
            return attention;
    }
    problem_set(problem, "this CPU does not have the target %s", target);
    return NULL;
}

static bool benches_create(struct bench *benches, const struct arguments *arguments, const struct wanted *wanted, struct problem *problem)
{
    for (int i = 0; i < arguments->object_count; i++) {
        const struct attn_attention *attention = attention_choose(arguments->objects[i].table, wanted->definition, arguments->target, problem);
        const struct bench_case setting = { attention, wanted->phase, wanted->q, wanted->kv, wanted->threads, arguments->sharing };
        if (attention == NULL || !bench_create(&benches[i], &setting, i > 0 ? &benches[0] : NULL, problem))
            return false;
    }
    return true;
}

static void figures_print(int index, const struct arguments *arguments, const struct bench *benches,
                          const struct bench_figures *figures, const struct bench_work *work, double stream)
{
    for (int i = 0; i < arguments->object_count; i++)
        printf("%d %d %s %.6g %.4g %.8g %.8g %.6g %.6g %zu %.3f %d %d\n", index, i, benches[i].setting.attention->target,
               figures[i].seconds, figures[i].spread, work->flops, work->bytes, figures[i].peak, stream,
               benches[i].workspace_bytes, huge_pages_share(benches[i].caches), figures[i].samples, figures[i].dropped);
    fflush(stdout);
}

/* Measures one case. The stream is measured anew only when the number of threads changes. */
static bool case_run(const struct arguments *arguments, int index, double *stream, struct problem *problem)
{
    const struct wanted *wanted = &arguments->cases[index];
    struct bench benches[OBJECTS] = { { .pool = NULL } };
    struct bench_figures figures[OBJECTS];
    struct bench_work work;
    bool good = benches_create(benches, arguments, wanted, problem) && bench_work_count(&work, &benches[0], problem);
    if (good && arguments->streams && (index == 0 || wanted->threads != arguments->cases[index - 1].threads))
        *stream = bench_stream(&benches[0], problem);
    good = good && *stream > 0.0;
    if (good) {
        bench_measure(benches, figures, arguments->object_count, arguments->seconds);
        figures_print(index, arguments, benches, figures, &work, *stream);
    }
    for (int i = 0; i < arguments->object_count; i++)
        bench_destroy(&benches[i]);
    return good;
}

int main(int argc, char **argv)
{
    static struct arguments arguments;
    char sentence[512] = "";
    struct problem problem = { sentence, sizeof sentence };
    double stream = 1.0;
    if (!arguments_read(&arguments, argc, argv))
        return fail("usage: attn_bench MODEL [--target T] [--seconds S] [--stream no] [--sharing N] --kernels FILE... --case DEFINITION:PHASE:Q:KV:THREADS...");
    bool good = objects_load(&arguments, &problem);
    if (good)
        puts(columns);
    for (int i = 0; i < arguments.case_count && good; i++)
        good = case_run(&arguments, i, &stream, &problem);
    for (int i = 0; i < arguments.object_count; i++)
        kernels_unload(&arguments.objects[i]);
    return good ? 0 : fail(sentence);
}
