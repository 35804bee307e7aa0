/* Tables as Arrow structs: refused before a buffer is read, nulls of the struct, twins
 * that differ only in keeping the rule. Buffers end where their memory ends. */
#include "arrow_support.h"

#include "views/arrow_table.h"

enum { ROWS = 4 };

/* A table of one float64 field; every test may break it. */
typedef struct fixture {
    struct ArrowSchema schema, field, *fields[1];
    test_array child;
    struct ArrowArray chunk, *children[1];
    const void *buffers[1];
    uint8_t *bitmap;
    double *values;
} fixture;

static void fixture_set(fixture *f, uint8_t bits) {
    *f = (fixture){.schema = schema_of("+s"), .field = schema_of("g")};
    f->bitmap = malloc(1);
    f->values = malloc(ROWS * sizeof *f->values);
    f->bitmap[0] = bits;
    for (int i = 0; i < ROWS; i++)
        f->values[i] = i;
    test_array_set(&f->child, ROWS, 0, 2, NULL, f->values);
    f->fields[0] = &f->field;
    f->schema.n_children = 1;
    f->schema.children = f->fields;
    f->children[0] = &f->child.array;
    f->buffers[0] = f->bitmap;
    f->chunk = (struct ArrowArray){.length = ROWS,
                                   .null_count = -1,
                                   .n_buffers = 1,
                                   .n_children = 1,
                                   .buffers = f->buffers,
                                   .children = f->children,
                                   .release = keep_array};
}

static void fixture_free(fixture *f) {
    free(f->bitmap);
    free(f->values);
}

/* As the extension reads a table of one field. */
static sdr_code read_table(sdr_column *out, fixture *f, sdr_error *error) {
    struct ArrowArray chunk = f->chunk;
    const sdr_arrow_table table = {&f->schema, &chunk, 1};
    memset(out, 0, sizeof *out);
    SDR_TRY(sdr_arrow_check_table(&table, error));
    return sdr_column_from_arrow_table(out, &table, 0, error);
}

static void expect_message(fixture *f, const char *message) {
    sdr_column column;
    sdr_error error = {.code = SDR_OK};
    assert_int_equal(read_table(&column, f, &error), SDR_INVALID_COLUMN);
    assert_string_equal(error.message, message);
}

static void expect_nulls(fixture *f, int64_t rows, int64_t nulls) {
    sdr_column column;
    sdr_error error = {.code = SDR_OK};
    if (read_table(&column, f, &error) != SDR_OK) fail_msg("%s", error.message);
    assert_int_equal(column.length, rows);
    assert_int_equal(column.null_count, nulls);
    sdr_column_reset(&column);
}

static void test_a_bitmap_longer_than_the_children_is_not_read(void **state) {
    (void)state;
    static const struct {
        int64_t length, offset;
        const char *found;
    } cases[] = {
        {1 << 20, 0, "1048576"},
        {INT64_C(1) << 40, 0, "1099511627776"},
        {INT64_C(1) << 62, 0, "4611686018427387904"},
        {ROWS, INT64_C(1) << 40, "1099511627780"},
        {ROWS, 1, "5"},
    };
    fixture f;
    fixture_set(&f, 0x0f);
    expect_nulls(&f, ROWS, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int64_t nulls = -1; nulls <= 1; nulls++) {
            char message[200];
            f.chunk.length = cases[i].length;
            f.chunk.offset = cases[i].offset;
            f.chunk.null_count = nulls;
            snprintf(message, sizeof message,
                     "table: chunk 0: expected children of at least %s rows, as its "
                     "offset and length say, found 4 with offset 0 in field 0 'x'",
                     cases[i].found);
            expect_message(&f, message);
        }
    fixture_free(&f);
}

static void test_a_null_count_of_a_struct_is_not_believed(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, 0x05); /* rows 1 and 3 are null */
    expect_nulls(&f, ROWS, 2);
    f.chunk.null_count = 2;
    expect_nulls(&f, ROWS, 2);
    f.chunk.null_count = 0;
    expect_message(&f, "table: chunk 0: expected null_count 2 as its bitmap, found 0");
    f.chunk.null_count = 5;
    expect_message(
        &f, "table: chunk 0: expected a null_count of -1 to the length, found 5");
    f.chunk.null_count = 2;
    f.buffers[0] = NULL;
    expect_message(&f, "table: chunk 0: expected a validity buffer for the nulls, or a "
                       "null_count of 0, found 2");
    f.chunk.null_count = 0;
    expect_nulls(&f, ROWS, 0);
    fixture_free(&f);
}

static void test_numbers_of_a_struct_are_refused_by_rule(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, 0x0f);
    const struct ArrowArray sound = f.chunk;
