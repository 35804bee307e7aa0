/* Convolutions: every ISA gives the scalar kernel's bits, and the scalar kernel the sums
 * that define it. */
#include "support.h"

#include "kernels/dispatch.h"

enum { MOST = 100, ROOM = 3 * MOST };

/* Zeros but for the first values. */
static void fill(double *values, int64_t n, int64_t size, uint64_t *seed) {
    for (int64_t i = 0; i < n; i++)
        values[i] = i < size ? random_unit(seed) : 0.0;
}

static void test_every_isa_gives_the_scalar_bits(void **state) {
    (void)state;
    double a[MOST], padded[2 * ROOM], out[ROOM], expected[ROOM];
    double *p = padded + ROOM;
    sdr_convolve_kernels scalar;
    sdr_convolve_fill_scalar(&scalar);
    uint64_t seed = 17;
    const sdr_isa before = sdr_isa_active();
    for (int trial = 0; trial < 300; trial++) {
        const int64_t n = 1 + (int64_t)(random_bits(&seed) % MOST);
        const int64_t size = 1 + (int64_t)(random_bits(&seed) % MOST);
        const int64_t from = (int64_t)(random_bits(&seed) % 20);
        const int64_t until = from + (int64_t)(random_bits(&seed) % 120);
        fill(padded, ROOM, 0, &seed);
        fill(p, ROOM, size, &seed);
        fill(a, MOST, n, &seed);
        scalar.range(expected, from, until, a, n, p, size);
        for (EACH_ISA(isa)) {
            sdr_dispatch_active()->convolve.range(out, from, until, a, n, p, size);
            assert_memory_equal(out + from, expected + from,
                                (size_t)(until - from) * sizeof *out);
        }
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

static void test_two_dice_are_the_law_of_their_sum(void **state) {
    (void)state;
    double die[6] = {1, 1, 1, 1, 1, 1}, padded[2 * ROOM] = {0}, out[ROOM];
    memcpy(padded + ROOM, die, sizeof die);
    static const double expected[11] = {1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1};
    sdr_dispatch_active()->convolve.range(out, 0, 11, die, 6, padded + ROOM, 6);
    assert_memory_equal(out, expected, sizeof expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits),
        cmocka_unit_test(test_two_dice_are_the_law_of_their_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
