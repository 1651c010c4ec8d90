#include "timing.h"

#include <stdio.h>
#include <string.h>

#include "../base/process.h"

struct reading {
    struct timing_job *job;
    int taken;
};

/* "0 0 avx512 ...": the columns of attn_bench; the line that names them is no number and falls through. */
static void line_take(void *context, const char *line)
{
    struct reading *reading = context;
    struct timing_job *job = reading->job;
    struct timing t;
    int at_case, object;
    if (sscanf(line, "%d %d %31s %lf %lf %lf %lf %lf %lf %ld %lf %d %d", &at_case, &object, t.target, &t.seconds, &t.spread,
               &t.flops, &t.bytes, &t.peak_gflops, &t.stream, &t.workspace, &t.huge, &t.samples, &t.dropped) != 13
        || at_case < 0 || at_case >= job->case_count || object < 0 || object >= job->object_count)
        return;
    const int at = at_case * job->object_count + object;
    job->timings[at] = t;
    reading->taken++;
    if (job->take != NULL)
        job->take(job->context, at);
}

static const char *const *command_of(const struct timing_job *job, struct arena *arena)
{
    const char **command = arena_alloc(arena, 12 + 2 * (size_t)(job->object_count + job->case_count), sizeof *command);
    int count = 0;
    command[count++] = arena_format(arena, "%s/build/attn_bench", job->root);
    command[count++] = job->model;
    command[count++] = "--seconds";
    command[count++] = arena_format(arena, "%g", job->seconds);
    if (job->target != NULL) {
        command[count++] = "--target";
        command[count++] = job->target;
    }
    if (!job->streams) {
        command[count++] = "--stream";
        command[count++] = "no";
    }
    for (int i = 0; i < job->object_count; i++) {
        command[count++] = "--kernels";
        command[count++] = job->objects[i];
    }
    if (job->sharing != NULL) {
        command[count++] = "--sharing";
        command[count++] = job->sharing;
    }
    for (int i = 0; i < job->case_count; i++) {
        const struct timing_case *c = &job->cases[i];
        command[count++] = "--case";
        command[count++] = arena_format(arena, "%d:%s:%d:%d:%d", c->definition, bench_phase_name(c->phase), c->q, c->kv, c->threads);
    }
    return command;
}

bool timing_run(struct timing_job *job, struct arena *arena, struct report *report)
{
    struct reading reading = { job, 0 };
    struct process process = { .command = command_of(job, arena), .take = line_take, .context = &reading };
    const struct where where = { process.command[0], 0 };
    job->timings = arena_alloc(arena, (size_t)(job->case_count * job->object_count), sizeof *job->timings);
    if (!process_run(&process, 1, 1, report))
        return false;
    if (process.status == 0 && process.signal == 0 && reading.taken == job->case_count * job->object_count)
        return true;
    if (process.signal != 0)
        report_error(report, where, "ended with signal %d", process.signal);
    else
        report_error(report, where, "ended with status %d after %d of %d timings", process.status, reading.taken,
                     job->case_count * job->object_count);
    return false;
}

double timing_fraction(const struct timing *t)
{
    const double compute = t->flops / (t->peak_gflops * 1e9), memory = t->bytes / t->stream;
    return (compute > memory ? compute : memory) / t->seconds;
}
