#include "bench_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench_peak.h"
#include "machine.h"
#include "seconds.h"

enum {
    SAMPLES_LEAST = 5,
    STREAM_RUNS = 5
};

static const double SLOW_PROBE = 0.95;   /* of the fastest one */
static const double SAMPLE_SECONDS = 1e-3;

/* The samples of one case. */
struct samples {
    double time[BENCH_SAMPLES], peak[BENCH_SAMPLES];
    double best;                         /* of its probes */
    int kept, dropped;
    int runs;                            /* in a sample: short ones are timed together */
};

/* Runs that fill a sample; the first, which warms up, says how long one takes. */
static int runs_choose(struct bench *bench)
{
    bench_run(bench);
    const double start = bench_seconds(bench);
    bench_run(bench);
    const double once = bench_seconds(bench) - start;
    return once < SAMPLE_SECONDS / 1000 ? 1000 : once < SAMPLE_SECONDS ? (int)(SAMPLE_SECONDS / once) + 1 : 1;
}

static double runs_time(struct bench *bench, int runs)
{
    const double start = bench_seconds(bench);
    for (int i = 0; i < runs; i++)
        bench_run(bench);
    return (bench_seconds(bench) - start) / runs;
}

/* Takes a sample between two probes; it is kept when both were fast, or when there is no time to wait for better ones. */
static void sample_take(struct bench *bench, struct samples *samples, bool late)
{
    const struct bench_peak peak = bench_peak_of(bench->setting.attention);
    const double before = bench_peak_rate(&peak);
    samples->time[samples->kept] = runs_time(bench, samples->runs);
    const double after = bench_peak_rate(&peak);
    samples->peak[samples->kept] = fmax(before, after);
    samples->best = fmax(samples->best, fmax(before, after));
    const bool slow = fmin(before, after) < SLOW_PROBE * samples->best;
    samples->dropped += slow;
    samples->kept += !slow || late;
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Of sorted values: that which a share of them lies below. */
static double quantile(const double *values, int count, double share)
{
    const double place = share * (count - 1);
    const int below = (int)place, above = below + 1 < count ? below + 1 : below;
    return values[below] + (place - below) * (values[above] - values[below]);
}

static struct bench_figures figures_of(struct samples *samples, int threads)
{
    const int count = samples->kept;
    qsort(samples->time, (size_t)count, sizeof samples->time[0], ascending);
    qsort(samples->peak, (size_t)count, sizeof samples->peak[0], ascending);
    const double median = quantile(samples->time, count, 0.5);
    const double range = quantile(samples->time, count, 0.75) - quantile(samples->time, count, 0.25);
    return (struct bench_figures){ median, range / median, quantile(samples->peak, count, 0.5) * threads, count, samples->dropped };
}

static bool all_full(const struct samples *samples, int count, int most)
{
    for (int i = 0; i < count; i++)
        if (samples[i].kept < most)
            return false;
    return true;
}

void bench_measure(struct bench *benches, struct bench_figures *figures, int count, double seconds)
{
    struct samples *samples = calloc((size_t)count, sizeof *samples);
    memset(figures, 0, (size_t)count * sizeof *figures);
    for (int i = 0; samples != NULL && i < count; i++)
        samples[i].runs = runs_choose(&benches[i]);
    const double start = seconds_now();
    for (int round = 0; samples != NULL && !all_full(samples, count, BENCH_SAMPLES); round++) {
        const double spent = seconds_now() - start;
        if (spent > seconds * count && all_full(samples, count, SAMPLES_LEAST))
            break;
        for (int turn = 0; turn < count; turn++) {
            const int i = round % 2 == 0 ? turn : count - 1 - turn;      /* nobody always follows the same one */
            if (samples[i].kept < BENCH_SAMPLES)
                sample_take(&benches[i], &samples[i], spent > 2.0 * seconds * count);
        }
    }
    for (int i = 0; samples != NULL && i < count; i++)
        figures[i] = figures_of(&samples[i], benches[i].setting.threads);
    free(samples);
}

/* What every thread reads at once. */
struct stream { const unsigned char *memory; size_t bytes; unsigned *sums; };

static void stream_task(void *context, int64_t task, void *scratch)
{
    const struct stream *stream = context;
    (void)scratch;
    stream->sums[task] = machine_read(stream->memory + (size_t)task * stream->bytes, stream->bytes);
}

double bench_stream(struct bench *b, struct problem *problem)
{
    const int threads = b->setting.threads;
    const size_t bytes = machine_cold_bytes();
    unsigned char *memory = memory_take_large(&b->memory, bytes, 1, problem);
    struct stream stream = { memory, bytes / (size_t)threads, memory_take(&b->memory, (size_t)threads, sizeof(unsigned), problem) };
    double best = 0.0;
    if (memory == NULL || stream.sums == NULL)
        return 0.0;
    memset(memory, 1, bytes);
    for (int run = 0; run < STREAM_RUNS; run++) {
        const double start = bench_seconds(b);
        pool_run(b->pool, threads, stream_task, &stream);
        best = fmax(best, (double)stream.bytes * threads / (bench_seconds(b) - start));
    }
    return best;
}
