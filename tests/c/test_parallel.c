/* The parallel loop: each item once, first error, cancellation, fork. */
#define _GNU_SOURCE
#include "support.h"

#include "core/parallel.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ITEMS = 5000, COST = 1 << 16, FORK_SECONDS = 30 };

typedef sdr_code (*loop)(const sdr_context *context, int64_t n_items, size_t cost_bytes,
                         sdr_parallel_body body, void *user, sdr_error *error);
static const loop LOOPS[] = {sdr_parallel_for, sdr_parallel_groups};

typedef struct visits {
    atomic_int count[ITEMS];
    atomic_int workers_seen; /* bit set */
} visits;

static sdr_code visit(void *user, int64_t begin, int64_t end, int worker,
                      sdr_error *error) {
    (void)error;
    visits *v = user;
    atomic_fetch_or(&v->workers_seen, 1 << worker);
    for (int64_t i = begin; i < end; i++)
        atomic_fetch_add(&v->count[i], 1);
    return SDR_OK;
}

static void expect_each_once(const visits *v, int64_t n) {
    for (int64_t i = 0; i < ITEMS; i++)
        assert_int_equal(atomic_load(&v->count[i]), i < n);
}

static void test_every_item_is_visited_once_by_any_number_of_threads(void **state) {
    (void)state;
    const int threads[] = {1, 2, 3, 7};
    const int64_t lengths[] = {0, 1, 2, 3, 17, 1000, ITEMS};
    for (size_t t = 0; t < 4; t++)
        for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
            sdr_context context = {.threads = threads[t]};
            visits v = {0};
            assert_int_equal(
                sdr_parallel_for(&context, lengths[n], COST, visit, &v, NULL), SDR_OK);
            expect_each_once(&v, lengths[n]);
            int workers = sdr_parallel_workers(&context, lengths[n], COST);
            assert_true(atomic_load(&v.workers_seen) < 1 << workers);
        }
}

static void test_small_work_stays_on_the_calling_thread(void **state) {
    (void)state;
    sdr_context context = {.threads = 7};
    assert_int_equal(sdr_parallel_workers(&context, 1000, 1000), 1);
    assert_int_equal(sdr_parallel_workers(&context, 1, (size_t)1 << 40), 1);
    assert_int_equal(sdr_parallel_workers(&context, 0, 0), 1);
    visits v = {0};
    assert_int_equal(sdr_parallel_for(&context, 1000, 0, visit, &v, NULL), SDR_OK);
    assert_int_equal(atomic_load(&v.workers_seen), 1);
}

static sdr_code fail_at_100(void *user, int64_t begin, int64_t end, int worker,
                            sdr_error *error) {
    SDR_TRY(visit(user, begin, end, worker, error));
    if (begin > 100 || end <= 100) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_COLUMN, "item %d", 100);
}

static void test_the_first_error_stops_the_loop_and_keeps_its_message(void **state) {
    (void)state;
    const int threads[] = {1, 3};
    for (size_t t = 0; t < 2; t++) {
        sdr_context context = {.threads = threads[t]};
        sdr_error error;
        visits v = {0};
        assert_int_equal(
            sdr_parallel_for(&context, ITEMS, COST, fail_at_100, &v, &error),
            SDR_INVALID_COLUMN);
        assert_int_equal(error.code, SDR_INVALID_COLUMN);
        assert_string_equal(error.message, "item 100");
        assert_int_equal(sdr_parallel_for(&context, ITEMS, COST, fail_at_100, &v, NULL),
                         SDR_INVALID_COLUMN);
    }
}

static sdr_code sleep_a_little(void *user, int64_t begin, int64_t end, int worker,
                               sdr_error *error) {
    (void)worker, (void)error;
    struct timespec millisecond = {0, 1000000};
    for (int64_t i = begin; i < end; i++)
        nanosleep(&millisecond, NULL);
    atomic_fetch_add((atomic_llong *)user, end - begin);
    return SDR_OK;
}

typedef struct polls {
    int calls, stop_at;
    int64_t last_done, total;
} polls;

static int note_poll(void *user, int64_t done, int64_t total) {
    polls *p = user;
    assert_true(done >= p->last_done && done <= total);
    p->last_done = done;
    p->total = total;
    return ++p->calls == p->stop_at;
}

