/*
** Every task runs once, passes wait for each other, and a thread's scratch is its own.
*/
#include <stdatomic.h>

#include "../../runtime/pool.h"
#include "../test.h"

enum { TASKS = 1000, ROUNDS = 200, SCRATCH = 64 };

static void task_count(void *context, int64_t task, void *scratch)
{
    atomic_int *counts = context;
    int *own = scratch;
    *own = (int)task;
    atomic_fetch_add(&counts[task], 1);
    if (*own != (int)task)
        atomic_fetch_add(&counts[task], 1000);
}

static void pool_open(struct pool **pool, int threads, struct memory *memory)
{
    char error[200];
    struct problem problem = { error, sizeof error };
    memory_begin(memory, NULL);
    *pool = pool_create(threads, SCRATCH, memory, &problem);
    CHECK(*pool != NULL);
}

static void every_task_once(void)
{
    static atomic_int counts[TASKS];
    static const int64_t tasks[] = { 0, 1, 2, 3, TASKS };
    for (int threads = 1; threads <= 5; threads += 2) {
        struct memory memory;
        struct pool *pool;
        pool_open(&pool, threads, &memory);
        for (int round = 0; round < ROUNDS; round++) {
            const int64_t count = tasks[round % 5];
            memset(counts, 0, sizeof counts);
            pool_run(pool, count, task_count, counts);
            int wrong = 0;
            for (int64_t task = 0; task < TASKS; task++)
                wrong += counts[task] != (task < count ? 1 : 0);
            CHECK(wrong == 0);
        }
        pool_destroy(pool);
        memory_release(&memory);
    }
}

/* A phase of three passes with 7, 5 and 3 tasks; each task checks that the pass before has ended. */

static atomic_int passes_done[3];
static atomic_int passes_early;

static int64_t phase_tasks(const struct attn_args *args, int pass)
{
    (void)args;
    return 7 - 2 * pass;
}

static void phase_run(const struct attn_args *args, int pass, int64_t task, void *scratch)
{
    (void)task;
    *(int *)scratch = pass;
    if (pass > 0 && atomic_load(&passes_done[pass - 1]) != phase_tasks(args, pass - 1))
        atomic_fetch_add(&passes_early, 1);
    atomic_fetch_add(&passes_done[pass], 1);
}

static void passes_in_order(void)
{
    const struct attn_phase phase = { .passes = 3, .tasks = phase_tasks, .run = phase_run };
    const struct attn_args args = { .sequences = 0 };
    struct memory memory;
    struct pool *pool;
    pool_open(&pool, 4, &memory);
    for (int round = 0; round < ROUNDS; round++) {
        memset(passes_done, 0, sizeof passes_done);
        pool_run_phase(pool, &phase, &args);
        CHECK(passes_done[0] == 7 && passes_done[1] == 5 && passes_done[2] == 3 && passes_early == 0);
    }
    pool_destroy(pool);
    memory_release(&memory);
}

static void numbers_of_threads(void)
{
    char error[200];
    struct problem problem = { error, sizeof error };
    struct memory memory;
    memory_begin(&memory, NULL);
    CHECK(pool_create(0, SCRATCH, &memory, &problem) == NULL);
    CHECK_TEXT(error, "0 threads were asked for; 1 to 256 are possible");
    CHECK(pool_create(257, SCRATCH, &memory, &problem) == NULL);
    CHECK(pool_default_threads() >= 1);
    pool_destroy(NULL);
    memory_release(&memory);
}

int main(void)
{
    RUN(every_task_once);
    RUN(passes_in_order);
    RUN(numbers_of_threads);
    return test_end();
}
