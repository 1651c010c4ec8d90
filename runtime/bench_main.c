/*
** bench: times the phases of the emitted kernels that it is linked with.
**
**     bench CONFIG [--phase P] [--q N] [--kv N] [--threads N] [--target T] [--json]
**
** CONFIG is what the figures are labelled with.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* The whole program; its main hands over the kernels. */
int bench_main(const struct attn_model_kernels *kernels, int argc, char **argv);

struct options {
    const struct attn_model_kernels *kernels;
    const char *config, *target;
    int phase;                    /* of enum bench_phase, or -1: prefill and decode */
    int32_t q, kv;                /* 0: the phase's default */
    int threads;
    bool json;
};

/* Lengths when none are given. */
static const struct { int32_t q, kv; } defaults[BENCH_PHASES] = {
    [BENCH_WRITE] = { 1024, 1024 }, [BENCH_PREFILL] = { 1024, 1024 }, [BENCH_APPEND] = { 256, 1280 }, [BENCH_DECODE] = { 1, 4096 }
};

static int fail(const char *sentence, const char *what)
{
    fprintf(stderr, "attngen bench: %s%s\n", sentence, what);
    return 2;
}

static bool number_read(const char *text, int32_t most, int32_t *number)
{
    char *end;
    const long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < 1 || value > most)
        return false;
    *number = (int32_t)value;
    return true;
}

static bool phase_read(const char *text, int *phase)
{
    for (*phase = 0; *phase < BENCH_PHASES; ++*phase)
        if (strcmp(text, bench_phase_name((enum bench_phase)*phase)) == 0)
            return true;
    return false;
}

static bool option_read(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--phase") == 0)
        return phase_read(value, &options->phase);
    if (strcmp(name, "--q") == 0)
        return number_read(value, ATTN_MAX_KEYS - 1, &options->q);
    if (strcmp(name, "--kv") == 0)
        return number_read(value, ATTN_MAX_KEYS - 1, &options->kv);
    if (strcmp(name, "--threads") == 0)
        return number_read(value, POOL_THREADS, &options->threads);
    options->target = value;
    return strcmp(name, "--target") == 0;
}

static bool options_read(struct options *options, int argc, char **argv)
{
    options->config = argc > 1 ? argv[1] : "";
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            options->json = true;
        else if (i + 1 >= argc || !option_read(options, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    return argc > 1;
}

/* Lengths of a phase: what was asked for; what was not fits to it. Without --phase, --q is of prefill. */
static struct bench_case case_of(const struct options *options, const struct attn_attention *attention, enum bench_phase phase)
{
    struct bench_case bench = { attention, phase, options->q, options->kv, options->threads, 1.0 };
    if (phase == BENCH_DECODE && options->phase < 0)
        bench.q = defaults[phase].q;
    const int32_t past = defaults[phase].kv - defaults[phase].q;
    if (bench.kv == 0)
        bench.kv = bench.q == 0 || phase == BENCH_DECODE ? defaults[phase].kv : bench.q + past;
    if (bench.q == 0)
        bench.q = bench.kv < defaults[phase].q ? bench.kv : phase == BENCH_WRITE ? bench.kv : defaults[phase].q;
    return bench;
}

/* As the inside of a JSON string. */
static void print_quoted(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned)(unsigned char)*text);
        else
            putchar(*text);
}