static void expect_cancelled(int threads, loop run) {
    polls p = {.stop_at = 2};
    atomic_llong done = 0;
    sdr_context context = {.threads = threads, .poll = note_poll, .user = &p};
    sdr_error error;
    assert_int_equal(run(&context, ITEMS, COST, sleep_a_little, &done, &error),
                     SDR_CANCELLED);
    assert_int_equal(error.code, SDR_CANCELLED);
    assert_int_equal(p.calls, 2);
    assert_int_equal(p.total, ITEMS);
    assert_in_range(atomic_load(&done), 1, ITEMS / 4);
}

static void test_poll_can_cancel_serial_and_parallel_loops(void **state) {
    (void)state;
    expect_cancelled(1, sdr_parallel_for);
    expect_cancelled(3, sdr_parallel_for);
    expect_cancelled(3, sdr_parallel_groups);
}

static void test_poll_comes_no_more_than_every_50_ms(void **state) {
    (void)state;
    polls p = {.stop_at = -1};
    atomic_llong done = 0;
    sdr_context context = {.threads = 1, .poll = note_poll, .user = &p};
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_int_equal(sdr_parallel_for(&context, 400, COST, sleep_a_little, &done, NULL),
                     SDR_OK);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - begin.tv_sec) +
                     1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    assert_in_range(p.calls, 2, (int)(seconds / 0.05) + 1); /* however long it took */
}

/* --- Fork ------------------------------------------------------------------------- */

static void run_a_region(void) {
    sdr_context context = {.threads = 3};
    for (int i = 0; i < 2; i++) {
        visits *v = calloc(1, sizeof *v);
        assert_non_null(v);
        assert_int_equal(LOOPS[i](&context, ITEMS, COST, visit, v, NULL), SDR_OK);
        expect_each_once(v, ITEMS);
        free(v);
    }
}

/* Waits for the child, but not for ever. */
static void expect_success(pid_t child) {
    for (int i = 0; i < FORK_SECONDS * 100; i++) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            return;
        }
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    fail_msg("the child still ran its region after %d s", FORK_SECONDS);
}

static void fork_and_run(int depth) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_a_region();
        if (depth > 1) fork_and_run(depth - 1);
        _exit(0);
    }
    expect_success(child);
}

static void test_a_forked_child_runs_regions_after_its_parent_did(void **state) {
    (void)state;
    if (TSAN) skip();
    run_a_region();
    fork_and_run(2);
    run_a_region(); /* the parent's threads come back */
}

static void test_a_child_whose_pool_is_lost_runs_on_threads_of_its_own(void **state) {
    (void)state;
    sdr_parallel_lose_pool(true);
    run_a_region();
    expect_cancelled(3, sdr_parallel_for);
    sdr_parallel_lose_pool(false);
    run_a_region();
}

/* --- Threads that the system refuses -------------------------------------------------
 */

enum { TEAM = 8, NO_SUCH_USER = 54021, SKIPPED = 77 };

/* As a user of its own, for whom root's exemption does not hold. False: not possible.
 */
static bool limit_threads(rlim_t threads) {
    const struct rlimit limit = {threads, threads};
    if (geteuid() == 0 && setuid(NO_SUCH_USER + (uid_t)getpid()) != 0) return false;
    return setrlimit(RLIMIT_NPROC, &limit) == 0;
}

/* In the child: each item once, whatever the system gives. */
static int run_limited(rlim_t threads, int most_workers) {
    sdr_context context = {.threads = TEAM};
    if (!limit_threads(threads)) return SKIPPED;
    for (int i = 0; i < 6; i++) {
        visits *v = calloc(1, sizeof *v);
        if (LOOPS[i % 2](&context, ITEMS, COST, visit, v, NULL) != SDR_OK) return 1;
        for (int k = 0; k < ITEMS; k++)
            if (atomic_load(&v->count[k]) != 1) return 2;
        if (atomic_load(&v->workers_seen) >= 1 << most_workers) return 3;
        free(v);
    }
    return 0;
}

static void expect_exit(pid_t child) {
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void expect_limited(rlim_t threads, int most_workers) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(run_limited(threads, most_workers));
    expect_exit(child);
}

