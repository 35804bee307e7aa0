/*
 * Every refusal of a broken Arrow array: one input that breaks the rule, and its valid counterpart
 * that differs only in keeping it.
 */
#include "arrow_support.h"

static const int32_t numbers[4] = {1, 2, 3, 4};
static const uint8_t one_null[1] = {0x0d}; /* row 1 of four */

/* An int32 array of four rows, the second null. */
static test_array int_array(test_array *out) {
    test_array_set(out, 4, 1, 2, one_null, numbers);
    return *out;
}

/* --- numbers of the struct -------------------------------------------------------- */

static void test_negative_or_overflowing_lengths_are_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    test_array a;
    int_array(&a);
    expect_accepted(&schema, &a);
    a.array.length = -1;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a length of 0 to 2^58, found -1 (chunk 0)");
    a.array.length = INT64_MAX;
    expect_refused(
        &schema, &a, SDR_INVALID_COLUMN,
        "expected a length of 0 to 2^58, found 9223372036854775807 (chunk 0)");
}

static void test_negative_or_overflowing_offsets_are_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    test_array a;
    int_array(&a);
    a.array.length = 3;
    a.array.null_count = 1;
    a.array.offset = 1;
    expect_accepted(&schema, &a);
    a.array.offset = -1;
    expect_refused(
        &schema, &a, SDR_INVALID_COLUMN,
        "expected an offset of 0 to 2^58 less the length, found -1 (chunk 0)");
    a.array.offset = INT64_MAX - 1;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected an offset of 0 to 2^58 less the length, found "
                   "9223372036854775806 (chunk 0)");
}

static void test_a_null_count_that_is_not_the_bitmaps_is_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    test_array a;
    int_array(&a);
    a.array.null_count = -1; /* not known */
    expect_accepted(&schema, &a);
    a.array.null_count = 2;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a null_count of 1 as in the bitmap, found 2 (chunk 0)");
    a.array.null_count = 0;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a null_count of 1 as in the bitmap, found 0 (chunk 0)");
    a.array.null_count = -2;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a null_count of -1 to the length, found -2 (chunk 0)");
    a.array.null_count = 5;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a null_count of -1 to the length, found 5 (chunk 0)");
}

static void test_a_null_count_is_of_the_rows_from_the_offset_on(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    test_array a;
    int_array(&a);
    a.array.offset = 2; /* behind the null */
    a.array.length = 2;
    a.array.null_count = 0;
    expect_accepted(&schema, &a);
    a.array.null_count = 1;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a null_count of 0 as in the bitmap, found 1 (chunk 0)");
}

/* --- buffers ---------------------------------------------------------------------- */

static void test_missing_buffers_are_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    test_array a;
    int_array(&a);
    a.buffers[1] = NULL;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a buffer of values, found none (chunk 0)");
    int_array(&a);
    a.buffers[0] = NULL;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a validity buffer for the nulls, or a null_count of 0, "
                   "found 1 (chunk 0)");
    a.array.null_count = 0;
    expect_accepted(&schema, &a);
    a.array.buffers = NULL;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a list of buffers, found none (chunk 0)");
}

static void test_arrays_without_rows_need_no_buffers(void **state) {
    (void)state;
    static const char *const formats[] = {"b", "c", "l", "g",   "u",   "U",
                                          "n", "e", "f", "tdD", "tdm", "tsu:UTC"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct ArrowSchema schema = schema_of(formats[i]);
        test_array a;
        bool is_text = formats[i][0] == 'u' || formats[i][0] == 'U';
        int n = formats[i][0] == 'n' ? 0 : is_text ? 3 : 2;
        test_array_set(&a, 0, 0, n, NULL, NULL, NULL);
        expect_accepted(&schema, &a);
        a.array.buffers = NULL;
        expect_accepted(&schema, &a);
    }
    struct ArrowSchema schema = schema_of("vu");
    test_array a;
    test_array_set(&a, 0, 0, 3, NULL, NULL, NULL);
    expect_accepted(&schema, &a);
}

