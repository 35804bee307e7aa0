/* Counts of small codes and integers: kernels of every ISA against plain loops, columns
 * of every width, offset and share of nulls against a count of their rows. */
#include "support.h"

#include "kernels/dispatch.h"

#include <stdio.h>

enum { MOST = SDR_CODES_ROWS_MOST };

static void test_every_isa_counts_narrows_widens_and_finds_the_range(void **state) {
    (void)state;
    static int64_t rows[MOST];
    static uint8_t bytes[MOST + 1], narrowed[MOST];
    static int32_t widened[MOST];
    uint64_t seed = 3;
    sdr_isa before = sdr_isa_active();
    for (EACH_ISA(isa)) {
        const sdr_codes_kernels *kernels = &sdr_dispatch_active()->codes;
        for (int n = 0; n <= MOST; n = n < 200 ? n + 1 : n < MOST ? MOST : MOST + 1) {
            int n_values = n % (SDR_CODES_FEW + 1);
            int64_t expected[256] = {0}, counts[SDR_CODES_FEW + 1] = {0};
            int64_t low = INT64_MAX, high = INT64_MIN, least = low, most = high;
            for (int i = 0; i < n; i++) {
                bytes[i + 1] = (uint8_t)(random_bits(&seed) % (n == MOST ? 1 : 20));
                expected[bytes[i + 1]]++;
                rows[i] = (int64_t)random_bits(&seed) >> (random_bits(&seed) % 64);
                least = rows[i] < least ? rows[i] : least;
                most = rows[i] > most ? rows[i] : most;
            }
            kernels->few(counts, bytes + 1, n, n_values);
            for (int k = 0; k <= SDR_CODES_FEW; k++)
                assert_int_equal(counts[k], k < n_values ? expected[k] : 0);
            kernels->range(&low, &high, rows, n);
            assert_int_equal(low, least);
            assert_int_equal(high, most);
            kernels->narrow(narrowed, rows, 8, 7, n);
            kernels->widen(widened, rows, SDR_TYPE_INT64, (uint64_t)-5, 300, n);
            for (int i = 0; i < n; i++) {
                uint64_t index = (uint64_t)rows[i] + 5;
                assert_int_equal(narrowed[i], (uint8_t)((uint64_t)rows[i] - 7));
                assert_int_equal(widened[i], index < 300 ? (int)index : 300);
            }
        }
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

/* --- columns ---------------------------------------------------------------------- */

enum { ROWS = 600000 };

typedef struct width {
    sdr_type type;
    int bytes;
    int64_t least; /* where the codes begin, in a column of integers */
} width;

static const width widths[] = {
    {SDR_TYPE_INT8, 1, -100},       {SDR_TYPE_UINT8, 1, 3},
    {SDR_TYPE_INT16, 2, -32768},    {SDR_TYPE_UINT16, 2, 60000},
    {SDR_TYPE_INT32, 4, -1000000},  {SDR_TYPE_UINT32, 4, 4000000000},
    {SDR_TYPE_INT64, 8, INT64_MIN}, {SDR_TYPE_INT64, 8, INT64_MAX - 200000},
    {SDR_TYPE_UINT64, 8, -200000}};

static void *rows_of(const width *w, const int32_t *codes, int64_t least, int64_t n) {
    uint8_t *rows = malloc((size_t)(n * w->bytes) + 1);
    assert_non_null(rows);
    for (int64_t i = 0; i < n; i++) {
        uint64_t value = (uint64_t)least + (uint64_t)codes[i];
        memcpy(rows + i * w->bytes, &value, (size_t)w->bytes);
    }
    return rows;
}

/* Codes that are frequent, rare, and one that is in the last row only. */
static void draw_codes(int32_t *codes, uint8_t *null, int64_t n, int k, int one_null) {
    uint64_t seed = (uint64_t)k;
    for (int64_t i = 0; i < n; i++) {
        double u = random_unit(&seed);
        codes[i] = (int32_t)((k - 1) * u * u);
        null[i] = one_null > 0 && random_bits(&seed) % (uint64_t)one_null == 0;
    }
    codes[n - 1] = k - 1;
    null[n - 1] = 0;
}

static int64_t code_of_label(const sdr_categories *categories, int64_t code,
                             const width *w, int64_t least) {
    sdr_string label = sdr_categories_label(categories, code);
    char text[32] = {0};
    memcpy(text, label.data, (size_t)label.size);
    uint64_t value = w->type == SDR_TYPE_UINT64 ? strtoull(text, NULL, 10)
                                                : (uint64_t)strtoll(text, NULL, 10);
    return (int64_t)(value - (uint64_t)least);
}

static void expect_counts(const sdr_column *column, const int32_t *codes,
                          const uint8_t *null, int k, const width *w, int64_t least,
                          int threads) {
    int64_t *naive = calloc((size_t)k, sizeof *naive);
    int64_t *order = malloc((size_t)k * sizeof *order), n = 0, missing = 0, nulls;
    for (int64_t i = 0; i < column->length; i++) {
        missing += null[i];
        if (!null[i] && naive[codes[i]]++ == 0) order[n++] = codes[i];
    }
    sdr_categories *categories;
    assert_int_equal(sdr_categories_new(&categories, k, NULL), SDR_OK);
    int64_t *counts = calloc((size_t)k, sizeof *counts);
    sdr_context context = {.threads = threads};
    bool overflow;
    assert_int_equal(sdr_categories_count(categories, counts, k, &nulls, &overflow,
                                          column, &context, NULL),
                     SDR_OK);
    assert_false(overflow);
    assert_int_equal(nulls, missing);
    assert_int_equal(sdr_categories_size(categories), n);
    for (int64_t code = 0; code < n; code++) {
        assert_int_equal(code_of_label(categories, code, w, least), order[code]);
        assert_int_equal(counts[code], naive[order[code]]);
    }
    int32_t *encoded = malloc((size_t)column->length * sizeof *encoded);
    assert_int_equal(
        sdr_categories_encode(categories, encoded, &overflow, column, &context, NULL),
        SDR_OK);
    for (int64_t i = 0; i < column->length; i++)
        assert_true(null[i] ? encoded[i] == -1 : order[encoded[i]] == codes[i]);
    sdr_categories_free(categories);
    free(naive);
    free(order);
    free(counts);
    free(encoded);
}

static const int domains[] = {1, 2, 16, 17, 100, 255, 256, 2048, 5000, 70000, 150000};

static void test_integers_of_a_small_range_are_counted(void **state) {
    (void)state;
    static int32_t codes[ROWS];
    static uint8_t null[ROWS];
    for (size_t d = 0; d < sizeof domains / sizeof *domains; d++) {
        int k = domains[d];
        draw_codes(codes, null, ROWS, k, d % 2 ? 20 : 0);
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
            const width *w = &widths[i];
            if (w->bytes == 1 && (k > 200 || (k > 20 && w->least < 0))) continue;
            if (w->bytes == 2 && k > 5000) continue;
            if (d % 3 != i % 3) continue; /* a third of all pairs: each in some */
            void *rows = rows_of(w, codes, w->least, ROWS);
            sdr_column column = column_of_type(w->type, rows, (size_t)w->bytes, ROWS,
                                               d % 2 ? null : NULL);
            expect_counts(&column, codes, null, k, w, w->least, 1 + (int)(d % 3));
            sdr_column_reset(&column);
            free(rows);
        }
    }
}

/* A dictionary over int64 values whose label is their index, indices of every width. */
static void test_dictionary_indices_of_every_width_are_counted(void **state) {
    (void)state;
    static int32_t codes[ROWS];
    static uint8_t null[ROWS];
    static int64_t values[150000];
    for (int i = 0; i < 150000; i++)
        values[i] = i;
    for (size_t d = 0; d < sizeof domains / sizeof *domains; d++) {
        int k = domains[d];
        sdr_column dictionary = column_of_type(SDR_TYPE_INT64, values, 8, k, NULL);
        for (int one_null = 0; one_null <= 20; one_null += 20) {
            draw_codes(codes, null, ROWS, k, one_null);
            for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
                const width *w = &widths[i];
                if (w->bytes == 1 && k > 128) continue;
                if (w->bytes == 2 && k > 32768) continue;
                if ((d + (size_t)one_null / 20) % 3 != i % 3) continue;
                uint8_t *rows = rows_of(w, codes, 0, ROWS);
                sdr_view view = {.type = SDR_TYPE_DICTIONARY,
                                 .index_type = w->type,
                                 .length = ROWS,
                                 .null_count = -1,
                                 .data = rows,
                                 .stride = w->bytes,
                                 .mask = one_null ? null : NULL,
                                 .mask_stride = 1,
                                 .dictionary = &dictionary};
                sdr_column column;
                assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
                expect_counts(&column, codes, null, k, w, 0, 1 + (int)(i % 3));
                sdr_column_reset(&column);
                free(rows);
            }
        }
        sdr_column_reset(&dictionary);
    }
}

