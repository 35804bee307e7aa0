/*
 * Fixed blocks on OpenMP: workers take chunks of items from one counter.
 *
 * A chunk is some CHUNK_BYTES of input, so the counter costs nothing and the last
 * chunks are short. Worker 0 is the calling thread; it looks at the clock after each of
 * its chunks and calls poll every POLL_SECONDS. The first code that is not SDR_OK stops
 * every worker at its next chunk.
 *
 * Fork: libgomp waits forever in a forked child that runs a region after its parent ran
 * one (its pool's threads are not there). Before a fork the calling thread's pool is
 * released with omp_pause_resource_all(omp_pause_hard), which OpenMP 5 offers; where it
 * is missing, the child runs every region on threads of our own.
 *
 * Threads that can't be started: libgomp ends the process. Where team.c sees a risk of
 * it, threads of our own take the place of the region: as many as there are, down to
 * none but the calling one.
 *
 * Groups of rows go on threads of our own as well: to start them costs little beside
 * such work, and they end with it, while those of a region spin for a millisecond or
 * more behind it, which many calls in a row make up to half of all CPU time.
 *
 * A region asks for all threads of the call, though fewer may have work: libgomp ends
 * what a smaller team leaves over, and starting threads costs more than waking them.
 */
#define _GNU_SOURCE
#include "core/parallel.h"

#include "core/team.h"
#include "core/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

enum { CHUNK_BYTES = 1 << 18, SERIAL_BYTES = 1 << 20 };
static const double POLL_SECONDS = 0.05;

typedef struct job {
    const sdr_context *context;
    sdr_parallel_body body;
    void *user;
    int64_t n_items, chunk;
    bool is_of_groups;
    atomic_llong next, done;
    atomic_int failed; /* sdr_code; set once, by the worker that owns `error` */
    sdr_error error;
    double last_poll;
} job;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fail(job *j, const sdr_error *error) {
    int none = SDR_OK;
    if (atomic_compare_exchange_strong(&j->failed, &none, (int)error->code))
        j->error = *error;
}

sdr_code sdr_poll(const sdr_context *context, int64_t done, int64_t total,
                  sdr_error *error) {
    if (context == NULL || context->poll == NULL) return SDR_OK;
    if (context->poll(context->user, done, total) == 0) return SDR_OK;
    return sdr_error_set(error, SDR_CANCELLED, "cancelled by the caller");
}

static void poll(job *j) {
    if (j->context == NULL || j->context->poll == NULL) return;
    double now = seconds();
    if (now - j->last_poll < POLL_SECONDS) return;
    j->last_poll = now;
    sdr_error error;
    if (sdr_poll(j->context, (int64_t)atomic_load(&j->done), j->n_items, &error))
        fail(j, &error);
}

/* Takes chunks until there are none or something failed. */
static void work(job *j, int worker, bool polls) {
    sdr_error error;
    while (atomic_load_explicit(&j->failed, memory_order_relaxed) == SDR_OK) {
        int64_t begin = atomic_fetch_add(&j->next, j->chunk);
        if (begin >= j->n_items) return;
        int64_t end = j->n_items - begin > j->chunk ? begin + j->chunk : j->n_items;
        error.message[0] = '\0';
        error.code = j->body(j->user, begin, end, worker, &error);
        if (error.code != SDR_OK) fail(j, &error);
        atomic_fetch_add(&j->done, end - begin);
        if (polls) poll(j);
    }
}

#if defined(_OPENMP)
#include <omp.h>

/* OpenMP 5, found at link time where the OpenMP library has it. 2 is omp_pause_hard. */
extern int sdr_omp_pause(int kind) __asm__("omp_pause_resource_all")
    __attribute__((weak));
enum { PAUSE_HARD = 2 };

static atomic_bool region_has_run, pool_is_lost;

static void before_fork(void) {
    if (atomic_load(&region_has_run) && sdr_omp_pause != NULL)
        sdr_omp_pause(PAUSE_HARD);
    sdr_team_forget();
}

static void in_child(void) {
    if (atomic_load(&region_has_run) && sdr_omp_pause == NULL)
        atomic_store(&pool_is_lost, true);
}

__attribute__((constructor(101))) static void watch_forks(void) {
    pthread_atfork(before_fork, NULL, in_child);
}

