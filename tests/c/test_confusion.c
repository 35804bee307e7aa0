/* Confusion counts: kernels of every ISA against plain loops, columns of every type
 * against a count of their rows, groups against each group alone. */
#include "support.h"

#include "kernels/dispatch.h"

enum { MOST = SDR_CODES_ROWS_MOST };

/* --- kernels ---------------------------------------------------------------------- */

static void expect_pairs_and_cells(const sdr_codes_kernels *kernels, const uint8_t *a,
                                   const uint8_t *b, int n) {
    static uint8_t cells[MOST];
    int64_t counts[4] = {1, 1, 1, 1}, expected[4] = {1, 1, 1, 1};
    kernels->pairs(counts, a, b, n);
    kernels->join(cells, a, b, 17, 15, n);
    for (int i = 0; i < n; i++) {
        if (a[i] < 2 && b[i] < 2) expected[2 * a[i] + b[i]]++;
        assert_int_equal(cells[i], a[i] < 17 && b[i] < 15 ? a[i] * 15 + b[i] : 255);
    }
    assert_memory_equal(counts, expected, sizeof counts);
}

static void expect_wide_cells(const sdr_codes_kernels *kernels, const int32_t *a,
                              const int32_t *b, int n) {
    static int32_t cells[MOST];
    kernels->join_wide(cells, a, b, 30000, 20000, n);
    for (int i = 0; i < n; i++)
        assert_int_equal(cells[i], a[i] < 30000 && b[i] < 20000 ? a[i] * 20000 + b[i]
                                                                : 30000 * 20000);
}