static void test_wrong_numbers_of_buffers_and_children_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *format;
        int right, wrong;
        const char *message;
    } cases[] = {
        {"i", 2, 1, "expected 2 buffers, found 1 (chunk 0)"},
        {"b", 2, 3, "expected 2 buffers, found 3 (chunk 0)"},
        {"u", 3, 2, "expected 3 buffers for text, found 2 (chunk 0)"},
        {"U", 3, 4, "expected 3 buffers for text, found 4 (chunk 0)"},
        {"vu", 3, 2, "expected at least 3 buffers for string_view, found 2 (chunk 0)"},
        {"n", 1, 2, "expected 0 buffers for null, found 2 (chunk 0)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ArrowSchema schema = schema_of(cases[i].format);
        test_array a;
        test_array_set(&a, 0, 0, cases[i].right, NULL, NULL, NULL, NULL);
        expect_accepted(&schema, &a);
        a.array.n_buffers = cases[i].wrong;
        expect_refused(&schema, &a, SDR_INVALID_COLUMN, cases[i].message);
        a.array.n_buffers = cases[i].right;
        a.array.n_children = 1;
        expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                       "expected no children, found 1 (chunk 0)");
    }
}

static void test_released_and_absent_arrays_are_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    test_array a;
    int_array(&a);
    a.array.release = NULL;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected an array, found one already released (chunk 0)");
    a.array.release = keep_array;
    expect_accepted(&schema, &a);
    schema.release = NULL;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a schema, found one already released");
    const struct ArrowArray *none[] = {NULL};
    sdr_column column;
    sdr_error error;
    schema.release = keep_schema;
    assert_int_equal(sdr_column_from_arrow(&column, &schema, none, 1, &error),
                     SDR_INVALID_COLUMN);
    assert_string_equal(error.message,
                        "expected an array, found a null pointer (chunk 0)");
}

static void test_the_chunk_that_is_broken_is_named(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    test_array good, bad;
    int_array(&good);
    int_array(&bad);
    bad.array.null_count = 3;
    good.array.buffers = good.buffers;
    const struct ArrowArray *arrays[] = {&good.array, &good.array, &bad.array};
    sdr_column column;
    sdr_error error;
    assert_int_equal(sdr_column_from_arrow(&column, &schema, arrays, 3, &error),
                     SDR_INVALID_COLUMN);
    assert_string_equal(
        error.message,
        "expected a null_count of 1 as in the bitmap, found 3 (chunk 2)");
    assert_int_equal(sdr_column_from_arrow(&column, &schema, arrays, 2, &error),
                     SDR_OK);
    assert_int_equal(column.length, 8);
    assert_int_equal(column.null_count, 2);
    sdr_column_reset(&column);
}

/* --- offsets of text -------------------------------------------------------------- */

#define TEXT_CASES(offset_type, format)                                                \
    do {                                                                               \
        struct ArrowSchema schema = schema_of(format);                                 \
        offset_type offsets[5] = {0, 2, 2, 5, 6};                                      \
        test_array a;                                                                  \
        test_array_set(&a, 4, 0, 3, NULL, offsets, "abcdef");                          \
        expect_accepted(&schema, &a);                                                  \
        offsets[2] = 1;                                                                \
        expect_refused(&schema, &a, SDR_INVALID_COLUMN,                                \
                       "expected offsets that do not fall below 2, found 1 (chunk "    \
                       "0, row 1)");                                                   \
        offsets[2] = -2;                                                               \
        expect_refused(&schema, &a, SDR_INVALID_COLUMN,                                \
                       "expected offsets that do not fall below 2, found -2 (chunk "   \
                       "0, row 1)");                                                   \
        offsets[2] = 2;                                                                \
        offsets[0] = -1;                                                               \
        expect_refused(&schema, &a, SDR_INVALID_COLUMN,                                \
                       "expected a first offset of at least 0, found -1 (chunk 0, "    \
                       "row 0)");                                                      \
        offsets[0] = 0;                                                                \
        offsets[4] = -7;                                                               \
        expect_refused(&schema, &a, SDR_INVALID_COLUMN,                                \
                       "expected offsets that do not fall below 5, found -7 (chunk "   \
                       "0, row 3)");                                                   \
        offsets[4] = 6;                                                                \
        a.buffers[2] = NULL;                                                           \
        expect_refused(&schema, &a, SDR_INVALID_COLUMN,                                \
                       "expected a buffer of characters, found none (chunk 0)");       \
        offset_type empty[5] = {0, 0, 0, 0, 0};                                        \
        a.buffers[1] = empty;                                                          \
        expect_accepted(&schema, &a);                                                  \
    } while (0)

