/* Exact sums of powers against literals and long integers; the same for every number of
 * threads. */
#include "support.h"

enum { UNIT = 1074, ROWS = 300007 };

static sdr_power_sums sums_of(const sdr_column *column, int threads) {
    sdr_power_sums sums;
    sdr_context context = {.threads = threads};
    assert_int_equal(sdr_power_sums_init(&sums, column, &context, NULL), SDR_OK);
    return sums;
}

static void assert_words(const uint64_t *found, const uint64_t *expected, int n) {
    for (int i = 0; i < n; i++)
        assert_true(found[i] == expected[i]);
}

/* -1.5 is -3 * 2^51 * 2^-52: the mantissa has 53 bits. */
static void test_one_float(void **state) {
    (void)state;
    const double x[1] = {-1.5};
    sdr_column column = column_of(x, 1);
    sdr_power_sums sums = sums_of(&column, 1);
    assert_int_equal(sums.n, 1);
    assert_int_equal(sums.exponents[0], UNIT - 52);
    const uint64_t m = UINT64_C(3) << 51;
    const uint64_t first[2] = {~m + 1, ~UINT64_C(0)};
    const uint64_t second[3] = {0, UINT64_C(9) << 38, 0};
    const uint64_t third[4] = {0, 0, ~(UINT64_C(27) << 25) + 1, ~UINT64_C(0)};
    const uint64_t fourth[5] = {0, 0, 0, UINT64_C(81) << 12, 0};
    assert_words(sums.words[0], first, 2);
    assert_words(sums.words[0] + 2, second, 3);
    assert_words(sums.words[0] + 5, third, 4);
    assert_words(sums.words[0] + 9, fourth, 5);
    sdr_power_sums_reset(&sums);
    sdr_column_reset(&column);
}

static void test_the_widest_integers(void **state) {
    (void)state;
    const uint64_t x[2] = {UINT64_MAX, UINT64_MAX};
    sdr_column column = column_of_type(SDR_TYPE_UINT64, x, sizeof *x, 2, NULL);
    sdr_power_sums sums = sums_of(&column, 1);
    assert_int_equal(sums.exponents[0], UNIT);
    const uint64_t top = UINT64_MAX; /* (2^64 - 1)^2 = 2^128 - 2^65 + 1 */
    const uint64_t first[2] = {top - 1, 1}, second[3] = {2, top - 3, 1};
    /* 2 (2^192 - 3 2^128 + 3 2^64 - 1); 2 (2^256 - 4 2^192 + 6 2^128 - 4 2^64 + 1) */
    const uint64_t third[4] = {top - 1, 5, top - 5, 1};
    const uint64_t fourth[5] = {2, top - 7, 11, top - 7, 1};
    assert_words(sums.words[0], first, 2);
    assert_words(sums.words[0] + 2, second, 3);
    assert_words(sums.words[0] + 5, third, 4);
    assert_words(sums.words[0] + 9, fourth, 5);
    sdr_power_sums_reset(&sums);
    sdr_column_reset(&column);
}

static void test_opposite_rows_leave_nothing_of_odd_powers(void **state) {
    (void)state;
    const int64_t x[4] = {INT64_MIN + 1, INT64_MAX, -7, 7};
    sdr_column column = column_of_type(SDR_TYPE_INT64, x, sizeof *x, 4, NULL);
    sdr_power_sums sums = sums_of(&column, 1);
    const uint64_t none[4] = {0};
    assert_words(sums.words[0], none, 2);
    assert_words(sums.words[0] + 5, none, 4);
    sdr_power_sums_reset(&sums);
    sdr_column_reset(&column);
}

static void test_rows_without_a_number_take_no_part(void **state) {
    (void)state;
    const double x[5] = {NAN, INFINITY, -INFINITY, 0.0, -0.0};
    sdr_column column = column_of(x, 5);
    sdr_power_sums sums = sums_of(&column, 1);
    assert_int_equal(sums.n, 0);
    sdr_power_sums_reset(&sums);
    sdr_column_reset(&column);
}

static void test_threads_change_nothing(void **state) {
    (void)state;
    uint64_t seed = 5;
    double *x = malloc(ROWS * sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < ROWS; i++)
        x[i] = ldexp(random_normal(&seed), (int)(random_bits(&seed) % 200) - 100);
    sdr_column column = column_of(x, ROWS);
    sdr_power_sums one = sums_of(&column, 1), four = sums_of(&column, 4);
    assert_int_equal(one.n, four.n);
    assert_true(one.n > 100);
    assert_memory_equal(one.exponents, four.exponents,
                        (size_t)one.n * sizeof *one.exponents);
    assert_memory_equal(one.words, four.words, (size_t)one.n * sizeof *one.words);
    sdr_power_sums_reset(&one);
    sdr_power_sums_reset(&four);
    sdr_column_reset(&column);
    free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_float),
        cmocka_unit_test(test_the_widest_integers),
        cmocka_unit_test(test_opposite_rows_leave_nothing_of_odd_powers),
        cmocka_unit_test(test_rows_without_a_number_take_no_part),
        cmocka_unit_test(test_threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
