/* KS and Wasserstein-1 against a sort of both samples, by buckets, in two levels of
 * them and prepared; allocations that fail, and callers that want to stop,
 * everywhere. */
#include "support.h"

#include "simdrift/drift.h"

enum { ROWS = 70000, BOTH = SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN };

static double x[ROWS], y[ROWS], sorted_x[ROWS], sorted_y[ROWS];

static int by_value(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Two clusters far apart: each lies in one bucket, so that all values are cut finer. */
static void fill_clusters(uint64_t *seed) {
    for (int i = 0; i < ROWS; i++) {
        double far = random_bits(seed) % 2 ? 1e6 : 0.0;
        x[i] = far + random_normal(seed);
        y[i] = far + 0.01 + random_normal(seed);
    }
}

static void fill_normal(uint64_t *seed) {
    for (int i = 0; i < ROWS; i++) {
        x[i] = random_normal(seed);
        y[i] = 0.01 + random_normal(seed);
    }
}

static void fill_whole(uint64_t *seed) {
    fill_normal(seed);
    for (int i = 0; i < ROWS; i++) {
        x[i] = rint(4.0 * x[i]);
        y[i] = rint(4.0 * y[i]);
    }
}

typedef struct answer {
    int64_t numerator;
    long double distance; /* times ROWS */
} answer;

/* n = m: F - G is a whole number of 1 / ROWS. */
static answer sorted_answer(void) {
    memcpy(sorted_x, x, sizeof x);
    memcpy(sorted_y, y, sizeof y);
    qsort(sorted_x, ROWS, sizeof *x, by_value);
    qsort(sorted_y, ROWS, sizeof *y, by_value);
    answer found = {0, 0.0L};
    for (int64_t i = 0, j = 0; i < ROWS || j < ROWS;) {
        double v = j == ROWS || (i < ROWS && sorted_x[i] <= sorted_y[j]) ? sorted_x[i]
                                                                         : sorted_y[j];
        while (i < ROWS && sorted_x[i] == v)
            i++;
        while (j < ROWS && sorted_y[j] == v)
            j++;
        int64_t height = i > j ? i - j : j - i;
        if (height > found.numerator) found.numerator = height;
        if (i == ROWS && j == ROWS) break;
        double next = j == ROWS || (i < ROWS && sorted_x[i] <= sorted_y[j])
                          ? sorted_x[i]
                          : sorted_y[j];
        found.distance += (long double)height * ((long double)next - (long double)v);
    }
    return found;
}

static void expect_answer(const sdr_two_sample *out, answer expected) {
    assert_int_equal(out->status, SDR_STATUS_OK);
    assert_int_equal(out->ks_numerator_high, 0);
    assert_int_equal(out->ks_numerator_low, expected.numerator * ROWS);
    long double distance = expected.distance / ROWS;
    assert_true(fabsl(out->wasserstein - distance) <= 1e-12L * distance);
}

static void test_two_samples_are_compared_as_their_sorted_values_are(void **state) {
    (void)state;
    void (*fills[])(uint64_t *) = {fill_normal, fill_clusters, fill_whole};
    uint64_t seed = 20130208;
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        fills[f](&seed);
        answer expected = sorted_answer();
        sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS);
        sdr_two_sample out;
        for (int threads = 1; threads < 4; threads++) {
            sdr_context context = {.threads = threads};
            assert_int_equal(
                sdr_two_sample_columns(&out, NULL, &a, &b, BOTH, &context, NULL),
                SDR_OK);
            expect_answer(&out, expected);
        }
        sdr_prepared *prepared;
        assert_int_equal(sdr_prepared_new(&prepared, &a, NULL, NULL), SDR_OK);
        assert_int_equal(
            sdr_two_sample_prepared(&out, NULL, prepared, &b, BOTH, NULL, NULL),
            SDR_OK);
        expect_answer(&out, expected);
        sdr_prepared_free(prepared);
        sdr_column_reset(&a);
        sdr_column_reset(&b);
    }
}

typedef struct both {
    sdr_column a, b, twice;
    const sdr_prepared *prepared;
    sdr_context context;
} both;

