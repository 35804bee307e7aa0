/*
 * Moments kernels: every ISA gives the scalar kernel's bits; the scalar kernel is held
 * against sums in long double.
 */
#include "support.h"

#include "kernels/dispatch.h"

enum { LONGEST = SDR_BLOCK_ROWS + 1, SLACK = 8 };

typedef enum content {
    NORMAL,
    POSITIVE,
    INTEGERS,
    NANS,
    INFINITIES,
    ZEROS,
    DENORMALS,
    HUGE_VALUES,
    SORTED,
    FALLING,
    CONSTANT,
    ALL_NAN,
    LATE,
    RARE_ZERO,
    RARE_NEGATIVE_ZERO,
    ONE_NEGATIVE,
    CONTENTS
} content;

static double value_of(content kind, int64_t i, uint64_t *seed) {
    double normal = random_normal(seed), unit = random_unit(seed);
    switch (kind) {
    case POSITIVE:
        return 1e8 + normal;
    case INTEGERS:
        return floor(1000.0 * unit) - 300.0;
    case NANS:
        return unit < 0.05 ? NAN : normal;
    case INFINITIES:
        return unit < 0.02 ? INFINITY : unit < 0.04 ? -INFINITY : normal;
    case ZEROS:
        return unit < 0.3 ? 0.0 : unit < 0.6 ? -0.0 : normal;
    case DENORMALS:
        return normal * 0x1p-1070;
    case HUGE_VALUES:
        return normal * 1e307;
    case SORTED:
        return (double)(i / 3) - 100.0;
    case FALLING:
        return -(double)i * 0.25;
    case CONSTANT:
        return 0.1;
    case ALL_NAN:
        return NAN;
    case LATE:
        return i < 130 ? NAN : normal;
    case RARE_ZERO: /* in one run of several, whose signs are counted in another way */
        return i == 1500 ? 0.0 : normal;
    case RARE_NEGATIVE_ZERO:
        return i == 20 || i == 2100 ? -0.0 : normal;
    case ONE_NEGATIVE:
        return i == 1100 ? -unit : unit;
    default:
        return normal;
    }
}

static void fill(double *values, int64_t n, content kind, uint64_t seed) {
    for (int64_t i = 0; i < n; i++)
        values[i] = value_of(kind, i, &seed);
}

static int64_t length_of(int i) {
    const int64_t long_ones[] = {511,  512,  513,  520,  1024, 1032,
                                 1500, 2056, 2101, 4095, 4096};
    return i <= 70 ? i : long_ones[i - 71];
}
enum { LENGTHS = 82 };

static void expect_same_block(const double *values, int64_t n, int kind) {
    sdr_block_moments scalar, clean, masked;
    sdr_moments_kernels specification;
    sdr_moments_fill_scalar(&specification);
    specification.block(&scalar, values, n, false);
    for (EACH_ISA(isa)) {
        const sdr_moments_kernels *kernels = &sdr_dispatch_active()->moments;
        kernels->block(&clean, values, n, false);
        kernels->block(&masked, values, n, true);
        if (memcmp(&scalar, &clean, sizeof scalar) != 0 ||
            memcmp(&scalar, &masked, sizeof scalar) != 0)
            fail_msg("%s differs from scalar: content %d, %lld rows",
                     sdr_isa_name((sdr_isa)isa), kind, (long long)n);
    }
}

static void test_every_isa_gives_the_scalar_bits_of_a_block(void **state) {
    (void)state;
    static double buffer[LONGEST + SLACK];
    for (int kind = 0; kind < CONTENTS; kind++)
        for (int i = 0; i < LENGTHS; i++) {
            int64_t offset = i % SLACK; /* starts off every 64-byte line */
            fill(buffer + offset, length_of(i), (content)kind, 17u + (unsigned)i);
            expect_same_block(buffer + offset, length_of(i), kind);
        }
}

static void expect_same_pair(const double *x, const double *y, int64_t n, int kind) {
    sdr_block_pairs scalar, other;
    sdr_moments_kernels specification;
    sdr_moments_fill_scalar(&specification);
    specification.pair(&scalar, x, y, n);
    for (EACH_ISA(isa)) {
        sdr_dispatch_active()->moments.pair(&other, x, y, n);
        if (memcmp(&scalar, &other, sizeof scalar) != 0)
            fail_msg("%s differs from scalar: content %d, %lld pairs",
                     sdr_isa_name((sdr_isa)isa), kind, (long long)n);
    }
}

static void test_every_isa_gives_the_scalar_bits_of_pairs(void **state) {
    (void)state;
    static double x[LONGEST + SLACK], y[LONGEST + SLACK];
    for (int kind = 0; kind < CONTENTS; kind++)
        for (int i = 0; i < LENGTHS; i++) {
            int64_t n = length_of(i);
            fill(x + i % SLACK, n, (content)kind, 5u + (unsigned)i);
            fill(y, n, i % 2 ? NANS : NORMAL, 99u + (unsigned)i);
            expect_same_pair(x + i % SLACK, y, n, kind);
        }
}