static void test_offsets_that_fall_or_are_negative_are_refused(void **state) {
    (void)state;
    TEXT_CASES(int32_t, "u");
    TEXT_CASES(int64_t, "U");
}

static void test_offsets_that_overflow_a_difference_are_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("U");
    int64_t offsets[4] = {0, INT64_MAX, INT64_MIN, 3};
    test_array a;
    test_array_set(&a, 3, 0, 3, NULL, offsets, "abc");
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected offsets that do not fall below 9223372036854775807, found "
                   "-9223372036854775808 (chunk 0, row 1)");
}

static void test_an_offset_deep_inside_a_long_column_is_found(void **state) {
    (void)state;
    enum { ROWS = 10000 };
    static int32_t small[ROWS + 1];
    static int64_t large[ROWS + 1];
    static char bytes[ROWS];
    struct ArrowSchema utf8 = schema_of("u"), large_utf8 = schema_of("U");
    test_array a, b;
    for (int i = 0; i <= ROWS; i++)
        small[i] = i, large[i] = i;
    test_array_set(&a, ROWS, 0, 3, NULL, small, bytes);
    test_array_set(&b, ROWS, 0, 3, NULL, large, bytes);
    expect_accepted(&utf8, &a);
    expect_accepted(&large_utf8, &b);
    small[9003] = 9001;
    large[9003] = 9001;
    const char *message = "expected offsets that do not fall below 9002, found 9001 "
                          "(chunk 0, row 9002)";
    expect_refused(&utf8, &a, SDR_INVALID_COLUMN, message);
    expect_refused(&large_utf8, &b, SDR_INVALID_COLUMN, message);
}

static void test_offsets_past_the_data_are_refused_where_its_size_is_known(void **s) {
    (void)s;
    int32_t offsets[3] = {0, 2, 4};
    sdr_view view = {.type = SDR_TYPE_UTF8,
                     .length = 2,
                     .data = (const uint8_t *)offsets,
                     .stride = sizeof *offsets,
                     .bytes = (const uint8_t *)"abcd",
                     .bytes_size = 4};
    sdr_column column;
    sdr_error error;
    assert_int_equal(sdr_column_init(&column, &view, 1, &error), SDR_OK);
    sdr_column_reset(&column);
    view.bytes_size = 3;
    assert_int_equal(sdr_column_init(&column, &view, 1, &error), SDR_INVALID_COLUMN);
    assert_string_equal(error.message, "expected a last offset within the data's size "
                                       "of 3, found 4 (chunk 0, row 1)");
}

/* --- string views ----------------------------------------------------------------- */

typedef struct long_view {
    int32_t size;
    char prefix[4];
    int32_t buffer, offset;
} long_view;

static const char text[] = "a string of thirty-one letters.";

static void test_bad_string_views_are_refused(void **state) {
    (void)state;
    const long_view good = {20, {'s', 't', 'r', 'i'}, 0, 2};
    const struct {
        long_view view;
        const char *message;
    } cases[] = {
        {{-1, "stri", 0, 2},
         "expected a string view's size of at least 0, found -1 (chunk 0, row 1)"},
        {{20, "stri", 1, 2},
         "expected a buffer index below 1, found 1 (chunk 0, row 1)"},
        {{20, "stri", -1, 2},
         "expected a buffer index below 1, found -1 (chunk 0, row 1)"},
        {{20, "stri", 0, 12},
         "expected a string that ends within its buffer's size of 31, found 32 (chunk "
         "0, row 1)"},
        {{20, "stri", 0, -1},
         "expected a string that ends within its buffer's size of 31, found -1 (chunk "
         "0, row 1)"},
        {{INT32_MAX, "stri", 0, INT32_MAX},
         "expected a string that ends within its buffer's size of 31, found 4294967294 "
         "(chunk 0, row 1)"},
        {{20, "strj", 0, 2},
         "expected a prefix equal to the first bytes of the string at 2, found others "
         "in buffer 0 (chunk 0, row 1)"},
    };
    struct ArrowSchema schema = schema_of("vu");
    const int64_t sizes[1] = {31};
    long_view views[3] = {{5, "shor", 't', 0}, good, good};
    uint8_t valid = 0x07;
    test_array a;
    test_array_set(&a, 3, 0, 4, &valid, views, text, sizes);
    expect_accepted(&schema, &a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        views[1] = cases[i].view;
        expect_refused(&schema, &a, SDR_INVALID_COLUMN, cases[i].message);
        valid = 0x05; /* a row that is null may hold anything */
        a.array.null_count = 1;
        expect_accepted(&schema, &a);
        valid = 0x07;
        a.array.null_count = 0;
        views[1] = good;
        expect_accepted(&schema, &a);
    }
}

