/*
 * Rows gathered by index are the rows at those indices, in memory of their own.
 */
#include "arrow_support.h"

enum { TAKEN = 9 };
static const int64_t indices[TAKEN] = {5, 0, 0, 3, 6, 1, 4, 2, 5};

static sdr_column take(const sdr_column *in, int64_t n) {
    sdr_column out;
    sdr_error error;
    if (sdr_column_take(&out, in, indices, n, &error) != SDR_OK)
        fail_msg("take: %s", error.message);
    assert_int_equal(out.length, n);
    assert_int_equal(out.kind, in->kind);
    assert_int_equal(out.unit, in->unit);
    return out;
}

/* Of two chunks of numbers, with a mask. */
static void test_numbers_are_gathered_with_their_nulls(void **state) {
    (void)state;
    uint8_t memory[1 + 7 * 4];
    const uint8_t mask[4] = {0, 1, 0, 0};
    for (int i = 0; i < 7; i++) { /* big endian, misaligned */
        const uint8_t bytes[4] = {0, 0, 1, (uint8_t)i};
        memcpy(memory + 1 + 4 * i, bytes, 4);
    }
    sdr_view views[2];
    sdr_view_init_strided(&views[0], SDR_TYPE_INT32, SDR_UNIT_NONE, true, memory + 1, 4,
                          4, mask, 1, NULL);
    sdr_view_init_strided(&views[1], SDR_TYPE_INT32, SDR_UNIT_NONE, true, memory + 17,
                          3, 4, NULL, 0, NULL);
    sdr_column in;
    assert_int_equal(sdr_column_init(&in, views, 2, NULL), SDR_OK);
    sdr_column out = take(&in, TAKEN);
    memset(memory, 0xff, sizeof memory); /* the result has its own */
    double scratch[TAKEN];
    int64_t nulls;
    const double *rows = sdr_column_load_f64(&out, 0, TAKEN, 0, scratch, &nulls);
    const double expected[TAKEN] = {261, 256, 256, 259, 262, NAN, 260, 258, 261};
    for (int i = 0; i < TAKEN; i++)
        assert_true(rows[i] == expected[i] || (i == 5 && isnan(rows[i])));
    assert_int_equal(out.null_count, 1);
    sdr_column_reset(&out);
    sdr_column_reset(&in);
}

static void test_times_that_are_none_stay_null(void **state) {
    (void)state;
    const int64_t times[7] = {1, 2, 3, INT64_MIN, 5, 6, 7};
    sdr_view view;
    sdr_column in;
    double scratch[TAKEN];
    int64_t nulls;
    sdr_view_init_strided(&view, SDR_TYPE_TIMESTAMP, SDR_UNIT_MS, false, times, 7, 8,
                          NULL, 0, NULL);
    assert_int_equal(sdr_column_init(&in, &view, 1, NULL), SDR_OK);
    sdr_column out = take(&in, TAKEN);
    const double *rows = sdr_column_load_f64(&out, 0, TAKEN, 0, scratch, &nulls);
    assert_true(isnan(rows[3]) && rows[0] == 6);
    assert_int_equal(nulls, 1);
    sdr_column_reset(&out);
    sdr_column_reset(&in);
}

static void test_booleans_in_bits_are_gathered(void **state) {
    (void)state;
    const uint8_t bits[2] = {0xa0, 0x09};
    struct ArrowSchema schema = schema_of("b");
    test_array a;
    double scratch[TAKEN];
    int64_t nulls;
    test_array_set(&a, 7, 0, 2, NULL, bits);
    a.array.offset = 5; /* rows: 1 0 1 1 0 0 1 */
    sdr_column in = import_ok(&schema, &a), out = take(&in, TAKEN);
    const double *rows = sdr_column_load_f64(&out, 0, TAKEN, 0, scratch, &nulls);
    const double expected[TAKEN] = {0, 1, 1, 1, 1, 0, 0, 1, 0};
    assert_memory_equal(rows, expected, sizeof expected);
    sdr_column_reset(&out);
    sdr_column_reset(&in);
}

/* --- text ------------------------------------------------------------------------- */

static const char *const words[7] = {"",
                                     "short",
                                     "exactly twelve!?",
                                     "a text of more than twelve bytes",
                                     "twelve bytes",
                                     "another long text, the sixth",
                                     "x"};