static sdr_code compare_call(void *user, sdr_error *error) {
    const both *c = user;
    sdr_two_sample out;
    return sdr_two_sample_columns(&out, NULL, &c->a, &c->b, BOTH, &c->context, error);
}

static sdr_code prepared_call(void *user, sdr_error *error) {
    const both *c = user;
    sdr_two_sample out;
    return sdr_two_sample_prepared(&out, NULL, c->prepared, &c->b, BOTH, &c->context,
                                   error);
}

static sdr_code prepare_call(void *user, sdr_error *error) {
    const both *c = user;
    sdr_prepared *prepared = NULL;
    sdr_code code = sdr_prepared_new(&prepared, &c->a, &c->context, error);
    sdr_prepared_free(prepared);
    return code;
}

static sdr_code quantiles_call(void *user, sdr_error *error) {
    const both *c = user;
    const double q[] = {0.01, 0.25, 0.5, 0.75, 0.99};
    double out[5];
    return sdr_quantiles(out, q, 5, &c->a, &c->context, error);
}

static sdr_code ranks_call(void *user, sdr_error *error) {
    const both *c = user;
    sdr_rank_statistics out;
    return sdr_rank_statistics_columns(&out, &c->a, &c->b, &c->context, error);
}

/* The rows twice, so that there are several groups of blocks. */
static sdr_code deviation_call(void *user, sdr_error *error) {
    const both *c = user;
    sdr_deviations out;
    return sdr_deviation_profile(&out, &c->twice, 0.5, &c->context, error);
}

static both both_of(void) {
    return (both){
        .a = column_of(x, ROWS), .b = column_of(y, ROWS), .context = {.threads = 1}};
}

static void test_memory_that_runs_out_is_told_and_nothing_is_kept(void **state) {
    (void)state;
    void (*fills[])(uint64_t *) = {fill_normal, fill_clusters, fill_whole};
    uint64_t seed = 1;
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        fills[f](&seed);
        both c = both_of();
        assert_true(expect_no_memory_everywhere(compare_call, &c) > 3);
        assert_true(expect_no_memory_everywhere(prepare_call, &c) > 1);
        assert_true(expect_no_memory_everywhere(quantiles_call, &c) > 1);
        assert_int_equal(expect_no_memory_everywhere(ranks_call, &c), 4);
        const sdr_view halves[] = {c.a.chunks[0], c.a.chunks[0]};
        assert_int_equal(sdr_column_init(&c.twice, halves, 2, NULL), SDR_OK);
        assert_int_equal(expect_no_memory_everywhere(deviation_call, &c), 1);
        sdr_column_reset(&c.twice);
        sdr_prepared *prepared;
        assert_int_equal(sdr_prepared_new(&prepared, &c.a, NULL, NULL), SDR_OK);
        c.prepared = prepared;
        assert_true(expect_no_memory_everywhere(prepared_call, &c) > 0);
        sdr_prepared_free(prepared);
        sdr_column_reset(&c.a);
        sdr_column_reset(&c.b);
    }
}

/* Stops at the k-th look. */
static int countdown(void *user, int64_t done, int64_t total) {
    (void)done, (void)total;
    return --*(int *)user < 0;
}

static void test_a_caller_that_wants_to_stop_is_heard_at_every_look(void **state) {
    (void)state;
    uint64_t seed = 2;
    fill_clusters(&seed);
    both c = both_of();
    sdr_code (*calls[])(void *, sdr_error *) = {compare_call, ranks_call};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (int looks = 0;; looks++) {
            int left = looks;
            sdr_error error;
            c.context.poll = countdown;
            c.context.user = &left;
            sdr_code code = calls[i](&c, &error);
            if (code == SDR_OK) {
                assert_true(left >= 0 && looks > 0);
                break;
            }
            assert_int_equal(code, SDR_CANCELLED);
            assert_int_equal(error.code, SDR_CANCELLED);
        }
    sdr_column_reset(&c.a);
    sdr_column_reset(&c.b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_samples_are_compared_as_their_sorted_values_are),
        cmocka_unit_test(test_memory_that_runs_out_is_told_and_nothing_is_kept),
        cmocka_unit_test(test_a_caller_that_wants_to_stop_is_heard_at_every_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
