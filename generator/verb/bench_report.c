#include "bench_report.h"

#include <stdlib.h>
#include <string.h>

#include "../base/cpu.h"
#include "../base/file.h"
#include "../model/json.h"
#include "../model/tree.h"
#include "picture.h"

static const struct timing_case *case_at(const struct bench_report *r, int at)
{
    return &r->job->cases[at / r->job->object_count];
}

static double gflops(const struct timing *t)
{
    return t->flops / t->seconds * 1e-9;
}

static double gbps(const struct timing *t)
{
    return t->bytes / t->seconds * 1e-9;
}

/* How much of the cache's memory lies on huge pages, which are asked for. */
static const char *huge_text(const struct timing *t, struct arena *arena)
{
    return t->huge < 0.0 ? "?" : arena_format(arena, "%.0f%%", 100.0 * t->huge);
}

void bench_report_row(const struct bench_report *r, int at)
{
    const struct timing_case *c = case_at(r, at);
    const struct timing *t = &r->job->timings[at];
    if (at == 0)
        printf("%-16s %-11s %-8s %6s %6s %3s %10s %9s %8s %9s %8s %9s %10s %5s  %s\n", "definition", "target", "phase", "q", "kv", "thr",
               "ms", "GFLOP/s", "GB/s", "peak", "stream", "fraction", "workspace", "huge", "samples");
    printf("%-16s %-11s %-8s %6d %6d %3d %10.4g %9.1f %8.1f %9.1f %8.1f %8.1f%% %10ld %5s  %d (%d dropped)\n",
           r->model->definitions[c->definition].name, t->target, bench_phase_name(c->phase), c->q, c->kv, c->threads,
           1e3 * t->seconds, gflops(t), gbps(t), t->peak_gflops, t->stream * 1e-9, 100.0 * timing_fraction(t), t->workspace,
           huge_text(t, r->options->arena), t->samples, t->dropped);
    fflush(stdout);
}

/* Code of a phase, with the functions that it shares with others. */
static long code_of(const struct code_size *size, enum bench_phase phase)
{
    return size->shared + (phase == BENCH_WRITE ? size->write : phase == BENCH_DECODE ? size->decode : size->prefill);
}

static struct code_size size_at(const struct bench_report *r, int at)
{
    return code_size_of(r->symbols, r->model, case_at(r, at)->definition, r->job->timings[at].target, r->options->arena);
}

void bench_report_code(const struct bench_report *r)
{
    int last = -1;
    printf("\n%d kernels, %.0f KiB of C, emitted in %.1f ms, compiled in %.2f s\n", r->binary->emitted.kernels,
           (double)r->binary->emitted.source_length / 1024, 1e3 * r->binary->emit_seconds, r->binary->compile_seconds);
    for (int at = 0; at < r->job->case_count * r->job->object_count; at++) {
        const int definition = case_at(r, at)->definition;
        const struct code_size size = size_at(r, at);
        if (definition != last)
            printf("code of %s on %s, in bytes: write %ld, prefill %ld, decode %ld, shared %ld\n", r->model->definitions[definition].name,
                   r->job->timings[at].target, size.write, size.prefill, size.decode, size.shared);
        last = definition;
    }
    printf("%s\n", cpu_name(r->options->arena));
}

/* As JSON ---------------------------------------------------------------------------------------- */

struct member { const char *name; double number; };

static void set_shape(struct value *tree, const struct bench_report *r, int at)
{
    struct arena *arena = r->options->arena;
    const struct timing_case *c = case_at(r, at);
    const struct definition *d = &r->model->definitions[c->definition];
    tree_set(tree, "config", tree_text(r->options->input, arena), arena);
    tree_set(tree, "cpu", tree_text(cpu_name(arena), arena), arena);
    tree_set(tree, "definition", tree_text(d->line, arena), arena);
    tree_set(tree, "name", tree_text(d->name, arena), arena);
    tree_set(tree, "phase", tree_text(bench_phase_name(c->phase), arena), arena);
    tree_set(tree, "cache", tree_text(definition_cache_text(d, arena), arena), arena);
    tree_set(tree, "target", tree_text(r->job->timings[at].target, arena), arena);
    const struct member members[] = {
        { "q", c->q }, { "kv", c->kv }, { "threads", c->threads }, { "heads", d->kept.heads }, { "kv_heads", d->kept.kv_heads },
        { "d_k", d->d_k }, { "d_v", d->d_v }, { "sharing", r->job->sharing == NULL ? 1.0 : strtod(r->job->sharing, NULL) }
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        tree_set(tree, members[i].name, tree_integer((int64_t)members[i].number, arena), arena);
}

/* Numbers of six digits: they are not known better. */
static double rounded(double number)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", number);
    return strtod(text, NULL);
}

static struct value *timing_tree(const struct bench_report *r, int at)
{
    struct arena *arena = r->options->arena;
    const struct timing *t = &r->job->timings[at];
    const struct code_size size = size_at(r, at);
    struct value *tree = tree_table(arena);
    set_shape(tree, r, at);
    const struct member members[] = {
        { "ms", 1e3 * t->seconds }, { "spread", t->spread }, { "gflops", gflops(t) }, { "gbps", gbps(t) },
        { "flops", t->flops }, { "bytes", t->bytes }, { "peak_gflops", t->peak_gflops }, { "stream_gbps", t->stream * 1e-9 },
        { "fraction", timing_fraction(t) }, { "workspace_bytes", (double)t->workspace },
        { "code_bytes", (double)code_of(&size, case_at(r, at)->phase) }, { "compile_seconds", r->binary->compile_seconds },
        { "emit_ms", 1e3 * r->binary->emit_seconds }, { "huge_pages", t->huge }, { "samples", t->samples }, { "dropped", t->dropped }
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        tree_set(tree, members[i].name, tree_number(rounded(members[i].number), arena), arena);
    return tree;
}

const char *bench_report_json(const struct bench_report *r)
{
    struct text text = text_start(r->options->arena);
    struct value *list = tree_table(r->options->arena);
    for (int at = 0; at < r->job->case_count * r->job->object_count; at++)
        tree_append(list, timing_tree(r, at), r->options->arena);
    json_write(&text, list);
    return text.data;
}

bool bench_report_plot(const struct bench_report *r, const char *root, const char *file)
{
    const char *json = bench_report_json(r);
    const char *data = arena_format(r->options->arena, "%s/plot.json", r->binary->directory);
    return file_write(data, json, strlen(json), r->options->report, NULL)
        && picture_draw(root, "scripts/plot_bench.py", data, file, r->options->arena, r->options->report);
}
