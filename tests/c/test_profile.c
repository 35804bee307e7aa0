/*
 * Profiles of columns: NIST's certified values, long double, exact integers; the same
 * bits for every thread count and ISA; merging; null, NaN and infinite rows; memory.
 */
#include "support.h"

/* --- NIST StRD, univariate -------------------------------------------------------- */

static const double michelso[] = {
    299.85, 299.74, 299.90, 300.07, 299.93, 299.85, 299.95, 299.98, 299.98, 299.88,
    300.00, 299.98, 299.93, 299.65, 299.76, 299.81, 300.00, 300.00, 299.96, 299.96,
    299.96, 299.94, 299.96, 299.94, 299.88, 299.80, 299.85, 299.88, 299.90, 299.84,
    299.83, 299.79, 299.81, 299.88, 299.88, 299.83, 299.80, 299.79, 299.76, 299.80,
    299.88, 299.88, 299.88, 299.86, 299.72, 299.72, 299.62, 299.86, 299.97, 299.95,
    299.88, 299.91, 299.85, 299.87, 299.84, 299.84, 299.85, 299.84, 299.84, 299.84,
    299.89, 299.81, 299.81, 299.82, 299.80, 299.77, 299.76, 299.74, 299.75, 299.76,
    299.91, 299.92, 299.89, 299.86, 299.88, 299.72, 299.84, 299.85, 299.85, 299.78,
    299.89, 299.84, 299.78, 299.81, 299.76, 299.81, 299.79, 299.81, 299.82, 299.85,
    299.87, 299.87, 299.81, 299.74, 299.81, 299.94, 299.95, 299.80, 299.81, 299.87};
static const double mavro[] = {
    2.00180, 2.00170, 2.00180, 2.00190, 2.00180, 2.00170, 2.00150, 2.00140, 2.00150,
    2.00150, 2.00170, 2.00180, 2.00180, 2.00190, 2.00190, 2.00210, 2.00200, 2.00160,
    2.00140, 2.00130, 2.00130, 2.00150, 2.00150, 2.00160, 2.00150, 2.00140, 2.00130,
    2.00140, 2.00150, 2.00140, 2.00150, 2.00160, 2.00150, 2.00160, 2.00190, 2.00200,
    2.00200, 2.00210, 2.00220, 2.00230, 2.00240, 2.00250, 2.00270, 2.00260, 2.00260,
    2.00260, 2.00270, 2.00260, 2.00250, 2.00240};

/* Log relative error, at most 15. */
static double digits(double found, double certified) {
    if (found == certified) return 15.0;
    return fmin(15.0, -log10(fabs(found - certified) / fabs(certified)));
}

static void expect_digits(const double *values, int64_t n, double mean, double std,
                          double mean_digits, double std_digits) {
    for (EACH_ISA(isa)) {
        sdr_column column = column_of(values, n);
        sdr_profile p;
        sdr_moments m;
        assert_int_equal(sdr_profile_column(&p, &column, NULL, NULL), SDR_OK);
        sdr_profile_moments(&m, &p);
        sdr_column_reset(&column);
        if (digits(p.mean, mean) < mean_digits || digits(m.std, std) < std_digits)
            fail_msg("mean %.2f digits of %.2f, std %.2f of %.2f", digits(p.mean, mean),
                     mean_digits, digits(m.std, std), std_digits);
    }
}

/* NumAcc2-4: one value in the middle, then 500 times one tenth below and one above. */
static void expect_alternating(const char *middle, const char *below, const char *above,
                               double std_digits) {
    double values[1001] = {strtod(middle, NULL)};
    for (int i = 1; i < 1001; i += 2) {
        values[i] = strtod(below, NULL);
        values[i + 1] = strtod(above, NULL);
    }
    expect_digits(values, 1001, strtod(middle, NULL), 0.1, 14.9, std_digits);
}

/* The best that the data's rounding to float64 allows, in mpmath with 60 digits, less
 * 0.1: 15, 15, 9.457, 8.253; 13.844 and 13.122 for Michelso and Mavro. */
