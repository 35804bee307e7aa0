/* Ranks of scores by label: against pairs counted one by one, every ISA's bits, groups
 * alone, hostile scores, Poisson counts, memory that fails. */
#include "support.h"

#include "kernels/dispatch.h"
#include "metrics/performance/poisson.h"

enum { ROWS = 20000, FEW = 600 };

typedef enum content {
    NORMAL,
    PROBABILITY,
    GRID,
    SIGNED_GRID,
    CONSTANT,
    SORTED,
    HOSTILE,
    CONTENTS
} content;

static double score_of(content kind, int64_t i, bool label, uint64_t *seed) {
    static const double hostile[] = {0.0,       -0.0,    INFINITY, -INFINITY, 0x1p-510,
                                     -0x1p-511, 0x1p510, -1e308,   NAN,       5e-324};
    const double normal = random_normal(seed) + label;
    switch (kind) {
    case PROBABILITY:
        return 1.0 / (1.0 + exp(-normal));
    case GRID:
        return floor(20.0 * random_unit(seed)) / 20.0;
    case SIGNED_GRID:
        return floor(normal * 4.0) / 4.0;
    case CONSTANT:
        return 0.25;
    case SORTED:
        return (double)(i / 7);
    case HOSTILE:
        return hostile[random_bits(seed) % (sizeof hostile / sizeof *hostile)];
    default:
        return normal;
    }
}

static double scores[ROWS], targets[ROWS];

static void fill(content kind, int64_t n, uint64_t seed) {
    for (int64_t i = 0; i < n; i++) {
        const bool label = random_unit(&seed) < 0.3;
        targets[i] = random_bits(&seed) % 50 == 0 ? NAN : label;
        scores[i] = score_of(kind, i, label, &seed);
        if (random_bits(&seed) % 60 == 0) scores[i] = NAN;
    }
}

static void roc_of(sdr_roc *out, const sdr_groups *groups, const double *weights,
                   int64_t n, int threads) {
    sdr_column target = column_of(targets, n), score = column_of(scores, n);
    const sdr_ranked rows = {&target, &score, 1.0, 0.0, 0.0, weights};
    const sdr_context context = {.threads = threads};
    assert_int_equal(sdr_roc_groups(out, &rows, groups, &context, NULL), SDR_OK);
    sdr_column_reset(&target);
    sdr_column_reset(&score);
}

static sdr_roc roc_of_all(int64_t n, int threads) {
    const int64_t start = 0;
    const sdr_groups all = {&start, &n, 1};
    sdr_roc out;
    roc_of(&out, &all, NULL, n, threads);
    return out;
}

/* --- values ----------------------------------------------------------------------- */

static bool takes_part(int64_t i) {
    return !isnan(scores[i]) && !isnan(targets[i]);
}

/* Twice the pairs in which row i is above a row of that label, once those tied. */
static int64_t halves_above(int64_t i, double label, int64_t n) {
    int64_t halves = 0;
    for (int64_t j = 0; j < n; j++)
        if (takes_part(j) && targets[j] == label)
            halves += 2 * (scores[i] > scores[j]) + (scores[i] == scores[j]);
    return halves;
}

static int64_t count_label(double label, int64_t n) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        found += takes_part(i) && targets[i] == label;
    return found;
}

static long double placement_variance(double label, int64_t n) {
    const int64_t own = count_label(label, n), others = count_label(1.0 - label, n);
    long double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!takes_part(i) || targets[i] != label) continue;
        const long double part =
            (long double)halves_above(i, 1.0 - label, n) / (2.0L * (long double)others);
        sum += part;
        squares += part * part;
    }
    const long double rows = (long double)own;
    return (squares - sum * sum / rows) / (rows - 1) / rows;
}

static double average_precision_of(int64_t n) {
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t above = 0, all = 0;
        if (!takes_part(i) || targets[i] != 1.0) continue;
        for (int64_t j = 0; j < n; j++) {
            const bool counts = takes_part(j) && scores[j] >= scores[i];
            all += counts;
            above += counts && targets[j] == 1.0;
        }
        sum += (long double)above / (long double)all;
    }
    return (double)(sum / (long double)count_label(1.0, n));
}

static void expect_near(double found, long double expected) {
    if (fabsl((long double)found - expected) > 1e-12L * (1e-3L + fabsl(expected)))
        fail_msg("expected %.20Lg, found %.20g", expected, found);
}

