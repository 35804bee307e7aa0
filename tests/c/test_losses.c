/* Losses against long double, with and without weights; the same bits for every number
 * of threads and group; the median error. */
#include "support.h"

#include "simdrift/groups.h"

enum { ROWS = 100003, GROUPS = 3 };

static double targets[ROWS], predictions[ROWS], weights[ROWS];

static int make_rows(void **state) {
    (void)state;
    uint64_t seed = 23;
    for (int i = 0; i < ROWS; i++) {
        targets[i] = random_bits(&seed) % 9 == 0 ? 0.0 : 3.0 * random_unit(&seed);
        predictions[i] = fabs(targets[i] + 0.3 * random_normal(&seed));
        if (random_bits(&seed) % 8 == 0) predictions[i] = 0.0;
        weights[i] = (double)(random_bits(&seed) % 4);
        if (random_bits(&seed) % 50 == 0) targets[i] = NAN;
        if (random_bits(&seed) % 70 == 0) predictions[i] = INFINITY;
    }
    return 0;
}

static void losses(sdr_losses *out, const double *weight, bool logs,
                   const sdr_groups *groups, int threads) {
    sdr_column a = column_of(targets, ROWS), b = column_of(predictions, ROWS);
    sdr_context context = {.threads = threads};
    assert_int_equal(
        sdr_losses_groups(out, &a, &b, weight, logs, groups, &context, NULL), SDR_OK);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static void expect_near(double found, long double expected) {
    if (fabsl((long double)found - expected) > 1e-13L * fabsl(expected))
        fail_msg("expected %.20Lg, found %.20g", expected, found);
}

static void expect_sums(const double *weight) {
    const int64_t start = 0, stop = ROWS;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_losses l, g;
    losses(&l, weight, false, &groups, 2);
    losses(&g, weight, true, &groups, 2);
    long double total = 0, mean = 0, abs = 0, sq = 0, rel = 0, own = 0, sym = 0, m2 = 0;
    long double fourth = 0, logs = 0;
    int64_t n = 0, zeros = 0;
    for (int i = 0; i < ROWS; i++) {
        const long double t = targets[i], p = predictions[i], e = p - t;
        const long double w = weight == NULL ? 1.0L : weight[i];
        if (!isfinite(targets[i]) || !isfinite(predictions[i]) || w == 0) continue;
        n++, zeros += t == 0, total += w, mean += w * e, abs += w * fabsl(e);
        sq += w * e * e, fourth += w * e * e * e * e;
        if (t != 0) own += w, rel += w * fabsl(e / t);
        if (t != 0 || p != 0) sym += w * 2 * fabsl(e) / (fabsl(t) + fabsl(p));
        logs += w * (log1pl(p) - log1pl(t)) * (log1pl(p) - log1pl(t));
    }
    mean /= total;
    for (int i = 0; i < ROWS; i++)
        if (isfinite(targets[i]) && isfinite(predictions[i])) {
            const long double d = (long double)predictions[i] - targets[i] - mean;
            m2 += (weight == NULL ? 1.0L : weight[i]) * d * d;
        }
    assert_true(l.n == n && l.zero_targets == zeros && g.n == n && g.without_log == 0);
    expect_near(l.weight, total);
    expect_near(l.sum_abs_error, abs);
    expect_near(l.sum_squared_error, sq);
    expect_near(l.sum_fourth_power, fourth);
    expect_near(l.relative_weight, own);
    expect_near(l.sum_relative, rel);
    expect_near(l.sum_symmetric, sym);
    expect_near(l.m2_error, m2);
    expect_near(g.sum_squared_log, logs);
}

static void test_sums_agree_with_long_double(void **state) {
    (void)state;
    expect_sums(NULL);
    expect_sums(weights);
}

static void test_threads_and_groups_give_the_same_bits(void **state) {
    (void)state;
    static const int64_t starts[GROUPS] = {0, 4097, 90000};
    static const int64_t stops[GROUPS] = {ROWS, 90000, 90003};
    const sdr_groups groups = {starts, stops, GROUPS};
    for (int way = 0; way < 4; way++) {
        const double *weight = way % 2 ? weights : NULL;
        sdr_losses first[GROUPS], found[GROUPS];
        losses(first, weight, way > 1, &groups, 1);
        losses(found, weight, way > 1, &groups, 3);
        assert_memory_equal(found, first, sizeof first);
        for (int i = 0; i < GROUPS; i++) {
            const sdr_groups alone = {starts + i, stops + i, 1};
            losses(found, weight, way > 1, &alone, 2);
            assert_memory_equal(found, first + i, sizeof *first);
        }
    }
}

static void test_rows_without_a_logarithm_are_counted(void **state) {
    (void)state;
    const double t[] = {0.0, -1.0, 3.0, -0.5}, p[] = {1.0, 2.0, -7.0, -0.5};
    const int64_t start = 0, stop = 4;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_column a = column_of(t, 4), b = column_of(p, 4);
    sdr_losses l;
    assert_int_equal(sdr_losses_groups(&l, &a, &b, NULL, true, &groups, NULL, NULL),
                     SDR_OK);
    assert_int_equal(l.without_log, 2);
    expect_near(l.sum_squared_log, logl(2.0L) * logl(2.0L));
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static void test_the_median_error_is_exact(void **state) {
    (void)state;
    const double t[] = {0, 0, 0, 0, 0, NAN}, p[] = {5, -1, 2, 8, 3, 1};
    const double w[] = {1, 1, 1, 1, 4, 1}, even[] = {1, 1, 1, 0, 1, 1};
    const int64_t start = 0, stop = 6;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_column a = column_of(t, 6), b = column_of(p, 6);
    double found[3];
    assert_int_equal(sdr_median_error_groups(found, &a, &b, NULL, &groups, NULL, NULL),
                     SDR_OK);
    assert_true(found[0] == 3.0 && isnan(found[1]) && isnan(found[2]));
    assert_int_equal(sdr_median_error_groups(found, &a, &b, w, &groups, NULL, NULL),
                     SDR_OK);
    assert_true(found[0] == 3.0);
    assert_int_equal(sdr_median_error_groups(found, &a, &b, even, &groups, NULL, NULL),
                     SDR_OK);
    assert_true(found[0] == 2.5);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_agree_with_long_double),
        cmocka_unit_test(test_threads_and_groups_give_the_same_bits),
        cmocka_unit_test(test_rows_without_a_logarithm_are_counted),
        cmocka_unit_test(test_the_median_error_is_exact),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