static void test_nist_sets_reach_the_digits_that_binary64_allows(void **state) {
    (void)state;
    const double numacc1[] = {10000001, 10000003, 10000002};
    expect_digits(numacc1, 3, 10000002, 1, 14.9, 14.9);
    expect_alternating("1.2", "1.1", "1.3", 14.9);
    expect_alternating("1000000.2", "1000000.1", "1000000.3", 9.357);
    expect_alternating("10000000.2", "10000000.1", "10000000.3", 8.153);
    expect_digits(michelso, 100, 299.852400000000, 0.0790105478190518, 14.9, 13.744);
    expect_digits(mavro, 50, 2.00185600000000, 0.000429123454003053, 14.9, 13.022);
}

/* --- Floats ----------------------------------------------------------------------- */

enum { ROWS = 300007 };

static double *values, *others;

static int make_values(void **state) {
    (void)state;
    uint64_t seed = 2024;
    values = malloc(ROWS * sizeof *values);
    others = malloc(ROWS * sizeof *others);
    if (values == NULL || others == NULL) return -1;
    for (int i = 0; i < ROWS; i++) {
        double normal = random_normal(&seed);
        values[i] = 1e8 + normal + 0.3 * normal * normal; /* skewed */
        uint64_t bits = random_bits(&seed) % 100;
        others[i] = bits < 3    ? NAN
                    : bits == 3 ? INFINITY
                    : bits == 4 ? -INFINITY
                    : bits < 9  ? 0.0
                                : random_normal(&seed);
    }
    return 0;
}

static int free_values(void **state) {
    (void)state;
    free(values);
    free(others);
    return 0;
}

static sdr_profile profile_of(const double *rows, int64_t n, int threads) {
    sdr_column column = column_of(rows, n);
    sdr_context context = {.threads = threads};
    sdr_profile p;
    assert_int_equal(sdr_profile_column(&p, &column, &context, NULL), SDR_OK);
    sdr_column_reset(&column);
    return p;
}

static void test_skewness_and_kurtosis_keep_ten_digits_at_mean_sd_1e8(void **state) {
    (void)state;
    long double n = ROWS, sum = 0, m2 = 0, m3 = 0, m4 = 0;
    for (int i = 0; i < ROWS; i++)
        sum += (long double)values[i] - 1e8L; /* exact */
    for (int i = 0; i < ROWS; i++) {
        long double d = (long double)values[i] - 1e8L - sum / n;
        m2 += d * d, m3 += d * d * d, m4 += d * d * d * d;
    }
    long double skewness = sqrtl(n) * m3 / powl(m2, 1.5L);
    long double kurtosis = n * m4 / (m2 * m2) - 3.0L;
    sdr_profile p = profile_of(values, ROWS, 0);
    sdr_moments m;
    sdr_profile_moments(&m, &p);
    assert_true(digits(p.mean, (double)(1e8L + sum / n)) > 14.9);
    assert_true(digits(m.variance, (double)(m2 / (n - 1))) > 12.0);
    assert_true(digits(m.skewness, (double)skewness) > 10.0);
    assert_true(digits(m.kurtosis, (double)kurtosis) > 10.0);
}

/* Every field to the bit; the padding behind the flags is nobody's. */
static void expect_same_bits(const sdr_profile *a, const sdr_profile *b) {
    const size_t counts = offsetof(sdr_profile, exact_integer);
    const size_t integers = offsetof(sdr_profile, min_i64);
    const size_t flags = offsetof(sdr_profile, increasing);
    assert_memory_equal(a, b, counts);
    assert_int_equal(a->exact_integer, b->exact_integer);
    assert_memory_equal(&a->min_i64, &b->min_i64, flags - integers);
    assert_int_equal(a->increasing, b->increasing);
    assert_int_equal(a->decreasing, b->decreasing);
    assert_int_equal(a->strict, b->strict);
    assert_memory_equal(&a->first, &b->first, sizeof *a - offsetof(sdr_profile, first));
}

