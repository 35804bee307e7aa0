/* Sorting: networks on all zeros and ones, the kernels' steps, whole sorts of every
 * ISA and number of threads against qsort; memory that runs out, callers that stop. */
#include "support.h"

#include "kernels/dispatch.h"
#include "kernels/sort/network.h"
#include "metrics/common/sort.h"

enum { MOST = 280000, GUARD = 16 };

static sdr_key keys[MOST + 2 * GUARD], scratch[MOST + 2 * GUARD];
static sdr_key original[MOST], expected[MOST];

static int by_float(const void *a, const void *b) {
    double p, q;
    memcpy(&p, a, sizeof p);
    memcpy(&q, b, sizeof q);
    return (p > q) - (p < q);
}

static int by_integer(const void *a, const void *b) {
    int64_t p, q;
    memcpy(&p, a, sizeof p);
    memcpy(&q, b, sizeof q);
    return (p > q) - (p < q);
}

static sdr_key bits_of(double value) {
    sdr_key key;
    memcpy(&key, &value, sizeof key);
    return key;
}

/* --- Patterns --------------------------------------------------------------------- */

static double normal(int64_t i, int64_t n, uint64_t *seed) {
    (void)i, (void)n;
    return random_normal(seed);
}
static double two_decimals(int64_t i, int64_t n, uint64_t *seed) {
    return rint(100.0 * normal(i, n, seed)) / 100.0; /* some of them -0.0 */
}
static double mostly_one(int64_t i, int64_t n, uint64_t *seed) {
    return random_unit(seed) < 0.999 ? 1.5 : normal(i, n, seed);
}
static double constant(int64_t i, int64_t n, uint64_t *seed) {
    (void)i, (void)n, (void)seed;
    return -3.25;
}
static double two_values(int64_t i, int64_t n, uint64_t *seed) {
    (void)i, (void)n;
    return random_bits(seed) % 2 ? -0.0 : 7.0;
}
static double ascending(int64_t i, int64_t n, uint64_t *seed) {
    (void)n, (void)seed;
    return (double)i;
}
static double descending(int64_t i, int64_t n, uint64_t *seed) {
    (void)seed;
    return (double)(n - i);
}
static double organ_pipe(int64_t i, int64_t n, uint64_t *seed) {
    (void)seed;
    return (double)(i < n / 2 ? i : n - i);
}
static double whole(int64_t i, int64_t n, uint64_t *seed) {
    (void)i, (void)n;
    return (double)(int64_t)(random_bits(seed) % 1000);
}
static double extremes(int64_t i, int64_t n, uint64_t *seed) {
    static const double some[] = {INFINITY,
                                  -INFINITY,
                                  5e-324,
                                  -5e-324,
                                  0.0,
                                  -0.0,
                                  1.7976931348623157e308,
                                  -1.7976931348623157e308};
    uint64_t bits = random_bits(seed);
    return bits % 3 == 0 ? normal(i, n, seed) : some[bits / 3 % 8];
}
static double any_exponent(int64_t i, int64_t n, uint64_t *seed) {
    return ldexp(normal(i, n, seed), (int)(random_bits(seed) % 2000) - 1000);
}

typedef double (*pattern)(int64_t i, int64_t n, uint64_t *seed);
static const pattern patterns[] = {normal,     two_decimals, mostly_one,  constant,
                                   two_values, ascending,    descending,  organ_pipe,
                                   whole,      extremes,     any_exponent};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

/* As integers: the bits of the same values, both ends of int64 among them. */
static sdr_key key_of(pattern fill, int64_t i, int64_t n, bool is_float,
                      uint64_t *seed) {
    sdr_key key = bits_of(fill(i, n, seed));
    if (is_float) return key;
    uint64_t bits = random_bits(seed) % 64;
    return bits == 0 ? (sdr_key)INT64_MAX : bits == 1 ? (sdr_key)1 << 63 : key;
}

/* to[0 ... n) in ascending order, zeros without sign. */
static void sort_plainly(sdr_key *to, int64_t n, bool is_float) {
    for (int64_t i = 0; i < n && is_float; i++)
        if (to[i] == bits_of(-0.0)) to[i] = 0;
    qsort(to, (size_t)n, sizeof *to, is_float ? by_float : by_integer);
}