static void print_json(const struct options *options, const struct bench_case *bench, const struct bench_figures *f, bool first)
{
    const struct attn_attention *a = bench->attention;
    printf("%s  {\"config\": \"", first ? "" : ",\n");
    print_quoted(options->config);
    printf("\", \"definition\": \"");
    print_quoted(a->definition);
    printf("\", \"phase\": \"%s\", \"q\": %d, \"kv\": %d, \"heads\": %d, \"kv_heads\": %d, \"d_k\": %d, \"d_v\": %d, ",
           bench_phase_name(bench->phase), bench->q, bench->kv, a->heads, a->kv_heads, a->d_k, a->d_v);
    const char *cache = strstr(a->definition, " cache=");
    printf("\"cache\": \"%s\", \"target\": \"%s\", \"threads\": %d, \"ms\": %.5g, \"gflops\": %.5g, \"gbps\": %.5g, ",
           cache == NULL ? "" : cache + strlen(" cache="), a->target, bench->threads, f->ms, f->gflops, f->gbps);
    printf("\"peak_gflops\": %.5g, \"stream_gbps\": %.5g, \"fraction\": %.4f}",
           f->peak_gflops, f->stream_gbps, f->fraction);
}

static void print_row(const struct bench_case *bench, const struct bench_figures *f, bool first)
{
    const struct attn_attention *a = bench->attention;
    if (first)
        printf("%-16s %-8s %-8s %6s %6s %10s %9s %8s %9s %8s %9s  %s\n", "definition", "target", "phase", "q", "kv",
               "ms", "GFLOP/s", "GB/s", "peak", "stream", "fraction", "samples");
    printf("%-16s %-8s %-8s %6d %6d %10.4g %9.1f %8.1f %9.1f %8.1f %8.1f%%  %d (%d dropped)\n", a->name, a->target,
           bench_phase_name(bench->phase), bench->q, bench->kv, f->ms, f->gflops, f->gbps, f->peak_gflops, f->stream_gbps,
           100.0 * f->fraction, f->samples, f->dropped);
    fflush(stdout);
}

/* One phase of one definition; *first until something was printed. */
static int bench_one(const struct options *options, const struct attn_attention *attention, enum bench_phase phase, bool *first)
{
    const struct bench_case bench = case_of(options, attention, phase);
    struct bench_figures figures;
    char error[256];
    struct problem problem = { error, sizeof error };
    if (bench.q > bench.kv)
        return fail("--q is larger than --kv: the queries are the last of the keys", "");
    if (!bench_run(&figures, &bench, &problem))
        return fail(error, "");
    if (options->json)
        print_json(options, &bench, &figures, *first);
    else
        print_row(&bench, &figures, *first);
    *first = false;
    return 0;
}

static int bench_phases(const struct options *options, const struct attn_attention *attention, bool *first)
{
    if (options->phase >= 0)
        return bench_one(options, attention, (enum bench_phase)options->phase, first);
    const int status = bench_one(options, attention, BENCH_PREFILL, first);
    return status != 0 ? status : bench_one(options, attention, BENCH_DECODE, first);
}

/* The definition on the target asked for, or on the best that this CPU has; NULL when it has none. */
static const struct attn_attention *attention_choose(const struct options *options, int32_t i)
{
    const struct attn_model_kernels *kernels = options->kernels;
    if (options->target == NULL)
        return kernels->attention[i]();
    for (int32_t target = 0; target < kernels->targets; target++) {
        const struct attn_attention *attention = kernels->all[i * kernels->targets + target];
        if (attention != NULL && strcmp(attention->target, options->target) == 0 && kernels->supported[target]())
            return attention;
    }
    return NULL;
}

int bench_main(const struct attn_model_kernels *kernels, int argc, char **argv)
{
    struct options options = { .kernels = kernels, .phase = -1, .threads = 1 };
    if (!options_read(&options, argc, argv))
        return fail("usage: bench CONFIG [--phase write|prefill|append|decode] [--q N] [--kv N] [--threads N] [--target T] [--json]", "");
    bool first = true;
    int status = 0;
    if (options.json)
        printf("[\n");
    for (int32_t i = 0; i < kernels->attentions && status == 0; i++) {
        const struct attn_attention *attention = attention_choose(&options, i);
        status = attention == NULL ? fail("this CPU does not have the target ", options.target == NULL ? "" : options.target)
                                   : bench_phases(&options, attention, &first);
    }
    if (options.json)
        printf("\n]\n");
    return status;
}
