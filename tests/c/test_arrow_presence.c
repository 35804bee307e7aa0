/* Which rows are there, of types that are not computed on: their bitmap alone is read, and only as
 * far as children reach. Bitmaps end where their memory ends. */
#include "arrow_support.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 4 };

/* A column of two children; every test may break it. */
typedef struct fixture {
    struct ArrowSchema schema, item, *items[2];
    test_array array, child;
    struct ArrowArray *children[2];
    uint8_t *bitmap;
} fixture;

static void fixture_set(fixture *f, const char *format, int64_t child_rows) {
    *f = (fixture){.schema = schema_of(format), .item = schema_of("c")};
    f->bitmap = malloc(1);
    f->bitmap[0] = 0x05; /* rows 1 and 3 are null */
    test_array_set(&f->child, child_rows, 0, 2, NULL, NULL);
    test_array_set(&f->array, ROWS, -1, 1, f->bitmap);
    for (int i = 0; i < 2; i++) {
        f->items[i] = &f->item;
        f->children[i] = &f->child.array;
    }
    f->schema.n_children = f->array.array.n_children = 2;
    f->schema.children = f->items;
    f->array.array.children = f->children;
}

static sdr_code read_presence(sdr_column *out, const fixture *f, sdr_error *error) {
    const struct ArrowArray *arrays[] = {&f->array.array};
    error->message[0] = '\0';
    return sdr_column_presence_from_arrow(out, &f->schema, arrays, 1, error);
}

static void expect_nulls(const fixture *f, int64_t rows, int64_t nulls) {
    sdr_column column;
    sdr_error error;
    if (read_presence(&column, f, &error) != SDR_OK) fail_msg("%s", error.message);
    assert_int_equal(column.kind, SDR_KIND_BOOLEAN);
    assert_int_equal(column.length, rows);
    assert_int_equal(column.null_count, nulls);
    sdr_column_reset(&column);
}

static void expect_message(const fixture *f, const char *message) {
    sdr_column column;
    sdr_error error;
    assert_int_equal(read_presence(&column, f, &error), SDR_INVALID_COLUMN);
    assert_string_equal(error.message, message);
    assert_null(column.chunks);
}

static void test_rows_of_any_type_with_a_bitmap_are_known(void **state) {
    (void)state;
    static const char *const formats[] = {"z", "+l", "+s", "+m", "w:3", "+w:0", "tin"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        fixture f;
        double scratch[ROWS];
        int64_t nulls;
        sdr_column column;
        sdr_error error;
        fixture_set(&f, formats[i], ROWS);
        expect_nulls(&f, ROWS, 2);
        assert_int_equal(read_presence(&column, &f, &error), SDR_OK);
        const double *numbers =
            sdr_column_load_f64(&column, 0, ROWS, 0, scratch, &nulls);
        assert_true(numbers[0] == 1.0 && isnan(numbers[1]));
        assert_true(numbers[2] == 1.0 && isnan(numbers[3]));
        sdr_column_reset(&column);
        f.array.array.offset = 1;
        f.array.array.length = ROWS - 1;
        expect_nulls(&f, ROWS - 1, 2);
        f.array.buffers[0] = NULL;
        expect_nulls(&f, ROWS - 1, 0);
        f.array.array.length = f.array.array.offset = 0;
        f.array.array.buffers = NULL;
        expect_nulls(&f, 0, 0);
        free(f.bitmap);
    }
}

static void test_types_without_a_bitmap_are_not_read(void **state) {
    (void)state;
    static const char *const formats[] = {"n", "+r", "+ud:0,1", "+us:0,1", NULL};
    sdr_column column;
    fixture f;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        sdr_error error;
        fixture_set(&f, formats[i], ROWS);
        assert_int_equal(read_presence(&column, &f, &error), SDR_NOT_SUPPORTED);
        assert_string_equal(error.message,
                            "expected a type with a validity bitmap, found another");
        free(f.bitmap);
    }
    assert_int_equal(sdr_column_presence_from_arrow(&column, NULL, NULL, 0, NULL),
                     SDR_NOT_SUPPORTED);
}

static void test_numbers_that_no_array_has_are_refused(void **state) {
    (void)state;
    static const struct {
        int64_t length, offset;
        const char *message;
    } cases[] = {
        {-1, 0, "expected a length of 0 to 2^58, found -1 (chunk 0)"},
        {INT64_MAX, 0,
         "expected a length of 0 to 2^58, found 9223372036854775807 (chunk 0)"},
        {ROWS, -1,
         "expected an offset of 0 to 2^58 less the length, found -1 (chunk 0)"},
        {ROWS, INT64_MAX,
         "expected an offset of 0 to 2^58 less the length, found 9223372036854775807 "
         "(chunk 0)"},
    };
    fixture f;
    fixture_set(&f, "+l", ROWS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f.array.array.length = cases[i].length;
        f.array.array.offset = cases[i].offset;
        expect_message(&f, cases[i].message);
    }
    free(f.bitmap);
}