static void test_threads_and_isas_give_the_same_bits(void **state) {
    (void)state;
    const int64_t lengths[] = {1, 4095, 4097, 65536, 65537, 131073, ROWS};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_int_equal(sdr_isa_force(SDR_ISA_SCALAR, NULL), SDR_OK);
        sdr_profile first = profile_of(others, lengths[i], 1);
        for (EACH_ISA(isa))
            for (int threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4) {
                sdr_profile p = profile_of(others, lengths[i], threads);
                expect_same_bits(&p, &first);
            }
    }
}

static void test_chunks_do_not_change_a_bit(void **state) {
    (void)state;
    sdr_profile whole = profile_of(others, ROWS, 2), chunked;
    const int64_t cuts[] = {0, 1, 5000, 5000, 123457, ROWS};
    sdr_view views[5];
    for (int i = 0; i < 5; i++)
        assert_int_equal(sdr_view_init_strided(&views[i], SDR_TYPE_FLOAT64,
                                               SDR_UNIT_NONE, false, others + cuts[i],
                                               cuts[i + 1] - cuts[i], sizeof(double),
                                               NULL, 0, NULL),
                         SDR_OK);
    sdr_column column;
    assert_int_equal(sdr_column_init(&column, views, 5, NULL), SDR_OK);
    assert_int_equal(sdr_profile_column(&chunked, &column, NULL, NULL), SDR_OK);
    expect_same_bits(&chunked, &whole);
    sdr_column_reset(&column);
}

static void expect_close(double a, double b, double scale) {
    if (!(a == b || fabs(a - b) <= 1e-12 * scale || (isnan(a) && isnan(b))))
        fail_msg("%.17g and %.17g differ by more than 1e-12 of %g", a, b, scale);
}

static void expect_same_profile(const sdr_profile *a, const sdr_profile *b) {
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->nulls, b->nulls);
    assert_int_equal(a->nan, b->nan);
    assert_int_equal(a->pos_inf, b->pos_inf);
    assert_int_equal(a->neg_inf, b->neg_inf);
    assert_int_equal(a->zeros, b->zeros);
    assert_int_equal(a->negatives, b->negatives);
    assert_int_equal(a->finite, b->finite);
    assert_int_equal(a->increasing, b->increasing);
    assert_int_equal(a->decreasing, b->decreasing);
    assert_int_equal(a->strict, b->strict);
    expect_close(a->min, b->min, 0);
    expect_close(a->max, b->max, 0);
    expect_close(a->first, b->first, 0);
    expect_close(a->last, b->last, 0);
    expect_close(a->mean, b->mean, 1);
    expect_close(a->sum, b->sum, (double)a->finite);
    expect_close(a->m2, b->m2, a->m2);
    expect_close(a->m3, b->m3, a->m4);
    expect_close(a->m4, b->m4, a->m4);
}

static void test_merged_parts_are_the_profile_of_the_whole(void **state) {
    (void)state;
    const int64_t cuts[] = {0, 1, 4095, 4096, 100000, 299999, ROWS};
    sdr_profile whole = profile_of(others, ROWS, 0), merged;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        sdr_profile left = profile_of(others, cuts[i], 0);
        sdr_profile right = profile_of(others + cuts[i], ROWS - cuts[i], 0);
        sdr_profile_merge(&merged, &left, &right);
        expect_same_profile(&merged, &whole);
        sdr_profile_merge(&left, &left, &right); /* in place */
        expect_same_bits(&left, &merged);
    }
}

static void test_order_is_kept_over_blocks_and_merges(void **state) {
    (void)state;
    enum { N = 3 * SDR_BLOCK_ROWS };
    static double rows[N];
    for (int i = 0; i < N; i++)
        rows[i] = i;
    sdr_profile p = profile_of(rows, N, 0);
    assert_true(p.increasing && !p.decreasing && p.strict);
    rows[SDR_BLOCK_ROWS] = rows[SDR_BLOCK_ROWS - 1]; /* a tie over the boundary */
    p = profile_of(rows, N, 0);
    assert_true(p.increasing && !p.strict);
    rows[SDR_BLOCK_ROWS] = 0.0;
    p = profile_of(rows, N, 0);
    assert_false(p.increasing || p.decreasing || p.strict);
    rows[SDR_BLOCK_ROWS] = NAN;
    p = profile_of(rows, N, 0);
    assert_true(p.increasing && p.strict);
}