static void expect_words(const sdr_column *column) {
    sdr_string out[TAKEN];
    sdr_column_load_text(column, 0, TAKEN, out);
    for (int i = 0; i < TAKEN; i++) {
        if (indices[i] == 4) {
            assert_null(out[i].data);
            continue;
        }
        assert_int_equal(out[i].size, strlen(words[indices[i]]));
        assert_memory_equal(out[i].data, words[indices[i]], (size_t)out[i].size);
    }
    assert_int_equal(column->null_count, 1);
}

/* Rows [0, 4) and [4, 7) as two chunks over two copies of the characters. */
static void test_text_becomes_string_views_over_the_same_bytes(void **state) {
    (void)state;
    char bytes[2][200];
    int64_t large[8] = {0};
    int32_t small[8] = {0};
    const uint8_t valid = 0xfe; /* of the second chunk: row 4 is null */
    for (int i = 0; i < 7; i++) {
        size_t n = strlen(words[i]);
        memcpy(bytes[0] + small[i], words[i], n);
        memcpy(bytes[1] + small[i], words[i], n);
        small[i + 1] = small[i] + (int32_t)n;
        large[i + 1] = small[i + 1];
    }
    for (int k = 0; k < 2; k++) {
        struct ArrowSchema schema = schema_of(k == 0 ? "u" : "U");
        const void *offsets[2] = {k == 0 ? (const void *)small : large,
                                  k == 0 ? (const void *)(small + 4) : large + 4};
        test_array chunks[2];
        test_array_set(&chunks[0], 4, 0, 3, NULL, offsets[0], bytes[0]);
        test_array_set(&chunks[1], 3, 1, 3, &valid, offsets[1], bytes[1]);
        const struct ArrowArray *arrays[2] = {&chunks[0].array, &chunks[1].array};
        sdr_column in, again;
        assert_int_equal(sdr_column_from_arrow(&in, &schema, arrays, 2, NULL), SDR_OK);
        sdr_column out = take(&in, TAKEN);
        assert_int_equal(out.type, SDR_TYPE_STRING_VIEW);
        expect_words(&out);
        assert_int_equal(sdr_column_init(&again, out.chunks, 1, NULL), SDR_OK);
        sdr_column_reset(&again); /* what take makes passes validation */
        const int64_t order[TAKEN] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
        assert_int_equal(sdr_column_take(&again, &out, order, TAKEN, NULL), SDR_OK);
        expect_words(&again); /* a take of string views */
        sdr_column_reset(&again);
        sdr_column_reset(&out);
        sdr_column_reset(&in);
    }
}

/* --- dictionaries ----------------------------------------------------------------- */

static void test_chunks_with_dictionaries_of_their_own_are_joined(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("c"), values = schema_of("l");
    const int64_t first[2] = {10, 20}, second[3] = {30, 40, 50};
    const int8_t low[4] = {1, 0, 99, 1}, high[3] = {2, 0, 1};
    const uint8_t valid = 0x0b, valid_values = 0x05;
    test_array dictionaries[2], chunks[2];
    test_array_set(&dictionaries[0], 2, 0, 2, NULL, first);
    test_array_set(&dictionaries[1], 3, 1, 2, &valid_values, second);
    test_array_set(&chunks[0], 4, 1, 2, &valid, low);
    test_array_set(&chunks[1], 3, 0, 2, NULL, high);
    schema.dictionary = &values;
    const struct ArrowArray *arrays[2];
    for (int i = 0; i < 2; i++) {
        chunks[i].array.dictionary = &dictionaries[i].array;
        arrays[i] = &chunks[i].array;
    }
    sdr_column in;
    assert_int_equal(sdr_column_from_arrow(&in, &schema, arrays, 2, NULL), SDR_OK);
    sdr_column out = take(&in, TAKEN);
    double scratch[TAKEN];
    int64_t nulls;
    char name[60];
    const double *rows = sdr_column_load_f64(&out, 0, TAKEN, 0, scratch, &nulls);
    /* rows of the input: 20 10 null 20 50 30 null */
    const double expected[TAKEN] = {30, 20, 20, 20, NAN, 10, 50, NAN, 30};
    for (int i = 0; i < TAKEN; i++)
        assert_true(rows[i] == expected[i] || (isnan(rows[i]) && isnan(expected[i])));
    assert_int_equal(nulls, 2);
    assert_int_equal(out.null_count, 2);
    sdr_column_type_name(name, sizeof name, &out, NULL);
    assert_string_equal(name, "dictionary<int64, int64>");
    sdr_column_reset(&out);
    sdr_column_reset(&in);
}

