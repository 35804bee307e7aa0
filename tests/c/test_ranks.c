/* The sums over merged ranks: every ISA's bits are the scalar kernel's, for blocks of
 * any length, with ties and without. */
#include "support.h"

#include "kernels/dispatch.h"

enum { BLOCKS = 300 };

static double values[SDR_RANKS_BLOCK + 1];
static int32_t passed[SDR_RANKS_BLOCK + 2], passed_x[SDR_RANKS_BLOCK + 2];

static sdr_rank_block random_block(uint64_t *seed) {
    const int64_t n = (int64_t)(random_bits(seed) % SDR_RANKS_BLOCK);
    const bool ties = random_bits(seed) % 2;
    values[0] = random_normal(seed);
    for (int64_t k = 0; k <= n; k++) {
        const int32_t more = ties ? (int32_t)(random_bits(seed) % 3) : 0;
        const int32_t rows = 1 + more;
        const int32_t of_x = (int32_t)(random_bits(seed) % (uint64_t)(rows + 1));
        passed[k + 1] = passed[k] + rows;
        passed_x[k + 1] = passed_x[k] + of_x;
        if (k > 0) values[k] = values[k - 1] + 1e-3 + random_unit(seed);
    }
    return (sdr_rank_block){.count = n,
                            .values = values,
                            .passed = passed,
                            .passed_x = passed_x,
                            .n = 1e7,
                            .total = 3e7,
                            .start = 1e9 * random_normal(seed),
                            .below2 = (double)(random_bits(seed) % 10000000),
                            .finite_n = 1e7 - 5.0,
                            .finite_total = 3e7 - 7.0,
                            .height = 1e9 * random_normal(seed),
                            .inverse = 1.0 / (1e7 - 5.0) / (2e7 - 2.0)};
}

static void test_sums_are_the_scalar_kernels_bits(void **state) {
    (void)state;
    sdr_ranks_kernels scalar;
    sdr_ranks_fill_scalar(&scalar);
    uint64_t seed = 1947;
    for (int b = 0; b < BLOCKS; b++) {
        const sdr_rank_block block = random_block(&seed);
        sdr_rank_sums expected, found;
        scalar.sums(&expected, &block);
        for (EACH_ISA(isa)) {
            sdr_dispatch_active()->ranks.sums(&found, &block);
            assert_memory_equal(&found, &expected, sizeof found);
        }
    }
}

static void test_equal_values_become_one(void **state) {
    (void)state;
    uint64_t seed = 1952;
    for (int64_t n = 1; n <= SDR_RANKS_BLOCK; n += n < 40 ? 1 : 41)
        for (int steps = 0; steps < 3; steps++)
            for (EACH_ISA(isa)) {
                int64_t distinct = 0, ranks[SDR_RANKS_BLOCK];
                double sorted[SDR_RANKS_BLOCK];
                passed[0] = passed_x[0] = 0;
                for (int64_t k = 0; k < n; k++) {
                    /* all differ, some do, none does */
                    bool same =
                        k > 0 && (steps == 2 || (steps == 1 && random_bits(&seed) % 2));
                    distinct += !same;
                    sorted[distinct - 1] = values[k] = (double)distinct;
                    ranks[distinct - 1] = k + 1;
                    passed_x[k + 1] = (int32_t)(k / 2);
                }
                int64_t found =
                    sdr_dispatch_active()->ranks.distinct(values, passed, passed_x, n);
                assert_int_equal(found, distinct);
                for (int64_t k = 0; k < found; k++) {
                    assert_true(values[k] == sorted[k]);
                    assert_int_equal(passed_x[k + 1], (ranks[k] - 1) / 2);
                    if (found < n) assert_int_equal(passed[k + 1], ranks[k]);
                }
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_are_the_scalar_kernels_bits),
        cmocka_unit_test(test_equal_values_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
