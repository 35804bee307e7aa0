/* Counts for a histogram from the passes of two samples: against sorted values,
 * whatever else the passes are for, and without changing what they answer. */
#include "support.h"

#include "simdrift/drift.h"

enum { ROWS = 70000, POINTS = 19 };

static double x[ROWS], y[ROWS], sorted_x[ROWS], sorted_y[ROWS];

static int by_value(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static void fill_normal(uint64_t *seed) {
    for (int i = 0; i < ROWS; i++) {
        x[i] = 3.0 * random_normal(seed);
        y[i] = 0.01 + 3.0 * random_normal(seed);
    }
}

static void fill_skewed(uint64_t *seed) {
    for (int i = 0; i < ROWS; i++) {
        x[i] = exp(random_normal(seed));
        y[i] = 1.1 * exp(random_normal(seed));
    }
}

/* A fifth of the rows is one value, where the 1 % quantile lies; others come as near as
 * `from`. */
static void fill_zeros_from(uint64_t *seed, double from) {
    for (int i = 0; i < ROWS; i++) {
        x[i] = random_bits(seed) % 5 ? from + fabs(random_normal(seed)) : 0.0;
        y[i] = random_bits(seed) % 4 ? from + fabs(random_normal(seed)) : -0.0;
    }
}

static void fill_zeros(uint64_t *seed) {
    fill_zeros_from(seed, 0.1);
}

static void fill_whole(uint64_t *seed) {
    for (int i = 0; i < ROWS; i++) {
        x[i] = rint(4.0 * random_normal(seed));
        y[i] = rint(4.0 * random_normal(seed) + 0.5);
    }
}

/* Cut points that are values: 1 % lies at 0, 99 % at 18 or so. */
static void fill_steps(uint64_t *seed) {
    for (int i = 0; i < ROWS; i++) {
        x[i] = (double)(random_bits(seed) % 19);
        y[i] = (double)(random_bits(seed) % 20) / 2.0;
    }
}

static void (*const fills[])(uint64_t *) = {fill_normal, fill_skewed, fill_zeros,
                                            fill_whole, fill_steps};
enum { FILLS = sizeof fills / sizeof *fills };

static double sorted_quantile(double q) {
    double index = (ROWS - 1) * q;
    int64_t low = (int64_t)floor(index);
    double t = index - (double)low, a = sorted_x[low], b = sorted_x[low + 1];
    return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
}

static int64_t rows_below(const double *sorted, double cut) {
    int64_t n = 0;
    while (n < ROWS && sorted[n] < cut)
        n++;
    return n;
}

static void expect_counts(const int64_t *counts, const double *sorted,
                          const sdr_two_sample_histogram *histogram) {
    int64_t before = 0;
    for (int i = 0; i < histogram->n_cuts; i++) {
        int64_t below = rows_below(sorted, histogram->cuts[i]);
        assert_int_equal(counts[i], below - before);
        before = below;
    }
    assert_int_equal(counts[histogram->n_cuts], ROWS - before);
}

static void sort_both(void) {
    memcpy(sorted_x, x, sizeof x);
    memcpy(sorted_y, y, sizeof y);
    qsort(sorted_x, ROWS, sizeof *x, by_value);
    qsort(sorted_y, ROWS, sizeof *y, by_value);
}

static void expect_cuts(const sdr_two_sample_histogram *histogram) {
    double low = sorted_quantile(0.01), high = sorted_quantile(0.99);
    double step = (high - low) / (POINTS - 1);
    assert_int_equal(histogram->n_cuts, POINTS);
    for (int i = 0; i < POINTS - 1; i++)
        assert_true(histogram->cuts[i] == i * step + low);
    assert_true(histogram->cuts[POINTS - 1] == high);
}

static void expect_same(const sdr_two_sample *a, const sdr_two_sample *b) {
    assert_memory_equal(&a->ks, &b->ks, sizeof a->ks);
    assert_memory_equal(&a->ks_location, &b->ks_location, sizeof a->ks_location);
    assert_memory_equal(&a->wasserstein, &b->wasserstein, sizeof a->wasserstein);
    assert_int_equal(a->ks_numerator_low, b->ks_numerator_low);
    assert_int_equal(a->ks_sign, b->ks_sign);
}

static const sdr_two_sample_histogram wished = {
    .points = POINTS, .low = 0.01, .high = 0.99};

static void test_a_histogram_counts_the_sorted_values(void **state) {
    (void)state;
    uint64_t seed = 20130208;
    for (int f = 0; f < FILLS; f++) {
        fills[f](&seed);
        sort_both();
        sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS);
        for (int flags = 0; flags < 4; flags++)
            for (int threads = 1; threads < 4; threads++) {
                sdr_context context = {.threads = threads};
                sdr_two_sample plain, drawn;
                sdr_two_sample_histogram histogram = wished;
                assert_int_equal(
                    sdr_two_sample_columns(&plain, NULL, &a, &b, flags, &context, NULL),
                    SDR_OK);
                assert_int_equal(sdr_two_sample_columns(
                                     &drawn,
                                     &(sdr_two_sample_more){.histogram = &histogram},
                                     &a, &b, flags, &context, NULL),
                                 SDR_OK);
                expect_same(&drawn, &plain);
                assert_true(histogram.done);
                expect_cuts(&histogram);
                expect_counts(histogram.reference, sorted_x, &histogram);
                expect_counts(histogram.current, sorted_y, &histogram);
            }
        sdr_column_reset(&a);
        sdr_column_reset(&b);
    }
}

