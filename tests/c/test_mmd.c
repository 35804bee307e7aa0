/* The Gaussian kernel of every ISA against the scalar one, bit for bit; its exponential
 * against long double; MMD under labelings against the double sum it is defined by. */
#include "support.h"

#include "kernels/dispatch.h"

enum { TILE = SDR_RBF_ROWS * SDR_RBF_COLUMNS, FEATURES = 5, LABELINGS = 7, FOURS = 20 };

static double feature(uint64_t *seed) {
    static const double hard[] = {0.0, -0.0, 5e-324, 1e200, -1e200, 3e10, 27.0};
    uint64_t pick = random_bits(seed) % 60;
    return pick < sizeof hard / sizeof *hard ? hard[pick] : random_normal(seed);
}

static void test_every_isa_gives_the_scalar_kernels_bits(void **state) {
    (void)state;
    static double rows[SDR_RBF_ROWS * FEATURES], columns[SDR_RBF_COLUMNS * FEATURES];
    static double values[TILE], expected[TILE];
    double sums[LABELINGS * SDR_RBF_ROWS], expected_sums[LABELINGS * SDR_RBF_ROWS];
    uint8_t patterns[LABELINGS * FOURS];
    uint64_t seed = 11;
    for (size_t i = 0; i < sizeof patterns; i++)
        patterns[i] = (uint8_t)(random_bits(&seed) & 15);
    sdr_rbf_kernels scalar;
    sdr_rbf_fill_scalar(&scalar);
    sdr_isa before = sdr_isa_active();
    for (EACH_ISA(isa)) {
        const sdr_rbf_kernels *kernels = &sdr_dispatch_active()->rbf;
        for (int d = 0; d <= FEATURES; d++) {
            for (int i = 0; i < SDR_RBF_ROWS * FEATURES; i++)
                rows[i] = feature(&seed);
            for (int i = 0; i < SDR_RBF_COLUMNS * FEATURES; i++)
                columns[i] = feature(&seed);
            double gamma = d == 3 ? 1e-300 : 0.1 * d + 0.05;
            scalar.tile(expected, rows, columns, d, gamma);
            kernels->tile(values, rows, columns, d, gamma);
            assert_memory_equal(values, expected, sizeof values);
            for (int i = 0; i < LABELINGS * SDR_RBF_ROWS; i++)
                sums[i] = expected_sums[i] = random_unit(&seed);
            scalar.add(expected_sums, expected, patterns, FOURS, LABELINGS);
            kernels->add(sums, values, patterns, FOURS, LABELINGS);
            assert_memory_equal(sums, expected_sums, sizeof sums);
        }
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

/* exp(-gamma) as the kernel of two rows that differ by 1. */
static double exp_of_minus(double gamma) {
    double rows[SDR_RBF_ROWS] = {1.0}, columns[SDR_RBF_COLUMNS] = {0};
    static double values[TILE];
    sdr_dispatch_active()->rbf.tile(values, rows, columns, 1, gamma);
    return values[0];
}

static double error_in_ulps(double gamma) {
    double found = exp_of_minus(gamma);
    long double exact = expl(-(long double)gamma);
    int exponent;
    frexpl(exact, &exponent);
    return (double)fabsl((found - exact) / ldexpl(1.0L, exponent - 53));
}

static void test_the_exponential_is_within_one_ulp(void **state) {
    (void)state;
    uint64_t seed = 12;
    double worst = 0.0;
    for (int i = 0; i < 200000; i++) {
        double scale = i % 3 == 0 ? 707.0 : i % 3 == 1 ? 8.0 : 0.5;
        double found = error_in_ulps(scale * random_unit(&seed));
        worst = found > worst ? found : worst;
    }
    print_message("exp: %.3f ulp\n", worst);
    assert_true(worst <= 1.0);
    assert_true(exp_of_minus(707.0) > 0.0);
    assert_true(exp_of_minus(707.001) == 0.0);
    assert_true(exp_of_minus(INFINITY) == 0.0);
    assert_true(exp_of_minus(5e-324) == 1.0);
}

/* --- the statistic ---------------------------------------------------------------- */

enum { MOST_ROWS = 700 };

static double values[MOST_ROWS * FEATURES];
static uint8_t labels[MOST_ROWS * LABELINGS];

static sdr_mmd_rows random_rows(int64_t n, int64_t d) {
    uint64_t seed = (uint64_t)(n * 31 + d);
    for (int64_t i = 0; i < n * d; i++)
        values[i] = random_normal(&seed);
    for (int64_t i = 0; i < n * LABELINGS; i++)
        labels[i] =
            random_bits(&seed) & 1 ? (uint8_t)(1 + random_bits(&seed) % 255) : 0;
    return (sdr_mmd_rows){values, n, d, labels, LABELINGS, 0.3};
}

static long double kernel_of(const sdr_mmd_rows *rows, int64_t i, int64_t j) {
    long double sum = 0.0L;
    for (int64_t f = 0; f < rows->n_features; f++) {
        long double part = (long double)rows->values[i * rows->n_features + f] -
                           rows->values[j * rows->n_features + f];
        sum += part * part;
    }
    return expl(-rows->gamma * sum);
}

static double mmd_by_definition(const sdr_mmd_rows *rows, const uint8_t *label) {
    long double sums[3] = {0}; /* of pairs with so many rows of the reference */
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n_rows; i++) {
        n += label[i] != 0;
        for (int64_t j = 0; j < i; j++)
            sums[(label[i] != 0) + (label[j] != 0)] += kernel_of(rows, i, j);
    }
    long double a = n, b = rows->n_rows - n;
    return (double)(2.0L * sums[2] / (a * (a - 1)) + 2.0L * sums[0] / (b * (b - 1)) -
                    2.0L * sums[1] / (a * b));
}

static void test_mmd_is_the_double_sum_whatever_isa_and_threads(void **state) {
    (void)state;
    static const int64_t sizes[][2] = {{4, 1},  {8, 2},  {9, 5},   {63, 3},
                                       {64, 3}, {65, 3}, {130, 4}, {700, 5}};
    sdr_isa before = sdr_isa_active();
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        sdr_mmd_rows rows = random_rows(sizes[s][0], sizes[s][1]);
        double first[LABELINGS], found[LABELINGS];
        assert_int_equal(sdr_mmd_quadratic(first, &rows, NULL, NULL), SDR_OK);
        for (int p = 0; p < LABELINGS; p++) {
            double expected = mmd_by_definition(&rows, labels + p * rows.n_rows);
            if (isnan(expected) || isinf(expected))
                assert_true(isnan(first[p]));
            else
                assert_true(fabs(first[p] - expected) <= 1e-14);
        }
        for (EACH_ISA(isa)) {
            for (int threads = 1; threads <= 3; threads++) {
                sdr_context context = {.threads = threads};
                assert_int_equal(sdr_mmd_quadratic(found, &rows, &context, NULL),
                                 SDR_OK);
                assert_memory_equal(found, first, sizeof found);
            }
        }
        assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
    }
}