static void test_a_shared_dictionary_keeps_its_indices(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("S"), values = schema_of("u");
    const int32_t offsets[3] = {0, 1, 3};
    const uint16_t rows[7] = {0, 1, 0, 1, 1, 0, 1};
    test_array dictionary, a;
    sdr_string out_text[TAKEN];
    test_array_set(&dictionary, 2, 0, 3, NULL, offsets, "abc");
    test_array_set(&a, 7, 0, 2, NULL, rows);
    schema.dictionary = &values;
    a.array.dictionary = &dictionary.array;
    sdr_column in = import_ok(&schema, &a), out = take(&in, TAKEN);
    assert_int_equal(out.chunks[0].index_type, SDR_TYPE_UINT16);
    sdr_column_load_text(&out, 0, TAKEN, out_text);
    for (int i = 0; i < TAKEN; i++)
        assert_int_equal(out_text[i].size, rows[indices[i]] == 0 ? 1 : 2);
    sdr_column_reset(&out);
    sdr_column_reset(&in);
}

/* --- edges ------------------------------------------------------------------------ */

static void test_indices_outside_are_refused(void **state) {
    (void)state;
    const double values[3] = {1, 2, 3};
    const int64_t high[2] = {2, 3}, low[1] = {-1};
    sdr_column in = column_of(values, 3), out;
    sdr_error error;
    assert_int_equal(sdr_column_take(&out, &in, high, 1, &error), SDR_OK);
    sdr_column_reset(&out);
    assert_int_equal(sdr_column_take(&out, &in, high, 2, &error), SDR_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "indices: expected 0 to 2, found 3 at position 1");
    assert_int_equal(sdr_column_take(&out, &in, low, 1, &error), SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_column_take(&out, &in, low, -1, &error), SDR_INVALID_ARGUMENT);
    assert_null(out.chunks);
    sdr_column_reset(&in);
}

static void test_no_rows_of_any_column_are_a_column(void **state) {
    (void)state;
    static const char *const formats[] = {"n", "b", "l", "u", "vu", "tsu:UTC"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct ArrowSchema schema = schema_of(formats[i]), index = schema_of("c");
        sdr_column in, out;
        assert_int_equal(sdr_column_from_arrow(&in, &schema, NULL, 0, NULL), SDR_OK);
        out = take(&in, 0);
        sdr_column_reset(&out);
        sdr_column_reset(&in);
        index.dictionary = &schema;
        assert_int_equal(sdr_column_from_arrow(&in, &index, NULL, 0, NULL), SDR_OK);
        out = take(&in, 0);
        assert_int_equal(out.type, SDR_TYPE_DICTIONARY);
        sdr_column_reset(&out);
        sdr_column_reset(&in);
    }
}

static sdr_code take_text(void *user, sdr_error *error) {
    sdr_column out;
    SDR_TRY(sdr_column_take(&out, user, indices, TAKEN, error));
    sdr_column_reset(&out);
    return SDR_OK;
}

static void test_allocation_failure_leaves_nothing_behind(void **state) {
    (void)state;
    const int32_t offsets[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct ArrowSchema schema = schema_of("u");
    test_array a;
    test_array_set(&a, 7, 0, 3, NULL, offsets, "abcdefg");
    sdr_column in = import_ok(&schema, &a);
    assert_true(expect_no_memory_everywhere(take_text, &in) >= 4);
    sdr_column_reset(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_gathered_with_their_nulls),
        cmocka_unit_test(test_times_that_are_none_stay_null),
        cmocka_unit_test(test_booleans_in_bits_are_gathered),
        cmocka_unit_test(test_text_becomes_string_views_over_the_same_bytes),
        cmocka_unit_test(test_chunks_with_dictionaries_of_their_own_are_joined),
        cmocka_unit_test(test_a_shared_dictionary_keeps_its_indices),
        cmocka_unit_test(test_indices_outside_are_refused),
        cmocka_unit_test(test_no_rows_of_any_column_are_a_column),
        cmocka_unit_test(test_allocation_failure_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