static void fill_keys(sdr_key *to, int64_t n, pattern fill, bool is_float) {
    uint64_t seed = 20130208 + (uint64_t)n;
    for (int64_t i = 0; i < n; i++)
        to[i] = key_of(fill, i, n, is_float, &seed);
    memcpy(expected, to, (size_t)n * sizeof *to);
    sort_plainly(expected, n, is_float);
}

/* --- The kernels ------------------------------------------------------------------ */

#define EXCHANGE(i, j)                                                                 \
    if ((rows >> (i) & 1) > (rows >> (j) & 1)) rows ^= 1u << (i) | 1u << (j);

static void test_networks_sort_all_zeros_and_ones(void **state) {
    (void)state;
    for (uint32_t all = 0; all < 1u << 16; all++) {
        int ones = __builtin_popcount(all);
        uint32_t rows = all;
        SDR_NETWORK_16(EXCHANGE)
        assert_int_equal(rows, ((1u << ones) - 1) << (16 - ones));
        if (all >= 1u << 8) continue;
        rows = all;
        SDR_NETWORK_8(EXCHANGE)
        assert_int_equal(rows, ((1u << ones) - 1) << (8 - ones));
        if (all >= 1u << 4) continue;
        rows = all;
        SDR_NETWORK_4(EXCHANGE)
        assert_int_equal(rows, ((1u << ones) - 1) << (4 - ones));
    }
}

static void expect_guard(const sdr_key *p) {
    for (int i = 0; i < GUARD; i++)
        assert_int_equal(p[i], 0xabababababababab);
}

static void test_few_keys_are_sorted_in_place_and_elsewhere(void **state) {
    (void)state;
    for (EACH_ISA(isa)) {
        const sdr_sort_kernels *kernels = &sdr_dispatch_active()->sort;
        for (int order = 0; order < 2; order++)
            for (int f = 0; f < PATTERNS; f++)
                for (int64_t n = 0; n <= kernels->most; n++) {
                    memset(keys, 0xab, (size_t)(n + 2 * GUARD) * sizeof *keys);
                    memset(scratch, 0xab, (size_t)(n + 2 * GUARD) * sizeof *keys);
                    fill_keys(keys + GUARD, n, patterns[f], order == 0);
                    const sdr_sort_order *o =
                        order == 0 ? &kernels->f64 : &kernels->i64;
                    o->few(scratch + GUARD, keys + GUARD, n);
                    o->few(keys + GUARD, keys + GUARD, n);
                    const size_t bytes = (size_t)n * sizeof *keys;
                    assert_memory_equal(scratch + GUARD, expected, bytes);
                    assert_memory_equal(keys + GUARD, expected, bytes);
                    expect_guard(keys), expect_guard(keys + GUARD + n);
                    expect_guard(scratch), expect_guard(scratch + GUARD + n);
                }
    }
}

static bool is_below(sdr_key a, sdr_key b, bool is_float) {
    return is_float ? by_float(&a, &b) < 0 : by_integer(&a, &b) < 0;
}

/* In two parts, the first of `first` keys. */
static void expect_split(const sdr_sort_order *o, int64_t n, int64_t first,
                         pattern fill, bool is_float) {
    memset(keys, 0xab, (size_t)(n + 2 * GUARD) * sizeof *keys);
    memset(scratch, 0xab, (size_t)(n + 2 * GUARD) * sizeof *keys);
    sdr_key *from = keys + GUARD, *to = scratch + GUARD;
    fill_keys(from, n, fill, is_float);
    const sdr_key wall = n > 0 ? expected[n / 2] : 0;
    sdr_split at = {from, to + n};
    o->split(&at, from, first, wall);
    o->split(&at, from + first, n - first, wall);
    const int64_t below = at.low - from;
    assert_int_equal(to + n - at.high, n - below);
    for (int64_t i = 0; i < below; i++)
        assert_true(is_below(from[i], wall, is_float));
    for (int64_t i = below; i < n; i++)
        assert_false(is_below(to[i], wall, is_float));
    expect_guard(keys), expect_guard(from + n);
    expect_guard(scratch), expect_guard(to + n);
    memcpy(from + below, to + below, (size_t)(n - below) * sizeof *keys);
    sort_plainly(from, n, is_float);
    assert_memory_equal(from, expected, (size_t)n * sizeof *keys);
}