static void test_string_view_buffers_need_sizes_and_data(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("vu");
    int64_t sizes[1] = {31};
    long_view views[1] = {{20, "stri", 0, 2}};
    test_array a;
    test_array_set(&a, 1, 0, 4, NULL, views, text, sizes);
    expect_accepted(&schema, &a);
    sizes[0] = -31;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected data buffers' sizes of at least 0, found -31 (chunk 0)");
    sizes[0] = 31;
    a.buffers[2] = NULL;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a buffer of characters, found none (chunk 0)");
    a.buffers[2] = text;
    a.buffers[3] = NULL;
    expect_refused(
        &schema, &a, SDR_INVALID_COLUMN,
        "expected a buffer of the data buffers' sizes, found none (chunk 0)");
}

/* --- dictionaries ----------------------------------------------------------------- */

/* A dictionary of three strings. */
static void dictionary_set(test_array *out) {
    static const int32_t offsets[4] = {0, 1, 2, 3};
    test_array_set(out, 3, 0, 3, NULL, offsets, "abc");
}

#define INDEX_CASE(type, format, bad, shown)                                           \
    do {                                                                               \
        struct ArrowSchema values = schema_of("u"), schema = schema_of(format);        \
        type indices[3] = {0, 2, 1};                                                   \
        uint8_t valid = 0x07;                                                          \
        test_array dictionary, a;                                                      \
        dictionary_set(&dictionary);                                                   \
        test_array_set(&a, 3, 0, 2, &valid, indices);                                  \
        schema.dictionary = &values;                                                   \
        a.array.dictionary = &dictionary.array;                                        \
        expect_accepted(&schema, &a);                                                  \
        indices[1] = (type)(bad);                                                      \
        expect_refused(&schema, &a, SDR_INVALID_COLUMN,                                \
                       "expected a dictionary index below 3, found " shown             \
                       " (chunk 0, row 1)");                                           \
        valid = 0x05;                                                                  \
        a.array.null_count = 1;                                                        \
        expect_accepted(&schema, &a);                                                  \
    } while (0)

static void test_indices_out_of_range_are_refused(void **state) {
    (void)state;
    INDEX_CASE(int8_t, "c", 3, "3");
    INDEX_CASE(int8_t, "c", -1, "-1");
    INDEX_CASE(int8_t, "c", INT8_MIN, "-128");
    INDEX_CASE(uint8_t, "C", 255, "255");
    INDEX_CASE(int16_t, "s", INT16_MIN, "-32768");
    INDEX_CASE(uint16_t, "S", 3, "3");
    INDEX_CASE(int32_t, "i", INT32_MIN, "-2147483648");
    INDEX_CASE(int32_t, "i", INT32_MAX, "2147483647");
    INDEX_CASE(uint32_t, "I", UINT32_MAX, "4294967295");
    INDEX_CASE(int64_t, "l", INT64_MIN, "-9223372036854775808");
    INDEX_CASE(int64_t, "l", INT64_MAX, "9223372036854775807");
    INDEX_CASE(uint64_t, "L", 3, "3");
    INDEX_CASE(uint64_t, "L", UINT64_MAX, "18446744073709551615");
}

static void test_every_index_of_a_byte_is_checked(void **state) {
    (void)state;
    struct ArrowSchema values = schema_of("n"), schema = schema_of("c");
    schema.dictionary = &values;
    for (int size = 0; size <= 130; size++) {
        test_array dictionary, a;
        test_array_set(&dictionary, size, size, 0);
        for (int index = INT8_MIN; index <= INT8_MAX; index++) {
            int8_t indices[2] = {(int8_t)(size > 0 ? 0 : index), (int8_t)index};
            sdr_column column;
            sdr_error error;
            test_array_set(&a, 2, 0, 2, NULL, indices);
            a.array.dictionary = &dictionary.array;
            bool is_within = index >= 0 && index < size;
            sdr_code code = import_one(&column, &schema, &a, &error);
            assert_int_equal(code, is_within ? SDR_OK : SDR_INVALID_COLUMN);
            sdr_column_reset(&column);
        }
    }
}

