/* The buckets of every ISA against the scalar kernel, bit for bit; the map's order; and
 * the two samples of drift.h by buckets, whatever the order and the chunks of their
 * rows.
 */
#include "support.h"

#include "kernels/dispatch.h"

enum { MOST = 4099 };

static double hard_value(uint64_t *seed) {
    static const double hard[] = {0.0,  -0.0,   INFINITY, -INFINITY, NAN,
                                  -NAN, 5e-324, -5e-324,  1e300,     -1e300,
                                  1.0,  -1.0,   255.0,    256.0};
    uint64_t pick = random_bits(seed) % 40;
    if (pick < sizeof hard / sizeof *hard) return hard[pick];
    return random_normal(seed) * pow(10.0, (double)(random_bits(seed) % 9) - 4.0);
}

static const sdr_bucket_map maps[] = {
    {0.0, 1.0, 60}, {0.5, 8.0, 40}, {-3.0, 1e-3, 1000}, {1e9, 1e6, -1000}};

static void test_every_isa_maps_fixes_and_selects_like_the_scalar_kernel(void **state) {
    (void)state;
    static double values[MOST], selected[MOST + SDR_SELECT_SLACK],
        expected_selected[MOST];
    static uint16_t ids[MOST], expected[MOST];
    static uint64_t fixed[MOST], expected_fixed[MOST];
    const sdr_bucket_run runs[] = {{16000, 300}, {16500, 0}, {30000, 2767}};
    uint64_t seed = 7;
    for (int i = 0; i < MOST; i++)
        values[i] = hard_value(&seed);
    sdr_buckets_kernels scalar;
    sdr_buckets_fill_scalar(&scalar);
    sdr_isa before = sdr_isa_active();
    for (EACH_ISA(isa)) {
        const sdr_buckets_kernels *kernels = &sdr_dispatch_active()->buckets;
        for (int n = 0; n <= MOST; n = n < 70 ? n + 1 : n < MOST ? MOST : MOST + 1) {
            const sdr_bucket_map *map = &maps[n % 4];
            const double *from = values + (n < MOST ? n % 3 : 0); /* misaligned too */
            scalar.map_fixed(expected, expected_fixed, from, n, map);
            kernels->map_fixed(ids, fixed, from, n, map);
            assert_memory_equal(ids, expected, (size_t)n * sizeof *ids);
            assert_memory_equal(fixed, expected_fixed, (size_t)n * sizeof *fixed);
            memset(ids, 0, sizeof ids);
            kernels->map(ids, from, n, map);
            assert_memory_equal(ids, expected, (size_t)n * sizeof *ids);
            int64_t found = kernels->select(selected, ids, from, n, runs, 3);
            assert_int_equal(
                found, scalar.select(expected_selected, expected, from, n, runs, 3));
            assert_memory_equal(selected, expected_selected,
                                (size_t)found * sizeof *selected);
            const sdr_value_run run = {-0.75, n % 2 ? INFINITY : 2.5};
            found = kernels->between(selected, from, n, run);
            assert_int_equal(found, scalar.between(expected_selected, from, n, run));
            assert_memory_equal(selected, expected_selected,
                                (size_t)found * sizeof *selected);
        }
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

static void test_every_isa_cuts_buckets_like_the_scalar_kernel(void **state) {
    (void)state;
    static double values[MOST];
    static uint32_t parts[MOST], expected[MOST];
    uint64_t seed = 70;
    for (int i = 0; i < MOST; i++)
        do
            values[i] = hard_value(&seed);
        while (isnan(values[i]));
    sdr_buckets_kernels scalar;
    sdr_buckets_fill_scalar(&scalar);
    for (EACH_ISA(isa))
        for (int bits = 0; bits <= SDR_BUCKET_MOST_BITS; bits++)
            for (int n = MOST - 9; n <= MOST; n++) {
                const sdr_bucket_map *map = &maps[n % 4];
                scalar.parts(expected, values, n, map, bits);
                sdr_dispatch_active()->buckets.parts(parts, values, n, map, bits);
                assert_memory_equal(parts, expected, (size_t)n * sizeof *parts);
            }
}

/* Codes in no order: the count is of all that are before, wherever they are. */
static void test_every_isa_counts_codes_before_like_the_scalar_kernel(void **state) {
    (void)state;
    static uint16_t codes[MOST + 32];
    static uint32_t parts[MOST], windows[MOST], places[MOST], expected[MOST];
    uint64_t seed = 71;
    for (int i = 0; i < MOST + 32; i++)
        codes[i] = (uint16_t)random_bits(&seed);
    for (int i = 0; i < MOST; i++) {
        windows[i] = (uint32_t)(random_bits(&seed) % MOST);
        parts[i] = (uint32_t)random_bits(&seed);
        if (i % 3 == 0) parts[i] = codes[windows[i]];
        if (i % 3 == 1) parts[i] = (uint32_t)codes[windows[i]] + 0x8000;
    }
    sdr_buckets_kernels scalar;
    sdr_buckets_fill_scalar(&scalar);
    for (EACH_ISA(isa))
        for (int window = 8; window <= 32; window *= 2)
            for (int n = MOST - 9; n <= MOST; n++) {
                scalar.place(expected, codes, windows, parts, n, window);
                sdr_dispatch_active()->buckets.place(places, codes, windows, parts, n,
                                                     window);
                assert_memory_equal(places, expected, (size_t)n * sizeof *places);
            }
}

static void test_the_place_in_a_window_counts_the_codes_before(void **state) {
    (void)state;
    /* 0xfffe and 0xffff are before 1: the order is modulo 2^16 */
    static const uint16_t codes[10] = {7, 0xfffe, 0xffff, 0, 1, 1, 2, 3, 9, 4};
    static const uint32_t windows[4] = {1, 1, 1, 2};
    static const uint32_t parts[4] = {0x50001, 0xfffd, 10, 0x10004};
    static const uint32_t expected[4] = {4, 1, 9, 8};
    for (EACH_ISA(isa)) {
        uint32_t places[4];
        sdr_dispatch_active()->buckets.place(places, codes, windows, parts, 4, 8);
        assert_memory_equal(places, expected, sizeof places);
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void test_a_larger_value_has_no_smaller_bucket(void **state) {
    (void)state;
    static double values[MOST];
    static uint16_t ids[MOST];
    uint64_t seed = 8;
    for (int i = 0; i < MOST; i++)
        do
            values[i] = hard_value(&seed);
        while (isnan(values[i]));
    qsort(values, MOST, sizeof *values, by_value);
    for (int m = 0; m < 4; m++) {
        sdr_dispatch_active()->buckets.map(ids, values, MOST, &maps[m]);
        assert_true(ids[0] >= SDR_BUCKET_FIRST && ids[MOST - 1] <= SDR_BUCKET_LAST);
        for (int i = 1; i < MOST; i++) {
            assert_true(ids[i - 1] <= ids[i]);
            if (values[i - 1] == values[i]) assert_int_equal(ids[i - 1], ids[i]);
        }
    }
}

enum { ROWS = 40000 };

static sdr_two_sample compare(const sdr_column *x, const sdr_column *y, int threads) {
    sdr_context context = {.threads = threads};
    sdr_two_sample out;
    memset(&out, 0, sizeof out);
    assert_int_equal(
        sdr_two_sample_columns(&out, NULL, x, y,
                               SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN, &context,
                               NULL),
        SDR_OK);
    return out;
}

static void expect_same(const sdr_two_sample *a, const sdr_two_sample *b) {
    assert_memory_equal(&a->ks, &b->ks, sizeof a->ks);
    assert_memory_equal(&a->wasserstein, &b->wasserstein, sizeof a->wasserstein);
    assert_int_equal(a->ks_numerator_low, b->ks_numerator_low);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->m, b->m);
}

static void test_reversed_chunked_and_prepared_rows_give_the_same_bits(void **state) {
    (void)state;
    static double x[ROWS], reversed[ROWS], y[ROWS];
    uint64_t seed = 9;
    for (int i = 0; i < ROWS; i++) {
        x[i] = reversed[ROWS - 1 - i] = random_normal(&seed);
        y[i] = 0.02 + random_normal(&seed);
    }
    sdr_column a = column_of(x, ROWS), b = column_of(y, ROWS),
               r = column_of(reversed, ROWS);
    sdr_two_sample expected = compare(&a, &b, 1), found = compare(&r, &b, 3);
    expect_same(&found, &expected);
    sdr_view parts[2] = {a.chunks[0], a.chunks[0]};
    parts[0].length = 12345;
    parts[1].length = ROWS - 12345;
    parts[1].data += 12345 * (int64_t)sizeof *x;
    sdr_column chunked;
    assert_int_equal(sdr_column_init(&chunked, parts, 2, NULL), SDR_OK);
    found = compare(&chunked, &b, 2);
    expect_same(&found, &expected);
    sdr_prepared *prepared;
    assert_int_equal(sdr_prepared_new(&prepared, &a, NULL, NULL), SDR_OK);
    assert_int_equal(sdr_two_sample_prepared(
                         &found, NULL, prepared, &b,
                         SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN, NULL, NULL),
                     SDR_OK);
    expect_same(&found, &expected);
    sdr_prepared_free(prepared);
    sdr_column_reset(&chunked);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
    sdr_column_reset(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_maps_fixes_and_selects_like_the_scalar_kernel),
        cmocka_unit_test(test_every_isa_cuts_buckets_like_the_scalar_kernel),
        cmocka_unit_test(test_every_isa_counts_codes_before_like_the_scalar_kernel),
        cmocka_unit_test(test_the_place_in_a_window_counts_the_codes_before),
        cmocka_unit_test(test_a_larger_value_has_no_smaller_bucket),
        cmocka_unit_test(test_reversed_chunked_and_prepared_rows_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
