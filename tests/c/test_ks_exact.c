/* Exact laws of Kolmogorov-Smirnov with ties: against counts of paths by whole numbers. */
#include "support.h"

#include "simdrift/drift.h"

static const sdr_context context = {.threads = 1};

enum { MOST = 24 };

/* Paths from (0, 0) to (n, m) that stay inside at every end, out of all: whole numbers. */
static double share_beyond(int64_t n, int64_t m, int64_t numerator, const int64_t *ends,
                           int64_t n_ends) {
    double ways[MOST + 1][MOST + 1] = {{0}}, all[MOST + 1][MOST + 1] = {{0}};
    ways[0][0] = all[0][0] = 1.0;
    for (int64_t sum = 1; sum <= n + m; sum++) {
        bool is_end = false;
        for (int64_t k = 0; k < n_ends; k++)
            is_end = is_end || ends[k] == sum;
        for (int64_t j = 0; j <= m; j++) {
            const int64_t i = sum - j;
            if (i < 0 || i > n) continue;
            all[i][j] = (i > 0 ? all[i - 1][j] : 0.0) + (j > 0 ? all[i][j - 1] : 0.0);
            ways[i][j] =
                (i > 0 ? ways[i - 1][j] : 0.0) + (j > 0 ? ways[i][j - 1] : 0.0);
            if (is_end && llabs(i * m - j * n) >= numerator) ways[i][j] = 0.0;
        }
    }
    return (all[n][m] - ways[n][m]) / all[n][m];
}

static void assert_close(double found, double expected) {
    assert_true(fabs(found - expected) <= 1e-12 * expected);
}

static void check(int64_t n, int64_t m, int64_t numerator, const int64_t *ends,
                  int64_t n_ends) {
    const sdr_ks_case of = {n, m, {0, (uint64_t)numerator}, ends, n_ends};
    double p, log_p;
    sdr_error error;
    assert_int_equal(sdr_ks_ties_p(&p, &of, &context, &error), SDR_OK);
    assert_int_equal(sdr_ks_exact_log_p(&log_p, &of, &context, &error), SDR_OK);
    const double expected = share_beyond(n, m, numerator, ends, n_ends);
    assert_close(p, expected);
    assert_close(exp(log_p), expected);
    assert_true(sdr_ks_ties_cost(&of) >= 0.0);
}

static void test_ties_give_the_share_of_paths(void **state) {
    (void)state;
    static const int64_t two[] = {9, 30}, runs[] = {1, 2, 12, 13, 25, 30};
    static const int64_t one[] = {30};
    for (int64_t n = 6; n <= MOST; n += 3) {
        const int64_t m = 30 - n;
        for (int64_t numerator = 1; numerator <= n * m; numerator += 7) {
            if (share_beyond(n, m, numerator, runs, 6) == 0.0) break;
            check(n, m, numerator, runs, 6);
            if (share_beyond(n, m, numerator, two, 2) > 0.0)
                check(n, m, numerator, two, 2);
        }
        const sdr_ks_case of = {n, m, {0, 1}, one, 1};
        double p;
        sdr_error error;
        assert_int_equal(sdr_ks_ties_p(&p, &of, &context, &error), SDR_OK);
        assert_true(p == 0.0); /* one value: D is 0 */
    }
}

/* Long runs are passed at once: the same p as row by row, where each end is tested in a
 * band that nothing leaves. */
static void test_runs_are_passed_at_once_or_row_by_row_alike(void **state) {
    (void)state;
    enum { N = 700, M = 500, ALL = N + M };
    static const int64_t ends[] = {400, 900, ALL};
    const sdr_ks_case of = {N, M, {0, 21000}, ends, 3};
    double p, log_p;
    sdr_error error;
    assert_int_equal(sdr_ks_ties_p(&p, &of, &context, &error), SDR_OK);
    assert_int_equal(sdr_ks_exact_log_p(&log_p, &of, &context, &error), SDR_OK);
    assert_true(0.001 < p && p < 0.5);
    assert_close(exp(log_p), p);
}

static void test_without_ties_it_is_the_p_of_different_values(void **state) {
    (void)state;
    static int64_t ends[300];
    for (int64_t i = 0; i < 300; i++)
        ends[i] = i + 1;
    const sdr_ks_case tied = {200, 100, {0, 2600}, ends, 300};
    const sdr_ks_case plain = {200, 100, {0, 2600}, NULL, 0};
    double p, q, r, log_p;
    sdr_error error;
    assert_int_equal(sdr_ks_ties_p(&p, &tied, &context, &error), SDR_OK);
    assert_int_equal(sdr_ks_ties_p(&q, &plain, &context, &error), SDR_OK);
    assert_int_equal(sdr_ks_exact_p(&r, 200, 100, 0, 2600, &context, &error), SDR_OK);
    assert_int_equal(sdr_ks_exact_log_p(&log_p, &plain, &context, &error), SDR_OK);
    assert_true(p == r && q == r);
    assert_close(exp(log_p), r);
}

static void test_logarithms_go_on_below_float64(void **state) {
    (void)state;
    const sdr_ks_case apart = {3000, 1000, {0, 3000000}, NULL, 0};
    const sdr_ks_case near = {3000, 1000, {0, 2999000}, NULL, 0}; /* one step less */
    double log_p, more, p;
    sdr_error error;
    assert_int_equal(sdr_ks_exact_log_p(&log_p, &apart, &context, &error), SDR_OK);
    assert_int_equal(sdr_ks_exact_log_p(&more, &near, &context, &error), SDR_OK);
    assert_int_equal(sdr_ks_exact_p(&p, 3000, 1000, 0, 3000000, &context, &error),
                     SDR_OK);
    assert_true(p == 0.0);
    /* log 2 - log C(4000, 1000) */
    assert_true(fabs(log_p + 2244.4183659) < 1e-6);
    assert_true(log_p < more && more < log_p + 8.0);
}

static void test_what_no_case_is_is_refused(void **state) {
    (void)state;
    static const int64_t falling[] = {3, 2, 5}, short_of[] = {1, 4};
    const sdr_ks_case cases[] = {{2, 3, {0, 1}, falling, 3},
                                 {2, 3, {0, 1}, short_of, 2},
                                 {0, 3, {0, 1}, short_of, 2},
                                 {2, SDR_KS_MOST_ROWS + 1, {0, 1}, short_of, 2}};
    for (int i = 0; i < 4; i++) {
        double p;
        sdr_error error;
        assert_int_equal(sdr_ks_ties_p(&p, &cases[i], &context, &error),
                         SDR_INVALID_ARGUMENT);
        assert_int_equal(sdr_ks_exact_log_p(&p, &cases[i], &context, &error),
                         SDR_INVALID_ARGUMENT);
    }
    const sdr_ks_case large = {20001, 20000, {0, 9000000}, NULL, 0};
    double p;
    sdr_error error;
    assert_int_equal(sdr_ks_exact_log_p(&p, &large, &context, &error),
                     SDR_INVALID_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ties_give_the_share_of_paths),
        cmocka_unit_test(test_runs_are_passed_at_once_or_row_by_row_alike),
        cmocka_unit_test(test_without_ties_it_is_the_p_of_different_values),
        cmocka_unit_test(test_logarithms_go_on_below_float64),
        cmocka_unit_test(test_what_no_case_is_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