static void test_rows_that_are_all_null_have_no_category(void **state) {
    (void)state;
    const int64_t rows[] = {5, 6, 7};
    const uint8_t null[] = {1, 1, 1};
    sdr_column column = column_of_type(SDR_TYPE_INT64, rows, 8, 3, null);
    sdr_categories *categories;
    assert_int_equal(sdr_categories_new(&categories, 10, NULL), SDR_OK);
    int64_t counts[10] = {0}, nulls;
    bool overflow;
    assert_int_equal(sdr_categories_count(categories, counts, 10, &nulls, &overflow,
                                          &column, NULL, NULL),
                     SDR_OK);
    assert_int_equal(nulls, 3);
    assert_int_equal(sdr_categories_size(categories), 0);
    sdr_categories_free(categories);
    sdr_column_reset(&column);
}

static sdr_code count_small(void *user, sdr_error *error) {
    sdr_categories *categories;
    int64_t counts[200] = {0}, nulls;
    bool overflow;
    SDR_TRY(sdr_categories_new(&categories, 200, error));
    sdr_code code = sdr_categories_count(categories, counts, 200, &nulls, &overflow,
                                         user, NULL, error);
    sdr_categories_free(categories);
    return code;
}

static void test_no_memory_is_told_and_nothing_kept(void **state) {
    (void)state;
    int16_t rows[200];
    for (int i = 0; i < 200; i++)
        rows[i] = (int16_t)(i % 50);
    sdr_column column = column_of_type(SDR_TYPE_INT16, rows, 2, 200, NULL);
    assert_true(expect_no_memory_everywhere(count_small, &column) >= 8);
    sdr_column_reset(&column);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa_counts_narrows_widens_and_finds_the_range),
        cmocka_unit_test(test_integers_of_a_small_range_are_counted),
        cmocka_unit_test(test_dictionary_indices_of_every_width_are_counted),
        cmocka_unit_test(test_rows_that_are_all_null_have_no_category),
        cmocka_unit_test(test_no_memory_is_told_and_nothing_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
