/* The parallel loop: each item once, first error, cancellation, fork. */
#define _GNU_SOURCE
#include "support.h"

#include "core/parallel.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ITEMS = 5000, COST = 1 << 16, FORK_SECONDS = 30 };

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

static void expect_cancelled(int threads) {
    polls p = {.stop_at = 2};
    atomic_llong done = 0;
    sdr_context context = {.threads = threads, .poll = note_poll, .user = &p};
    sdr_error error;
    assert_int_equal(
        sdr_parallel_for(&context, ITEMS, COST, sleep_a_little, &done, &error),
        SDR_CANCELLED);
    assert_int_equal(error.code, SDR_CANCELLED);
    assert_int_equal(p.calls, 2);
    assert_int_equal(p.total, ITEMS);
    assert_in_range(atomic_load(&done), 1, ITEMS / 4);
}

static void test_poll_can_cancel_serial_and_parallel_loops(void **state) {
    (void)state;
    expect_cancelled(1);
    expect_cancelled(3);
}

static void test_poll_comes_about_every_50_ms(void **state) {
    (void)state;
    polls p = {.stop_at = -1};
    atomic_llong done = 0;
    sdr_context context = {.threads = 1, .poll = note_poll, .user = &p};
    assert_int_equal(sdr_parallel_for(&context, 400, COST, sleep_a_little, &done, NULL),
                     SDR_OK);
    assert_in_range(p.calls, 2, 9); /* 0.4 s, or more on a busy machine */
}

/* --- Fork ------------------------------------------------------------------------- */

static void run_a_region(void) {
    sdr_context context = {.threads = 3};
    visits *v = calloc(1, sizeof *v);
    assert_non_null(v);
    assert_int_equal(sdr_parallel_for(&context, ITEMS, COST, visit, v, NULL), SDR_OK);
    expect_each_once(v, ITEMS);
    free(v);
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
    run_a_region();
    fork_and_run(2);
    run_a_region(); /* the parent's threads come back */
}

static void test_a_child_whose_pool_is_lost_runs_on_a_fresh_thread(void **state) {
    (void)state;
    sdr_parallel_lose_pool(true);
    run_a_region();
    expect_cancelled(3);
    sdr_parallel_lose_pool(false);
    run_a_region();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_is_visited_once_by_any_number_of_threads),
        cmocka_unit_test(test_small_work_stays_on_the_calling_thread),
        cmocka_unit_test(test_the_first_error_stops_the_loop_and_keeps_its_message),
        cmocka_unit_test(test_poll_can_cancel_serial_and_parallel_loops),
        cmocka_unit_test(test_poll_comes_about_every_50_ms),
        cmocka_unit_test(test_a_forked_child_runs_regions_after_its_parent_did),
        cmocka_unit_test(test_a_child_whose_pool_is_lost_runs_on_a_fresh_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