static void test_values_are_those_of_pairs_counted_one_by_one(void **state) {
    (void)state;
    for (content kind = 0; kind < CONTENTS; kind++) {
        fill(kind, FEW, 31 + (uint64_t)kind);
        const sdr_roc roc = roc_of_all(FEW, 1);
        const int64_t p = count_label(1.0, FEW), m = count_label(0.0, FEW);
        int64_t halves = 0;
        for (int64_t i = 0; i < FEW; i++)
            if (takes_part(i) && targets[i] == 1.0) halves += halves_above(i, 0.0, FEW);
        assert_int_equal(roc.positives, p);
        assert_int_equal(roc.negatives, m);
        assert_true(roc.auc == (double)halves / (double)(2 * p * m));
        expect_near(roc.auc_variance,
                    placement_variance(1.0, FEW) + placement_variance(0.0, FEW));
        expect_near(roc.average_precision, average_precision_of(FEW));
    }
}

static void test_integers_beyond_2_53_are_ranked_exactly(void **state) {
    (void)state;
    const int64_t big = INT64_C(1) << 62, own[] = {big + 1, big, big + 2, -big};
    const double target[] = {1, 0, 0, 1};
    const int64_t start = 0, stop = 4;
    const sdr_groups all = {&start, &stop, 1};
    sdr_column labels = column_of(target, 4);
    sdr_column score = column_of_type(SDR_TYPE_INT64, own, sizeof *own, 4, NULL);
    const sdr_ranked rows = {&labels, &score, 1.0, 0.0, 0.0, NULL};
    sdr_roc roc;
    assert_int_equal(sdr_roc_groups(&roc, &rows, &all, NULL, NULL), SDR_OK);
    assert_true(roc.auc == 0.25);
    sdr_column_reset(&labels);
    sdr_column_reset(&score);
}

static void test_one_label_and_no_rows_have_no_auc(void **state) {
    (void)state;
    const int64_t starts[] = {0, 0, 0}, stops[] = {0, 1, 2};
    const sdr_groups groups = {starts, stops, 3};
    sdr_roc roc[3];
    targets[0] = 1.0, targets[1] = 1.0, scores[0] = 0.5, scores[1] = 0.25;
    roc_of(roc, &groups, NULL, 2, 1);
    for (int i = 0; i < 3; i++)
        assert_true(isnan(roc[i].auc) && roc[i].positives == i);
    assert_true(isnan(roc[0].average_precision));
    assert_true(roc[1].average_precision == 1.0 && roc[2].average_precision == 1.0);
    assert_true(roc[2].average_precision_variance == 0.0);
}

/* --- the same bits ---------------------------------------------------------------- */

static void test_isas_and_threads_give_the_same_bits(void **state) {
    (void)state;
    for (content kind = 0; kind < CONTENTS; kind++) {
        fill(kind, ROWS, 5 + (uint64_t)kind);
        assert_int_equal(sdr_isa_force(SDR_ISA_SCALAR, NULL), SDR_OK);
        for (int64_t n = 1; n <= ROWS; n += n < 40 ? 1 : 3 * n / 4 + 9) {
            assert_int_equal(sdr_isa_force(SDR_ISA_SCALAR, NULL), SDR_OK);
            const sdr_roc expected = roc_of_all(n, 1);
            for (EACH_ISA(isa))
                for (int threads = 1; threads <= 3; threads += 2) {
                    const sdr_roc found = roc_of_all(n, threads);
                    assert_memory_equal(&found, &expected, sizeof found);
                }
        }
    }
}

static void test_parts_of_every_length_are_the_scalar_ones(void **state) {
    (void)state;
    sdr_key keys[SDR_RANK_PART + 1];
    sdr_rank_part expected, found;
    sdr_roc_kernels scalar;
    uint64_t seed = 3;
    sdr_roc_fill_scalar(&scalar);
    for (int64_t n = 1; n <= SDR_RANK_PART; n += n < 40 ? 1 : 123) {
        sdr_key key = 1024;
        for (int64_t i = 0; i <= n; i++) {
            const bool rises = random_bits(&seed) % 3 != 0 || (key & 1) == 1;
            keys[i] = key = rises ? (key | 1) + 1 + (random_bits(&seed) & 1) : key | 1;
        }
        for (int begins = 0; begins < 2; begins++) {
            scalar.part(&expected, keys + 1, n, begins, n + 5, 2 * n + 9);
            for (EACH_ISA(isa)) {
                sdr_dispatch_active()->roc.part(&found, keys + 1, n, begins, n + 5,
                                                2 * n + 9);
                assert_memory_equal(&found, &expected, sizeof found);
            }
        }
    }
}

enum { GROUPS = 40 };