static void test_masked_rows_are_null_and_nothing_else(void **state) {
    (void)state;
    const double rows[] = {1.0, NAN, 3.0, -7.0, INFINITY, 0.0};
    const uint8_t mask[] = {0, 0, 1, 0, 1, 0};
    sdr_column column = column_of_type(SDR_TYPE_FLOAT64, rows, 8, 6, mask);
    sdr_profile p;
    assert_int_equal(sdr_profile_column(&p, &column, NULL, NULL), SDR_OK);
    assert_int_equal(p.rows, 6);
    assert_int_equal(p.nulls, 2);
    assert_int_equal(p.nan, 1);
    assert_int_equal(p.pos_inf, 0);
    assert_int_equal(p.finite, 3);
    assert_int_equal(p.zeros, 1);
    assert_int_equal(p.negatives, 1);
    assert_true(p.sum == -6.0 && p.mean == -2.0 && p.max == 1.0 && p.min == -7.0);
    assert_true(p.m2 == 38.0);
    sdr_column_reset(&column);
}

/* --- Statuses --------------------------------------------------------------------- */

static sdr_moments moments_of(const double *rows, int64_t n) {
    sdr_profile p = profile_of(rows, n, 1);
    sdr_moments m;
    sdr_profile_moments(&m, &p);
    return m;
}

static void expect_statuses(sdr_moments m, sdr_status variance, sdr_status skewness,
                            sdr_status kurtosis) {
    assert_int_equal(m.variance_status, variance);
    assert_int_equal(m.skewness_status, skewness);
    assert_int_equal(m.kurtosis_status, kurtosis);
    assert_int_equal(isnan(m.variance), variance != SDR_STATUS_OK);
    assert_int_equal(isnan(m.std), m.std_status != SDR_STATUS_OK);
    assert_int_equal(isnan(m.skewness), skewness != SDR_STATUS_OK);
    assert_int_equal(isnan(m.kurtosis), kurtosis != SDR_STATUS_OK);
}

static void expect_status(sdr_moments m, sdr_status status) {
    expect_statuses(m, status, status, status);
    assert_int_equal(m.std_status, status);
}

/* Squares are out of range, the rest is not: to a few bits of the std. */
static void expect_scaled(sdr_moments m, double std) {
    expect_statuses(m, SDR_STATUS_OVERFLOW, SDR_STATUS_OK, SDR_STATUS_OK);
    assert_int_equal(m.std_status, SDR_STATUS_OK);
    assert_true(fabs(m.std / std - 1.0) < 1e-15);
}

static void test_moments_that_do_not_exist_have_a_status(void **state) {
    (void)state;
    const double nan[] = {NAN, NAN}, inf[] = {INFINITY, INFINITY, -INFINITY};
    const double one[] = {3.0, NAN}, two[] = {3.0, 5.0}, same[] = {0.1, 0.1, 0.1};
    const double huge[] = {1e200, -1e200, 3e200}, tiny[] = {1e-200, 2e-200, 5e-200};
    const double mixed[] = {1.0, INFINITY, 2.0, 4.0};
    expect_status(moments_of(nan, 0), SDR_STATUS_EMPTY);
    expect_status(moments_of(nan, 2), SDR_STATUS_ALL_NULL);
    expect_status(moments_of(inf, 3), SDR_STATUS_TOO_FEW_ROWS);
    expect_status(moments_of(one, 2), SDR_STATUS_TOO_FEW_ROWS);
    expect_status(moments_of(two, 2), SDR_STATUS_OK);
    expect_scaled(moments_of(huge, 3), 2e200);
    expect_scaled(moments_of(tiny, 3), 2.0816659994661326e-200); /* sqrt(13 / 3) */
    assert_true(fabs(moments_of(huge, 3).skewness) < 1e-15);
    expect_status(moments_of(mixed, 4), SDR_STATUS_OK);
    expect_statuses(moments_of(same, 3), SDR_STATUS_OK, SDR_STATUS_CONSTANT,
                    SDR_STATUS_CONSTANT);
    assert_true(moments_of(same, 3).variance == 0.0);
    assert_true(moments_of(two, 2).variance == 2.0);
    assert_true(moments_of(two, 2).kurtosis == -2.0);
}

