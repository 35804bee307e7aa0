/* Log kernels: every ISA gives the scalar kernel's bits; logarithms are held against
 * long double, sums of losses and calibration bins against sums one row at a time. */
#include "support.h"

#include "kernels/dispatch.h"
#include "kernels/log/value.h"

enum { ROWS = SDR_BLOCK_ROWS, SLACK = 8, CLASSES = 3 };
static const double least = 0x1p-52;

/* What a column of probabilities may hold. */
typedef enum content {
    PLAIN,
    EDGES,
    NANS,
    BEYOND,
    NEAR_ONE,
    ALL_NAN,
    CONTENTS
} content;

static double value_of(content kind, uint64_t *seed) {
    static const double edges[] = {0.0, -0.0, 1.0, 0x1p-1074, 0x1p-53, 1.0 - 0x1p-53};
    const double unit = random_unit(seed);
    switch (kind) {
    case EDGES:
        return edges[random_bits(seed) % (sizeof edges / sizeof *edges)];
    case NANS:
        return unit < 0.1 ? NAN : unit;
    case BEYOND:
        return unit < 0.1 ? INFINITY : unit < 0.3 ? -unit : 1.5 * unit;
    case NEAR_ONE:
        return 1.0 - unit * 0x1p-40;
    case ALL_NAN:
        return NAN;
    default:
        return unit;
    }
}

static void fill(double *values, int64_t n, content kind, uint64_t seed) {
    for (int64_t i = 0; i < n; i++)
        values[i] = value_of(kind, &seed);
}

/* Codes, with a few that are none of them. */
static void fill_targets(double *targets, int64_t n, int classes, uint64_t seed) {
    for (int64_t i = 0; i < n; i++) {
        const uint64_t bits = random_bits(&seed);
        targets[i] = bits % 40 == 0   ? NAN
                     : bits % 41 == 0 ? -1.0
                     : bits % 43 == 0 ? (double)classes
                                      : (double)(bits / 64 % (uint64_t)classes);
    }
}

static const int64_t lengths[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 100, 512};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void sum_both_ways(sdr_log_lanes *binary, sdr_log_lanes *classes,
                          const sdr_log_kernels *k, const double *p,
                          const double *targets, const double *weights, int64_t n) {
    sdr_log_strip strip;
    memset(&strip, 0, sizeof strip);
    memset(binary, 0, sizeof *binary);
    memset(classes, 0, sizeof *classes);
    k->binary(binary, targets, p, weights, n, least);
    for (int code = 0; code < CLASSES; code++)
        k->add_class(&strip, targets, p + code, n, code);
    k->add_strip(classes, &strip, targets, weights, n, CLASSES, least, 1e-8);
}

static void test_every_isa_gives_the_scalar_bits(void **state) {
    (void)state;
    static double values[ROWS], targets[ROWS], weights[ROWS];
    sdr_log_kernels specification;
    sdr_log_fill_scalar(&specification);
    for (int kind = 0; kind < CONTENTS * 2; kind++)
        for (int i = 0; i < LENGTHS; i++) {
            const int64_t n = lengths[i];
            const double *p = values + i % SLACK;
            const double *w = kind % 2 ? weights : NULL;
            fill(values, n + SLACK + CLASSES, (content)(kind / 2), 3u + (unsigned)i);
            fill(weights, n, kind / 2 == BEYOND ? PLAIN : EDGES, 5u + (unsigned)i);
            fill_targets(targets, n, kind % 3 ? 2 : CLASSES, 7u + (unsigned)i);
            sdr_log_lanes expected[2], found[2];
            sum_both_ways(&expected[0], &expected[1], &specification, p, targets, w, n);
            for (EACH_ISA(isa)) {
                sum_both_ways(&found[0], &found[1], &sdr_dispatch_active()->log, p,
                              targets, w, n);
                if (memcmp(expected, found, sizeof found) != 0)
                    fail_msg("%s differs from scalar: content %d, %lld rows",
                             sdr_isa_name((sdr_isa)isa), kind, (long long)n);
            }
        }
}

/* Of any size, with many where 2^k m is cut: near 1, sqrt 1/2 and its double. */
static double positive_of(int i, uint64_t *seed) {
    static const double cuts[] = {1.0, 0x1.6a09e667f3bcdp-1, 0x1.6a09e667f3bcdp+0, 0.5};
    const double unit = random_unit(seed);
    if (i % 3 == 0) return ldexp(1.0 + unit, (int)(random_bits(seed) % 2046) - 1022);
    if (i % 3 == 1) return 0.4 + 1.4 * unit;
    return cuts[i % 4] * (1.0 + (unit - 0.5) * ldexp(1.0, -(i % 50)));
}

