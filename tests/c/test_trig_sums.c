/* Trig sums kernels: every ISA gives the scalar kernel's bits; the scalar kernel is
 * held against libm in long double. */
#include "support.h"

#include "kernels/dispatch.h"

enum { ROWS = SDR_BLOCK_ROWS, SLACK = 8 };

typedef enum content {
    NEAR,
    NANS,
    INFINITIES,
    ANY_SIZE,
    HUGE_VALUES,
    ALL_NAN,
    CONTENTS
} content;

static double value_of(content kind, uint64_t *seed) {
    double normal = random_normal(seed), unit = random_unit(seed);
    switch (kind) {
    case NANS:
        return unit < 0.1 ? NAN : normal;
    case INFINITIES:
        return unit < 0.02 ? INFINITY : unit < 0.04 ? -INFINITY : 5.0 * normal;
    case ANY_SIZE:
        return normal * exp2(60.0 * unit - 20.0);
    case HUGE_VALUES:
        return normal * 1e307;
    case ALL_NAN:
        return NAN;
    default:
        return 3.0 * normal;
    }
}

static void fill(double *values, int64_t n, content kind, uint64_t seed) {
    for (int64_t i = 0; i < n; i++)
        values[i] = value_of(kind, &seed);
}

static void test_every_isa_gives_the_scalar_bits(void **state) {
    (void)state;
    static double buffer[ROWS + SLACK];
    const int64_t lengths[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 100, 1023, ROWS};
    sdr_trig_sums_kernels specification;
    sdr_trig_sums_fill_scalar(&specification);
    for (int kind = 0; kind < CONTENTS; kind++)
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            double *values = buffer + i % SLACK;
            fill(values, lengths[i], (content)kind, 3u + (unsigned)i);
            sdr_trig_block_sums expected, found;
            specification.block(&expected, values, lengths[i], 0.4, 1.5);
            for (EACH_ISA(isa)) {
                sdr_dispatch_active()->trig_sums.block(&found, values, lengths[i], 0.4,
                                                       1.5);
                if (memcmp(&expected, &found, sizeof found) != 0)
                    fail_msg("%s differs from scalar: content %d, %lld rows",
                             sdr_isa_name((sdr_isa)isa), kind, (long long)lengths[i]);
            }
        }
}

static void test_cosines_and_sines_are_right_to_four_in_1e15(void **state) {
    (void)state;
    const double limit = 4e-15; /* the values' own 2e-15 and a quantum of 1e-15 */
    uint64_t seed = 11;
    sdr_trig_sums_kernels specification;
    sdr_trig_sums_fill_scalar(&specification);
    for (int i = 0; i < 200000; i++) {
        double x = value_of(i % 2 ? NEAR : ANY_SIZE, &seed);
        sdr_trig_block_sums found;
        specification.block(&found, &x, 1, 1.0, 1.0);
        long double a = x;
        long double g[] = {cosl(a), cosl(2 * a), sinl(a), sinl(2 * a)};
        for (int k = 0; k < SDR_TRIG_FUNCTIONS; k++)
            assert_true(fabsl((long double)found.sums[k] * SDR_TRIG_QUANTUM - g[k]) <=
                        limit);
        const long double products[] = {g[0] * g[1], g[0] * g[3], g[1] * g[1],
                                        g[1] * g[2], g[1] * g[3], g[2] * g[3]};
        for (int p = 0; p < SDR_TRIG_BLOCK_SUMS - SDR_TRIG_FUNCTIONS; p++)
            assert_true(fabsl((long double)found.sums[SDR_TRIG_FUNCTIONS + p] *
                                  SDR_TRIG_QUANTUM -
                              products[p]) <= limit);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits),
        cmocka_unit_test(test_cosines_and_sines_are_right_to_four_in_1e15),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