/* Profiles of parts, one of which was scaled, are as one of all rows. */
static void test_profiles_of_any_scale_are_merged(void **state) {
    (void)state;
    const double all[] = {1e200, -1e200, 3e200, 1.0, 2.0, 4.0};
    sdr_profile large = profile_of(all, 3, 1), small = profile_of(all + 3, 3, 1);
    sdr_moments expected = moments_of(all, 6), merged;
    assert_true(large.exponent != 0 && small.exponent == 0);
    for (int side = 0; side < 2; side++) {
        sdr_profile both;
        sdr_profile_merge(&both, side ? &small : &large, side ? &large : &small);
        sdr_profile_moments(&merged, &both);
        assert_true(fabs(merged.std / expected.std - 1.0) < 1e-15);
        assert_true(fabs(merged.skewness - expected.skewness) < 1e-14);
        assert_true(fabs(both.mean / 5e199 - 1.0) < 1e-15);
    }
}

static void test_an_empty_column_has_no_extremes(void **state) {
    (void)state;
    sdr_profile p = profile_of(values, 0, 0);
    assert_int_equal(p.rows, 0);
    assert_true(isnan(p.min) && isnan(p.max) && isnan(p.mean) && p.sum == 0.0);
    assert_true(p.increasing && p.decreasing && p.strict);
}

static void test_text_is_refused_by_type(void **state) {
    (void)state;
    sdr_column column = {.type = SDR_TYPE_UTF8, .kind = SDR_KIND_TEXT, .length = 1};
    sdr_profile p;
    sdr_error error;
    assert_int_equal(sdr_profile_column(&p, &column, NULL, &error), SDR_NOT_SUPPORTED);
    assert_non_null(strstr(error.message, "expected a column of numbers"));
}

/* --- Integers --------------------------------------------------------------------- */

static sdr_profile integer_profile(sdr_type type, const void *rows, size_t size,
                                   int64_t n, const uint8_t *mask) {
    sdr_column column = column_of_type(type, rows, size, n, mask);
    sdr_profile p;
    assert_int_equal(sdr_profile_column(&p, &column, NULL, NULL), SDR_OK);
    assert_true(p.exact_integer);
    sdr_column_reset(&column);
    return p;
}

static void test_small_integers_have_exact_sum_and_extremes(void **state) {
    (void)state;
    enum { N = 10000 };
    static int16_t rows[N];
    static uint8_t mask[N];
    uint64_t seed = 8;
    int64_t sum = 0, nulls = 0, zeros = 0, negatives = 0;
    for (int i = 0; i < N; i++) {
        rows[i] = (int16_t)(random_bits(&seed) % 2001 - 1000);
        mask[i] = random_bits(&seed) % 10 == 0;
        nulls += mask[i];
        if (mask[i]) continue;
        sum += rows[i];
        zeros += rows[i] == 0;
        negatives += rows[i] < 0;
    }
    sdr_profile p = integer_profile(SDR_TYPE_INT16, rows, 2, N, mask);
    assert_int_equal(p.nulls, nulls);
    assert_int_equal(p.zeros, zeros);
    assert_int_equal(p.negatives, negatives);
    assert_int_equal(p.min_i64, -1000);
    assert_int_equal(p.max_i64, 1000);
    assert_int_equal((int64_t)p.sum_low, sum);
    assert_int_equal(p.sum_high, sum < 0 ? -1 : 0);
    assert_true(p.sum == (double)sum && p.mean == (double)sum / (double)(N - nulls));
}

