/* Quantiles, rows about them and extremes from the passes of two samples: against sorted
 * values, whatever else the passes are for, and without changing what they answer. */
#include "support.h"

#include "simdrift/groups.h"

enum { ROWS = 70000, MORE = 300, LEVELS = 9, ENDS = SDR_EXTREMES };

static double x[ROWS], y[ROWS + MORE], sorted_x[ROWS], sorted_y[ROWS + MORE];

static int by_value(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double normal(uint64_t *seed) {
    return random_normal(seed);
}
static double heavy(uint64_t *seed) {
    return exp(3.0 * random_normal(seed));
}
/* A third of the rows is one value in the midst of others. */
static double with_zeros(uint64_t *seed) {
    return random_bits(seed) % 3 ? random_normal(seed) : 0.0;
}
static double whole(uint64_t *seed) {
    return rint(4.0 * random_normal(seed));
}
static double constant(uint64_t *seed) {
    (void)seed;
    return 7.0;
}

static double (*const draws[])(uint64_t *) = {normal, heavy, with_zeros, whole,
                                              constant};
enum { DRAWS = sizeof draws / sizeof *draws };

static void fill(double (*draw)(uint64_t *), uint64_t *seed) {
    for (int i = 0; i < ROWS; i++)
        sorted_x[i] = x[i] = draw(seed);
    for (int i = 0; i < ROWS + MORE; i++)
        sorted_y[i] = y[i] = draw(seed);
    qsort(sorted_x, ROWS, sizeof *x, by_value);
    qsort(sorted_y, ROWS + MORE, sizeof *y, by_value);
}

static void expect_quantiles(const sdr_two_sample_quantiles *q, const double *sorted,
                             int64_t n) {
    const double *const sides[] = {sorted_x, sorted_y};
    const int64_t rows[] = {ROWS, ROWS + MORE};
    assert_true(q->done);
    for (int i = 0; i < LEVELS; i++) {
        const double index = (double)(n - 1) * q->levels[i], t = index - floor(index);
        const int64_t low = (int64_t)index, high = low + (low < n - 1);
        const double a = sorted[low], b = sorted[high];
        assert_true(q->values[i] ==
                    (t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t));
        for (int side = 0; side < 2; side++) {
            int64_t below = 0, upto = 0;
            for (int64_t k = 0; k < rows[side]; k++) {
                below += sides[side][k] < q->values[i];
                upto += sides[side][k] <= q->values[i];
            }
            assert_int_equal(q->below[side][i], below);
            assert_int_equal(q->upto[side][i], upto);
        }
    }
}

static void expect_ends(const sdr_two_sample_ends *ends) {
    assert_true(ends->done);
    for (int i = 0; i < ENDS; i++) {
        assert_true(ends->values[0][i] == sorted_x[i]);
        assert_true(ends->values[0][ENDS + i] == sorted_x[ROWS - ENDS + i]);
        assert_true(ends->values[1][i] == sorted_y[i]);
        assert_true(ends->values[1][ENDS + i] == sorted_y[ROWS + MORE - ENDS + i]);
    }
}

static const sdr_two_sample_quantiles wished = {
    .n = LEVELS, .levels = {0, 0.0001, 0.01, 0.25, 0.5, 0.5001, 0.75, 0.999, 1}};

typedef struct wish {
    sdr_two_sample_quantiles quantiles, current, tied;
    sdr_two_sample_ends ends;
    sdr_two_sample_more more;
} wish;

static void wish_init(wish *w) {
    w->quantiles = w->current = w->tied = wished;
    w->ends.done = false;
    w->more = (sdr_two_sample_more){.quantiles = &w->quantiles,
                                    .current = &w->current,
                                    .tied = &w->tied,
                                    .tied_share = 0.2,
                                    .ends = &w->ends};
}

static void expect_wish(const wish *w, bool is_tied) {
    expect_quantiles(&w->quantiles, sorted_x, ROWS);
    expect_quantiles(&w->current, sorted_y, ROWS + MORE);
    if (is_tied) expect_quantiles(&w->tied, sorted_x, ROWS);
    expect_ends(&w->ends);
}

static void expect_answer(const sdr_two_sample *a, const sdr_two_sample *b) {
    assert_memory_equal(&a->ks, &b->ks, sizeof a->ks);
    assert_memory_equal(&a->ks_location, &b->ks_location, sizeof a->ks_location);
    assert_memory_equal(&a->wasserstein, &b->wasserstein, sizeof a->wasserstein);
}

static void test_quantiles_and_ends_are_those_of_the_sorted_values(void **state) {
    (void)state;
    uint64_t seed = 20261130;
    for (int f = 0; f < DRAWS; f++) {
        fill(draws[f], &seed);
        const bool is_tied = draws[f] == with_zeros || draws[f] == constant;
        sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS + MORE);
        sdr_prepared *prepared;
        assert_int_equal(sdr_prepared_new(&prepared, &a, NULL, NULL), SDR_OK);
        for (int flags = 1; flags < 4; flags++) {
            const sdr_context context = {.threads = flags};
            sdr_two_sample plain, out;
            wish w;
            assert_int_equal(
                sdr_two_sample_columns(&plain, NULL, &a, &b, flags, NULL, NULL),
                SDR_OK);
            wish_init(&w);
            assert_int_equal(
                sdr_two_sample_columns(&out, &w.more, &a, &b, flags, &context, NULL),
                SDR_OK);
            expect_answer(&out, &plain);
            expect_wish(&w, is_tied);
            wish_init(&w);
            assert_int_equal(sdr_two_sample_prepared(&out, &w.more, prepared, &b, flags,
                                                     &context, NULL),
                             SDR_OK);
            expect_answer(&out, &plain);
            expect_wish(&w, is_tied);
        }
        sdr_prepared_free(prepared);
        sdr_column_reset(&a);
        sdr_column_reset(&b);
    }
}

