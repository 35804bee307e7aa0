/* Pair profiles against long double; the same bits for every thread count and ISA. */
#include "support.h"

enum { ROWS = 200003 };

static double *xs, *ys;

static int make_values(void **state) {
    (void)state;
    uint64_t seed = 31;
    xs = malloc(ROWS * sizeof *xs);
    ys = malloc(ROWS * sizeof *ys);
    if (xs == NULL || ys == NULL) return -1;
    for (int i = 0; i < ROWS; i++) {
        xs[i] = 50.0 + 3.0 * random_normal(&seed);
        ys[i] = 0.5 * xs[i] + random_normal(&seed);
        if (random_bits(&seed) % 50 == 0) xs[i] = NAN;
        if (random_bits(&seed) % 70 == 0) ys[i] = INFINITY;
    }
    return 0;
}

static int free_values(void **state) {
    (void)state;
    free(xs);
    free(ys);
    return 0;
}

static sdr_pair_profile pair_of(const double *x, const double *y, int64_t n,
                                int threads) {
    sdr_column a = column_of(x, n), b = column_of(y, n);
    sdr_context context = {.threads = threads};
    sdr_pair_profile p;
    assert_int_equal(sdr_pair_profile_columns(&p, &a, &b, &context, NULL), SDR_OK);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
    return p;
}

static void expect_near(double found, long double expected, long double scale) {
    if (fabsl((long double)found - expected) > 1e-13L * scale)
        fail_msg("expected %.20Lg, found %.20g", expected, found);
}

static void test_pairs_agree_with_two_passes_in_long_double(void **state) {
    (void)state;
    long double n = 0, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, e1 = 0, e2 = 0, ea = 0;
    long double e4 = 0;
    double largest = 0;
    for (int i = 0; i < ROWS; i++)
        if (isfinite(xs[i]) && isfinite(ys[i])) n++, sx += xs[i], sy += ys[i];
    for (int i = 0; i < ROWS; i++) {
        if (!isfinite(xs[i]) || !isfinite(ys[i])) continue;
        long double dx = xs[i] - sx / n, dy = ys[i] - sy / n;
        double error = ys[i] - xs[i];
        xx += dx * dx, yy += dy * dy, xy += dx * dy;
        e1 += error, e2 += (long double)error * error, ea += fabs(error);
        e4 += (long double)error * error * error * error;
        largest = fmax(largest, fabs(error));
    }
    sdr_pair_profile p = pair_of(xs, ys, ROWS, 2);
    assert_int_equal(p.n, (int64_t)n);
    expect_near(p.mean_x, sx / n, sx / n);
    expect_near(p.mean_y, sy / n, sy / n);
    expect_near(p.m2_x, xx, xx);
    expect_near(p.m2_y, yy, yy);
    expect_near(p.c_xy, xy, sqrtl(xx * yy));
    expect_near(p.sum_error, e1, ea);
    expect_near(p.sum_abs_error, ea, ea);
    expect_near(p.sum_squared_error, e2, e2);
    expect_near(p.sum_fourth_power, e4, e4);
    assert_true(p.max_abs_error == largest);
}

static void test_threads_and_isas_give_the_same_bits(void **state) {
    (void)state;
    assert_int_equal(sdr_isa_force(SDR_ISA_SCALAR, NULL), SDR_OK);
    sdr_pair_profile first = pair_of(xs, ys, ROWS, 1);
    for (EACH_ISA(isa))
        for (int threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4) {
            sdr_pair_profile p = pair_of(xs, ys, ROWS, threads);
            assert_memory_equal(&p, &first, sizeof p);
        }
}

static void test_only_rows_finite_on_both_sides_take_part(void **state) {
    (void)state;
    const double x[] = {1.0, NAN, 3.0, INFINITY, 5.0}, y[] = {2.0, 2.0, NAN, 1.0, 3.0};
    sdr_pair_profile p = pair_of(x, y, 5, 1);
    assert_int_equal(p.n, 2);
    assert_true(p.mean_x == 3.0 && p.mean_y == 2.5);
    assert_true(p.m2_x == 8.0 && p.m2_y == 0.5 && p.c_xy == 2.0);
    assert_true(p.sum_error == -1.0 && p.sum_abs_error == 3.0);
    assert_true(p.sum_squared_error == 5.0 && p.max_abs_error == 2.0);
    p = pair_of(x + 1, y + 1, 3, 1);
    assert_int_equal(p.n, 0);
    assert_true(p.sum_error == 0.0 && p.m2_x == 0.0);
    assert_int_equal(pair_of(x, y, 0, 1).n, 0);
}

static void test_columns_of_unequal_length_are_refused(void **state) {
    (void)state;
    sdr_column a = column_of(xs, 5), b = column_of(ys, 4);
    sdr_pair_profile p;
    sdr_error error;
    assert_int_equal(sdr_pair_profile_columns(&p, &a, &b, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "found 5 and 4 rows"));
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static sdr_code pair_call(void *user, sdr_error *error) {
    const sdr_column *columns = user;
    sdr_context serial = {.threads = 1};
    sdr_pair_profile p;
    return sdr_pair_profile_columns(&p, &columns[0], &columns[1], &serial, error);
}

static void test_failing_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    sdr_column columns[] = {column_of(xs, ROWS), column_of(ys, ROWS)};
    assert_int_equal(expect_no_memory_everywhere(pair_call, columns), 1);
    sdr_column_reset(&columns[0]);
    sdr_column_reset(&columns[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_agree_with_two_passes_in_long_double),
        cmocka_unit_test(test_threads_and_isas_give_the_same_bits),
        cmocka_unit_test(test_only_rows_finite_on_both_sides_take_part),
        cmocka_unit_test(test_columns_of_unequal_length_are_refused),
        cmocka_unit_test(test_failing_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_values, free_values);
}