static void make_groups(int64_t *starts, int64_t *stops, uint64_t seed) {
    for (int i = 0; i < GROUPS; i++) {
        starts[i] = (int64_t)(random_bits(&seed) % ROWS);
        stops[i] = starts[i] + (int64_t)(random_bits(&seed) % (i % 3 == 0 ? 30 : 6000));
        if (stops[i] > ROWS) stops[i] = ROWS;
    }
}

static void expect_groups_alone(const double *weights) {
    int64_t starts[GROUPS], stops[GROUPS];
    make_groups(starts, stops, 8);
    const sdr_groups groups = {starts, stops, GROUPS};
    sdr_roc all[GROUPS], one;
    roc_of(all, &groups, weights, ROWS, 3);
    for (int i = 0; i < GROUPS; i++) {
        const sdr_groups alone = {starts + i, stops + i, 1};
        roc_of(&one, &alone, weights, ROWS, 1);
        assert_memory_equal(&all[i], &one, sizeof one);
    }
}

static void test_groups_have_the_bits_of_each_alone(void **state) {
    (void)state;
    static double weights[ROWS];
    for (content kind = 0; kind < CONTENTS; kind++) {
        fill(kind, ROWS, 90 + (uint64_t)kind);
        for (int i = 0; i < ROWS; i++)
            weights[i] = 0.25 + i % 5;
        expect_groups_alone(NULL);
        expect_groups_alone(weights);
    }
}

/* --- weights, pairs, curves ------------------------------------------------------- */

static void test_a_weight_of_two_is_a_row_met_twice(void **state) {
    (void)state;
    enum { N = 200 };
    double weights[2 * N];
    fill(SIGNED_GRID, N, 12);
    for (int i = 0; i < N; i++) {
        targets[N + i] = targets[i];
        scores[N + i] = scores[i];
    }
    for (int i = 0; i < 2 * N; i++)
        weights[i] = i < N ? 2.0 : 0.0;
    const int64_t start = 0, stop = 2 * N;
    const sdr_groups all = {&start, &stop, 1};
    sdr_roc weighted, twice = roc_of_all(2 * N, 1);
    roc_of(&weighted, &all, weights, 2 * N, 1);
    expect_near(weighted.auc, twice.auc);
    expect_near(weighted.average_precision, twice.average_precision);
    const sdr_roc once = roc_of_all(N, 1);
    assert_int_equal(weighted.positives, once.positives);
    expect_near(weighted.auc_variance, once.auc_variance);
    expect_near(weighted.average_precision_variance, once.average_precision_variance);
    weights[7] = -1.0;
    sdr_column target = column_of(targets, N), score = column_of(scores, N);
    const sdr_ranked rows = {&target, &score, 1.0, 0.0, 0.0, weights};
    const int64_t end = N;
    const sdr_groups some = {&start, &end, 1};
    sdr_error error;
    assert_int_equal(sdr_roc_groups(&weighted, &rows, &some, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "weights[7] is -1"));
    sdr_column_reset(&target);
    sdr_column_reset(&score);
}

static void test_a_score_paired_with_itself_covaries_as_it_varies(void **state) {
    (void)state;
    fill(SIGNED_GRID, FEW, 4);
    const sdr_roc alone = roc_of_all(FEW, 1);
    const int64_t start = 0, stop = FEW;
    const sdr_groups all = {&start, &stop, 1};
    sdr_column target = column_of(targets, FEW), score = column_of(scores, FEW);
    const sdr_ranked rows = {&target, &score, 1.0, 0.0, 0.0, NULL};
    sdr_roc_pair pair;
    assert_int_equal(sdr_roc_pair_groups(&pair, &rows, &score, &all, NULL, NULL),
                     SDR_OK);
    assert_true(pair.auc == alone.auc && pair.other_auc == alone.auc);
    assert_true(pair.variance == alone.auc_variance);
    assert_true(pair.covariance == alone.auc_variance);
    sdr_column_reset(&target);
    sdr_column_reset(&score);
}

static void test_a_curve_has_a_point_a_score(void **state) {
    (void)state;
    const double own_targets[] = {1, 0, 1, 1, 0, NAN}, own[] = {3, 1, 3, -2, -2, 9};
    sdr_column target = column_of(own_targets, 6), score = column_of(own, 6);
    const sdr_ranked rows = {&target, &score, 1.0, 0.0, 0.0, NULL};
    sdr_rank_curve curve;
    assert_int_equal(sdr_rank_curve_new(&curve, &rows, NULL, NULL), SDR_OK);
    assert_int_equal(curve.n, 3);
    assert_int_equal(curve.rows, 5);
    const double thresholds[] = {3, 1, -2}, positives[] = {2, 2, 3};
    const double negatives[] = {0, 1, 2};
    assert_memory_equal(curve.thresholds, thresholds, sizeof thresholds);
    assert_memory_equal(curve.positives, positives, sizeof positives);
    assert_memory_equal(curve.negatives, negatives, sizeof negatives);
    sdr_rank_curve_reset(&curve);
    sdr_column_reset(&target);
    sdr_column_reset(&score);
}