static void test_logarithms_are_within_one_ulp(void **state) {
    (void)state;
    enum { BATCH = 1000 };
    uint64_t seed = 17;
    long double worst = 0.0L;
    for (int round = 0; round < 400; round++) {
        double x[BATCH], expected[BATCH], found[BATCH];
        for (int i = 0; i < BATCH; i++)
            x[i] = positive_of(i, &seed);
        sdr_log_kernels specification;
        sdr_log_fill_scalar(&specification);
        specification.values(expected, x, BATCH);
        for (int i = 0; i < BATCH; i++) {
            long double exact = logl((long double)x[i]);
            double size = fabs((double)exact);
            long double ulp = (long double)(nextafter(size, INFINITY) - size);
            long double off = fabsl((long double)expected[i] - exact) / ulp;
            if (size > 0.0 && off > worst) worst = off;
            if (size == 0.0) assert_true(expected[i] == 0.0);
        }
        for (EACH_ISA(isa)) {
            sdr_dispatch_active()->log.values(found, x, BATCH);
            assert_memory_equal(found, expected, sizeof found);
        }
    }
    if (!(worst <= 1.0L)) fail_msg("expected at most 1 ulp, found %Lg", worst);
}

/* --- sums over groups ------------------------------------------------------------- */

enum { MANY = 20011 };

typedef struct exact_sums {
    int64_t n, outside, other;
    long double weight, loss, loss_squares, brier;
} exact_sums;

static exact_sums exact_of(const double *targets, const double *p,
                           const double *weights, int64_t start, int64_t stop) {
    exact_sums s = {0};
    for (int64_t i = start; i < stop; i++) {
        if (targets[i] != 0.0 && targets[i] != 1.0) {
            s.other += !isnan(targets[i]);
            continue;
        }
        s.outside += p[i] < 0.0 || p[i] > 1.0;
        if (!(p[i] >= 0.0 && p[i] <= 1.0) || (weights && !(weights[i] > 0.0))) continue;
        long double w = weights ? weights[i] : 1.0;
        double q = targets[i] == 1.0 ? p[i] : 1.0 - p[i];
        q = fmin(fmax(q, least), 1.0 - least);
        long double loss = -logl(q), error = targets[i] - p[i];
        s.n++;
        s.weight += w;
        s.loss += w * loss;
        s.loss_squares += w * loss * loss;
        s.brier += w * error * error;
    }
    return s;
}

static void expect_within(double found, long double expected, long double most) {
    if (!(fabsl((long double)found - expected) <= most))
        fail_msg("expected %.20Lg, found %.20g", expected, found);
}

static void expect_near(double found, long double expected) {
    expect_within(found, expected, 4e-15L * fabsl(expected));
}

/* Without weights squares are of logarithms within 1.3e-7. */
static void expect_sums(const sdr_log_loss *found, const exact_sums *expected,
                        bool weighted) {
    assert_int_equal(found->n, expected->n);
    assert_int_equal(found->outside, expected->outside);
    assert_int_equal(found->other, expected->other);
    expect_near(found->weight, expected->weight);
    expect_near(found->loss, expected->loss);
    expect_within(found->loss_squares, expected->loss_squares,
                  (weighted ? 4e-15L : 1e-7L) * expected->loss_squares);
    expect_near(found->brier, expected->brier);
}

static double many_p[MANY], many_y[MANY], many_w[MANY];
static sdr_column column_p, column_y;
static const int64_t starts[] = {0, 1, 5000, 100, 7},
                     stops[] = {MANY, 1, 19000, 4300, 9};
enum { GROUPS = sizeof starts / sizeof *starts };
static const sdr_groups groups = {starts, stops, GROUPS};

static int make_rows(void **state) {
    (void)state;
    fill(many_p, MANY, PLAIN, 23);
    fill(many_w, MANY, NANS, 29);
    for (int i = 0; i < MANY; i++)
        if (isnan(many_w[i])) many_w[i] = 0.0;
    for (int i = 0; i < MANY; i += 97)
        many_p[i] = i % 2 ? NAN : i % 3 ? 1.25 : -0.5;
    fill_targets(many_y, MANY, 2, 31);
    column_p = column_of(many_p, MANY);
    column_y = column_of(many_y, MANY);
    return 0;
}

