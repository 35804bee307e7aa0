/* Decimals and times of day as numbers. Expected values are literals, which the compiler rounds
 * rightly. Rows end where their memory ends. */
#include "arrow_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 4, LARGEST = 8 };

/* A column of one chunk of decimals, in memory of just their size. */
typedef struct fixture {
    struct ArrowSchema schema;
    test_array array;
    uint8_t *rows;
} fixture;

static void fixture_set(fixture *f, const char *format, int bits,
                        const uint64_t (*words)[WORDS], int64_t n) {
    size_t width = (size_t)bits / 8;
    *f = (fixture){.schema = schema_of(format)};
    f->rows = malloc((size_t)n * width + 1);
    f->rows = realloc(f->rows, n > 0 ? (size_t)n * width : 1);
    for (int64_t i = 0; i < n; i++)
        memcpy(f->rows + (size_t)i * width, words[i], width);
    test_array_set(&f->array, n, 0, 2, NULL, f->rows);
}

static void expect_numbers(const sdr_column *column, const double *expected,
                           int64_t n) {
    double scratch[LARGEST];
    int64_t nulls;
    assert_int_equal(column->length, n);
    const double *numbers = sdr_column_load_f64(column, 0, n, 0, scratch, &nulls);
    for (int64_t i = 0; i < n; i++)
        if (!(numbers[i] == expected[i]) && !(isnan(numbers[i]) && isnan(expected[i])))
            fail_msg("row %d: expected %.17g, found %.17g", (int)i, expected[i],
                     numbers[i]);
}

static void test_a_row_is_the_float_next_to_its_value(void **state) {
    (void)state;
    static const struct {
        const char *format;
        int bits;
        uint64_t words[WORDS];
        double expected;
    } cases[] = {
        {"d:9,2,32", 32, {12345}, 123.45},
        {"d:9,2,32", 32, {(uint32_t)-12345}, -123.45},
        {"d:9,9,32", 32, {0x80000000}, -2.147483648},
        {"d:18,1,64", 64, {9007199254740991}, 900719925474099.1},
        {"d:18,1,64", 64, {9007199254740993}, 900719925474099.3},
        {"d:18,1,64", 64, {UINT64_C(1) << 63}, -922337203685477580.8},
        {"d:18,18,64", 64, {100000000000000001}, 0.100000000000000001},
        {"d:38,1", 128, {1}, 0.1},
        {"d:38,2", 128, {UINT64_MAX, UINT64_MAX}, -0.01},
        {"d:38,3", 128, {0, 1}, 18446744073709551.616},
        {"d:38,2", 128, {UINT64_MAX}, 184467440737095516.15},
        {"d:38,38", 128, {0x098a223fffffffff, 0x4b3b4ca85a86c47a}, 1.0},
        {"d:38,22", 128, {3}, 3e-22},
        {"d:38,23", 128, {3}, 3e-23},
        {"d:38,-3", 128, {5}, 5000.0},
        {"d:38,-22", 128, {5}, 5e22},
        {"d:38,330", 128, {1}, 0.0},
        {"d:38,323", 128, {5}, 5e-323},
        {"d:38,-400", 128, {1}, INFINITY},
        {"d:38,-2147483647", 128, {1}, INFINITY},
        {"d:38,2147483647", 128, {1}, 0.0},
        {"d:38,0", 128, {0, 1}, 18446744073709551616.0},
        {"d:76,0,256", 256, {0, 0, 0, UINT64_C(1) << 63}, -0x1p255},
        {"d:76,76,256",
         256,
         {UINT64_MAX, 0x7775a5f171950fff, 0x0764b4abe8652979, 0x161bcca7119915b5},
         1.0},
        {"d:76,2,256",
         256,
         {UINT64_MAX - 149, UINT64_MAX, UINT64_MAX, UINT64_MAX},
         -1.5},
        {"tts", 32, {86399}, 86399.0},
        {"ttm", 32, {1500}, 1.5},
        {"ttu", 64, {1000001}, 1.000001},
        {"ttn", 64, {86399999999999}, 86399.999999999},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        fixture_set(&f, cases[i].format, cases[i].bits, &cases[i].words, 1);
        sdr_column column = import_ok(&f.schema, &f.array);
        expect_numbers(&column, &cases[i].expected, 1);
        sdr_column_reset(&column);
        free(f.rows);
    }
}

static void test_whole_numbers_that_fit_stay_whole(void **state) {
    (void)state;
    static const uint64_t rows[][WORDS] = {
        {INT64_MAX}, {UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX, UINT64_MAX}, {7}};
    static const struct {
        const char *format;
        int bits;
    } cases[] = {{"d:18,0,64", 64}, {"d:38,0", 128}, {"d:76,0,256", 256}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        int64_t scratch[3], nulls;
        uint8_t valid[3];
        fixture_set(&f, cases[i].format, cases[i].bits, rows, 3);
        sdr_column column = import_ok(&f.schema, &f.array);
        assert_int_equal(column.kind, SDR_KIND_INTEGER);
        const int64_t *integers =
            sdr_column_load_i64(&column, 0, 3, scratch, valid, &nulls);
        assert_true(integers[0] == INT64_MAX && integers[1] == INT64_MIN);
        assert_int_equal(integers[2], 7);
        sdr_column_reset(&column);
        free(f.rows);
    }
}

