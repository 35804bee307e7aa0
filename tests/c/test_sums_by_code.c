/* Sums by code against one pass in long double; the same bits for every thread count and
 * layout of the codes. */
#include "support.h"

enum { ROWS = 200003, N_ROWS = 5, N_COLUMNS = 3, CELLS = N_ROWS * N_COLUMNS };

static double *values, *wide_rows;
static int32_t *rows, *columns;

typedef struct found {
    int64_t counts[2 * CELLS];
    double sums[2 * CELLS], squares[2 * CELLS];
} found;

/* Codes of -1 and of the number of codes have no cell. */
static int make_values(void **state) {
    (void)state;
    uint64_t seed = 77;
    values = malloc(ROWS * sizeof *values);
    wide_rows = malloc(ROWS * sizeof *wide_rows);
    rows = malloc(ROWS * sizeof *rows);
    columns = malloc(ROWS * sizeof *columns);
    if (values == NULL || wide_rows == NULL || rows == NULL || columns == NULL)
        return -1;
    for (int i = 0; i < ROWS; i++) {
        values[i] = 3.0 + random_normal(&seed);
        if (i % 97 == 0) values[i] = i % 2 == 0 ? NAN : -INFINITY;
        rows[i] = (int32_t)(random_bits(&seed) % (N_ROWS + 2)) - 1;
        columns[i] = (int32_t)(random_bits(&seed) % (N_COLUMNS + 2)) - 1;
        wide_rows[i] = rows[i] < 0 ? NAN : rows[i];
    }
    return 0;
}

static int free_values(void **state) {
    (void)state;
    free(values);
    free(wide_rows);
    free(rows);
    free(columns);
    return 0;
}

static sdr_column codes_of(const int32_t *codes, int64_t n) {
    return column_of_type(SDR_TYPE_INT32, codes, sizeof *codes, n, NULL);
}

/* Two groups: all rows, and some. */
static void sum_into(found *out, bool is_wide, int threads) {
    static const int64_t starts[2] = {0, 1000}, stops[2] = {ROWS, 150000};
    const sdr_groups groups = {starts, stops, 2};
    sdr_column x = column_of(values, ROWS), c = codes_of(columns, ROWS);
    sdr_column r = is_wide ? column_of(wide_rows, ROWS) : codes_of(rows, ROWS);
    const sdr_code_columns in = {&x, &r, &c, N_ROWS, N_COLUMNS};
    const sdr_code_sums sums = {out->counts, out->sums, out->squares};
    sdr_context context = {.threads = threads};
    assert_int_equal(sdr_sums_by_code_groups(sums, &in, &groups, &context, NULL),
                     SDR_OK);
    sdr_column_reset(&x);
    sdr_column_reset(&r);
    sdr_column_reset(&c);
}

static void expect_near(double is, long double expected, long double scale) {
    if (fabsl((long double)is - expected) > 1e-13L * scale)
        fail_msg("expected %.20Lg, found %.20g", expected, is);
}

static void test_sums_agree_with_one_pass_in_long_double(void **state) {
    (void)state;
    static int64_t counts[CELLS];
    static long double sums[CELLS], squares[CELLS];
    for (int i = 0; i < ROWS; i++) {
        if (rows[i] < 0 || rows[i] >= N_ROWS || columns[i] < 0) continue;
        if (columns[i] >= N_COLUMNS || !isfinite(values[i])) continue;
        const int at = rows[i] * N_COLUMNS + columns[i];
        counts[at]++;
        sums[at] += values[i];
        squares[at] += (long double)values[i] * values[i];
    }
    found is;
    sum_into(&is, false, 2);
    for (int i = 0; i < CELLS; i++) {
        assert_int_equal(is.counts[i], counts[i]);
        expect_near(is.sums[i], sums[i], squares[i]);
        expect_near(is.squares[i], squares[i], squares[i]);
    }
}

static void test_threads_and_layouts_give_the_same_bits(void **state) {
    (void)state;
    found first, other;
    sum_into(&first, false, 1);
    for (int threads = 1; threads <= 4; threads++)
        for (int is_wide = 0; is_wide < 2; is_wide++) {
            sum_into(&other, is_wide, threads);
            assert_memory_equal(&first, &other, sizeof first);
        }
}

static void test_a_group_has_the_bits_that_it_has_alone(void **state) {
    (void)state;
    found both, alone;
    sum_into(&both, false, 2);
    static const int64_t start = 0, stop = 149000;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_column x = column_of(values + 1000, stop), r = codes_of(rows + 1000, stop);
    sdr_column c = codes_of(columns + 1000, stop);
    const sdr_code_columns in = {&x, &r, &c, N_ROWS, N_COLUMNS};
    const sdr_code_sums sums = {alone.counts, alone.sums, alone.squares};
    assert_int_equal(sdr_sums_by_code_groups(sums, &in, &groups, NULL, NULL), SDR_OK);
    assert_memory_equal(both.counts + CELLS, alone.counts, sizeof both.counts / 2);
    assert_memory_equal(both.sums + CELLS, alone.sums, sizeof both.sums / 2);
    assert_memory_equal(both.squares + CELLS, alone.squares, sizeof both.squares / 2);
    sdr_column_reset(&x);
    sdr_column_reset(&r);
    sdr_column_reset(&c);
}

static void test_codes_that_do_not_fit_are_refused(void **state) {
    (void)state;
    static const int64_t start = 0, stop = 10;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_column x = column_of(values, 10), r = codes_of(rows, 9),
               c = codes_of(columns, 10);
    sdr_error error;
    found is;
    const sdr_code_sums sums = {is.counts, is.sums, is.squares};
    const sdr_code_columns in[] = {
        {&x, &r, &c, N_ROWS, N_COLUMNS},
        {&x, &c, &c, 0, N_COLUMNS},
        {&x, &c, &c, 1 << 20, 1 << 20},
    };
    static const char *const messages[] = {"rows: expected 10 codes", "found 0",
                                           "n_rows * n_columns"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sdr_sums_by_code_groups(sums, &in[i], &groups, NULL, &error),
                         SDR_INVALID_ARGUMENT);
        assert_non_null(strstr(error.message, messages[i]));
    }
    sdr_column_reset(&x);
    sdr_column_reset(&r);
    sdr_column_reset(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_agree_with_one_pass_in_long_double),
        cmocka_unit_test(test_threads_and_layouts_give_the_same_bits),
        cmocka_unit_test(test_a_group_has_the_bits_that_it_has_alone),
        cmocka_unit_test(test_codes_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, make_values, free_values);
}
