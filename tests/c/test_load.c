/*
 * Blocks of rows against a reader that goes row by row and bit by bit.
 */
#include "arrow_support.h"

static bool naive_bit(const uint8_t *bits, int64_t at) {
    return bits[at / 8] & (1 << at % 8);
}

static void random_fill(void *out, size_t bytes, uint64_t *seed) {
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_bits(seed);
}

/* Equal, or both NaN. */
static void assert_same(double expected, double found) {
    if (isnan(expected))
        assert_true(isnan(found));
    else
        assert_memory_equal(&expected, &found, sizeof expected);
}

/* --- bitmaps ---------------------------------------------------------------------- */

enum { BITMAP_ROWS = 300 };

/* Copies the bitmap so that it ends at an allocation's end: a sanitizer sees any byte
 * read behind it. */
static uint8_t *exact_copy(const uint8_t *bits, int64_t n_bits) {
    size_t bytes = (size_t)(n_bits + 7) / 8;
    uint8_t *copy = malloc(bytes);
    memcpy(copy, bits, bytes);
    return copy;
}

static void test_bitmaps_are_read_at_every_bit_offset(void **state) {
    (void)state;
    uint64_t seed = 1;
    uint8_t bits[64];
    int32_t values[BITMAP_ROWS];
    double scratch[BITMAP_ROWS];
    random_fill(bits, sizeof bits, &seed);
    for (int i = 0; i < BITMAP_ROWS; i++)
        values[i] = i;
    for (int64_t offset = 0; offset < 64; offset++) {
        static const int64_t lengths[] = {1, 7, 8, 63, 64, 65, 128, 200, 300};
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            int64_t n = lengths[k], nulls = 0, expected = 0;
            uint8_t *validity = exact_copy(bits, offset + n);
            sdr_view view = {.type = SDR_TYPE_INT32,
                             .length = n,
                             .data = (const uint8_t *)values,
                             .stride = 4,
                             .validity = validity,
                             .validity_offset = offset};
            sdr_column column;
            assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
            const double *out = sdr_column_load_f64(&column, 0, n, 0, scratch, &nulls);
            for (int64_t i = 0; i < n; i++) {
                bool is_null = !naive_bit(validity, offset + i);
                assert_same(is_null ? NAN : (double)i, out[i]);
                expected += is_null;
            }
            assert_int_equal(nulls, expected);
            assert_int_equal(column.null_count, expected);
            sdr_column_reset(&column);
            free(validity);
        }
    }
}

static void test_booleans_in_bits_are_read_at_every_bit_offset(void **state) {
    (void)state;
    uint64_t seed = 2;
    uint8_t bits[64], scarce[64];
    random_fill(bits, sizeof bits, &seed);
    random_fill(scarce, sizeof scarce, &seed);
    for (int64_t offset = 0; offset < 64; offset++) {
        int64_t n = 1 + (offset * 37) % BITMAP_ROWS, nulls;
        uint8_t *values = exact_copy(bits, offset + n);
        double scratch[BITMAP_ROWS];
        sdr_view view = {.type = SDR_TYPE_BOOL_BITS,
                         .length = n,
                         .data = values,
                         .bit_offset = offset,
                         .validity = scarce,
                         .validity_offset = 63 - offset};
        sdr_column column;
        assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
        const double *out = sdr_column_load_f64(&column, 0, n, 0, scratch, &nulls);
        for (int64_t i = 0; i < n; i++)
            assert_same(naive_bit(scarce, 63 - offset + i)
                            ? (double)naive_bit(values, offset + i)
                            : NAN,
                        out[i]);
        sdr_column_reset(&column);
        free(values);
    }
}