#define REFUSED(change, text)                                                          \
    do {                                                                               \
        f.chunk = sound;                                                               \
        f.chunk.change;                                                                \
        expect_message(&f, "table: chunk 0: expected " text);                          \
    } while (0)
    REFUSED(length = -1, "a length >= 0, found -1");
    REFUSED(length = INT64_MIN, "a length >= 0, found -9223372036854775808");
    REFUSED(offset = -1, "an offset >= 0, found -1");
    REFUSED(offset = INT64_MAX, "an offset of less than 2^63 less the length, found "
                                "9223372036854775807");
    REFUSED(null_count = -2, "a null_count of -1 to the length, found -2");
    REFUSED(n_buffers = 0, "one buffer, for validity, found 0");
    REFUSED(n_buffers = -1, "one buffer, for validity, found -1");
    REFUSED(n_buffers = INT64_MAX,
            "one buffer, for validity, found 9223372036854775807");
    REFUSED(n_children = 0, "1 children as in the schema, found 0");
    REFUSED(n_children = 2, "1 children as in the schema, found 2");
    REFUSED(n_children = -1, "1 children as in the schema, found -1");
    REFUSED(children = NULL, "1 children as in the schema, found 1 in no list");
    REFUSED(dictionary = &f.child.array, "no dictionary, found one");
    f.chunk = sound;
    expect_nulls(&f, ROWS, 0);
    f.children[0] = NULL;
    expect_message(&f, "table: chunk 0: expected children of at least 4 rows, as its "
                       "offset and length say, found -1 with offset -1 in field 0 'x'");
    f.buffers[0] = NULL;
    expect_message(&f, "expected an array of at least 4 rows, as its table's offset "
                       "and length say, found -1 with offset -1 (chunk 0)");
    fixture_free(&f);
}

static void test_schemas_of_a_table_are_refused_by_rule(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, 0x0f);
    f.schema.n_children = -1;
    expect_message(&f, "table: expected the schemas of its -1 fields");
    f.schema.n_children = INT64_MAX;
    expect_message(&f, "table: expected the schemas of its 9223372036854775807 fields");
    f.schema.n_children = 1;
    f.schema.children = NULL;
    expect_message(&f, "table: expected the schemas of its 1 fields");
    f.schema.children = f.fields;
    f.schema.dictionary = &f.field;
    expect_message(&f, "table: expected a struct without a dictionary, found one with "
                       "a dictionary");
    f.schema.dictionary = NULL;
    expect_nulls(&f, ROWS, 0);
    fixture_free(&f);
}

static void test_a_table_without_fields_has_a_bitmap_that_nobody_reads(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("+s");
    const void *buffers[1] = {(const void *)(uintptr_t)8};
    struct ArrowArray chunk = {.length = INT64_C(1) << 40,
                               .null_count = -1,
                               .n_buffers = 1,
                               .buffers = buffers,
                               .release = keep_array};
    const sdr_arrow_table table = {&schema, &chunk, 1};
    assert_int_equal(sdr_arrow_check_table(&table, NULL), SDR_OK);
}

/* A child deep inside its memory: only the window's own bits are copied. */
static void test_a_child_with_a_large_offset_takes_the_nulls_of_its_struct(void **s) {
    (void)s;
    enum { FAR = 1 << 20 };
    fixture f;
    fixture_set(&f, 0x16); /* rows 1, 2, 4 of it are valid */
    double *values = calloc(FAR + 10, sizeof *values);
    uint8_t *inner = calloc(FAR / 8 + 2, 1);
    for (int i = 0; i < 5; i++)
        values[FAR + 3 + i] = 10 + i;
    inner[FAR / 8] = 0xb8; /* of rows 3 to 7: 3, 4, 5, 7 are valid */
    test_array_set(&f.child, 5, -1, 2, inner, values);
    f.child.array.offset = FAR + 3;
    f.chunk.length = 4;
    f.chunk.offset = 1;
    const struct ArrowArray **arrays = NULL;
    const sdr_arrow_table table = {&f.schema, &f.chunk, 1};
    sdr_arena arena = {NULL};
    sdr_column column;
    double scratch[4];
    int64_t nulls;
    assert_int_equal(sdr_arrow_check_table(&table, NULL), SDR_OK);
    assert_int_equal(sdr_arrow_field(&arrays, &arena, &table, 0, NULL), SDR_OK);
    assert_in_range(arrays[0]->offset, 0, 7);
    assert_int_equal(sdr_column_from_arrow(&column, &f.field, arrays, 1, NULL), SDR_OK);
    const double *rows = sdr_column_load_f64(&column, 0, 4, 0, scratch, &nulls);
    assert_int_equal(nulls, 1);
    assert_true(rows[0] == 11 && rows[1] == 12 && isnan(rows[2]) && rows[3] == 14);
    sdr_column_reset(&column);
    sdr_arena_free(&arena);
    free(values);
    free(inner);
    fixture_free(&f);
}