static void region(job *j, int workers, int size) {
    sdr_team team = {0};
    atomic_store_explicit(&region_has_run, true, memory_order_relaxed);
#pragma omp parallel num_threads(size)
    {
        int worker = omp_get_thread_num();
        sdr_team_note(&team, worker, omp_get_num_threads());
        if (worker < workers) work(j, worker, worker == 0);
    }
    sdr_team_keep(&team);
}

typedef struct hand {
    job *job;
    int worker;
    pthread_t thread;
} hand;

static void *run_hand(void *argument) {
    hand *h = argument;
    work(h->job, h->worker, false);
    return NULL;
}

/* Threads of our own, as many as the system gives, for this one job. */
static void region_on_own_threads(job *j, int workers) {
    hand hands[SDR_MAXIMUM_THREADS];
    sigset_t all, before;
    int started = 1;
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; started < workers; started++) {
        hand *h = &hands[started];
        *h = (hand){.job = j, .worker = started};
        if (pthread_create(&h->thread, NULL, run_hand, h) != 0) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    work(j, 0, true);
    for (int i = 1; i < started; i++)
        pthread_join(hands[i].thread, NULL);
}

void sdr_parallel_lose_pool(bool lost) {
    atomic_store(&pool_is_lost, lost);
}

static void run(job *j, int workers) {
    int size = sdr_context_threads(j->context);
    if (size > omp_get_thread_limit()) size = omp_get_thread_limit();
    if (workers == 1 || size == 1 || omp_in_parallel())
        work(j, 0, true);
    else if (!j->is_of_groups && !atomic_load(&pool_is_lost) && sdr_team_is_safe(size))
        region(j, workers, size);
    else
        region_on_own_threads(j, workers);
}

#else

void sdr_parallel_lose_pool(bool lost) {
    (void)lost;
}

static void run(job *j, int workers) {
    (void)workers;
    work(j, 0, true);
}

#endif

/* Items of about `bytes`, at least one. */
static int64_t items_of(size_t bytes, size_t cost_bytes) {
    size_t items = bytes / (cost_bytes > 0 ? cost_bytes : 1);
    return items > 0 ? (int64_t)items : 1;
}

int sdr_parallel_workers(const sdr_context *context, int64_t n_items,
                         size_t cost_bytes) {
#if defined(_OPENMP)
    if (n_items < 2 || n_items < items_of(SERIAL_BYTES, cost_bytes)) return 1;
    int threads = sdr_context_threads(context);
    return n_items < threads ? (int)n_items : threads;
#else
    (void)context, (void)n_items, (void)cost_bytes;
    return 1;
#endif
}

static int64_t chunk_of(int64_t n_items, size_t cost_bytes, int workers) {
    int64_t chunk = items_of(CHUNK_BYTES, cost_bytes);
    int64_t share = (n_items + workers - 1) / workers;
    return chunk < share ? chunk : share;
}

static sdr_code run_all(job *j, size_t cost_bytes, sdr_error *error) {
    if (j->n_items <= 0) return SDR_OK;
    int workers = sdr_parallel_workers(j->context, j->n_items, cost_bytes);
    bool polls = j->context != NULL && j->context->poll != NULL;
    if (workers == 1 && (!polls || j->n_items == 1))
        return j->body(j->user, 0, j->n_items, 0, error);
    j->chunk = chunk_of(j->n_items, cost_bytes, workers);
    j->last_poll = seconds();
    run(j, workers);
    if (atomic_load(&j->failed) == SDR_OK) return SDR_OK;
    if (error != NULL) *error = j->error;
    return j->error.code;
}

sdr_code sdr_parallel_for(const sdr_context *context, int64_t n_items,
                          size_t cost_bytes, sdr_parallel_body body, void *user,
                          sdr_error *error) {
    job j = {.context = context, .body = body, .user = user, .n_items = n_items};
    return run_all(&j, cost_bytes, error);
}

sdr_code sdr_parallel_groups(const sdr_context *context, int64_t n_items,
                             size_t cost_bytes, sdr_parallel_body body, void *user,
                             sdr_error *error) {
    job j = {.context = context, .body = body, .user = user, .n_items = n_items};
    j.is_of_groups = true;
    return run_all(&j, cost_bytes, error);
}
