/*
 * A team that was started lives on with the thread that entered its region, so only a
 * larger team needs new threads, and only then anything is asked here:
 *
 *   limits    Near a limit of threads or memory that other processes share, a try that
 *             went well says nothing about the next microsecond.
 *   a try     Twice the threads that the team lacks are started, live all at once and
 *             are gone again; likewise the memory that a library needs for a team.
 *
 * What remains: an unlimited system whose last free thread goes between try and region.
 *
 * Someone else's region on the same thread may have made the team smaller. Its last
 * thread goes first (libgomp), so the team is whole as long as that one lives.
 */
#define _GNU_SOURCE
#include "core/team.h"

#include "core/threads.h"

#if defined(_OPENMP)
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

enum { ROOMY_THREADS = 8192, BYTES_A_THREAD = 4096 };
enum { GONE_TRIES = 2000, GONE_WAIT_NS = 50000 };
static const double RETRY_SECONDS = 1.0;

/* --- Threads of the system -----------------------------------------------------------
 */

static long thread_id(void) {
#if defined(__linux__)
    return syscall(SYS_gettid);
#else
    return 0;
#endif
}

static bool thread_lives(long id) {
#if defined(__linux__)
    return syscall(SYS_tgkill, (long)getpid(), id, 0L) == 0;
#else
    (void)id;
    return true;
#endif
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- Limits --------------------------------------------------------------------------
 */

static bool is_high(int resource, rlim_t least) {
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 &&
           (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= least);
}

/* No limit is so low that processes at work together could reach it. */
static bool is_roomy(void) {
    return is_high(RLIMIT_NPROC, ROOMY_THREADS) && is_high(RLIMIT_AS, RLIM_INFINITY) &&
           is_high(RLIMIT_DATA, RLIM_INFINITY) &&
           sdr_threads_left("/proc/self/cgroup", "/sys/fs/cgroup") >= ROOMY_THREADS;
}

/* --- The try -------------------------------------------------------------------------
 */

typedef struct trial {
    pthread_mutex_t *gate; /* closed until all have been started */
    pthread_t thread;
    long id;
} trial;

static void *pass_gate(void *argument) {
    trial *t = argument;
    t->id = thread_id();
    pthread_mutex_lock(t->gate);
    pthread_mutex_unlock(t->gate);
    return NULL;
}

/* Starts up to n threads, which wait at the gate. How many there are. */
static int start_trials(trial *trials, int n, pthread_mutex_t *gate) {
    sigset_t all, before;
    int started = 0;
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; started < n; started++) {
        trials[started].gate = gate;
        if (pthread_create(&trials[started].thread, NULL, pass_gate,
                           &trials[started]) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* A thread that was joined counts against limits until the system has buried it. */
static bool are_gone(const trial *trials, int n) {
    for (int i = 0, tries = 0; i < n;) {
        if (trials[i].id == 0 || !thread_lives(trials[i].id)) {
            i++;
            continue;
        }
        if (++tries > GONE_TRIES) return false;
        nanosleep(&(struct timespec){0, GONE_WAIT_NS}, NULL);
    }
    return true;
}

/* Whether n threads can live at once. */
static bool try_threads(int n) {
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    trial *trials = calloc((size_t)n, sizeof *trials);
    if (trials == NULL) return false;
    pthread_mutex_lock(&gate);
    int started = start_trials(trials, n, &gate);
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < started; i++)
        pthread_join(trials[i].thread, NULL);
    bool all = started == n && are_gone(trials, n);
    free(trials);
    return all;
}

/* Whether there is memory for what a library notes about a team. */
static bool try_memory(int n) {
    void *block = malloc((size_t)n * BYTES_A_THREAD);
    free(block);
    return block != NULL;
}

/* --- The team of a thread ------------------------------------------------------------
 */

static _Thread_local sdr_team kept;
static _Thread_local double retry_at; /* threads were refused: not again before */

void sdr_team_note(sdr_team *team, int thread, int size) {
    if (thread != size - 1) return;
    team->size = size;
    team->last = thread_id();
}

void sdr_team_keep(const sdr_team *team) {
    kept = *team;
}

void sdr_team_forget(void) {
    kept.size = 0;
}

static bool can_grow(int lacking) {
    if (seconds() < retry_at) return false;
    if (is_roomy() && try_threads(2 * lacking)) return true;
    retry_at = seconds() + RETRY_SECONDS;
    return false;
}

bool sdr_team_is_safe(int size) {
    int living = kept.size > 1 && thread_lives(kept.last) ? kept.size : 1;
    if (size == living) return true;
    return try_memory(size) && (size < living || can_grow(size - living));
}

#endif