/* In parts of some 100 keys. */
static void expect_far_split(const sdr_sort_order *o, int64_t n, pattern fill,
                             bool is_float) {
    memset(keys, 0xab, (size_t)(n + 2 * GUARD) * sizeof *keys);
    sdr_key *from = keys + GUARD;
    fill_keys(from, n, fill, is_float);
    const sdr_key wall = expected[n / 2];
    sdr_far_split at = {.to = {from, from + n},
                        .first = from + SDR_HELD / 2,
                        .last = from + n - SDR_HELD / 2};
    memcpy(at.held, from, sizeof at.held / 2);
    memcpy(at.held + SDR_HELD / 2, at.last, sizeof at.held / 2);
    do
        o->split_far(&at, 100, wall);
    while (at.first != at.last);
    assert_ptr_equal(at.to.low, at.to.high);
    for (const sdr_key *p = from; p < from + n; p++)
        assert_int_equal(is_below(*p, wall, is_float), p < at.to.low);
    expect_guard(keys), expect_guard(from + n);
    sort_plainly(from, n, is_float);
    assert_memory_equal(from, expected, (size_t)n * sizeof *keys);
}

static void test_a_split_in_place_keeps_every_key(void **state) {
    (void)state;
    for (EACH_ISA(isa)) {
        const sdr_sort_kernels *kernels = &sdr_dispatch_active()->sort;
        for (int f = 0; f < PATTERNS; f++)
            for (int64_t n = SDR_HELD; n < 1000; n += n < 200 ? 1 : 31) {
                expect_far_split(&kernels->f64, n, patterns[f], true);
                expect_far_split(&kernels->i64, n, patterns[f], false);
            }
    }
}

static void test_a_split_keeps_every_key_and_writes_nowhere_else(void **state) {
    (void)state;
    for (EACH_ISA(isa)) {
        const sdr_sort_kernels *kernels = &sdr_dispatch_active()->sort;
        for (int f = 0; f < PATTERNS; f++)
            for (int64_t n = 0; n < 150; n++) {
                expect_split(&kernels->f64, n, n / 3, patterns[f], true);
                expect_split(&kernels->i64, n, n / 2, patterns[f], false);
            }
    }
}

/* --- Whole sorts ------------------------------------------------------------------ */

static void prepare(int64_t n, pattern fill, bool is_float) {
    fill_keys(original, n, fill, is_float);
}

/* What was prepared last. */
static void expect_sorted(int64_t n, bool is_float, int threads, int splits) {
    memcpy(keys, original, (size_t)n * sizeof *keys);
    const sdr_sort_job job = {keys, scratch, n, is_float, splits};
    const sdr_context context = {.threads = threads};
    assert_int_equal(sdr_sort_jobs(&job, 1, &context, NULL), SDR_OK);
    assert_memory_equal(keys, expected, (size_t)n * sizeof *keys);
}

static void test_every_isa_sorts_every_pattern_and_size(void **state) {
    (void)state;
    for (int f = 0; f < PATTERNS; f++)
        for (int is_float = 0; is_float < 2; is_float++)
            for (int64_t n = 0; n < 1100; n += n < 300 ? 1 : 37) {
                prepare(n, patterns[f], is_float);
                for (EACH_ISA(isa))
                    expect_sorted(n, is_float, 1, 0);
            }
}

/* With all the splits it wants, and with as few as send ranges to the radix sort. */
static void test_no_threads_and_no_radix_sort_change_a_bit(void **state) {
    (void)state;
    /* a sanitizer has seen every pattern in fewer rows; here it takes a minute for all */
    for (int f = 0; f < PATTERNS; f += ASAN ? 3 : 1)
        for (int is_float = 0; is_float < 2; is_float++) {
            prepare(MOST, patterns[f], is_float);
            for (EACH_ISA(isa)) {
                for (int threads = 1; threads < 4; threads++)
                    expect_sorted(MOST, is_float, threads, 0);
                for (int splits = 1; splits < 10; splits += 4)
                    expect_sorted(MOST, is_float, 1 + splits / 4, splits);
            }
        }
}