static int free_rows(void **state) {
    (void)state;
    sdr_column_reset(&column_p);
    sdr_column_reset(&column_y);
    return 0;
}

static void test_losses_of_groups_agree_with_long_double(void **state) {
    (void)state;
    const sdr_column *probabilities[] = {&column_p};
    sdr_log_loss first[GROUPS], found[GROUPS];
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *weights = weighted ? many_w : NULL;
        const sdr_scored_rows rows = {&column_y, probabilities, 1, weights, least, 0.0};
        for (EACH_ISA(isa))
            for (int threads = 1; threads <= 3; threads += 2) {
                sdr_context context = {.threads = threads};
                assert_int_equal(
                    sdr_log_loss_groups(found, &rows, &groups, &context, NULL), SDR_OK);
                if (isa == SDR_ISA_SCALAR && threads == 1)
                    memcpy(first, found, sizeof found);
                assert_memory_equal(first, found, sizeof found);
            }
        for (int g = 0; g < GROUPS; g++) {
            exact_sums expected =
                exact_of(many_y, many_p, weights, starts[g], stops[g]);
            expect_sums(&found[g], &expected, weighted);
        }
    }
}

/* Losses of 1e-13 and less, and of one loss all over: 2^-53 a row, and no variance. */
static void test_small_and_constant_losses_keep_their_digits(void **state) {
    (void)state;
    static double p[MANY], y[MANY];
    const int64_t start = 0, stop = MANY;
    const sdr_groups all = {&start, &stop, 1};
    for (int constant = 0; constant < 2; constant++) {
        fill(p, MANY, NEAR_ONE, 37);
        for (int i = 0; i < MANY; i++) {
            p[i] = constant ? 0.3 : p[i];
            y[i] = 1.0;
        }
        sdr_column column = column_of(p, MANY), target = column_of(y, MANY);
        const sdr_column *probabilities[] = {&column};
        const sdr_scored_rows rows = {&target, probabilities, 1, NULL, least, 0.0};
        const exact_sums expected = exact_of(y, p, NULL, 0, MANY);
        sdr_log_loss found;
        assert_int_equal(sdr_log_loss_groups(&found, &rows, &all, NULL, NULL), SDR_OK);
        expect_within(found.loss, expected.loss, MANY * 0x1p-53L);
        const double mean = found.loss / MANY;
        const double variance = found.loss_squares / MANY - mean * mean;
        const double most = constant ? 1e-14 : 1e-25;
        assert_true(variance > -most && variance < most);
        sdr_column_reset(&column);
        sdr_column_reset(&target);
    }
}

static void test_a_probability_a_class_picks_that_of_the_target(void **state) {
    (void)state;
    const double p[CLASSES][4] = {
        {0.5, 0.2, 0.0, 0.1}, {0.25, 0.7, 1.0, 0.1}, {0.25, 0.1, 0.0, 0.1}};
    const double targets[] = {0, 1, 2, 2};
    sdr_column y = column_of(targets, 4), columns[CLASSES];
    const sdr_column *probabilities[CLASSES];
    for (int k = 0; k < CLASSES; k++) {
        columns[k] = column_of(p[k], 4);
        probabilities[k] = &columns[k];
    }
    const int64_t start = 0, stop = 4;
    const sdr_groups all = {&start, &stop, 1};
    const sdr_scored_rows rows = {&y, probabilities, CLASSES, NULL, least, 1e-8};
    sdr_log_loss found;
    assert_int_equal(sdr_log_loss_groups(&found, &rows, &all, NULL, NULL), SDR_OK);
    assert_int_equal(found.n, 4);
    assert_int_equal(found.not_one, 1); /* the last row */
    expect_near(found.loss, -(logl(0.5L) + logl(0.7) + logl(0x1p-52L) + logl(0.1)));
    expect_near(found.brier, 0.375L + 0.14L + 2.0L + 0.83L);
    for (int k = 0; k < CLASSES; k++)
        sdr_column_reset(&columns[k]);
    sdr_column_reset(&y);
}

/* --- calibration ------------------------------------------------------------------ */