static void
test_a_histogram_over_known_cut_points_counts_what_is_not_sorted(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (int f = 0; f < FILLS; f++) {
        fills[f](&seed);
        sort_both();
        sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS);
        sdr_prepared *prepared;
        assert_int_equal(sdr_prepared_new(&prepared, &a, NULL, NULL), SDR_OK);
        sdr_two_sample_histogram histogram = {.n_cuts = 4,
                                              .cuts = {-1.0, 0.0, 0.75, 3.0}};
        sdr_two_sample out;
        assert_int_equal(sdr_two_sample_prepared(
                             &out, &(sdr_two_sample_more){.histogram = &histogram},
                             prepared, &b, 3, NULL, NULL),
                         SDR_OK);
        assert_true(histogram.done);
        expect_counts(histogram.current, sorted_y, &histogram);
        histogram.done = false;
        assert_int_equal(sdr_two_sample_columns(
                             &out, &(sdr_two_sample_more){.histogram = &histogram}, &a,
                             &b, 3, NULL, NULL),
                         SDR_OK);
        assert_true(histogram.done);
        expect_counts(histogram.reference, sorted_x, &histogram);
        expect_counts(histogram.current, sorted_y, &histogram);
        sdr_prepared_free(prepared);
        sdr_column_reset(&a);
        sdr_column_reset(&b);
    }
}

static void test_a_bucket_of_many_rows_and_several_values_is_left_alone(void **state) {
    (void)state;
    uint64_t seed = 5;
    fill_zeros_from(&seed, 0.0);
    sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS);
    sdr_two_sample plain, drawn;
    sdr_two_sample_histogram histogram = wished;
    assert_int_equal(sdr_two_sample_columns(&plain, NULL, &a, &b, 3, NULL, NULL),
                     SDR_OK);
    assert_int_equal(
        sdr_two_sample_columns(&drawn, &(sdr_two_sample_more){.histogram = &histogram},
                               &a, &b, 3, NULL, NULL),
        SDR_OK);
    expect_same(&drawn, &plain);
    assert_false(histogram.done);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static void test_rows_that_are_missing_or_infinite(void **state) {
    (void)state;
    uint64_t seed = 2;
    sdr_two_sample out;
    fill_normal(&seed);
    for (int i = 0; i < ROWS; i += 1000) {
        x[i] = i % 3000 ? NAN : INFINITY;
        y[i] = i % 2000 ? NAN : -INFINITY;
    }
    sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS);
    sdr_two_sample_histogram histogram = wished;
    assert_int_equal(
        sdr_two_sample_columns(&out, &(sdr_two_sample_more){.histogram = &histogram},
                               &a, &b, 1, NULL, NULL),
        SDR_OK);
    assert_true(histogram.done);
    int64_t counted = 0, infinite = 0;
    for (int i = 0; i <= histogram.n_cuts; i++)
        counted += histogram.current[i];
    for (int i = 0; i < ROWS; i++)
        infinite += isinf(y[i]) != 0;
    assert_int_equal(counted, ROWS - ROWS / 2000);
    assert_true(histogram.current[0] > infinite && infinite == ROWS / 2000);
    for (int i = 0; i < ROWS / 50; i++) /* the 1 % quantile is infinite */
        x[i] = -INFINITY;
    histogram = wished;
    assert_int_equal(
        sdr_two_sample_columns(&out, &(sdr_two_sample_more){.histogram = &histogram},
                               &a, &b, 1, NULL, NULL),
        SDR_OK);
    assert_false(histogram.done);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static void test_what_is_no_histogram_is_refused(void **state) {
    (void)state;
    uint64_t seed = 3;
    fill_normal(&seed);
    sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS);
    const sdr_two_sample_histogram refused[] = {
        {.points = 1, .low = 0.01, .high = 0.99},
        {.points = SDR_TWO_SAMPLE_POINTS + 1, .low = 0.01, .high = 0.99},
        {.points = POINTS, .low = 0.5, .high = 0.5},
        {.points = POINTS, .low = -0.1, .high = 0.5},
        {.points = POINTS, .low = 0.1, .high = NAN},
        {.n_cuts = SDR_TWO_SAMPLE_POINTS + 1},
        {.n_cuts = -1},
        {.n_cuts = 2, .cuts = {1.0, 1.0}},
        {.n_cuts = 1, .cuts = {INFINITY}},
    };
    sdr_two_sample out;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        sdr_two_sample_histogram histogram = refused[i];
        assert_int_equal(sdr_two_sample_columns(
                             &out, &(sdr_two_sample_more){.histogram = &histogram}, &a,
                             &b, 3, NULL, NULL),
                         SDR_INVALID_ARGUMENT);
    }
    sdr_prepared *prepared;
    sdr_two_sample_histogram histogram = wished;
    assert_int_equal(sdr_prepared_new(&prepared, &a, NULL, NULL), SDR_OK);
    assert_int_equal(
        sdr_two_sample_prepared(&out, &(sdr_two_sample_more){.histogram = &histogram},
                                prepared, &b, 3, NULL, NULL),
        SDR_INVALID_ARGUMENT);
    sdr_prepared_free(prepared);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

