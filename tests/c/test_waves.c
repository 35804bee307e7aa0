/* Sums of waves of every ISA against the scalar kernel, exactly; cosines and sines of
 * the scalar one against long double. */
#include "support.h"

#include "core/dispatch.h"

enum { MOST = SDR_WAVES_ROWS_MOST };

static double hard_value(uint64_t *seed) {
    static const double hard[] = {0.0,  -0.0,   INFINITY, -INFINITY, NAN,
                                  1e15, -1e300, 5e-324,   1e6,       1e7};
    uint64_t pick = random_bits(seed) % 200;
    if (pick < sizeof hard / sizeof *hard) return hard[pick];
    return random_normal(seed) * pow(10.0, (double)(random_bits(seed) % 7) - 1.0);
}

static void test_every_isa_gives_the_scalar_kernels_sums(void **state) {
    (void)state;
    static double values[MOST + 1];
    static const double points[] = {0.4, 0.8, -1.0, 3e5};
    uint64_t seed = 21;
    sdr_waves_kernels scalar;
    sdr_waves_fill_scalar(&scalar);
    sdr_isa before = sdr_isa_active();
    for (EACH_ISA(isa)) {
        const sdr_waves_kernels *kernels = &sdr_dispatch_active()->waves;
        for (int n = 0; n <= MOST; n = n < 40 ? n + 1 : n < MOST ? MOST : MOST + 1)
            for (int k = 1; k <= SDR_WAVES_POINTS; k++) {
                int64_t sums[SDR_WAVES_SUMS], expected[SDR_WAVES_SUMS];
                for (int i = 0; i <= n; i++)
                    values[i] = hard_value(&seed);
                for (int i = 0; i < SDR_WAVES_SUMS; i++)
                    sums[i] = expected[i] = i;
                double scale = k % 2 ? 0.7 : 1.3;
                int64_t taken = scalar.add(expected, values + 1, n, points, k, scale);
                assert_int_equal(kernels->add(sums, values + 1, n, points, k, scale),
                                 taken);
                assert_memory_equal(sums, expected, sizeof sums);
            }
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

/* Cosine, sine, and their products of one row, within half a quantum. */
static void expect_waves(double x) {
    const double one = 1.0;
    int64_t sums[5] = {0};
    assert_int_equal(sdr_dispatch_active()->waves.add(sums, &x, 1, &one, 1, 1.0), 1);
    long double c = cosl(x), s = sinl(x);
    const long double expected[] = {c, s, c * c, c * s, s * s};
    for (int i = 0; i < 5; i++) {
        long double error = (long double)sums[i] * 0x1p-50L - expected[i];
        assert_true(fabsl(error) <= 0x1p-51L + 3e-16L);
    }
}

static void test_cosines_and_sines_are_those_of_long_double(void **state) {
    (void)state;
    uint64_t seed = 22;
    for (int i = 0; i < 100000; i++) {
        double scale = i % 3 == 0 ? 1.0 : i % 3 == 1 ? 50.0 : 1e6;
        expect_waves(scale * (2.0 * random_unit(&seed) - 1.0));
    }
    for (int k = -2000; k <= 2000; k++) /* next to where they are 0 */
        expect_waves((double)k * 0x1.921fb54442d18p+0);
    expect_waves(1e6);
    expect_waves(1.5e6);
    expect_waves(1e17);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_kernels_sums),
        cmocka_unit_test(test_cosines_and_sines_are_those_of_long_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
