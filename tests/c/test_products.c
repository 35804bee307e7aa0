/* Sums of products: every ISA gives the scalar kernel's bits, for any number of columns
 * and rows, and adds to what is there; the scalar kernel is held against long double. */
#include "support.h"

#include "kernels/dispatch.h"

enum { COLUMNS = 14, ROWS = SDR_PRODUCT_ROWS };

static _Alignas(64) double values[COLUMNS * ROWS], others[COLUMNS * ROWS];

static void fill(double *to, uint64_t seed) {
    for (int i = 0; i < COLUMNS * ROWS; i++)
        to[i] = random_unit(&seed) < 0.1 ? 0.0 : random_normal(&seed) * 3.0;
}

static void test_every_isa_gives_the_scalar_bits(void **state) {
    (void)state;
    static const int64_t rows[] = {0, 8, 24, 504, ROWS};
    sdr_products_kernels specification;
    sdr_products_fill_scalar(&specification);
    fill(values, 3);
    fill(others, 5);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int64_t a = 1; a <= COLUMNS; a += 2)
            for (int64_t b = 1; b <= COLUMNS; b++) {
                double expected[COLUMNS * COLUMNS], found[COLUMNS * COLUMNS];
                for (int i = 0; i < COLUMNS * COLUMNS; i++)
                    expected[i] = 0.5;
                specification.sums(expected, values, a, others, b, rows[r], false);
                for (EACH_ISA(isa)) {
                    for (int i = 0; i < COLUMNS * COLUMNS; i++)
                        found[i] = 0.5;
                    sdr_dispatch_active()->products.sums(found, values, a, others, b,
                                                         rows[r], false);
                    assert_memory_equal(found, expected, sizeof found);
                }
            }
}

static void test_the_upper_half_has_the_bits_of_the_whole(void **state) {
    (void)state;
    fill(values, 7);
    for (EACH_ISA(isa))
        for (int64_t n = 1; n <= COLUMNS; n++) {
            double whole[COLUMNS * COLUMNS] = {0}, upper[COLUMNS * COLUMNS] = {0};
            const sdr_products_kernels *kernels = &sdr_dispatch_active()->products;
            kernels->sums(whole, values, n, values, n, ROWS, false);
            kernels->sums(upper, values, n, values, n, ROWS, true);
            for (int64_t i = 0; i < n; i++)
                for (int64_t j = i; j < n; j++)
                    assert_memory_equal(&upper[i * n + j], &whole[i * n + j],
                                        sizeof(double));
        }
}

static void test_a_sum_is_near_that_in_long_double(void **state) {
    (void)state;
    fill(values, 11);
    fill(others, 13);
    double found = 0.0;
    long double expected = 0.0L, size = 0.0L;
    sdr_dispatch_active()->products.sums(&found, values, 1, others, 1, ROWS, false);
    for (int i = 0; i < ROWS; i++) {
        expected += (long double)values[i] * others[i];
        size += fabsl((long double)values[i] * others[i]);
    }
    assert_true(fabsl(found - expected) <= size * 1e-14L);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_gives_the_scalar_bits),
        cmocka_unit_test(test_the_upper_half_has_the_bits_of_the_whole),
        cmocka_unit_test(test_a_sum_is_near_that_in_long_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