typedef struct both {
    sdr_column a, b;
} both;

static sdr_code draw_call(void *user, sdr_error *error) {
    const both *c = user;
    sdr_context context = {.threads = 1};
    sdr_two_sample_histogram histogram = wished;
    sdr_two_sample out;
    return sdr_two_sample_columns(&out, &(sdr_two_sample_more){.histogram = &histogram},
                                  &c->a, &c->b, 3, &context, error);
}

static void test_memory_that_runs_out_is_told(void **state) {
    (void)state;
    uint64_t seed = 4;
    for (int f = 0; f < FILLS; f++) {
        fills[f](&seed);
        both c = {column_of(x, ROWS), column_of(y, ROWS)};
        assert_true(expect_no_memory_everywhere(draw_call, &c) > 3);
        sdr_column_reset(&c.a);
        sdr_column_reset(&c.b);
    }
}

/* --- rows that another thread changes --------------------------------------------- */

typedef struct meddler {
    int calls, at; /* before this allocation the rows change */
    double *rows;
    double value;
} meddler;

static void *meddle_allocate(void *user, size_t bytes) {
    meddler *m = user;
    for (int i = 0; m->calls == m->at && i < ROWS; i++)
        m->rows[i] = m->value;
    m->calls++;
    return aligned_alloc(64, bytes);
}

static void meddle_release(void *user, void *block) {
    (void)user;
    free(block);
}

/* Sanitizers see what is written beyond a block. */
static void test_rows_that_change_between_two_passes_are_refused(void **state) {
    (void)state;
    static double kept[2][ROWS];
    uint64_t seed = 5;
    fill_normal(&seed);
    memcpy(kept[0], x, sizeof x);
    memcpy(kept[1], y, sizeof y);
    sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS);
    const sdr_context serial = {.threads = 1};
    int refused = 0, calls = 1;
    for (int side = 0; side < 2; side++)
        for (int at = 0; at < calls; at++) {
            meddler m = {.at = at, .rows = side ? y : x, .value = kept[side][1]};
            const sdr_allocator allocator = {meddle_allocate, meddle_release, &m};
            sdr_two_sample_histogram histogram = {
                .points = POINTS, .low = 0.01, .high = 0.99};
            sdr_two_sample out;
            sdr_error error;
            memcpy(x, kept[0], sizeof x);
            memcpy(y, kept[1], sizeof y);
            sdr_allocator_set(&allocator);
            sdr_code code = sdr_two_sample_columns(
                &out, &(sdr_two_sample_more){.histogram = &histogram}, &a, &b,
                SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN, &serial, &error);
            sdr_allocator_set(NULL);
            calls = m.calls;
            if (code == SDR_OK) continue;
            assert_int_equal(code, SDR_INVALID_COLUMN);
            assert_non_null(strstr(error.message, "does another thread write"));
            refused++;
        }
    assert_true(refused > 1);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_change_between_two_passes_are_refused),
        cmocka_unit_test(test_a_histogram_counts_the_sorted_values),
        cmocka_unit_test(
            test_a_histogram_over_known_cut_points_counts_what_is_not_sorted),
        cmocka_unit_test(test_a_bucket_of_many_rows_and_several_values_is_left_alone),
        cmocka_unit_test(test_rows_that_are_missing_or_infinite),
        cmocka_unit_test(test_what_is_no_histogram_is_refused),
        cmocka_unit_test(test_memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
