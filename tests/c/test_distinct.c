/* Distinct values: exact where promised, within four standard errors above, whatever
 * the thread count. */
#include "support.h"

static int64_t distinct_of(const sdr_column *column, int threads, double *error) {
    sdr_context context = {.threads = threads};
    int64_t n;
    assert_int_equal(sdr_distinct_count(&n, error, column, &context, NULL), SDR_OK);
    return n;
}

static void test_small_columns_are_counted_exactly(void **state) {
    (void)state;
    const double values[] = {1.0, NAN, -0.0, 0.0, INFINITY, 1.0, -INFINITY};
    sdr_column column = column_of(values, 7);
    double error;
    assert_int_equal(distinct_of(&column, 1, &error), 4);
    assert_true(error == 0.0);
    sdr_column_reset(&column);
}

static void test_nothing_is_distinct_in_an_empty_or_missing_column(void **state) {
    (void)state;
    const double values[] = {NAN, NAN};
    double error;
    for (int rows = 0; rows <= 2; rows += 2) {
        sdr_column column = column_of(values, rows);
        assert_int_equal(distinct_of(&column, 1, &error), 0);
        sdr_column_reset(&column);
    }
}

static void test_nulls_are_no_value(void **state) {
    (void)state;
    const int64_t values[] = {5, 6, 7, 5};
    const uint8_t mask[] = {0, 1, 1, 0};
    sdr_column column = column_of_type(SDR_TYPE_INT64, values, 8, 4, mask);
    double error;
    assert_int_equal(distinct_of(&column, 1, &error), 1);
    sdr_column_reset(&column);
}

static int64_t *integers(int64_t rows, int64_t distinct) {
    int64_t *values = malloc((size_t)rows * sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < rows; i++)
        values[i] = (i % distinct) * 1000003;
    return values;
}

static void test_the_border_between_exact_and_estimated(void **state) {
    (void)state;
    enum { ROWS = 300000 };
    for (int64_t distinct = SDR_DISTINCT_EXACT - 1; distinct <= SDR_DISTINCT_EXACT + 1;
         distinct++) {
        int64_t *values = integers(ROWS, distinct);
        sdr_column column = column_of_type(SDR_TYPE_INT64, values, 8, ROWS, NULL);
        const int threads[] = {1, 2, 3, 7};
        int64_t first = -1;
        for (int k = 0; k < 4; k++) {
            double error;
            int64_t n = distinct_of(&column, threads[k], &error);
            if (distinct <= SDR_DISTINCT_EXACT) {
                assert_int_equal(n, distinct);
                assert_true(error == 0.0);
            } else {
                assert_true(error > 0.008 && error < 0.0082);
                assert_true(fabs((double)(n - distinct)) <
                            4 * error * (double)distinct);
            }
            if (k == 0) first = n;
            assert_int_equal(n, first);
        }
        sdr_column_reset(&column);
        free(values);
    }
}

static void test_estimates_stay_within_four_standard_errors(void **state) {
    (void)state;
    enum { MOST = 2000000 };
    int64_t *values = integers(MOST, MOST);
    for (int64_t rows = 5000; rows <= MOST; rows *= 4) {
        sdr_column column = column_of_type(SDR_TYPE_INT64, values, 8, rows, NULL);
        double error;
        int64_t n = distinct_of(&column, 2, &error);
        if (fabs((double)(n - rows)) > 4 * error * (double)rows)
            fail_msg("expected about %lld, found %lld", (long long)rows, (long long)n);
        sdr_column_reset(&column);
    }
    free(values);
}

static void test_a_dictionary_counts_the_values_that_occur(void **state) {
    (void)state;
    const double numbers[] = {1.5, 2.5, 1.5, NAN, 9.0};
    const int32_t indices[] = {0, 2, 1, 3, 0};
    sdr_column values = column_of(numbers, 5);
    sdr_view view = {.type = SDR_TYPE_DICTIONARY,
                     .index_type = SDR_TYPE_INT32,
                     .length = 5,
                     .null_count = -1,
                     .data = (const uint8_t *)indices,
                     .stride = sizeof *indices,
                     .dictionary = &values};
    sdr_column column;
    double error;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    assert_int_equal(distinct_of(&column, 1, &error), 2);
    sdr_column_reset(&column);
    sdr_column_reset(&values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_columns_are_counted_exactly),
        cmocka_unit_test(test_nothing_is_distinct_in_an_empty_or_missing_column),
        cmocka_unit_test(test_nulls_are_no_value),
        cmocka_unit_test(test_the_border_between_exact_and_estimated),
        cmocka_unit_test(test_estimates_stay_within_four_standard_errors),
        cmocka_unit_test(test_a_dictionary_counts_the_values_that_occur),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