static void test_a_broken_child_keeps_its_own_refusal(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, 0x05);
    f.child.array.n_buffers = -1;
    expect_message(&f, "expected 2 buffers, found -1 (chunk 0)");
    f.child.array.n_buffers = INT64_MAX;
    expect_message(&f, "expected 2 buffers, found 9223372036854775807 (chunk 0)");
    f.field.format = "vu";
    expect_message(&f, "expected fewer than 2^31 buffers, found 9223372036854775807 "
                       "(chunk 0)");
    f.field.format = "x";
    expect_message(&f, "expected a format of the Arrow C data interface, found 'x'");
    f.field.format = "g";
    f.child.array.n_buffers = 2;
    f.child.array.release = NULL;
    expect_message(&f, "expected an array, found one already released (chunk 0)");
    f.child.array.release = keep_array;
    f.child.array.offset = INT64_MAX - ROWS;
    expect_message(&f, "table: chunk 0: expected children of at least 4 rows, as its "
                       "offset and length say, found 4 with offset "
                       "9223372036854775803 in field 0 'x'");
    f.child.array.offset = 0;
    f.child.array.length = INT64_MAX; /* the table's rows are few: still no length */
    expect_message(&f, "table: chunk 0: expected children of at least 4 rows, as its "
                       "offset and length say, found 9223372036854775807 with offset 0 "
                       "in field 0 'x'");
    f.buffers[0] = NULL;
    expect_message(&f, "expected an array of at least 4 rows, as its table's offset "
                       "and length say, found 9223372036854775807 with offset 0 "
                       "(chunk 0)");
    f.buffers[0] = f.bitmap;
    f.child.array.length = ROWS;
    f.child.array.buffers = NULL;
    expect_message(&f, "expected a list of buffers, found none (chunk 0)");
    fixture_free(&f);
}

/* The characters end where the child's last offset says: a window that is shorter than the
 * child may not reach beyond them; one that may is read. */
static void test_a_window_of_texts_ends_within_the_characters(void **state) {
    (void)state;
    static const int32_t narrow[] = {0, 1, 9, 3, 3};
    static const int64_t wide[] = {0, 1, 9, 3, 3};
    const char *formats[] = {"u", "U"};
    for (int i = 0; i < 2; i++) {
        fixture f;
        fixture_set(&f, 0xff);
        f.buffers[0] = NULL;
        f.field.format = formats[i];
        test_array_set(&f.child, ROWS, 0, 3, NULL,
                       i == 0 ? (const void *)narrow : (const void *)wide, "abc");
        f.chunk.length = 2;
        expect_message(&f, "expected offsets that do not fall below 9, that of row 2, "
                           "found 3 at the end of the array (chunk 0)");
        f.chunk.length = 1;
        expect_nulls(&f, 1, 0);
        f.chunk.offset = 3; /* to the end: the import itself looks there */
        expect_nulls(&f, 1, 0);
        fixture_free(&f);
    }
}

static sdr_code read_user(void *user, sdr_error *error) {
    sdr_column column;
    sdr_code code = read_table(&column, user, error);
    sdr_column_reset(&column);
    return code;
}

static void test_no_memory_is_reported_at_each_step(void **state) {
    (void)state;
    fixture f;
    fixture_set(&f, 0x05);
    assert_true(expect_no_memory_everywhere(read_user, &f) >= 6);
    fixture_free(&f);
}

/* A struct is a table, unless an extension type is stored as one. */
static void test_a_table_is_a_struct_and_no_extension(void **state) {
    (void)state;
    static const char *const others[] = {"g", "+l", "", NULL};
    struct ArrowSchema schema = schema_of("+s");
    assert_true(sdr_arrow_is_table(&schema));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        schema.format = others[i];
        assert_false(sdr_arrow_is_table(&schema));
    }
    static const char key[] = "ARROW:extension:name", value[] = "some.table";
    const int32_t sizes[] = {1, sizeof key - 1, sizeof value - 1};
    char metadata[64] = {0}, *at = metadata;
    memcpy(at, sizes, 2 * sizeof *sizes), at += 2 * sizeof *sizes;
    memcpy(at, key, sizeof key - 1), at += sizeof key - 1;
    memcpy(at, &sizes[2], sizeof *sizes), at += sizeof *sizes;
    memcpy(at, value, sizeof value - 1);
    schema.format = "+s";
    schema.metadata = metadata;
    assert_false(sdr_arrow_is_table(&schema));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bitmap_longer_than_the_children_is_not_read),
        cmocka_unit_test(test_a_null_count_of_a_struct_is_not_believed),
        cmocka_unit_test(test_numbers_of_a_struct_are_refused_by_rule),
        cmocka_unit_test(test_schemas_of_a_table_are_refused_by_rule),
        cmocka_unit_test(test_a_table_without_fields_has_a_bitmap_that_nobody_reads),
        cmocka_unit_test(
            test_a_child_with_a_large_offset_takes_the_nulls_of_its_struct),
        cmocka_unit_test(test_a_broken_child_keeps_its_own_refusal),
        cmocka_unit_test(test_a_window_of_texts_ends_within_the_characters),
        cmocka_unit_test(test_no_memory_is_reported_at_each_step),
        cmocka_unit_test(test_a_table_is_a_struct_and_no_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