static void test_an_empty_dictionary_serves_rows_that_are_all_null(void **state) {
    (void)state;
    struct ArrowSchema values = schema_of("u"), schema = schema_of("i");
    const int32_t indices[2] = {0, 77};
    uint8_t valid = 0;
    test_array dictionary, a;
    test_array_set(&dictionary, 0, 0, 3, NULL, NULL, NULL);
    test_array_set(&a, 2, 2, 2, &valid, indices);
    schema.dictionary = &values;
    a.array.dictionary = &dictionary.array;
    sdr_column column = import_ok(&schema, &a);
    sdr_string out[2];
    sdr_column_load_text(&column, 0, 2, out);
    assert_null(out[0].data);
    assert_null(out[1].data);
    sdr_column_reset(&column);
    valid = 1;
    a.array.null_count = 1;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a dictionary index below 0, found 0 (chunk 0, row 0)");
}

static void test_missing_and_unexpected_dictionaries_are_refused(void **state) {
    (void)state;
    struct ArrowSchema values = schema_of("u"), schema = schema_of("i");
    const int32_t indices[2] = {0, 1};
    test_array dictionary, a;
    dictionary_set(&dictionary);
    test_array_set(&a, 2, 0, 2, NULL, indices);
    schema.dictionary = &values;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected a dictionary, found none (chunk 0)");
    a.array.dictionary = &dictionary.array;
    expect_accepted(&schema, &a);
    schema.dictionary = NULL;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "expected no dictionary, found one (chunk 0)");
}

static void test_a_broken_dictionary_is_named(void **state) {
    (void)state;
    struct ArrowSchema values = schema_of("u"), schema = schema_of("i");
    const int32_t indices[2] = {0, 1};
    int32_t offsets[4] = {0, 1, 2, 3};
    test_array dictionary, a;
    test_array_set(&dictionary, 3, 0, 3, NULL, offsets, "abc");
    test_array_set(&a, 2, 0, 2, NULL, indices);
    schema.dictionary = &values;
    a.array.dictionary = &dictionary.array;
    expect_accepted(&schema, &a);
    offsets[2] = 0;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "dictionary: expected offsets that do not fall below 1, found 0 "
                   "(chunk 0, row 1)");
    offsets[2] = 2;
    dictionary.array.null_count = 1;
    expect_refused(&schema, &a, SDR_INVALID_COLUMN,
                   "dictionary: expected a validity buffer for the nulls, or a "
                   "null_count of 0, found 1 (chunk 0)");
    dictionary.array.null_count = 0;
    dictionary.array.release = NULL;
    expect_refused(
        &schema, &a, SDR_INVALID_COLUMN,
        "dictionary: expected an array, found one already released (chunk 0)");
}

/* --- columns of views ------------------------------------------------------------- */

static void test_views_that_do_not_fit_together_are_refused(void **state) {
    (void)state;
    sdr_view views[2];
    sdr_column column;
    sdr_error error;
    for (int i = 0; i < 2; i++)
        assert_int_equal(sdr_view_init_strided(&views[i], SDR_TYPE_INT32, SDR_UNIT_NONE,
                                               false, numbers, 4, 4, NULL, 0, NULL),
                         SDR_OK);
    assert_int_equal(sdr_column_init(&column, views, 2, &error), SDR_OK);
    sdr_column_reset(&column);
    views[1].type = SDR_TYPE_UINT32;
    assert_int_equal(sdr_column_init(&column, views, 2, &error), SDR_INVALID_COLUMN);
    assert_string_equal(error.message, "expected chunks of one type, int32 as in the "
                                       "first, found another, uint32 (chunk 1)");
    assert_null(column.chunks);
}