static void test_masks_of_any_stride_hide_rows(void **state) {
    (void)state;
    enum { ROWS = 150 };
    uint64_t seed = 3;
    uint8_t mask[3 * ROWS];
    int16_t values[ROWS];
    double scratch[ROWS];
    int64_t nulls;
    random_fill(values, sizeof values, &seed);
    for (int i = 0; i < 3 * ROWS; i++)
        mask[i] = random_bits(&seed) % 3 == 0 ? (uint8_t)random_bits(&seed) : 0;
    static const int strides[] = {1, 2, 3, -1, -3, 0};
    for (size_t k = 0; k < sizeof strides / sizeof *strides; k++) {
        const uint8_t *first = strides[k] < 0 ? mask + 3 * ROWS - 1 : mask;
        sdr_view view;
        sdr_column column;
        assert_int_equal(sdr_view_init_strided(&view, SDR_TYPE_INT16, SDR_UNIT_NONE,
                                               false, values, ROWS, 2, first,
                                               strides[k], NULL),
                         SDR_OK);
        assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
        const double *out = sdr_column_load_f64(&column, 0, ROWS, 0, scratch, &nulls);
        for (int i = 0; i < ROWS; i++)
            assert_same(first[i * strides[k]] ? NAN : (double)values[i], out[i]);
        assert_int_equal(nulls, column.null_count);
        sdr_column_reset(&column);
    }
}

/* --- conversions ------------------------------------------------------------------ */

static const int64_t hard_integers[] = {
    0,
    1,
    -1,
    INT64_MAX,
    INT64_MIN,
    INT64_MAX - 511,
    INT64_MAX - 512,
    INT64_MAX - 513,
    ((int64_t)1 << 53) + 1,
    ((int64_t)1 << 53) + 3,
    -((int64_t)1 << 53) - 1,
    (int64_t)1 << 62,
    ((int64_t)1 << 62) + 256,
    ((int64_t)1 << 62) + 768,
    (int64_t)0xffffffff,
    (int64_t)0x100000000,
    -(int64_t)0x100000000,
    -(int64_t)0xffffffff,
};
enum { N_HARD = sizeof hard_integers / sizeof *hard_integers, N_INTEGERS = 2000 };

static void hard_and_random(int64_t *out, uint64_t *seed) {
    for (int i = 0; i < N_INTEGERS; i++) {
        int shift = (int)(random_bits(seed) % 64);
        out[i] = i < N_HARD ? hard_integers[i] : (int64_t)random_bits(seed) >> shift;
    }
}

static void test_64_bit_integers_are_rounded_to_nearest(void **state) {
    (void)state;
    uint64_t seed = 4;
    int64_t values[N_INTEGERS], nulls;
    double scratch[N_INTEGERS];
    hard_and_random(values, &seed);
    sdr_column column = column_of_type(SDR_TYPE_INT64, values, 8, N_INTEGERS, NULL);
    const double *out = sdr_column_load_f64(&column, 0, N_INTEGERS, 0, scratch, &nulls);
    for (int i = 0; i < N_INTEGERS; i++)
        assert_same((double)values[i], out[i]);
    sdr_column_reset(&column);
    column = column_of_type(SDR_TYPE_UINT64, values, 8, N_INTEGERS, NULL);
    out = sdr_column_load_f64(&column, 0, N_INTEGERS, 0, scratch, &nulls);
    for (int i = 0; i < N_INTEGERS; i++)
        assert_same((double)(uint64_t)values[i], out[i]);
    sdr_column_reset(&column);
}

static void test_a_base_is_subtracted_before_rounding(void **state) {
    (void)state;
    const int64_t base = ((int64_t)1 << 60) + 1;
    const int64_t times[3] = {base, base + 1, base - 7};
    const uint64_t unsigned_times[3] = {(uint64_t)base, (uint64_t)base + 1,
                                        (uint64_t)base - 7};
    const int16_t small[3] = {5, 6, -2};
    double scratch[3];
    int64_t nulls;
    sdr_column column = column_of_type(SDR_TYPE_INT64, times, 8, 3, NULL);
    const double *out = sdr_column_load_f64(&column, 0, 3, base, scratch, &nulls);
    assert_true(out[0] == 0 && out[1] == 1 && out[2] == -7);
    sdr_column_reset(&column);
    column = column_of_type(SDR_TYPE_UINT64, unsigned_times, 8, 3, NULL);
    out = sdr_column_load_f64(&column, 0, 3, base, scratch, &nulls);
    assert_true(out[0] == 0 && out[1] == 1 && out[2] == -7);
    sdr_column_reset(&column);
    column = column_of_type(SDR_TYPE_INT16, small, 2, 3, NULL);
    out = sdr_column_load_f64(&column, 0, 3, 5, scratch, &nulls);
    assert_true(out[0] == 0 && out[1] == 1 && out[2] == -7);
    sdr_column_reset(&column);
}

