/* The most frequent numbers of a column. */
#include "support.h"

enum { ROWS = 300000, MOST = SDR_DISTINCT_EXACT + 10 };

static int64_t top_of(const sdr_column *column, double *values, int64_t *counts,
                      int64_t k, int threads) {
    sdr_context context = {.threads = threads};
    int64_t n;
    assert_int_equal(sdr_top_values(values, counts, k, &n, column, &context, NULL),
                     SDR_OK);
    return n;
}

static void test_the_most_frequent_come_first_and_ties_by_value(void **state) {
    (void)state;
    const double rows[] = {2.0, -1.0, 2.0,  NAN, 7.5, -1.0,      2.0,
                           7.5, 0.0,  -0.0, 9.0, NAN, -INFINITY, 5.0};
    const double expected_values[] = {2.0, -1.0, 0.0, 7.5, -INFINITY, 5.0, 9.0};
    const int64_t expected_counts[] = {3, 2, 2, 2, 1, 1, 1};
    double values[20];
    int64_t counts[20];
    sdr_column column = column_of(rows, 14);
    assert_int_equal(top_of(&column, values, counts, 20, 1), 7);
    assert_memory_equal(values, expected_values, sizeof expected_values);
    assert_memory_equal(counts, expected_counts, sizeof expected_counts);
    assert_int_equal(top_of(&column, values, counts, 2, 1), 2);
    assert_int_equal(top_of(&column, values, counts, 0, 1), 0);
    sdr_column_reset(&column);
}

/* i mod distinct, so that smaller values are at least as frequent. */
static double *cycle(int64_t distinct) {
    double *rows = malloc(ROWS * sizeof *rows);
    assert_non_null(rows);
    for (int64_t i = 0; i < ROWS; i++)
        rows[i] = (double)(i % distinct) * 0.1;
    return rows;
}

static void test_up_to_the_limit_every_value_is_found(void **state) {
    (void)state;
    static double values[MOST];
    static int64_t counts[MOST];
    double *rows = cycle(SDR_DISTINCT_EXACT);
    sdr_column column = column_of(rows, ROWS);
    for (int threads = 1; threads <= 3; threads++) {
        int64_t n = top_of(&column, values, counts, MOST, threads);
        assert_int_equal(n, SDR_DISTINCT_EXACT);
        for (int64_t i = 0; i < n; i++) {
            assert_true(values[i] == (double)i * 0.1);
            assert_int_equal(counts[i], ROWS / n + (i < ROWS % n));
        }
    }
    sdr_column_reset(&column);
    free(rows);
}

static void test_one_distinct_value_above_the_limit_gives_none(void **state) {
    (void)state;
    static double values[MOST];
    static int64_t counts[MOST];
    double *rows = cycle(SDR_DISTINCT_EXACT + 1);
    sdr_column column = column_of(rows, ROWS);
    for (int threads = 1; threads <= 3; threads++)
        assert_int_equal(top_of(&column, values, counts, MOST, threads), 0);
    sdr_column_reset(&column);
    free(rows);
}

static void test_columns_without_values_have_no_top(void **state) {
    (void)state;
    const double rows[] = {NAN, NAN};
    double value;
    int64_t count;
    sdr_column column = column_of(rows, 2), empty = column_of(rows, 0);
    assert_int_equal(top_of(&column, &value, &count, 1, 1), 0);
    assert_int_equal(top_of(&empty, &value, &count, 1, 1), 0);
    sdr_column_reset(&column);
    sdr_column_reset(&empty);
}

static void test_a_negative_k_is_refused(void **state) {
    (void)state;
    const double row = 1.0;
    sdr_column column = column_of(&row, 1);
    int64_t n;
    sdr_error error;
    assert_int_equal(sdr_top_values(NULL, NULL, -1, &n, &column, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "found -1"));
    sdr_column_reset(&column);
}

static sdr_code top_call(void *user, sdr_error *error) {
    double values[5];
    int64_t counts[5], n;
    sdr_context serial = {.threads = 1};
    return sdr_top_values(values, counts, 5, &n, user, &serial, error);
}

static void test_failing_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    const double rows[] = {1.0, 2.0};
    sdr_column column = column_of(rows, 2);
    assert_int_equal(expect_no_memory_everywhere(top_call, &column), 1);
    sdr_column_reset(&column);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_frequent_come_first_and_ties_by_value),
        cmocka_unit_test(test_up_to_the_limit_every_value_is_found),
        cmocka_unit_test(test_one_distinct_value_above_the_limit_gives_none),
        cmocka_unit_test(test_columns_without_values_have_no_top),
        cmocka_unit_test(test_a_negative_k_is_refused),
        cmocka_unit_test(test_failing_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