static void test_views_made_by_hand_are_checked(void **state) {
    (void)state;
    sdr_column values = column_of(NULL, 0), column;
    sdr_error error;
    sdr_view view = {.type = SDR_TYPE_DICTIONARY,
                     .index_type = SDR_TYPE_FLOAT64,
                     .dictionary = &values};
    assert_int_equal(sdr_column_init(&column, &view, 1, &error), SDR_INVALID_COLUMN);
    assert_string_equal(error.message, "expected integers as dictionary indices, found "
                                       "float64 (chunk 0)");
    view.index_type = SDR_TYPE_INT8;
    view.stride = 1;
    assert_int_equal(sdr_column_init(&column, &view, 1, &error), SDR_OK);
    sdr_column_reset(&column);
    view.dictionary = NULL;
    assert_int_equal(sdr_column_init(&column, &view, 1, &error), SDR_INVALID_COLUMN);
    assert_string_equal(error.message, "expected a dictionary, found none (chunk 0)");
    view = (sdr_view){.type = SDR_TYPE_INT8, .length = -1};
    assert_int_equal(sdr_column_init(&column, &view, 1, &error), SDR_INVALID_COLUMN);
    view = (sdr_view){.type = SDR_TYPE_INT8, .length = 1, .stride = 1};
    assert_int_equal(sdr_column_init(&column, &view, 1, &error), SDR_INVALID_COLUMN);
    assert_string_equal(error.message,
                        "expected a buffer with 1 rows, found none (chunk 0)");
    sdr_column_reset(&values);
}

static void test_types_and_sizes_that_no_view_has_are_refused(void **state) {
    (void)state;
    static const struct {
        sdr_view view;
        int64_t n;
        sdr_code code;
        const char *message;
    } cases[] = {
        {{.type = (sdr_type)99},
         1,
         SDR_INVALID_COLUMN,
         "type: expected one of sdr_type, found 99"},
        {{.type = SDR_TYPE_NULL},
         -1,
         SDR_INVALID_ARGUMENT,
         "n_chunks: expected >= 0, found -1"},
        {{.type = SDR_TYPE_NULL, .length = INT64_MAX},
         2,
         SDR_INVALID_COLUMN,
         "length: expected fewer than 2^63 rows, found more (chunk 1)"},
        {{.type = SDR_TYPE_UTF8,
          .length = 1,
          .stride = 8,
          .data = (const uint8_t *)numbers,
          .bytes_size = 4},
         1,
         SDR_INVALID_COLUMN,
         "expected offsets side by side, found a stride of 8 bytes (chunk 0)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sdr_view views[] = {cases[i].view, cases[i].view};
        sdr_column column;
        sdr_error error;
        assert_int_equal(sdr_column_init(&column, views, cases[i].n, &error),
                         cases[i].code);
        assert_string_equal(error.message, cases[i].message);
    }
    const struct ArrowSchema schema = schema_of("g");
    sdr_column column;
    sdr_error error;
    assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, -1, &error),
                     SDR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "n_arrays: expected >= 0, found -1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_negative_or_overflowing_lengths_are_refused),
        cmocka_unit_test(test_negative_or_overflowing_offsets_are_refused),
        cmocka_unit_test(test_a_null_count_that_is_not_the_bitmaps_is_refused),
        cmocka_unit_test(test_a_null_count_is_of_the_rows_from_the_offset_on),
        cmocka_unit_test(test_missing_buffers_are_refused),
        cmocka_unit_test(test_arrays_without_rows_need_no_buffers),
        cmocka_unit_test(test_wrong_numbers_of_buffers_and_children_are_refused),
        cmocka_unit_test(test_released_and_absent_arrays_are_refused),
        cmocka_unit_test(test_the_chunk_that_is_broken_is_named),
        cmocka_unit_test(test_offsets_that_fall_or_are_negative_are_refused),
        cmocka_unit_test(test_offsets_that_overflow_a_difference_are_refused),
        cmocka_unit_test(test_an_offset_deep_inside_a_long_column_is_found),
        cmocka_unit_test(
            test_offsets_past_the_data_are_refused_where_its_size_is_known),
        cmocka_unit_test(test_bad_string_views_are_refused),
        cmocka_unit_test(test_string_view_buffers_need_sizes_and_data),
        cmocka_unit_test(test_indices_out_of_range_are_refused),
        cmocka_unit_test(test_every_index_of_a_byte_is_checked),
        cmocka_unit_test(test_an_empty_dictionary_serves_rows_that_are_all_null),
        cmocka_unit_test(test_missing_and_unexpected_dictionaries_are_refused),
        cmocka_unit_test(test_a_broken_dictionary_is_named),
        cmocka_unit_test(test_views_that_do_not_fit_together_are_refused),
        cmocka_unit_test(test_views_made_by_hand_are_checked),
        cmocka_unit_test(test_types_and_sizes_that_no_view_has_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
