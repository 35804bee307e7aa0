/* Steps of a Brownian bridge: every ISA gives the scalar kernel's bits, and the scalar
 * kernel the sum it is defined by, in long double. */
#include "support.h"

#include "kernels/dispatch.h"

#include <math.h>

enum { NODES = 96 };

static void fill(double *y, double *weights, double *ahead, int n, uint64_t *seed) {
    for (int i = 0; i < NODES; i++) {
        y[i] = i < n ? 2.0 * random_unit(seed) - 1.0 : 0.0;
        weights[i] = i < n ? random_unit(seed) : 0.0;
        ahead[i] = random_unit(seed);
    }
}

static sdr_bridge_step step_of(const double *y, const double *weights,
                               const double *ahead, int trial, uint64_t *seed) {
    const double width = 0.01 + random_unit(seed), length = 0.01 + random_unit(seed);
    return (sdr_bridge_step){.n = 8 * (1 + trial % (NODES / 8)),
                             .y = y,
                             .weights = weights,
                             .ahead = ahead,
                             .left = random_unit(seed),
                             .density_rate = -0.5 / (width * width),
                             .images = trial % 4,
                             .bound = 1.0 + random_unit(seed),
                             .cross_rate = -2.0 / length};
}

static long double kept(const sdr_bridge_step *s, long double x) {
    long double sum = 0.0L;
    for (int64_t i = 0; i < s->n; i++) {
        const long double y = s->y[i], away = y - s->left * x;
        long double cross = 0.0L;
        for (int k = 0; k < s->images; k++) {
            const long double odd = (2 * k + 1) * (long double)s->bound;
            const long double even = (2 * k + 2) * (long double)s->bound;
            cross += expl((odd - x) * (odd - y) * s->cross_rate);
            cross += expl((odd + x) * (odd + y) * s->cross_rate);
            cross -= expl(even * (even + (y - x)) * s->cross_rate);
            cross -= expl(even * (even - (y - x)) * s->cross_rate);
        }
        cross = fminl(1.0L, fmaxl(0.0L, cross));
        const long double density = s->weights[i] * expl(away * away * s->density_rate);
        sum += density * (cross + (1.0L - cross) * s->ahead[i]);
    }
    return sum;
}

static void test_every_isa_gives_the_scalar_bits(void **state) {
    (void)state;
    double y[NODES], weights[NODES], ahead[NODES];
    sdr_bridge_kernels scalar;
    sdr_bridge_fill_scalar(&scalar);
    uint64_t seed = 3;
    const sdr_isa before = sdr_isa_active();
    for (int trial = 0; trial < 200; trial++) {
        fill(y, weights, ahead, NODES - trial % 8, &seed);
        const sdr_bridge_step s = step_of(y, weights, ahead, trial, &seed);
        const double x = random_unit(&seed), expected = scalar.kept(&s, x);
        for (EACH_ISA(isa)) {
            const double found = sdr_dispatch_active()->bridge.kept(&s, x);
            assert_memory_equal(&found, &expected, sizeof found);
        }
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

static void test_a_step_is_the_sum_it_is_defined_by(void **state) {
    (void)state;
    double y[NODES], weights[NODES], ahead[NODES];
    uint64_t seed = 5;
    for (int trial = 0; trial < 200; trial++) {
        fill(y, weights, ahead, NODES, &seed);
        const sdr_bridge_step s = step_of(y, weights, ahead, trial, &seed);
        const double x = random_unit(&seed);
        const long double expected = kept(&s, x);
        const double found = sdr_dispatch_active()->bridge.kept(&s, x);
        assert_true(fabsl(found - expected) <= 1e-13L * expected + 1e-300L);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits),
        cmocka_unit_test(test_a_step_is_the_sum_it_is_defined_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