static void test_int64_extremes_are_exact(void **state) {
    (void)state;
    const int64_t rows[] = {INT64_MAX, INT64_MIN, INT64_MAX, 0, -1, INT64_MAX - 1};
    sdr_profile p = integer_profile(SDR_TYPE_INT64, rows, 8, 6, NULL);
    assert_true(p.min_i64 == INT64_MIN && p.max_i64 == INT64_MAX);
    /* 3 (2^63 - 1) - 2^63 - 1 - 1 = 2 * 2^63 - 5 */
    assert_true(p.sum_high == 0 && p.sum_low == UINT64_MAX - 4);
    assert_int_equal(p.zeros, 1);
    assert_int_equal(p.negatives, 2);
    assert_true(p.mean == (0x1p64 - 5.0) / 6.0);
    assert_true(p.first_i64 == INT64_MAX && p.last_i64 == INT64_MAX - 1);
    assert_false(p.increasing || p.decreasing);
}

static void test_uint64_above_2_63_is_exact(void **state) {
    (void)state;
    const uint64_t rows[] = {UINT64_MAX - 2, UINT64_MAX - 1, UINT64_MAX};
    sdr_profile p = integer_profile(SDR_TYPE_UINT64, rows, 8, 3, NULL);
    assert_true((uint64_t)p.min_i64 == UINT64_MAX - 2);
    assert_true((uint64_t)p.max_i64 == UINT64_MAX);
    assert_true(p.sum_high == 2 && p.sum_low == UINT64_MAX - 5); /* 3 (2^64 - 2) */
    assert_int_equal(p.negatives, 0);
    assert_int_equal(p.zeros, 0);
    assert_true(p.increasing && p.strict && p.m2 == 2.0 && p.m3 == 0.0);
    const uint64_t with_zero[] = {0, UINT64_MAX};
    p = integer_profile(SDR_TYPE_UINT64, with_zero, 8, 2, NULL);
    assert_int_equal(p.zeros, 1);
    assert_true(p.min_i64 == 0 && p.sum_high == 0 && p.sum_low == UINT64_MAX);
}

static void test_moments_of_large_integers_are_about_their_middle(void **state) {
    (void)state;
    enum { N = 20000 };
    static int64_t rows[N];
    uint64_t seed = 5;
    long double sum = 0, m2 = 0, m3 = 0, m4 = 0, size3 = 0;
    const int64_t base = INT64_C(1700000000000000000); /* nanoseconds since 1970 */
    for (int i = 0; i < N; i++)
        sum += (long double)(rows[i] = (int64_t)(random_bits(&seed) % 1000003));
    for (int i = 0; i < N; i++) {
        long double d = (long double)rows[i] - sum / N;
        m2 += d * d, m3 += d * d * d, m4 += d * d * d * d, size3 += fabsl(d * d * d);
        rows[i] += base;
    }
    sdr_profile p = integer_profile(SDR_TYPE_INT64, rows, 8, N, NULL);
    assert_true(p.mean == (double)((long double)base + sum / N));
    assert_true(digits(p.m2, (double)m2) > 13.0);
    assert_true(fabs(p.m3 - (double)m3) < 1e-13 * (double)size3);
    assert_true(digits(p.m4, (double)m4) > 13.0);
}

static void test_order_of_integers_is_exact_over_blocks(void **state) {
    (void)state;
    enum { N = 2 * SDR_BLOCK_ROWS + 5 };
    static int64_t rows[N];
    for (int i = 0; i < N; i++)
        rows[i] = INT64_C(1700000000000000000) + i; /* neighbours are one float64 */
    sdr_profile p = integer_profile(SDR_TYPE_INT64, rows, 8, N, NULL);
    assert_true(p.increasing && p.strict && !p.decreasing);
    rows[SDR_BLOCK_ROWS] = rows[SDR_BLOCK_ROWS - 1];
    p = integer_profile(SDR_TYPE_INT64, rows, 8, N, NULL);
    assert_true(p.increasing && !p.strict);
    rows[SDR_BLOCK_ROWS] -= 1;
    p = integer_profile(SDR_TYPE_INT64, rows, 8, N, NULL);
    assert_false(p.increasing || p.decreasing);
}

