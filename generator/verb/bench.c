#include "bench.h"

#include <string.h>

#include "../base/lengths.h"
#include "../compile/compile.h"
#include "../model/source.h"
#include "../plan/tuned.h"
#include "bench_report.h"
#include "picture.h"

static const double case_seconds = 1.0;
static const struct where command_line = { NULL, 0 };

/* Lengths when none are given. */
static const struct { int32_t q, kv; } defaults[BENCH_PHASES] = {
    [BENCH_WRITE] = { 1024, 1024 }, [BENCH_PREFILL] = { 1024, 1024 }, [BENCH_APPEND] = { 256, 1280 }, [BENCH_DECODE] = { 1, 4096 }
};

/* What the command line asks for. A length of 0 stands for the phase's own. */
struct request {
    const struct options *options;
    bool one_phase;
    enum bench_phase phase;
    struct lengths q, kv, threads;
    struct timing_case *cases;               /* (case_count) */
    int case_count;
};

/* The list of an option that options_read has checked; a list of `otherwise` when it is not given. */
static struct lengths list_of(const struct options *options, enum option option, int32_t otherwise)
{
    struct lengths lengths = { { otherwise }, 1 };
    if (options->text[option] != NULL)
        options_list(options, option, &lengths);
    return lengths;
}

static bool phase_read(struct request *request)
{
    const struct options *options = request->options;
    const char *phase = options->text[OPTION_PHASE];
    request->one_phase = phase != NULL;
    if (phase == NULL)
        return true;
    if (!bench_phase_find(&request->phase, phase)) {
        report_error(options->report, command_line, "--phase is '%s'; expected write, prefill, append or decode", phase);
        return false;
    }
    if (request->phase == BENCH_WRITE && options->text[OPTION_SHARING] != NULL) {
        report_error(options->report, command_line, "--sharing has no effect on --phase write, which reads no keys");
        return false;
    }
    if (request->phase != BENCH_WRITE || options->text[OPTION_Q] == NULL)
        return true;
    report_error(options->report, command_line, "--q has no effect on --phase write; --kv says how many keys");
    return false;
}

/* What was not asked for fits to what was. */
static struct timing_case case_of(int definition, enum bench_phase phase, int32_t q, int32_t kv, int32_t threads)
{
    const int32_t past = defaults[phase].kv - defaults[phase].q;
    if (kv == 0)
        kv = q == 0 || phase == BENCH_DECODE ? defaults[phase].kv : q + past;
    if (q == 0)
        q = kv < defaults[phase].q || phase == BENCH_WRITE ? kv : defaults[phase].q;
    return (struct timing_case){ definition, phase, q, kv, threads };
}

static bool case_add(struct request *request, struct timing_case added)
{
    struct report *report = request->options->report;
    if (added.q > added.kv)
        report_error(report, command_line, "--q %d is larger than --kv %d: the queries are the last of the keys", added.q, added.kv);
    else if (request->case_count == TIMING_CASES)
        report_error(report, command_line, "there are more than %d lengths to time; give fewer", TIMING_CASES);
    else
        request->cases[request->case_count++] = added;
    return added.q <= added.kv && request->case_count <= TIMING_CASES && report->errors == 0;
}

/* All lengths and threads of one phase. Without --phase, --q is of prefill. */
static bool phase_add(struct request *request, int definition, enum bench_phase phase)
{
    static const struct lengths one = { { 0 }, 1 };
    const struct lengths *queries = !request->one_phase && phase == BENCH_DECODE ? &one : &request->q;
    for (int t = 0; t < request->threads.count; t++)
        for (int kv = 0; kv < request->kv.count; kv++)
            for (int q = 0; q < queries->count; q++)
                if (!case_add(request, case_of(definition, phase, queries->list[q], request->kv.list[kv], request->threads.list[t])))
                    return false;
    return true;
}

static bool cases_collect(struct request *request, const struct model *model)
{
    bool good = true;
    request->q = list_of(request->options, OPTION_Q, 0);
    request->kv = list_of(request->options, OPTION_KV, 0);
    request->threads = list_of(request->options, OPTION_THREADS, 1);
    request->cases = arena_alloc(request->options->arena, TIMING_CASES, sizeof *request->cases);
    for (int i = 0; i < model->definition_count && good; i++)
        if (request->one_phase)
            good = phase_add(request, i, request->phase);
        else
            good = phase_add(request, i, BENCH_PREFILL) && phase_add(request, i, BENCH_DECODE);
    return good;
}

/* The one target that is asked for; NULL: the best. attngen emits a list, but times one. */
static bool target_fits(const struct options *options)
{
    const char *target = options->text[OPTION_TARGET];
    if (target == NULL || strchr(target, ',') == NULL)
        return true;
    report_error(options->report, command_line, "--target is '%s'; bench times one target at a time", target);
    return false;
}

static void row_print(void *context, int at)
{
    bench_report_row(context, at);
}

static int bench_model(struct request *request, const struct model *model, const char *root)
{
    const struct options *options = request->options;
    struct emit_options emit;
    struct binary binary;
    struct code_symbols symbols;
    if (!tuned_options(&emit, options) || !binary_make(&binary, model, root, &emit, options)
        || !code_symbols_read(&symbols, binary.path, options->arena, options->report))
        return 2;
    const bool json = options->text[OPTION_JSON] != NULL;
    struct timing_job job = {
        .root = root, .model = model->name, .target = options->text[OPTION_TARGET], .objects = &binary.path, .object_count = 1,
        .cases = request->cases, .case_count = request->case_count, .seconds = case_seconds, .streams = true,
        .sharing = options->text[OPTION_SHARING], .take = json ? NULL : row_print
    };
    struct bench_report report = { options, model, &binary, &symbols, &job };
    job.context = &report;
    if (!timing_run(&job, options->arena, options->report))
        return 2;
    if (json)
        fputs(bench_report_json(&report), stdout);
    else
        bench_report_code(&report);
    const char *plot = options->text[OPTION_PLOT];
    return plot == NULL || bench_report_plot(&report, root, plot) ? 0 : 2;
}

int verb_bench(const struct options *options)
{
    struct request request = { .options = options };
    struct source source;
    const char *plot = options->text[OPTION_PLOT];
    if ((plot != NULL && !picture_fits("--plot", plot, options->report)) || !phase_read(&request) || !target_fits(options)
        || !source_read(&source, options->input, &options->catalog, options->arena, options->report)
        || !cases_collect(&request, &source.model))
        return 2;
    const char *root = compile_root(options->arena, options->report);
    return root == NULL ? 2 : bench_model(&request, &source.model, root);
}
