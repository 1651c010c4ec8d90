/*
** A job is a function and a number of tasks. Threads wait for the next job's number and take tasks from a shared counter.
** The caller waits for those that joined, not for those that still sleep: it may be done before they wake.
*/
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "seconds.h"

/* Waking a thread takes 5 to 50 us: for as long as that it is better to look again and again for what is about to come. */
#define SPIN_SECONDS 50e-6
enum { SPIN_LOOKS = 32 };              /* between two looks at the clock */

struct worker {
    struct pool *pool;
    pthread_t thread;
    void *scratch;
};

struct job {
    void (*run)(void *context, int64_t task, void *scratch);
    void *context;
    int64_t tasks;
};

struct pool {
    struct worker *workers;           /* (threads); the first is the caller */
    int threads, started;             /* started: those that run, without the caller */
    pthread_mutex_t mutex;            /* of all below but next; who spins reads without it, and looks again with it */
    pthread_cond_t begin, end;
    struct job job;
    bool open;                        /* the job can be joined */
    atomic_uint_fast64_t number;      /* of the job */
    atomic_int busy;                  /* threads that joined it and have not finished, without the caller */
    atomic_bool stop;
    atomic_int_fast64_t next;         /* task */
};

int pool_default_threads(void)
{
    cpu_set_t set;
    const int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < POOL_THREADS ? count : POOL_THREADS;
}

static void tasks_run(struct pool *pool, const struct job *job, void *scratch)
{
    for (;;) {
        const int64_t task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (task >= job->tasks)
            return;
        job->run(job->context, task, scratch);
    }
}

static void pause_shortly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Looks until there is what is waited for, or until sleeping is better. */
static void spin(const struct pool *pool, bool (*over)(const struct pool *pool, uint64_t done), uint64_t done)
{
    const double start = seconds_now();
    do
        for (int look = 0; look < SPIN_LOOKS; look++) {
            if (over(pool, done))
                return;
            pause_shortly();
        }
    while (seconds_now() - start < SPIN_SECONDS);
}

static bool job_came(const struct pool *pool, uint64_t done)
{
    return atomic_load_explicit(&pool->number, memory_order_relaxed) != done
        || atomic_load_explicit(&pool->stop, memory_order_relaxed);
}

static bool others_ended(const struct pool *pool, uint64_t done)
{
    (void)done;
    return atomic_load_explicit(&pool->busy, memory_order_relaxed) == 0;
}

/* Joins a job after number *done, which becomes its number; false when there will be none. */
static bool job_join(struct pool *pool, uint64_t *done, struct job *job)
{
    spin(pool, job_came, *done);
    pthread_mutex_lock(&pool->mutex);
    while (!(pool->open && pool->number != *done) && !pool->stop)
        pthread_cond_wait(&pool->begin, &pool->mutex);
    const bool wanted = !pool->stop;
    *job = pool->job;
    *done = pool->number;
    pool->busy += wanted;
    pthread_mutex_unlock(&pool->mutex);
    return wanted;
}

static void job_end(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    if (--pool->busy == 0)
        pthread_cond_signal(&pool->end);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct job job;
    for (uint64_t done = 0; job_join(worker->pool, &done, &job);) {
        tasks_run(worker->pool, &job, worker->scratch);
        job_end(worker->pool);
    }
    return NULL;
}

static bool workers_start(struct pool *pool, struct problem *problem)
{
    for (int i = 1; i < pool->threads; i++) {
        const int failure = pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i]);
        if (failure != 0)
            return problem_set(problem, "thread %d of %d does not start: %s", i + 1, pool->threads,
                               strerror(failure));
        pool->started++;
    }
    return true;
}

struct pool *pool_create(int threads, size_t scratch_bytes, struct memory *memory, struct problem *problem)
{
    if (threads < 1 || threads > POOL_THREADS) {
        problem_set(problem, "%d threads were asked for; 1 to %d are possible", threads, POOL_THREADS);
        return NULL;
    }
    struct pool *pool = memory_take(memory, 1, sizeof *pool, problem);
    struct worker *workers = memory_take(memory, (size_t)threads, sizeof *workers, problem);
    if (pool == NULL || workers == NULL)
        return NULL;
    pool->workers = workers;
    pool->threads = threads;
    for (int i = 0; i < threads; i++) {
        workers[i].pool = pool;
        workers[i].scratch = memory_take_large(memory, 1, scratch_bytes, problem);
        if (workers[i].scratch == NULL)
            return NULL;
    }
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->end, NULL);
    if (workers_start(pool, problem))
        return pool;
    pool_destroy(pool);
    return NULL;
}

void pool_destroy(struct pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stop = true;
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 1; i <= pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->end);
    pthread_cond_destroy(&pool->begin);
    pthread_mutex_destroy(&pool->mutex);
}

static void job_begin(struct pool *pool, const struct job *job)
{
    pthread_mutex_lock(&pool->mutex);
    pool->job = *job;
    pool->open = true;
    pool->number++;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
}

static void others_wait(struct pool *pool)
{
    spin(pool, others_ended, 0);
    pthread_mutex_lock(&pool->mutex);
    while (pool->busy > 0)
        pthread_cond_wait(&pool->end, &pool->mutex);
    pool->open = false;
    pthread_mutex_unlock(&pool->mutex);
}

void pool_run(struct pool *pool, int64_t tasks, void (*run)(void *context, int64_t task, void *scratch),
              void *context)
{
    const struct job job = { run, context, tasks };
    if (tasks <= 1 || pool->started == 0) {           /* not worth waking anyone */
        for (int64_t task = 0; task < tasks; task++)
            run(context, task, pool->workers[0].scratch);
        return;
    }
    job_begin(pool, &job);
    tasks_run(pool, &job, pool->workers[0].scratch);
    others_wait(pool);
}

struct pass {
    const struct attn_phase *phase;
    const struct attn_args *args;
    int number;
};

static void pass_run(void *context, int64_t task, void *scratch)
{
    const struct pass *pass = context;
    pass->phase->run(pass->args, pass->number, task, scratch);
}

void pool_run_phase(struct pool *pool, const struct attn_phase *phase, const struct attn_args *args)
{
    for (int number = 0; number < phase->passes; number++) {
        struct pass pass = { phase, args, number };
        pool_run(pool, phase->tasks(args, number), pass_run, &pass);
    }
}