static void test_every_isa_joins_codes_and_counts_pairs(void **state) {
    (void)state;
    static uint8_t a[MOST + 1], b[MOST + 1];
    static int32_t wide_a[MOST], wide_b[MOST];
    uint64_t seed = 5;
    sdr_isa before = sdr_isa_active();
    for (EACH_ISA(isa)) {
        const sdr_codes_kernels *kernels = &sdr_dispatch_active()->codes;
        for (int n = 0; n <= MOST; n = n < 150 ? n + 1 : n < MOST ? MOST : MOST + 1) {
            for (int i = 0; i < n; i++) {
                a[i] = (uint8_t)(random_bits(&seed) % (n % 2 ? 2 : 256));
                b[i + 1] = (uint8_t)(random_bits(&seed) % (n % 3 ? 3 : 256));
                wide_a[i] = (int32_t)(random_bits(&seed) % 30001);
                wide_b[i] = (int32_t)(random_bits(&seed) % 20001);
            }
            expect_pairs_and_cells(kernels, a, b + 1, n);
            expect_wide_cells(kernels, wide_a, wide_b, n);
        }
        memset(a, 1, sizeof a); /* as many of one cell as a lane may count */
        memset(b, 1, sizeof b);
        expect_pairs_and_cells(kernels, a, b, MOST);
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

static void test_every_isa_finds_whole_numbers(void **state) {
    (void)state;
    static const double values[] = {
        0.0,      -0.0,      1.0,   6.0, 7.0,  -1.0, 0.5, NAN, 1e300, -1e300,
        INFINITY, -INFINITY, 5.999, 3e9, -3e9, 4.0,  2.0, 3.0, 1e-300};
    static const int32_t expected[] = {0, 0, 1, 6, 7, 7, 7, 7, 7, 7,
                                       7, 7, 7, 7, 7, 4, 2, 3, 7};
    enum { N = sizeof values / sizeof *values };
    float floats[N];
    int32_t codes[N];
    sdr_isa before = sdr_isa_active();
    for (int i = 0; i < N; i++)
        floats[i] = (float)values[i];
    for (EACH_ISA(isa)) {
        const sdr_codes_kernels *kernels = &sdr_dispatch_active()->codes;
        kernels->whole(codes, values, SDR_TYPE_FLOAT64, 0.0, 7, N);
        assert_memory_equal(codes, expected, sizeof codes);
        kernels->whole(codes, floats, SDR_TYPE_FLOAT32, 0.0, 7, N - 1);
        assert_memory_equal(codes, expected, sizeof codes - sizeof *codes);
        kernels->whole(codes, values, SDR_TYPE_FLOAT64, -1.0, 3, N);
        assert_int_equal(codes[5], 0);
        assert_int_equal(codes[0], 1);
        assert_int_equal(codes[16], 3);
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

/* --- columns ---------------------------------------------------------------------- */

enum { ROWS = 150000 };

typedef struct case_of {
    sdr_type type;
    int bytes;
    int64_t low;
    int64_t n_rows, n_columns;
} case_of;

static const case_of cases[] = {
    {SDR_TYPE_INT8, 1, 0, 2, 2},         {SDR_TYPE_INT8, 1, -1, 3, 3},
    {SDR_TYPE_INT8, 1, -100, 200, 100},  {SDR_TYPE_UINT8, 1, 0, 4, 4},
    {SDR_TYPE_UINT8, 1, -3, 5, 5},       {SDR_TYPE_UINT8, 1, 0, 250, 250},
    {SDR_TYPE_INT16, 2, -5, 15, 17},     {SDR_TYPE_UINT16, 2, 60000, 2, 2},
    {SDR_TYPE_INT32, 4, -7, 3, 1},       {SDR_TYPE_UINT32, 4, 4000000000, 15, 15},
    {SDR_TYPE_INT64, 8, 0, 2, 2},        {SDR_TYPE_INT64, 8, INT64_MIN, 7, 7},
    {SDR_TYPE_UINT64, 8, -2, 4, 4},      {SDR_TYPE_UINT64, 8, 3, 700, 300},
    {SDR_TYPE_FLOAT32, 4, -1, 3, 3},     {SDR_TYPE_FLOAT64, 8, 0, 2, 2},
    {SDR_TYPE_FLOAT64, 8, 100, 30, 1000}};
enum { CASES = sizeof cases / sizeof *cases };

static void put(uint8_t *rows, const case_of *c, int64_t i, int64_t value) {
    const double real = (double)value;
    const float single = (float)value;
    if (c->type == SDR_TYPE_FLOAT64)
        memcpy(rows + i * 8, &real, 8);
    else if (c->type == SDR_TYPE_FLOAT32)
        memcpy(rows + i * 4, &single, 4);
    else
        memcpy(rows + i * c->bytes, &value, (size_t)c->bytes);
}

/* Codes from -1, which the type may turn into another value, to the side's number:
 * -1 and that number are no codes. *code: -1 where there is none. */
static void draw(uint8_t *rows, int32_t *codes, uint8_t *nulls, const case_of *c,
                 int64_t n_codes, uint64_t seed) {
    for (int64_t i = 0; i < ROWS; i++) {
        int64_t code = (int64_t)(random_bits(&seed) % (uint64_t)(n_codes + 2)) - 1;
        nulls[i] = random_bits(&seed) % 16 == 0;
        if (code < 0 && c->low == INT64_MIN) code = n_codes;
        if (c->low + code < 0 && c->type != SDR_TYPE_INT8 && c->low <= 0 &&
            (c->type == SDR_TYPE_UINT8 || c->type == SDR_TYPE_UINT64))
            code = -c->low; /* value 0 */
        if (c->bytes == 1 && (c->low + code > 127 || c->low + code < -128) &&
            c->type == SDR_TYPE_INT8)
            code = 0;
        if (c->type == SDR_TYPE_UINT8 && c->low + code > 255) code = -c->low;
        put(rows, c, i, c->low + code);
        codes[i] = code < n_codes ? (int32_t)code : -1;
    }
}

static uint8_t left[ROWS * 8], right[ROWS * 8], left_null[ROWS], right_null[ROWS];
static int32_t left_code[ROWS], right_code[ROWS];
static double weights[ROWS];
enum { GROUPS = 5 };
static const int64_t starts[GROUPS] = {0, 0, 70000, 149999, 3};
static const int64_t stops[GROUPS] = {ROWS, 0, 140001, ROWS, 5000};
static const sdr_groups groups = {starts, stops, GROUPS};

static void expect_counts(const int64_t *counts, const case_of *c, bool has_nulls) {
    const int64_t cells = c->n_rows * c->n_columns;
    int64_t *naive = calloc((size_t)cells, sizeof *naive);
    for (int g = 0; g < GROUPS; g++) {
        memset(naive, 0, (size_t)cells * sizeof *naive);
        for (int64_t i = starts[g]; i < stops[g]; i++) {
            if (has_nulls && (left_null[i] || right_null[i])) continue;
            if (left_code[i] < 0 || right_code[i] < 0) continue;
            naive[left_code[i] * c->n_columns + right_code[i]]++;
        }
        assert_memory_equal(counts + g * cells, naive, (size_t)cells * sizeof *naive);
    }
    free(naive);
}

static void expect_case(const case_of *c, const uint8_t *mask_a, const uint8_t *mask_b,
                        int threads) {
    const sdr_confusion_codes codes = {c->n_rows, c->n_columns, c->low};
    const sdr_context context = {.threads = threads};
    const size_t size = (size_t)(GROUPS * c->n_rows * c->n_columns) * sizeof(int64_t);
    int64_t *counts = malloc(size);
    sdr_column a = column_of_type(c->type, left, (size_t)c->bytes, ROWS, mask_a);
    sdr_column b = column_of_type(c->type, right, (size_t)c->bytes, ROWS, mask_b);
    memset(counts, 0xff, size);
    assert_int_equal(
        sdr_confusion_groups(counts, &a, &b, codes, &groups, &context, NULL), SDR_OK);
    expect_counts(counts, c, mask_a != NULL);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
    free(counts);
}

static void test_columns_of_every_type_are_counted(void **state) {
    (void)state;
    sdr_isa before = sdr_isa_active();
    for (int k = 0; k < CASES; k++) {
        draw(left, left_code, left_null, &cases[k], cases[k].n_rows, 1);
        draw(right, right_code, right_null, &cases[k], cases[k].n_columns, 2);
        for (EACH_ISA(isa)) {
            expect_case(&cases[k], NULL, NULL, 1);
            if (isa == SDR_ISA_SCALAR) expect_case(&cases[k], NULL, NULL, 3);
            if (k % 3 == 0) expect_case(&cases[k], left_null, right_null, 1);
        }
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

/* Chunks whose ends lie in blocks, and booleans of bits and bytes. */
static void test_chunks_and_booleans_are_counted(void **state) {
    (void)state;
    static uint8_t bits[ROWS / 8 + 1], bytes[ROWS];
    uint64_t seed = 9;
    sdr_view parts[3];
    int64_t counts[4], expected[4] = {0};
    const int64_t start = 0, stop = ROWS, ends[4] = {0, 77, 5000, ROWS};
    const sdr_groups all = {&start, &stop, 1};
    for (int64_t i = 0; i < ROWS; i++) {
        bytes[i] = (uint8_t)(random_bits(&seed) % 3); /* 2 is true as well */
        bool bit = random_bits(&seed) % 2;
        bits[i / 8] |= (uint8_t)(bit << (i % 8));
        expected[2 * (bytes[i] != 0) + bit]++;
    }
    for (int k = 0; k < 3; k++)
        assert_int_equal(sdr_view_init_strided(&parts[k], SDR_TYPE_BOOL_BYTES,
                                               SDR_UNIT_NONE, false, bytes + ends[k],
                                               ends[k + 1] - ends[k], 1, NULL, 0, NULL),
                         SDR_OK);
    sdr_view packed = {
        .type = SDR_TYPE_BOOL_BITS, .length = ROWS, .null_count = -1, .data = bits};
    sdr_column a, b;
    assert_int_equal(sdr_column_init(&a, parts, 3, NULL), SDR_OK);
    assert_int_equal(sdr_column_init(&b, &packed, 1, NULL), SDR_OK);
    const sdr_confusion_codes codes = {2, 2, 0};
    assert_int_equal(sdr_confusion_groups(counts, &a, &b, codes, &all, NULL, NULL),
                     SDR_OK);
    assert_memory_equal(counts, expected, sizeof counts);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

/* --- weights ---------------------------------------------------------------------- */

/* Sums of each group, and of each group alone: the same bits with any number of
 * threads and every ISA; near the sums in the order of rows. */
static void expect_sums(const case_of *c) {
    const sdr_confusion_codes codes = {c->n_rows, c->n_columns, c->low};
    const int64_t cells = c->n_rows * c->n_columns;
    const size_t size = (size_t)(GROUPS * cells) * sizeof(double);
    double *sums = malloc(size), *again = malloc(size);
    sdr_column a = column_of_type(c->type, left, (size_t)c->bytes, ROWS, NULL);
    sdr_column b = column_of_type(c->type, right, (size_t)c->bytes, ROWS, NULL);
    for (EACH_ISA(isa)) {
        const sdr_context context = {.threads = 1 + isa * 2};
        double *out = isa == SDR_ISA_SCALAR ? sums : again;
        assert_int_equal(sdr_weighted_confusion_groups(out, weights, &a, &b, codes,
                                                       &groups, &context, NULL),
                         SDR_OK);
        if (out == again) assert_memory_equal(again, sums, size);
    }
    for (int g = 0; g < GROUPS; g++) {
        const sdr_groups alone = {starts + g, stops + g, 1};
        const sdr_context context = {.threads = 2};
        assert_int_equal(sdr_weighted_confusion_groups(again, weights, &a, &b, codes,
                                                       &alone, &context, NULL),
                         SDR_OK);
        assert_memory_equal(again, sums + g * cells, (size_t)cells * sizeof(double));
        double in_order = 0.0, first = again[0];
        for (int64_t i = starts[g]; i < stops[g]; i++)
            if (left_code[i] == 0 && right_code[i] == 0) in_order += weights[i];
        assert_true(fabs(first - in_order) <= 1e-12 * in_order);
    }
    sdr_column_reset(&a);
    sdr_column_reset(&b);
    free(sums);
    free(again);
}

static void test_sums_of_weights_have_one_order(void **state) {
    (void)state;
    static const int of[] = {0, 3, 5, 13};
    uint64_t seed = 4;
    sdr_isa before = sdr_isa_active();
    for (int64_t i = 0; i < ROWS; i++)
        weights[i] = i % 7 == 0 ? 0.0 : exp(random_normal(&seed));
    for (int k = 0; k < 4; k++) {
        draw(left, left_code, left_null, &cases[of[k]], cases[of[k]].n_rows, 1);
        draw(right, right_code, right_null, &cases[of[k]], cases[of[k]].n_columns, 2);
        expect_sums(&cases[of[k]]);
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

static void test_weights_that_are_none_are_refused(void **state) {
    (void)state;
    static const int8_t rows[3] = {0, 1, 1};
    static const double refused[3] = {-1.0, NAN, INFINITY};
    const int64_t start = 0, stop = 3;
    const sdr_groups all = {&start, &stop, 1};
    sdr_column a = column_of_type(SDR_TYPE_INT8, rows, 1, 3, NULL);
    for (int k = 0; k < 3; k++) {
        const double own[3] = {1.0, 1.0, refused[k]};
        double sums[4];
        sdr_error error;
        assert_int_equal(sdr_weighted_confusion_groups(sums, own, &a, &a,
                                                       (sdr_confusion_codes){2, 2, 0},
                                                       &all, NULL, &error),
                         SDR_INVALID_ARGUMENT);
        assert_non_null(strstr(error.message, "row 2"));
    }
    sdr_column_reset(&a);
}

/* --- refusals, memory ------------------------------------------------------------- */

static void test_what_cannot_be_counted_is_refused(void **state) {
    (void)state;
    static const int8_t rows[3] = {0, 1, 1};
    const int64_t start = 0, stop = 3, beyond = 4;
    const sdr_groups all = {&start, &stop, 1}, outside = {&start, &beyond, 1};
    int64_t counts[4];
    sdr_column a = column_of_type(SDR_TYPE_INT8, rows, 1, 3, NULL);
    sdr_column shorter = column_of_type(SDR_TYPE_INT8, rows, 1, 2, NULL);
    const sdr_confusion_codes codes = {2, 2, 0}, none = {0, 2, 0}, many = {2, 32768, 0},
                              far = {2, 2, INT64_MAX};
    assert_int_equal(
        sdr_confusion_groups(counts, &a, &shorter, codes, &all, NULL, NULL),
        SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_confusion_groups(counts, &a, &a, codes, &outside, NULL, NULL),
                     SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_confusion_groups(counts, &a, &a, none, &all, NULL, NULL),
                     SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_confusion_groups(counts, &a, &a, many, &all, NULL, NULL),
                     SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_confusion_groups(counts, &a, &a, far, &all, NULL, NULL),
                     SDR_INVALID_ARGUMENT);
    sdr_column_reset(&a);
    sdr_column_reset(&shorter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_joins_codes_and_counts_pairs),
        cmocka_unit_test(test_every_isa_finds_whole_numbers),
        cmocka_unit_test(test_columns_of_every_type_are_counted),
        cmocka_unit_test(test_chunks_and_booleans_are_counted),
        cmocka_unit_test(test_sums_of_weights_have_one_order),
        cmocka_unit_test(test_weights_that_are_none_are_refused),
        cmocka_unit_test(test_what_cannot_be_counted_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