static void test_every_isa_gives_the_scalar_bits_of_the_read_bound(void **state) {
    (void)state;
    static double values[LONGEST];
    fill(values, LONGEST, NORMAL, 3);
    sdr_moments_kernels specification;
    sdr_moments_fill_scalar(&specification);
    for (int64_t n = 0; n < LONGEST; n += n < 70 ? 1 : 37) {
        double expected = specification.read_bound(values, n);
        for (EACH_ISA(isa)) {
            double found = sdr_dispatch_active()->moments.read_bound(values, n);
            assert_memory_equal(&found, &expected, sizeof found);
        }
    }
}

static void expect_near(double found, long double expected, long double scale) {
    if (fabsl((long double)found - expected) > 1e-13L * scale)
        fail_msg("expected %.20Lg, found %.20g", expected, found);
}

static void test_a_block_agrees_with_two_passes_in_long_double(void **state) {
    (void)state;
    static double values[SDR_BLOCK_ROWS];
    const content kinds[] = {NORMAL, POSITIVE, INTEGERS, ZEROS, SORTED};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        fill(values, SDR_BLOCK_ROWS, kinds[k], 11);
        long double n = SDR_BLOCK_ROWS, sum = 0, m2 = 0, m3 = 0, m4 = 0, size3 = 0;
        for (int i = 0; i < SDR_BLOCK_ROWS; i++)
            sum += (long double)values[i] - values[0]; /* small: nothing is lost */
        long double mean = values[0] + sum / n;
        for (int i = 0; i < SDR_BLOCK_ROWS; i++) {
            long double d = (long double)values[i] - values[0] - sum / n;
            m2 += d * d, m3 += d * d * d, m4 += d * d * d * d;
            size3 += fabsl(d * d * d);
        }
        sdr_block_moments p;
        sdr_dispatch_active()->moments.block(&p, values, SDR_BLOCK_ROWS, false);
        expect_near(p.mean, mean, fabsl(mean));
        expect_near(p.m2, m2, m2);
        expect_near(p.m3, m3, size3);
        expect_near(p.m4, m4, m4);
    }
}

static void test_sums_of_integers_are_exact(void **state) {
    (void)state;
    double values[SDR_BLOCK_ROWS];
    int64_t sum = 0;
    uint64_t seed = 4;
    for (int i = 0; i < SDR_BLOCK_ROWS; i++) {
        int64_t x = (int64_t)(random_bits(&seed) >> 25) - (INT64_C(1) << 38);
        values[i] = (double)x;
        sum += x;
    }
    sdr_block_moments p;
    sdr_dispatch_active()->moments.block(&p, values, SDR_BLOCK_ROWS, false);
    assert_true((int64_t)p.sum == sum);
}

static void test_a_block_counts_every_class_of_value(void **state) {
    (void)state;
    const double values[] = {NAN, -0.0, 0.0, -1.5,      INFINITY, -INFINITY,
                             2.0, NAN,  7.0, -INFINITY, 3.0};
    sdr_block_moments p;
    for (EACH_ISA(isa)) {
        sdr_dispatch_active()->moments.block(&p, values, 11, false);
        assert_int_equal(p.rows, 11);
        assert_int_equal(p.nan, 2);
        assert_int_equal(p.pos_inf, 1);
        assert_int_equal(p.neg_inf, 2);
        assert_int_equal(p.zeros, 2);
        assert_int_equal(p.negatives, 3);
        assert_int_equal(p.finite, 6);
        assert_true(p.min == -INFINITY && p.max == INFINITY);
        assert_true(p.sum == 10.5 && p.mean == 1.75);
        assert_true(p.first == 0.0 && p.last == 3.0);
        assert_false(p.increasing || p.decreasing || p.strict);
    }
}

static void test_order_flags_say_what_the_rows_do(void **state) {
    (void)state;
    static const struct {
        double values[4];
        bool increasing, decreasing, strict;
    } cases[] = {
        {{1, 2, 3, 4}, true, false, true},
        {{1, 2, 2, 4}, true, false, false},
        {{4, 3, 2, 1}, false, true, true},
        {{2, 2, 2, 2}, true, true, false},
        {{1, NAN, 2, 3}, true, false, true},
        {{1, 3, 2, 4}, false, false, false},
        {{NAN, NAN, NAN, NAN}, true, true, true},
        {{-INFINITY, 0, 1, INFINITY}, true, false, true},
    };
    for (EACH_ISA(isa))
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            sdr_block_moments p;
            sdr_dispatch_active()->moments.block(&p, cases[i].values, 4, false);
            assert_int_equal(p.increasing, cases[i].increasing);
            assert_int_equal(p.decreasing, cases[i].decreasing);
            assert_int_equal(p.strict, cases[i].strict);
        }
}

static void test_sums_beyond_float64_still_give_the_mean(void **state) {
    (void)state;
    const double values[] = {1.5e308, 1.7e308, -1.1e308, 1.6e308};
    sdr_block_moments p;
    for (EACH_ISA(isa)) {
        sdr_dispatch_active()->moments.block(&p, values, 4, false);
        assert_true(fabs(p.mean - 0.925e308) < 1e294);
        assert_true(isinf(p.m2));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits_of_a_block),
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits_of_pairs),
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits_of_the_read_bound),
        cmocka_unit_test(test_a_block_agrees_with_two_passes_in_long_double),
        cmocka_unit_test(test_sums_of_integers_are_exact),
        cmocka_unit_test(test_a_block_counts_every_class_of_value),
        cmocka_unit_test(test_order_flags_say_what_the_rows_do),
        cmocka_unit_test(test_sums_beyond_float64_still_give_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