static void test_small_and_large_blocks_of_integers_merge_exactly(void **state) {
    (void)state;
    enum { N = 3 * SDR_BLOCK_ROWS };
    static int64_t rows[N];
    uint64_t seed = 77, low = 0;
    int64_t min = INT64_MAX, max = INT64_MIN;
    long double sum = 0;
    for (int i = 0; i < N; i++) {
        int64_t bits = (int64_t)random_bits(&seed);
        rows[i] = i < SDR_BLOCK_ROWS       ? bits >> 40
                  : i < 2 * SDR_BLOCK_ROWS ? bits >> 4
                                           : bits;
        if (rows[i] < min) min = rows[i];
        if (rows[i] > max) max = rows[i];
        low += (uint64_t)rows[i];
        sum += (long double)rows[i];
    }
    sdr_profile p = integer_profile(SDR_TYPE_INT64, rows, 8, N, NULL);
    assert_true(p.min_i64 == min && p.max_i64 == max && p.sum_low == low);
    assert_true(digits(p.sum, (double)sum) > 14.0);
    assert_true(digits(p.mean, (double)(sum / N)) > 14.0);
}

/* Sum of 64-bit words as 128 bits, in two halves. */
typedef struct wide_sum {
    int64_t high;
    uint64_t low;
} wide_sum;

static void add_int64(wide_sum *sum, int64_t x) {
    uint64_t low = sum->low + (uint64_t)x;
    sum->high += (x < 0 ? -1 : 0) + (low < sum->low);
    sum->low = low;
}

static void expect_exact_integers(const int64_t *rows, const uint8_t *mask, int64_t n) {
    wide_sum sum = {0, 0};
    int64_t min = INT64_MAX, max = INT64_MIN, zeros = 0, negatives = 0, valid = 0;
    for (int64_t i = 0; i < n; i++) {
        if (mask[i]) continue;
        add_int64(&sum, rows[i]);
        min = rows[i] < min ? rows[i] : min;
        max = rows[i] > max ? rows[i] : max;
        zeros += rows[i] == 0;
        negatives += rows[i] < 0;
        valid++;
    }
    sdr_profile p = integer_profile(SDR_TYPE_INT64, rows, 8, n, mask);
    assert_int_equal(p.finite, valid);
    assert_true(p.min_i64 == min && p.max_i64 == max);
    assert_true(p.min == (double)min && p.max == (double)max);
    assert_true(p.sum_high == sum.high && p.sum_low == sum.low);
    assert_int_equal(p.zeros, zeros);
    assert_int_equal(p.negatives, negatives);
}

static void test_integers_of_every_size_and_spread_are_exact(void **state) {
    (void)state;
    enum { N = SDR_BLOCK_ROWS + 100 };
    static int64_t rows[N];
    static uint8_t mask[N];
    uint64_t seed = 6;
    const int64_t offsets[] = {0, 5, -1, INT64_MIN / 2, INT64_MAX / 2 + 1};
    for (int spread = 1; spread < 64; spread += 3)
        for (int k = 0; k < 5; k++) {
            for (int i = 0; i < N; i++) {
                int64_t x = (int64_t)random_bits(&seed) >> spread;
                rows[i] = spread < 2 ? x : x + offsets[k];
                mask[i] = random_bits(&seed) % 8 == 0;
            }
            expect_exact_integers(rows, mask, N);
        }
}

static void test_uint64_around_2_63_is_exact(void **state) {
    (void)state;
    enum { N = 1000 };
    static uint64_t rows[N];
    wide_sum sum = {0, 0};
    for (uint64_t i = 0; i < N; i++) {
        rows[i] = (UINT64_C(1) << 63) - N / 2 + i;
        uint64_t low = sum.low + rows[i];
        sum.high += low < sum.low;
        sum.low = low;
    }
    sdr_profile p = integer_profile(SDR_TYPE_UINT64, rows, 8, N, NULL);
    assert_true((uint64_t)p.min_i64 == rows[0] && (uint64_t)p.max_i64 == rows[N - 1]);
    assert_true(p.sum_high == sum.high && p.sum_low == sum.low);
    assert_true(p.increasing && p.strict && !p.decreasing);
    assert_true(p.mean == 0x1p63); /* 2^63 - 0.5, rounded */
    assert_true(digits(p.m2, (double)N * ((double)N * N - 1) / 12) > 15 - 1e-9);
}