static void test_bins_are_closed_above(void **state) {
    (void)state;
    const double p[] = {0.0, 0.25, 0.26, 0.5, 0.75, 1.0, 1.5, NAN}, y[8] = {0, 1, 0, 1};
    const double edges[] = {0.25, 0.5, 0.75};
    sdr_column column = column_of(p, 8), target = column_of(y, 8);
    const sdr_column *probabilities[] = {&column};
    const sdr_scored_rows rows = {&target, probabilities, 1, NULL, least, 0.0};
    const int64_t start = 0, stop = 8;
    const sdr_groups all = {&start, &stop, 1};
    sdr_calibration_bin found[4];
    assert_int_equal(
        sdr_calibration_groups(found, &rows, edges, 4, false, &all, NULL, NULL),
        SDR_OK);
    const sdr_calibration_bin expected[4] = {
        {2, 2, 0.25, 1}, {2, 2, 0.76, 1}, {1, 1, 0.75, 0}, {1, 1, 1.0, 0}};
    for (int b = 0; b < 4; b++) {
        assert_int_equal(found[b].n, expected[b].n);
        assert_true(fabs(found[b].sum_p - expected[b].sum_p) < 1e-15);
        assert_true(found[b].weight == expected[b].weight);
        assert_true(found[b].sum_y == expected[b].sum_y);
    }
    sdr_column_reset(&column);
    sdr_column_reset(&target);
}

static void test_isotonic_regression_pools_what_falls(void **state) {
    (void)state;
    double values[] = {1, 3, 2, 4, 3, 5}; /* 2 and 3 of weights 2 and 1; 4 and 3 */
    const double weights[] = {1, 1, 2, 1, 1, 1};
    assert_int_equal(sdr_isotonic_fit(values, weights, 6, NULL), SDR_OK);
    const double expected[] = {1, 7.0 / 3.0, 7.0 / 3.0, 3.5, 3.5, 5};
    assert_memory_equal(values, expected, sizeof expected);
    assert_int_equal(sdr_isotonic_fit(values, weights, 0, NULL), SDR_OK);
}

/* --- refusals and memory ---------------------------------------------------------- */

static void test_what_cannot_be_paired_is_refused(void **state) {
    (void)state;
    sdr_column few = column_of(many_p, 5);
    const sdr_column *probabilities[] = {&few};
    sdr_log_loss found[GROUPS];
    sdr_error error;
    sdr_scored_rows rows = {&column_y, probabilities, 1, NULL, least, 0.0};
    assert_int_equal(sdr_log_loss_groups(found, &rows, &groups, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "found 20011 and 5 rows"));
    rows.probabilities = (const sdr_column *const[]){&column_p};
    rows.least = 0.0;
    assert_int_equal(sdr_log_loss_groups(found, &rows, &groups, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "expected least >= 2^-60"));
    rows.n_probabilities = 0;
    assert_int_equal(sdr_log_loss_groups(found, &rows, &groups, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    sdr_column_reset(&few);
}

static sdr_code all_calls(void *user, sdr_error *error) {
    (void)user;
    static const double edges[] = {0.5};
    const sdr_column *probabilities[] = {&column_p};
    const sdr_scored_rows rows = {&column_y, probabilities, 1, NULL, least, 0.0};
    sdr_context serial = {.threads = 1};
    sdr_log_loss losses[GROUPS];
    sdr_calibration_bin bins[GROUPS * 2];
    double values[] = {2, 1}, weights[] = {1, 1};
    SDR_TRY(sdr_log_loss_groups(losses, &rows, &groups, &serial, error));
    SDR_TRY(
        sdr_calibration_groups(bins, &rows, edges, 2, false, &groups, &serial, error));
    return sdr_isotonic_fit(values, weights, 2, error);
}

static void test_failing_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    assert_int_equal(expect_no_memory_everywhere(all_calls, NULL), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits),
        cmocka_unit_test(test_logarithms_are_within_one_ulp),
        cmocka_unit_test(test_losses_of_groups_agree_with_long_double),
        cmocka_unit_test(test_small_and_constant_losses_keep_their_digits),
        cmocka_unit_test(test_a_probability_a_class_picks_that_of_the_target),
        cmocka_unit_test(test_bins_are_closed_above),
        cmocka_unit_test(test_isotonic_regression_pools_what_falls),
        cmocka_unit_test(test_what_cannot_be_paired_is_refused),
        cmocka_unit_test(test_failing_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_rows, free_rows);
}