static void test_buffers_and_arrays_that_are_not_there_are_refused(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, "+l", ROWS);
    f.array.array.n_buffers = 0;
    expect_message(
        &f, "expected a list of buffers, with validity first, found 0 (chunk 0)");
    f.array.array.n_buffers = 1;
    f.array.array.buffers = NULL;
    expect_message(
        &f, "expected a list of buffers, with validity first, found 1 (chunk 0)");
    f.array.array.buffers = f.array.buffers;
    f.array.buffers[0] = NULL;
    f.array.array.null_count = 1;
    expect_message(&f,
                   "expected a validity buffer for the nulls, or a null_count of 0, "
                   "found 1 (chunk 0)");
    f.array.array.release = NULL;
    expect_message(&f, "expected an array, found one already released (chunk 0)");
    const struct ArrowArray *none[] = {NULL};
    sdr_column column;
    sdr_error error;
    assert_int_equal(
        sdr_column_presence_from_arrow(&column, &f.schema, none, 1, &error),
        SDR_INVALID_COLUMN);
    assert_string_equal(error.message,
                        "expected an array, found a null pointer (chunk 0)");
    free(f.bitmap);
}

static void test_a_bitmap_longer_than_the_children_is_not_read(void **state) {
    (void)state;
    static const struct {
        const char *format;
        int64_t enough, child_rows;
        const char *message;
    } cases[] = {
        {"+s", 4, 3,
         "expected children with rows for all of its own, found 3 (chunk 0)"},
        {"+w:3", 12, 11,
         "expected children with rows for all of its own, found 11 (chunk 0)"},
        {"+w:3", 12, -1,
         "expected children with rows for all of its own, found -1 (chunk 0)"},
        {"+w:9223372036854775807", INT64_MAX, 4,
         "expected children with rows for all of its own, found 4 (chunk 0)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        fixture_set(&f, cases[i].format, cases[i].child_rows);
        expect_message(&f, cases[i].message);
        f.array.array.length = INT64_C(1) << 50;
        expect_message(&f, cases[i].message);
        f.array.array.length = cases[i].enough == INT64_MAX ? 1 : ROWS;
        f.child.array.length = cases[i].enough;
        expect_nulls(&f, f.array.array.length, f.array.array.length / 2);
        free(f.bitmap);
    }
}

static void test_children_that_are_not_there_are_refused(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, "+s", ROWS);
    f.children[1] = NULL;
    expect_message(
        &f, "expected children with rows for all of its own, found -1 (chunk 0)");
    f.array.array.n_children = 1;
    expect_message(&f, "expected the children of its type, found 1 (chunk 0)");
    f.array.array.n_children = 2;
    f.array.array.children = NULL;
    expect_message(&f, "expected the children of its type, found 2 (chunk 0)");
    free(f.bitmap);
}

static sdr_code read_table_field(void *user, sdr_error *error) {
    fixture *f = user;
    struct ArrowSchema *fields[] = {&f->schema};
    struct ArrowSchema schema = schema_of("+s");
    schema.n_children = 1;
    schema.children = fields;
    struct ArrowArray *children[] = {&f->array.array};
    const void *buffers[] = {NULL};
    struct ArrowArray chunk = {.length = ROWS - 2,
                               .offset = 1,
                               .null_count = -1,
                               .n_buffers = 1,
                               .n_children = 1,
                               .buffers = buffers,
                               .children = children,
                               .release = keep_array};
    const sdr_arrow_table table = {&schema, &chunk, 1};
    sdr_column column;
    SDR_TRY(sdr_arrow_check_table(&table, error));
    SDR_TRY(sdr_column_presence_from_arrow_table(&column, &table, 0, error));
    assert_int_equal(column.length, ROWS - 2);
    assert_int_equal(column.null_count, 1);
    sdr_column_reset(&column);
    return SDR_OK;
}

static void test_a_table_field_is_known_from_the_table_offset_on(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, "+s", ROWS);
    assert_in_range(expect_no_memory_everywhere(read_table_field, &f), 2, 20);
    f.child.array.length = ROWS - 2; /* the table asks for rows 1 and 2, of 3 */
    sdr_error error;
    assert_int_equal(read_table_field(&f, &error), SDR_INVALID_COLUMN);
    free(f.bitmap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_any_type_with_a_bitmap_are_known),
        cmocka_unit_test(test_types_without_a_bitmap_are_not_read),
        cmocka_unit_test(test_numbers_that_no_array_has_are_refused),
        cmocka_unit_test(test_buffers_and_arrays_that_are_not_there_are_refused),
        cmocka_unit_test(test_a_bitmap_longer_than_the_children_is_not_read),
        cmocka_unit_test(test_children_that_are_not_there_are_refused),
        cmocka_unit_test(test_a_table_field_is_known_from_the_table_offset_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