static void test_a_region_goes_on_with_the_threads_it_gets(void **state) {
    (void)state;
    if (TSAN) skip();
    bool is_root = geteuid() == 0; /* else the user's other processes count too */
    run_a_region();
    for (rlim_t threads = 1; threads <= (is_root ? 2 * TEAM : 1); threads++)
        expect_limited(threads, threads < TEAM ? (int)threads : TEAM);
}

/* Less memory than a thread's stack takes. */
static int run_without_memory(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld", &pages) != 1) return SKIPPED;
    fclose(file);
    rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (1 << 20);
    sdr_context context = {.threads = TEAM};
    visits *v = calloc(1, sizeof *v);
    if (setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) != 0) return SKIPPED;
    if (sdr_parallel_for(&context, ITEMS, COST, visit, v, NULL) != SDR_OK) return 1;
    for (int k = 0; k < ITEMS; k++)
        if (atomic_load(&v->count[k]) != 1) return 2;
    return atomic_load(&v->workers_seen) < 1 << (TEAM - 1) ? 0 : 3;
}

static void test_a_region_without_memory_for_stacks_goes_on(void **state) {
    (void)state;
    if (ASAN || TSAN) skip();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(run_without_memory());
    expect_exit(child);
}

/* Threads of the process, as the system counts them. */
static int count_threads(void) {
    char line[256];
    int n = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Threads: %d", &n) == 1) break;
    if (file != NULL) fclose(file);
    return n;
}

static int run_groups(void) {
    sdr_context many = {.threads = TEAM};
    atomic_llong done = 0;
    if (sdr_parallel_groups(&many, 16, COST, sleep_a_little, &done, NULL) != SDR_OK)
        return 1;
    return atomic_load(&done) == 16 && count_threads() == 1 ? 0 : 2;
}

static void test_threads_of_groups_end_with_their_work(void **state) {
    (void)state;
    if (TSAN) skip();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(run_groups());
    expect_exit(child);
}

static int run_then_limit(void) {
    sdr_context many = {.threads = TEAM}, few = {.threads = 2};
    atomic_llong done = 0;
    if (sdr_parallel_for(&many, 16, COST, sleep_a_little, &done, NULL) != SDR_OK)
        return 1;
    if (count_threads() != TEAM) return 2;
    if (!limit_threads(1)) return SKIPPED;
    visits *v = calloc(1, sizeof *v);
    if (sdr_parallel_for(&many, ITEMS, COST, visit, v, NULL) != SDR_OK) return 3;
    if (count_threads() != TEAM) return 4; /* the team lives on */
    if (sdr_parallel_for(&few, ITEMS, COST, visit, v, NULL) != SDR_OK) return 5;
    if (sdr_parallel_for(&many, ITEMS, COST, visit, v, NULL) != SDR_OK) return 6;
    for (int k = 0; k < ITEMS; k++)
        if (atomic_load(&v->count[k]) != 3) return 7;
    free(v);
    return 0;
}

static void test_a_limit_that_comes_later_ends_nothing(void **state) {
    (void)state;
    sdr_context many = {.threads = TEAM};
    bool is_serial = sdr_parallel_workers(&many, ITEMS, COST) == 1; /* no OpenMP */
    if (TSAN || is_serial) skip();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(run_then_limit());
    expect_exit(child);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_is_visited_once_by_any_number_of_threads),
        cmocka_unit_test(test_small_work_stays_on_the_calling_thread),
        cmocka_unit_test(test_the_first_error_stops_the_loop_and_keeps_its_message),
        cmocka_unit_test(test_poll_can_cancel_serial_and_parallel_loops),
        cmocka_unit_test(test_poll_comes_no_more_than_every_50_ms),
        cmocka_unit_test(test_a_forked_child_runs_regions_after_its_parent_did),
        cmocka_unit_test(test_a_child_whose_pool_is_lost_runs_on_threads_of_its_own),
        cmocka_unit_test(test_a_region_goes_on_with_the_threads_it_gets),
        cmocka_unit_test(test_a_region_without_memory_for_stacks_goes_on),
        cmocka_unit_test(test_threads_of_groups_end_with_their_work),
        cmocka_unit_test(test_a_limit_that_comes_later_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