static void test_booleans_are_zeros_and_ones(void **state) {
    (void)state;
    const uint8_t rows[] = {1, 0, 7, 0};
    sdr_column column = column_of_type(SDR_TYPE_BOOL_BYTES, rows, 1, 4, NULL);
    sdr_profile p;
    assert_int_equal(sdr_profile_column(&p, &column, NULL, NULL), SDR_OK);
    assert_true(p.sum == 2.0 && p.mean == 0.5 && p.zeros == 2 && p.max == 1.0);
    sdr_column_reset(&column);
}

/* --- Memory and cancellation ------------------------------------------------------ */

static sdr_code profile_call(void *user, sdr_error *error) {
    sdr_profile p;
    sdr_context serial = {.threads = 1};
    return sdr_profile_column(&p, user, &serial, error);
}

static void test_failing_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    sdr_column column = column_of(others, ROWS), small = column_of(others, 5000);
    assert_int_equal(expect_no_memory_everywhere(profile_call, &column), 1);
    assert_int_equal(expect_no_memory_everywhere(profile_call, &small), 0);
    sdr_column_reset(&column);
    sdr_column_reset(&small);
}

static int stop(void *user, int64_t done, int64_t total) {
    (void)user, (void)done, (void)total;
    return 1;
}

static void test_a_long_profile_can_be_cancelled(void **state) {
    (void)state;
    static double row = 1.5; /* a stride of 0: as long as we like without memory */
    sdr_view view;
    sdr_column column;
    assert_int_equal(sdr_view_init_strided(&view, SDR_TYPE_FLOAT64, SDR_UNIT_NONE,
                                           false, &row, INT64_C(1) << 33, 0, NULL, 0,
                                           NULL),
                     SDR_OK);
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    for (int threads = 1; threads <= 2; threads++) {
        sdr_profile p;
        sdr_context context = {.threads = threads, .poll = stop};
        assert_int_equal(sdr_profile_column(&p, &column, &context, NULL),
                         SDR_CANCELLED);
    }
    sdr_column_reset(&column);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nist_sets_reach_the_digits_that_binary64_allows),
        cmocka_unit_test(test_skewness_and_kurtosis_keep_ten_digits_at_mean_sd_1e8),
        cmocka_unit_test(test_threads_and_isas_give_the_same_bits),
        cmocka_unit_test(test_chunks_do_not_change_a_bit),
        cmocka_unit_test(test_merged_parts_are_the_profile_of_the_whole),
        cmocka_unit_test(test_order_is_kept_over_blocks_and_merges),
        cmocka_unit_test(test_masked_rows_are_null_and_nothing_else),
        cmocka_unit_test(test_moments_that_do_not_exist_have_a_status),
        cmocka_unit_test(test_profiles_of_any_scale_are_merged),
        cmocka_unit_test(test_an_empty_column_has_no_extremes),
        cmocka_unit_test(test_text_is_refused_by_type),
        cmocka_unit_test(test_small_integers_have_exact_sum_and_extremes),
        cmocka_unit_test(test_int64_extremes_are_exact),
        cmocka_unit_test(test_uint64_above_2_63_is_exact),
        cmocka_unit_test(test_moments_of_large_integers_are_about_their_middle),
        cmocka_unit_test(test_order_of_integers_is_exact_over_blocks),
        cmocka_unit_test(test_small_and_large_blocks_of_integers_merge_exactly),
        cmocka_unit_test(test_integers_of_every_size_and_spread_are_exact),
        cmocka_unit_test(test_uint64_around_2_63_is_exact),
        cmocka_unit_test(test_booleans_are_zeros_and_ones),
        cmocka_unit_test(test_failing_memory_is_reported_and_leaks_nothing),
        cmocka_unit_test(test_a_long_profile_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, make_values, free_values);
}