static void test_samples_of_any_lengths_are_sorted_at_once(void **state) {
    (void)state;
    prepare(MOST, normal, true);
    for (int64_t n = 0; n <= MOST; n += MOST / 2) {
        memcpy(expected, original, sizeof expected);
        sort_plainly(expected, n, true);
        sort_plainly(expected + n, MOST - n, false);
        for (EACH_ISA(isa)) {
            memcpy(keys, original, MOST * sizeof *keys);
            const sdr_sort_job jobs[] = {{keys, scratch, n, true, 0},
                                         {keys + n, scratch + n, MOST - n, false, 0}};
            const sdr_context context = {.threads = 2};
            assert_int_equal(sdr_sort_jobs(jobs, 2, &context, NULL), SDR_OK);
            assert_memory_equal(keys, expected, sizeof expected);
        }
    }
}

/* --- What may go wrong ------------------------------------------------------------ */

static sdr_code sort_call(void *user, sdr_error *error) {
    const sdr_context *context = user;
    uint64_t seed = 3;
    double *values = (double *)(void *)keys;
    for (int64_t i = 0; i < MOST; i++)
        values[i] = random_unit(&seed);
    return sdr_sort_f64(values, MOST, context, error);
}

static void test_memory_that_runs_out_is_told_and_nothing_is_kept(void **state) {
    (void)state;
    sdr_context serial = {.threads = 1}, parallel = {.threads = 2};
    for (EACH_ISA(isa)) {
        bool is_fastest = sdr_dispatch_active()->sort.is_fastest;
        assert_int_equal(expect_no_memory_everywhere(sort_call, &serial), 1);
        assert_int_equal(expect_no_memory_everywhere(sort_call, &parallel),
                         is_fastest ? 2 : 1);
    }
}

/* Stops at the k-th look. */
static int countdown(void *user, int64_t done, int64_t total) {
    assert_true(0 <= done && done <= total);
    return --*(int *)user < 0;
}

static void test_a_caller_that_wants_to_stop_is_heard_at_every_look(void **state) {
    (void)state;
    const int64_t n = 2200000; /* beyond what a radix sort sorts in one go */
    double *values = malloc((size_t)n * sizeof *values);
    double *drawn = malloc((size_t)n * sizeof *drawn);
    uint64_t seed = 4;
    assert_non_null(values);
    assert_non_null(drawn);
    for (int64_t i = 0; i < n; i++)
        drawn[i] = random_unit(&seed);
    for (EACH_ISA(isa))
        for (int threads = 1; threads < 3; threads++)
            for (int looks = 0;; looks++) {
                int left = looks;
                const sdr_context context = {threads, countdown, &left};
                memcpy(values, drawn, (size_t)n * sizeof *values);
                sdr_error error;
                sdr_code code = sdr_sort_f64(values, n, &context, &error);
                if (code == SDR_OK) {
                    assert_true(looks > 0);
                    break;
                }
                assert_int_equal(code, SDR_CANCELLED);
                assert_int_equal(error.code, SDR_CANCELLED);
            }
    free(values);
    free(drawn);
}

static void test_arguments_are_checked(void **state) {
    (void)state;
    double value = -0.0;
    assert_int_equal(sdr_sort_f64(&value, -1, NULL, NULL), SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_sort_f64(NULL, 1, NULL, NULL), SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_sort_f64(NULL, 0, NULL, NULL), SDR_OK);
    assert_int_equal(sdr_sort_f64(&value, 1, NULL, NULL), SDR_OK);
    assert_false(signbit(value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_sort_all_zeros_and_ones),
        cmocka_unit_test(test_few_keys_are_sorted_in_place_and_elsewhere),
        cmocka_unit_test(test_a_split_keeps_every_key_and_writes_nowhere_else),
        cmocka_unit_test(test_a_split_in_place_keeps_every_key),
        cmocka_unit_test(test_every_isa_sorts_every_pattern_and_size),
        cmocka_unit_test(test_no_threads_and_no_radix_sort_change_a_bit),
        cmocka_unit_test(test_samples_of_any_lengths_are_sorted_at_once),
        cmocka_unit_test(test_memory_that_runs_out_is_told_and_nothing_is_kept),
        cmocka_unit_test(test_a_caller_that_wants_to_stop_is_heard_at_every_look),
        cmocka_unit_test(test_arguments_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