/* The definition, IEEE 754-2008 3.4. */
static double half_value(unsigned half) {
    int exponent = half >> 10 & 31, mantissa = half & 1023;
    double sign = half >> 15 ? -1 : 1;
    if (exponent == 31) return mantissa ? NAN : sign * INFINITY;
    if (exponent == 0) return sign * ldexp(mantissa, -24);
    return sign * ldexp(1024 + mantissa, exponent - 25);
}

static void test_every_float16_is_converted_exactly(void **state) {
    (void)state;
    static uint16_t halves[65536];
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    for (int i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    sdr_column column = column_of_type(SDR_TYPE_FLOAT16, halves, 2, 65536, NULL);
    for (int64_t start = 0; start < 65536; start += SDR_BLOCK_ROWS) {
        const double *out =
            sdr_column_load_f64(&column, start, SDR_BLOCK_ROWS, 0, scratch, &nulls);
        for (int i = 0; i < SDR_BLOCK_ROWS; i++)
            assert_same(half_value((unsigned)start + (unsigned)i), out[i]);
    }
    sdr_column_reset(&column);
}

#define CHECK_TYPE(c_type, sdr_type_name)                                              \
    do {                                                                               \
        enum { ROWS = 200 };                                                           \
        c_type values[ROWS];                                                           \
        uint8_t unaligned[sizeof values + 1];                                          \
        double scratch[ROWS];                                                          \
        int64_t nulls;                                                                 \
        random_fill(values, sizeof values, &seed);                                     \
        memcpy(unaligned + 1, values, sizeof values);                                  \
        sdr_column column =                                                            \
            column_of_type(sdr_type_name, unaligned + 1, sizeof(c_type), ROWS, NULL);  \
        const double *out = sdr_column_load_f64(&column, 0, ROWS, 0, scratch, &nulls); \
        for (int i = 0; i < ROWS; i++)                                                 \
            assert_same((double)values[i], out[i]);                                    \
        assert_int_equal(nulls, 0);                                                    \
        sdr_column_reset(&column);                                                     \
    } while (0)

static void test_every_number_type_is_read_misaligned(void **state) {
    (void)state;
    uint64_t seed = 5;
    CHECK_TYPE(int8_t, SDR_TYPE_INT8);
    CHECK_TYPE(int16_t, SDR_TYPE_INT16);
    CHECK_TYPE(int32_t, SDR_TYPE_INT32);
    CHECK_TYPE(int64_t, SDR_TYPE_INT64);
    CHECK_TYPE(uint8_t, SDR_TYPE_UINT8);
    CHECK_TYPE(uint16_t, SDR_TYPE_UINT16);
    CHECK_TYPE(uint32_t, SDR_TYPE_UINT32);
    CHECK_TYPE(uint64_t, SDR_TYPE_UINT64);
    CHECK_TYPE(float, SDR_TYPE_FLOAT32);
    CHECK_TYPE(double, SDR_TYPE_FLOAT64);
}

/* --- int64 ------------------------------------------------------------------------ */

static void test_integers_come_as_int64_with_their_validity(void **state) {
    (void)state;
    enum { ROWS = 130 };
    uint64_t seed = 6;
    uint32_t values[ROWS];
    uint8_t bits[32], valid[ROWS];
    int64_t scratch[ROWS], nulls, expected = 0;
    random_fill(values, sizeof values, &seed);
    random_fill(bits, sizeof bits, &seed);
    sdr_view view = {.type = SDR_TYPE_UINT32,
                     .length = ROWS,
                     .data = (const uint8_t *)values,
                     .stride = 4,
                     .validity = bits,
                     .validity_offset = 3};
    sdr_column column;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    const int64_t *out = sdr_column_load_i64(&column, 0, ROWS, scratch, valid, &nulls);
    for (int i = 0; i < ROWS; i++) {
        bool is_valid = naive_bit(bits, 3 + i);
        assert_int_equal(valid[i], is_valid);
        assert_int_equal(out[i], is_valid ? (int64_t)values[i] : 0);
        expected += !is_valid;
    }
    assert_int_equal(nulls, expected);
    sdr_column_reset(&column);
}

static void test_uint64_keys_keep_their_order(void **state) {
    (void)state;
    const uint64_t values[4] = {0, 1, UINT64_C(1) << 63, UINT64_MAX};
    int64_t scratch[4], nulls;
    uint8_t valid[4];
    sdr_column column = column_of_type(SDR_TYPE_UINT64, values, 8, 4, NULL);
    const int64_t *keys = sdr_column_load_i64(&column, 0, 4, scratch, valid, &nulls);
    const int64_t expected[4] = {INT64_MIN, INT64_MIN + 1, 0, INT64_MAX};
    assert_memory_equal(keys, expected, sizeof expected);
    sdr_column_reset(&column);
}

/* --- chunks and blocks ------------------------------------------------------------ */

enum { CHUNKS = 40, CHUNK_ROWS = 700 };

/* Chunks of all lengths from 0 on, some with nulls. */
static int64_t chunked(sdr_column *out, float (*values)[CHUNK_ROWS],
                       uint8_t (*masks)[CHUNK_ROWS], double *expected) {
    sdr_view views[CHUNKS];
    uint64_t seed = 7;
    int64_t rows = 0;
    for (int c = 0; c < CHUNKS; c++) {
        int64_t n = c % 5 == 0 ? 0 : (int64_t)(random_bits(&seed) % CHUNK_ROWS);
        for (int64_t i = 0; i < n; i++) {
            values[c][i] = (float)random_normal(&seed);
            masks[c][i] = c % 3 == 0 && random_bits(&seed) % 4 == 0;
            expected[rows++] = masks[c][i] ? NAN : values[c][i];
        }
        assert_int_equal(sdr_view_init_strided(&views[c], SDR_TYPE_FLOAT32,
                                               SDR_UNIT_NONE, false, values[c], n, 4,
                                               masks[c], 1, NULL),
                         SDR_OK);
    }
    assert_int_equal(sdr_column_init(out, views, CHUNKS, NULL), SDR_OK);
    return rows;
}

static void test_blocks_cross_the_borders_of_chunks(void **state) {
    (void)state;
    static float values[CHUNKS][CHUNK_ROWS];
    static uint8_t masks[CHUNKS][CHUNK_ROWS];
    static double expected[CHUNKS * CHUNK_ROWS], scratch[SDR_BLOCK_ROWS];
    sdr_column column;
    int64_t n = chunked(&column, values, masks, expected), nulls, all = 0;
    assert_int_equal(column.length, n);
    for (int64_t start = 0; start < n; start += 1009) {
        int64_t count = n - start < SDR_BLOCK_ROWS ? n - start : SDR_BLOCK_ROWS;
        const double *out =
            sdr_column_load_f64(&column, start, count, 0, scratch, &nulls);
        for (int64_t i = 0; i < count; i++)
            assert_same(expected[start + i], out[i]);
    }
    for (int64_t row = 0; row < n; row++) {
        int64_t chunk = sdr_column_chunk(&column, row);
        assert_true(column.starts[chunk] <= row && row < column.starts[chunk + 1]);
        all += isnan(expected[row]);
    }
    assert_int_equal(column.null_count, all);
    sdr_column_reset(&column);
}

static void test_slices_have_the_rows_and_nulls_of_their_range(void **state) {
    (void)state;
    static float values[CHUNKS][CHUNK_ROWS];
    static uint8_t masks[CHUNKS][CHUNK_ROWS];
    static double expected[CHUNKS * CHUNK_ROWS], scratch[SDR_BLOCK_ROWS];
    sdr_column column, slice;
    uint64_t seed = 8;
    int64_t n = chunked(&column, values, masks, expected), nulls;
    for (int k = 0; k < 200; k++) {
        int64_t start = (int64_t)(random_bits(&seed) % (uint64_t)(n + 1));
        int64_t left = n - start < SDR_BLOCK_ROWS ? n - start : SDR_BLOCK_ROWS;
        int64_t count = (int64_t)(random_bits(&seed) % (uint64_t)(left + 1)), all = 0;
        assert_int_equal(sdr_column_slice(&slice, &column, start, start + count, NULL),
                         SDR_OK);
        assert_int_equal(slice.length, count);
        const double *out = sdr_column_load_f64(&slice, 0, count, 0, scratch, &nulls);
        for (int64_t i = 0; i < count; i++) {
            assert_same(expected[start + i], out[i]);
            all += isnan(expected[start + i]);
        }
        assert_int_equal(nulls, all);
        assert_int_equal(slice.null_count, all);
        sdr_column_reset(&slice);
    }
    sdr_error error;
    assert_int_equal(sdr_column_slice(&slice, &column, 5, 4, &error),
                     SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_column_slice(&slice, &column, -1, 4, &error),
                     SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_column_slice(&slice, &column, 0, n + 1, &error),
                     SDR_INVALID_ARGUMENT);
    sdr_column_reset(&column);
}

static void test_native_float64_without_nulls_is_read_where_it_lies(void **state) {
    (void)state;
    double values[600], scratch[600];
    uint8_t bits[80], *bytes = (uint8_t *)values;
    int64_t nulls;
    memset(bits, 0xff, sizeof bits);
    memset(values, 0, sizeof values);
    bits[70] = 0xfe; /* row 560 */
    sdr_view view = {.type = SDR_TYPE_FLOAT64,
                     .length = 600,
                     .data = bytes,
                     .stride = 8,
                     .validity = bits};
    sdr_column column;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    assert_ptr_equal(sdr_column_load_f64(&column, 100, 460, 0, scratch, &nulls),
                     values + 100);
    assert_int_equal(nulls, 0);
    assert_ptr_equal(sdr_column_load_f64(&column, 100, 461, 0, scratch, &nulls),
                     scratch);
    assert_int_equal(nulls, 1);
    sdr_column_reset(&column);
    column = column_of_type(SDR_TYPE_FLOAT64, bytes + 4, 8, 599, NULL);
    assert_ptr_equal(sdr_column_load_f64(&column, 0, 9, 0, scratch, &nulls), scratch);
    sdr_column_reset(&column);
}

/* --- dictionaries and text -------------------------------------------------------- */

static void test_dictionaries_of_numbers_give_their_values(void **state) {
    (void)state;
    enum { ROWS = 5000, SIZE = 4500 }; /* longer and shorter than a block */
    static int16_t indices[ROWS];
    static float numbers[SIZE];
    static uint8_t mask[SIZE];
    static double scratch[SDR_BLOCK_ROWS];
    uint64_t seed = 9;
    for (int i = 0; i < SIZE; i++) {
        numbers[i] = (float)random_normal(&seed);
        mask[i] = i % 11 == 0;
    }
    for (int size = SIZE; size > 0; size /= 40) {
        sdr_column values, column;
        sdr_view dictionary;
        int64_t nulls, all = 0, counted = 0;
        assert_int_equal(sdr_view_init_strided(&dictionary, SDR_TYPE_FLOAT32,
                                               SDR_UNIT_NONE, false, numbers, size, 4,
                                               mask, 1, NULL),
                         SDR_OK);
        assert_int_equal(sdr_column_init(&values, &dictionary, 1, NULL), SDR_OK);
        for (int i = 0; i < ROWS; i++)
            indices[i] = (int16_t)(random_bits(&seed) % (uint64_t)size);
        sdr_view view = {.type = SDR_TYPE_DICTIONARY,
                         .index_type = SDR_TYPE_INT16,
                         .length = ROWS,
                         .data = (const uint8_t *)indices,
                         .stride = 2,
                         .dictionary = &values};
        assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
        for (int64_t start = 0; start < ROWS; start += SDR_BLOCK_ROWS) {
            int64_t left = ROWS - start;
            int64_t count = left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
            const double *out =
                sdr_column_load_f64(&column, start, count, 0, scratch, &nulls);
            for (int64_t i = 0; i < count; i++) {
                int k = indices[start + i];
                assert_same(mask[k] ? NAN : (double)numbers[k], out[i]);
                all += mask[k];
            }
            counted += nulls;
        }
        assert_int_equal(counted, all);
        assert_int_equal(column.null_count, all); /* nulls of the dictionary count */
        sdr_column_reset(&column);
        sdr_column_reset(&values);
    }
}

static void test_text_of_every_layout_is_the_same_text(void **state) {
    (void)state;
    static const char *const words[5] = {"", "taxi", "exactly twelve",
                                         "a longer text "
                                         "of a row",
                                         "caf\xc3\xa9"};
    struct ArrowSchema schemas[3] = {schema_of("u"), schema_of("U"), schema_of("vu")};
    char bytes[64];
    int32_t small[6] = {0}, views[5][4];
    int64_t large[6] = {0}, sizes[1];
    const uint8_t valid = 0x37; /* row 3 is null; bit 5 is of no row */
    test_array arrays[3];
    for (int i = 0; i < 5; i++) {
        int32_t n = (int32_t)strlen(words[i]);
        memcpy(bytes + small[i], words[i], (size_t)n);
        small[i + 1] = small[i] + n;
        large[i + 1] = small[i + 1];
        memset(views[i], 0, sizeof views[i]);
        views[i][0] = n;
        memcpy(&views[i][1], words[i], (size_t)(n > 12 ? 4 : n));
        if (n > 12) views[i][3] = small[i];
    }
    sizes[0] = small[5];
    test_array_set(&arrays[0], 5, 1, 3, &valid, small, bytes);
    test_array_set(&arrays[1], 5, 1, 3, &valid, large, bytes);
    test_array_set(&arrays[2], 5, 1, 4, &valid, views, bytes, sizes);
    for (int k = 0; k < 3; k++) {
        sdr_column column = import_ok(&schemas[k], &arrays[k]);
        sdr_string out[5];
        sdr_column_load_text(&column, 0, 5, out);
        assert_null(out[3].data);
        for (int i = 0; i < 5; i++) {
            if (i == 3) continue;
            assert_non_null(out[i].data);
            assert_int_equal(out[i].size, strlen(words[i]));
            assert_memory_equal(out[i].data, words[i], strlen(words[i]));
        }
        sdr_column_reset(&column);
    }
}

static void test_nulls_are_nan_and_no_text(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("n");
    test_array a;
    double scratch[3];
    sdr_string texts[3];
    int64_t nulls;
    test_array_set(&a, 3, 3, 0);
    sdr_column column = import_ok(&schema, &a);
    assert_int_equal(column.null_count, 3);
    const double *out = sdr_column_load_f64(&column, 0, 3, 0, scratch, &nulls);
    assert_true(isnan(out[0]) && isnan(out[2]));
    assert_int_equal(nulls, 3);
    sdr_column_load_text(&column, 0, 3, texts);
    assert_null(texts[1].data);
    sdr_column_reset(&column);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitmaps_are_read_at_every_bit_offset),
        cmocka_unit_test(test_booleans_in_bits_are_read_at_every_bit_offset),
        cmocka_unit_test(test_masks_of_any_stride_hide_rows),
        cmocka_unit_test(test_64_bit_integers_are_rounded_to_nearest),
        cmocka_unit_test(test_a_base_is_subtracted_before_rounding),
        cmocka_unit_test(test_every_float16_is_converted_exactly),
        cmocka_unit_test(test_every_number_type_is_read_misaligned),
        cmocka_unit_test(test_integers_come_as_int64_with_their_validity),
        cmocka_unit_test(test_uint64_keys_keep_their_order),
        cmocka_unit_test(test_blocks_cross_the_borders_of_chunks),
        cmocka_unit_test(test_slices_have_the_rows_and_nulls_of_their_range),
        cmocka_unit_test(test_native_float64_without_nulls_is_read_where_it_lies),
        cmocka_unit_test(test_dictionaries_of_numbers_give_their_values),
        cmocka_unit_test(test_text_of_every_layout_is_the_same_text),
        cmocka_unit_test(test_nulls_are_nan_and_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