static void test_one_row_beyond_int64_makes_every_chunk_floats(void **state) {
    (void)state;
    static const uint64_t small[][WORDS] = {{1}, {2}};
    static const struct {
        uint64_t large[WORDS];
        double expected;
    } cases[] = {
        {{UINT64_C(1) << 63}, 0x1p63},
        {{0, 1}, 0x1p64},
        {{0, UINT64_MAX}, -0x1p64},
        {{INT64_MAX, UINT64_MAX}, -0x1p63 - 0x1p10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture first, second;
        fixture_set(&first, "d:38,0", 128, small, 2);
        fixture_set(&second, "d:38,0", 128, &cases[i].large, 1);
        const struct ArrowArray *arrays[] = {&first.array.array, &second.array.array};
        const double expected[] = {1.0, 2.0, cases[i].expected};
        sdr_column column;
        assert_int_equal(sdr_column_from_arrow(&column, &first.schema, arrays, 2, NULL),
                         SDR_OK);
        assert_int_equal(column.kind, SDR_KIND_FLOAT);
        expect_numbers(&column, expected, 3);
        sdr_column_reset(&column);
        free(first.rows);
        free(second.rows);
    }
}

static void test_rows_that_are_null_say_nothing_of_the_others(void **state) {
    (void)state;
    static const uint64_t rows[][WORDS] = {{1}, {2}, {0, 1}, {3}};
    static const uint8_t bitmap = 0x0b; /* row 2 is null */
    static const double expected[] = {2.0, NAN, 3.0};
    fixture f;
    fixture_set(&f, "d:38,0", 128, rows, 4);
    f.array.buffers[0] = &bitmap;
    f.array.array.null_count = 1;
    f.array.array.offset = 1;
    f.array.array.length = 3;
    sdr_column column = import_ok(&f.schema, &f.array);
    assert_int_equal(column.kind, SDR_KIND_INTEGER);
    assert_int_equal(column.null_count, 1);
    expect_numbers(&column, expected, 3);
    sdr_column_reset(&column);
    free(f.rows);
}

static void test_damaged_decimals_are_refused_as_any_numbers(void **state) {
    (void)state;
    static const uint64_t rows[][WORDS] = {{1}, {2}};
    fixture f;
    fixture_set(&f, "d:38,2", 128, rows, 2);
    f.array.buffers[1] = NULL;
    expect_refused(&f.schema, &f.array, SDR_INVALID_COLUMN,
                   "expected a buffer of values, found none (chunk 0)");
    f.array.buffers[1] = f.rows;
    f.array.array.null_count = 1;
    expect_refused(
        &f.schema, &f.array, SDR_INVALID_COLUMN,
        "expected a validity buffer for the nulls, or a null_count of 0, found 1 "
        "(chunk 0)");
    f.array.array.null_count = 0;
    f.array.array.length = INT64_MAX;
    expect_refused(
        &f.schema, &f.array, SDR_INVALID_COLUMN,
        "expected a length of 0 to 2^58, found 9223372036854775807 (chunk 0)");
    f.array.array.length = 0;
    f.array.buffers[1] = NULL;
    expect_accepted(&f.schema, &f.array);
    free(f.rows);
}

static void test_decimals_of_other_widths_are_refused_by_name(void **state) {
    (void)state;
    static const char *const formats[] = {"d:9,2,16", "d:9,2,512", "d:9,2,2147483647"};
    static const char *const names[] = {"decimal16(9, 2)", "decimal512(9, 2)",
                                        "decimal2147483647(9, 2)"};
    for (int i = 0; i < 3; i++) {
        fixture f;
        char message[200];
        fixture_set(&f, formats[i], 128, NULL, 0);
        snprintf(message, sizeof message,
                 "expected booleans, numbers, times, text or a dictionary of those, "
                 "found %s",
                 names[i]);
        expect_refused(&f.schema, &f.array, SDR_NOT_SUPPORTED, message);
        free(f.rows);
    }
}

static void test_values_of_a_dictionary_are_numbers_too(void **state) {
    (void)state;
    static const uint64_t rows[][WORDS] = {{150}, {UINT64_MAX, UINT64_MAX}};
    static const int8_t indices[] = {1, 0, 1};
    static const double expected[] = {-0.01, 1.5, -0.01};
    fixture values, f = {.schema = schema_of("c")};
    fixture_set(&values, "d:38,2", 128, rows, 2);
    test_array_set(&f.array, 3, 0, 2, NULL, indices);
    f.schema.dictionary = &values.schema;
    f.array.array.dictionary = &values.array.array;
    sdr_column column = import_ok(&f.schema, &f.array);
    assert_int_equal(column.chunks[0].dictionary->kind, SDR_KIND_FLOAT);
    expect_numbers(&column, expected, 3);
    sdr_column_reset(&column);
    free(values.rows);
}

static sdr_code import_rows(void *user, sdr_error *error) {
    fixture *f = user;
    sdr_column column;
    SDR_TRY(import_one(&column, &f->schema, &f->array, error));
    sdr_column_reset(&column);
    return SDR_OK;
}

static void test_no_memory_leaves_nothing_behind(void **state) {
    (void)state;
    static const uint64_t rows[][WORDS] = {{1}, {2}};
    fixture f;
    fixture_set(&f, "d:38,2", 128, rows, 2);
    assert_in_range(expect_no_memory_everywhere(import_rows, &f), 3, 20);
    free(f.rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_is_the_float_next_to_its_value),
        cmocka_unit_test(test_whole_numbers_that_fit_stay_whole),
        cmocka_unit_test(test_one_row_beyond_int64_makes_every_chunk_floats),
        cmocka_unit_test(test_rows_that_are_null_say_nothing_of_the_others),
        cmocka_unit_test(test_damaged_decimals_are_refused_as_any_numbers),
        cmocka_unit_test(test_decimals_of_other_widths_are_refused_by_name),
        cmocka_unit_test(test_values_of_a_dictionary_are_numbers_too),
        cmocka_unit_test(test_no_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