/* --- resamples -------------------------------------------------------------------- */

static void test_counts_are_poisson_of_mean_one(void **state) {
    (void)state;
    enum { DRAWS = 1 << 20 };
    static uint8_t counts[DRAWS], again[DRAWS];
    int64_t of[16] = {0};
    sdr_poisson table;
    sdr_poisson_init(&table);
    sdr_poisson_draw(counts, &table, 1, 2, 0, DRAWS);
    sdr_poisson_draw(again, &table, 1, 2, 0, 500);
    sdr_poisson_draw(again + 500, &table, 1, 2, 500, DRAWS - 500);
    assert_memory_equal(counts, again, DRAWS);
    for (int i = 0; i < DRAWS; i++)
        of[counts[i]]++;
    double p = exp(-1.0), chi = 0.0;
    for (int k = 0; k < 7; k++, p /= k) {
        const double expected = p * DRAWS, difference = (double)of[k] - expected;
        chi += difference * difference / expected;
    }
    assert_true(chi <
                30.0); /* 7 cells: above it once in 10,000 seeds; the seed is fixed */
}

static void test_resamples_are_the_same_on_any_threads(void **state) {
    (void)state;
    enum { RESAMPLES = 50 };
    static double auc[2][RESAMPLES], precision[2][RESAMPLES], means[2][RESAMPLES];
    fill(NORMAL, ROWS, 40);
    const int64_t start = 0, stop = ROWS;
    const sdr_groups all = {&start, &stop, 1};
    sdr_column target = column_of(targets, ROWS), score = column_of(scores, ROWS);
    const sdr_ranked rows = {&target, &score, 1.0, 0.0, 0.0, NULL};
    for (int k = 0; k < 2; k++) {
        const sdr_context context = {.threads = 1 + 2 * k};
        assert_int_equal(sdr_roc_bootstrap_groups(auc[k], precision[k], RESAMPLES, 9,
                                                  &rows, &all, &context, NULL),
                         SDR_OK);
        assert_int_equal(sdr_mean_bootstrap_groups(means[k], RESAMPLES, 9, &score, NULL,
                                                   &all, &context, NULL),
                         SDR_OK);
    }
    assert_memory_equal(auc[0], auc[1], sizeof auc[0]);
    assert_memory_equal(precision[0], precision[1], sizeof precision[0]);
    assert_memory_equal(means[0], means[1], sizeof means[0]);
    sdr_column_reset(&target);
    sdr_column_reset(&score);
}

static void test_columns_of_unequal_length_are_refused(void **state) {
    (void)state;
    const int64_t start = 0, stop = 4;
    const sdr_groups all = {&start, &stop, 1};
    sdr_column target = column_of(targets, 5), score = column_of(scores, 4);
    const sdr_ranked rows = {&target, &score, 1.0, 0.0, 0.0, NULL};
    sdr_roc roc;
    sdr_error error;
    assert_int_equal(sdr_roc_groups(&roc, &rows, &all, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "found 5 and 4 rows"));
    sdr_column_reset(&target);
    sdr_column_reset(&score);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_those_of_pairs_counted_one_by_one),
        cmocka_unit_test(test_integers_beyond_2_53_are_ranked_exactly),
        cmocka_unit_test(test_one_label_and_no_rows_have_no_auc),
        cmocka_unit_test(test_isas_and_threads_give_the_same_bits),
        cmocka_unit_test(test_parts_of_every_length_are_the_scalar_ones),
        cmocka_unit_test(test_groups_have_the_bits_of_each_alone),
        cmocka_unit_test(test_a_weight_of_two_is_a_row_met_twice),
        cmocka_unit_test(test_a_score_paired_with_itself_covaries_as_it_varies),
        cmocka_unit_test(test_a_curve_has_a_point_a_score),
        cmocka_unit_test(test_counts_are_poisson_of_mean_one),
        cmocka_unit_test(test_resamples_are_the_same_on_any_threads),
        cmocka_unit_test(test_columns_of_unequal_length_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