typedef struct watch {
    int calls, stop_at;
    int64_t last, total;
} watch;

static int note(void *user, int64_t done, int64_t total) {
    watch *w = user;
    assert_true(done >= w->last && done <= total);
    w->last = done;
    w->total = total;
    return ++w->calls == w->stop_at;
}

static void test_progress_counts_pairs_and_can_stop(void **state) {
    (void)state;
    enum { ROWS = 2100 };
    double *many = calloc(ROWS, sizeof *many);
    uint8_t *zeros = calloc(ROWS, 1);
    sdr_mmd_rows rows = {many, ROWS, 1, zeros, 1, 1.0};
    double out;
    watch all = {.stop_at = -1}, some = {.stop_at = 2};
    sdr_context context = {.threads = 2, .poll = note, .user = &all};
    assert_int_equal(sdr_mmd_quadratic(&out, &rows, &context, NULL), SDR_OK);
    assert_int_equal(all.last, all.total);
    assert_int_equal(all.total, (int64_t)ROWS * (ROWS - 1) / 2);
    assert_true(all.calls >= 3);
    assert_true(isnan(out)); /* no row of the reference */
    context.user = &some;
    sdr_error error;
    assert_int_equal(sdr_mmd_quadratic(&out, &rows, &context, &error), SDR_CANCELLED);
    free(many);
    free(zeros);
}

static sdr_code run_small(void *user, sdr_error *error) {
    double out[LABELINGS];
    return sdr_mmd_quadratic(out, user, NULL, error);
}

static void test_no_memory_and_wrong_arguments_are_refused(void **state) {
    (void)state;
    sdr_mmd_rows rows = random_rows(20, 2);
    assert_true(expect_no_memory_everywhere(run_small, &rows) >= 5);
    double out[LABELINGS];
    sdr_error error;
    rows.gamma = 0.0;
    assert_int_equal(sdr_mmd_quadratic(out, &rows, NULL, &error), SDR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "gamma: expected a positive number, found 0");
    rows.gamma = NAN;
    assert_int_equal(sdr_mmd_quadratic(out, &rows, NULL, &error), SDR_INVALID_ARGUMENT);
    rows = random_rows(20, 2);
    rows.n_features = -1;
    assert_int_equal(sdr_mmd_quadratic(out, &rows, NULL, &error), SDR_INVALID_ARGUMENT);
    rows = random_rows(0, 2);
    assert_int_equal(sdr_mmd_quadratic(out, &rows, NULL, NULL), SDR_OK);
    assert_true(isnan(out[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_kernels_bits),
        cmocka_unit_test(test_the_exponential_is_within_one_ulp),
        cmocka_unit_test(test_mmd_is_the_double_sum_whatever_isa_and_threads),
        cmocka_unit_test(test_progress_counts_pairs_and_can_stop),
        cmocka_unit_test(test_no_memory_and_wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