static void test_what_infinities_hide_is_not_done(void **state) {
    (void)state;
    uint64_t seed = 3;
    fill(normal, &seed);
    y[5] = INFINITY;
    memcpy(sorted_y, y, sizeof y);
    qsort(sorted_y, ROWS + MORE, sizeof *y, by_value);
    sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS + MORE);
    sdr_two_sample out;
    wish w;
    wish_init(&w);
    assert_int_equal(
        sdr_two_sample_columns(&out, &w.more, &a, &b, SDR_TWO_SAMPLE_KS, NULL, NULL),
        SDR_OK);
    assert_false(w.ends.done);
    expect_quantiles(&w.quantiles, sorted_x, ROWS);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static void test_small_samples_are_searched(void **state) {
    (void)state;
    static const double few[] = {3, 1, 2, 2}, others[] = {2, 5, -1, 2, 9};
    sdr_column a = column_of(few, 4), b = column_of(others, 5);
    sdr_two_sample out;
    wish w;
    wish_init(&w);
    assert_int_equal(
        sdr_two_sample_columns(&out, &w.more, &a, &b, SDR_TWO_SAMPLE_KS, NULL, NULL),
        SDR_OK);
    assert_true(w.quantiles.done && w.current.done && w.ends.done);
    assert_true(w.quantiles.values[4] == 2.0 && w.current.values[0] == -1.0);
    assert_int_equal(w.quantiles.below[1][4], 1);
    assert_int_equal(w.quantiles.upto[1][4], 3);
    assert_true(w.ends.values[0][0] == 1.0 && w.ends.values[0][4] == INFINITY);
    assert_true(w.ends.values[1][2 * ENDS - 1] == 9.0);
    assert_true(w.ends.values[1][ENDS] == -INFINITY);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static void test_levels_that_do_not_ascend_are_refused(void **state) {
    (void)state;
    static const double few[] = {3, 1, 2, 2};
    sdr_column a = column_of(few, 4);
    sdr_two_sample_quantiles q = {.n = 2, .levels = {0.5, 0.25}};
    const sdr_two_sample_more more = {.tied = &q};
    sdr_two_sample out;
    sdr_error error;
    assert_int_equal(sdr_two_sample_columns(&out, &more, &a, &a, 1, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_string_equal(
        error.message, "sdr_two_sample_quantiles: expected at most 64 ascending levels "
                       "in [0, 1], found 2 levels");
    sdr_column_reset(&a);
}

/* Some rows of both sides share values, others lie between them: against a prepared
 * reference, whose buckets are all known, one value of it is not all that there is. */
static void test_ties_of_the_reference_alone_make_no_single_value(void **state) {
    (void)state;
    uint64_t seed = 11;
    for (int i = 0; i < ROWS + MORE; i++) {
        y[i] =
            random_bits(&seed) % 8 ? random_normal(&seed) : rint(random_normal(&seed));
        if (i < ROWS)
            x[i] = random_bits(&seed) % 8 ? random_normal(&seed)
                                          : rint(random_normal(&seed));
    }
    sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS + MORE);
    sdr_prepared *prepared;
    sdr_two_sample out, plain;
    assert_int_equal(sdr_prepared_new(&prepared, &a, NULL, NULL), SDR_OK);
    assert_int_equal(sdr_two_sample_columns(&plain, NULL, &a, &b, 3, NULL, NULL),
                     SDR_OK);
    assert_int_equal(sdr_two_sample_prepared(&out, NULL, prepared, &b, 3, NULL, NULL),
                     SDR_OK);
    expect_answer(&out, &plain);
    sdr_prepared_free(prepared);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static sdr_code run_wish(void *user, sdr_error *error) {
    static const sdr_context serial = {.threads = 1};
    const sdr_column *columns = user;
    sdr_two_sample out;
    wish w;
    wish_init(&w);
    return sdr_two_sample_columns(&out, &w.more, &columns[0], &columns[1], 3, &serial,
                                  error);
}

static void test_failing_allocations_are_reported_and_leak_nothing(void **state) {
    (void)state;
    uint64_t seed = 2;
    fill(with_zeros, &seed);
    sdr_column columns[] = {column_of(x, ROWS), column_of(y, ROWS + MORE)};
    assert_true(expect_no_memory_everywhere(run_wish, columns) > 5);
    sdr_column_reset(&columns[0]);
    sdr_column_reset(&columns[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles_and_ends_are_those_of_the_sorted_values),
        cmocka_unit_test(test_what_infinities_hide_is_not_done),
        cmocka_unit_test(test_small_samples_are_searched),
        cmocka_unit_test(test_levels_that_do_not_ascend_are_refused),
        cmocka_unit_test(test_ties_of_the_reference_alone_make_no_single_value),
        cmocka_unit_test(test_failing_allocations_are_reported_and_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
