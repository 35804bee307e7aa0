/*
 * Arrow types: which are computed on, which are known by name only, which are none; and
 * columns of their arrays.
 */
#include "arrow_support.h"

/* --- format strings --------------------------------------------------------------- */

static const struct {
    const char *format, *name;
    sdr_type type;
    sdr_kind kind;
    sdr_unit unit;
} flat_types[] = {
    {"n", "null", SDR_TYPE_NULL, SDR_KIND_NULL, SDR_UNIT_NONE},
    {"b", "bool", SDR_TYPE_BOOL_BITS, SDR_KIND_BOOLEAN, SDR_UNIT_NONE},
    {"c", "int8", SDR_TYPE_INT8, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"C", "uint8", SDR_TYPE_UINT8, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"s", "int16", SDR_TYPE_INT16, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"S", "uint16", SDR_TYPE_UINT16, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"i", "int32", SDR_TYPE_INT32, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"I", "uint32", SDR_TYPE_UINT32, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"l", "int64", SDR_TYPE_INT64, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"L", "uint64", SDR_TYPE_UINT64, SDR_KIND_INTEGER, SDR_UNIT_NONE},
    {"e", "float16", SDR_TYPE_FLOAT16, SDR_KIND_FLOAT, SDR_UNIT_NONE},
    {"f", "float32", SDR_TYPE_FLOAT32, SDR_KIND_FLOAT, SDR_UNIT_NONE},
    {"g", "float64", SDR_TYPE_FLOAT64, SDR_KIND_FLOAT, SDR_UNIT_NONE},
    {"u", "utf8", SDR_TYPE_UTF8, SDR_KIND_TEXT, SDR_UNIT_NONE},
    {"U", "large_utf8", SDR_TYPE_LARGE_UTF8, SDR_KIND_TEXT, SDR_UNIT_NONE},
    {"vu", "string_view", SDR_TYPE_STRING_VIEW, SDR_KIND_TEXT, SDR_UNIT_NONE},
    {"tdD", "date32", SDR_TYPE_DATE32, SDR_KIND_TEMPORAL, SDR_UNIT_NONE},
    {"tdm", "date64", SDR_TYPE_DATE64, SDR_KIND_TEMPORAL, SDR_UNIT_MS},
    {"tss:", "timestamp[s]", SDR_TYPE_TIMESTAMP, SDR_KIND_TEMPORAL, SDR_UNIT_S},
    {"tsm:", "timestamp[ms]", SDR_TYPE_TIMESTAMP, SDR_KIND_TEMPORAL, SDR_UNIT_MS},
    {"tsu:UTC", "timestamp[us, UTC]", SDR_TYPE_TIMESTAMP, SDR_KIND_TEMPORAL,
     SDR_UNIT_US},
    {"tsn:America/New_York", "timestamp[ns, America/New_York]", SDR_TYPE_TIMESTAMP,
     SDR_KIND_TEMPORAL, SDR_UNIT_NS},
    {"tDs", "duration[s]", SDR_TYPE_DURATION, SDR_KIND_TEMPORAL, SDR_UNIT_S},
    {"tDm", "duration[ms]", SDR_TYPE_DURATION, SDR_KIND_TEMPORAL, SDR_UNIT_MS},
    {"tDu", "duration[us]", SDR_TYPE_DURATION, SDR_KIND_TEMPORAL, SDR_UNIT_US},
    {"tDn", "duration[ns]", SDR_TYPE_DURATION, SDR_KIND_TEMPORAL, SDR_UNIT_NS},
};
enum { N_FLAT = sizeof flat_types / sizeof *flat_types };

static void expect_named(const struct ArrowSchema *schema, const char *name) {
    char text[256];
    assert_int_equal(sdr_type_name_from_arrow(text, sizeof text, schema, NULL), SDR_OK);
    assert_string_equal(text, name);
}

static void test_flat_types_are_computed_on(void **state) {
    (void)state;
    for (int i = 0; i < N_FLAT; i++) {
        struct ArrowSchema schema = schema_of(flat_types[i].format);
        sdr_column column;
        assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, NULL),
                         SDR_OK);
        assert_int_equal(column.type, flat_types[i].type);
        assert_int_equal(column.kind, flat_types[i].kind);
        assert_int_equal(column.unit, flat_types[i].unit);
        assert_int_equal(column.length, 0);
        expect_named(&schema, flat_types[i].name);
        sdr_column_reset(&column);
    }
}

/* Refused as a type, without looking at any array. */
static void expect_unsupported(const struct ArrowSchema *schema, const char *name) {
    char message[300];
    sdr_column column;
    sdr_error error;
    assert_int_equal(sdr_column_from_arrow(&column, schema, NULL, 0, &error),
                     SDR_NOT_SUPPORTED);
    snprintf(message, sizeof message,
             "expected booleans, numbers, times, text or a dictionary of those, found "
             "%s",
             name);
    assert_string_equal(error.message, message);
    assert_null(column.chunks);
    expect_named(schema, name);
}

static void test_other_types_are_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *format, *name;
    } cases[] = {
        {"z", "binary"},
        {"Z", "large_binary"},
        {"vz", "binary_view"},
        {"w:16", "fixed_size_binary[16]"},
        {"w:0", "fixed_size_binary[0]"},
        {"tiM", "month_interval"},
        {"tiD", "day_time_interval"},
        {"tin", "month_day_nano_interval"},
        {"+s", "struct<>"},
        {"+ud:", "dense_union<>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ArrowSchema schema = schema_of(cases[i].format);
        expect_unsupported(&schema, cases[i].name);
    }
}

static void test_nested_types_are_named_with_what_they_hold(void **state) {
    (void)state;
    struct ArrowSchema ints = schema_of("l"), words = schema_of("u");
    ints.name = "a";
    words.name = "b";
    struct ArrowSchema *one[] = {&ints}, *two[] = {&ints, &words};
    struct ArrowSchema entries = schema_of("+s");
    entries.n_children = 2;
    entries.children = two;
    struct ArrowSchema *pairs[] = {&entries};
    const struct {
        const char *format;
        struct ArrowSchema **children;
        int64_t n;
        const char *name;
    } cases[] = {
        {"+l", one, 1, "list<int64>"},
        {"+L", one, 1, "large_list<int64>"},
        {"+vl", one, 1, "list_view<int64>"},
        {"+vL", one, 1, "large_list_view<int64>"},
        {"+w:3", one, 1, "fixed_size_list<int64>[3]"},
        {"+s", two, 2, "struct<a: int64, b: utf8>"},
        {"+m", pairs, 1, "map<int64, utf8>"},
        {"+r", two, 2, "run_end_encoded<int64, utf8>"},
        {"+ud:0,5", two, 2, "dense_union<a: int64, b: utf8>"},
        {"+us:0,5", two, 2, "sparse_union<a: int64, b: utf8>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ArrowSchema schema = schema_of(cases[i].format);
        schema.children = cases[i].children;
        schema.n_children = cases[i].n;
        expect_unsupported(&schema, cases[i].name);
    }
}

static void test_malformed_and_truncated_formats_are_refused(void **state) {
    (void)state;
    static const char *const formats[] = {
        "",         "x",        "ii",           "t",      "td",
        "tdX",      "ts",       "tss",          "tsX:",   "tsu UTC",
        "tD",       "tDX",      "tt",           "ttX",    "ti",
        "tiX",      "v",        "vx",           "w",      "w:",
        "w:a",      "w:-1",     "w:3x",         "d",      "d:",
        "d:10",     "d:10,",    "d:,2",         "d:a,2",  "d:10,2,",
        "d:10,2,x", "d:10,2,0", "d:10,2,128,1", "d:-1,2", "+",
        "+x",       "+w",       "+w:",          "+u",     "+ud",
        "+ud:a",    "+ud:1,",   "+us:1,,2",     "+lx",    "w:99999999999999999999",
        " i",
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct ArrowSchema schema = schema_of(formats[i]);
        char message[200];
        sdr_column column;
        sdr_error error;
        assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, &error),
                         SDR_INVALID_COLUMN);
        snprintf(message, sizeof message,
                 "expected a format of the Arrow C data interface, found '%s'",
                 formats[i]);
        assert_string_equal(error.message, message);
        expect_named(&schema, formats[i]);
    }
    struct ArrowSchema schema = schema_of(NULL);
    sdr_column column;
    assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, NULL),
                     SDR_INVALID_COLUMN);
    assert_int_equal(sdr_column_from_arrow(&column, NULL, NULL, 0, NULL),
                     SDR_INVALID_COLUMN);
}

static void test_flat_types_with_children_are_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i");
    sdr_column column;
    sdr_error error;
    schema.n_children = 1;
    assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, &error),
                     SDR_INVALID_COLUMN);
    assert_string_equal(error.message, "expected no children of format 'i', found 1");
}

static void test_schemas_that_are_a_circle_are_named_all_the_same(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("+l");
    struct ArrowSchema *children[] = {&schema, NULL};
    schema.children = children;
    schema.n_children = 2;
    char text[40];
    assert_int_equal(sdr_type_name_from_arrow(text, sizeof text, &schema, NULL),
                     SDR_OK);
    assert_string_equal(text, "list<list<list<list<list<list<list<...,");
}

/* --- extension types -------------------------------------------------------------- */

/* One key and value, as the interface lays metadata out. */
static const char *metadata_of(char *out, int32_t n_pairs, const char *key,
                               int32_t key_size, const char *value) {
    int32_t value_size = (int32_t)strlen(value);
    memcpy(out, &n_pairs, 4);
    memcpy(out + 4, &key_size, 4);
    memcpy(out + 8, key, strlen(key));
    memcpy(out + 8 + strlen(key), &value_size, 4);
    memcpy(out + 12 + strlen(key), value, strlen(value));
    return out;
}

static void test_extension_types_are_not_read_as_their_storage(void **state) {
    (void)state;
    char metadata[200];
    struct ArrowSchema schema = schema_of("l"), index = schema_of("c");
    schema.metadata = metadata_of(metadata, 1, "ARROW:extension:name", 20, "geo.point");
    expect_unsupported(&schema, "extension<geo.point>");
    index.dictionary = &schema; /* a dictionary of it is not either */
    expect_unsupported(&index, "dictionary<int8, extension<geo.point>>");
    sdr_column column;
    schema.metadata = metadata_of(metadata, 1, "ARROW:extension:nam", 19, "geo.point");
    assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, NULL), SDR_OK);
    sdr_column_reset(&column);
    schema.metadata = metadata_of(metadata, 0, "ARROW:extension:name", 20, "geo.point");
    assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, NULL), SDR_OK);
    sdr_column_reset(&column);
}

static void test_metadata_of_impossible_lengths_is_refused(void **state) {
    (void)state;
    static const int32_t pairs[][2] = {{-1, 3}, {65537, 3},   {INT32_MAX, 3},
                                       {1, -3}, {1, 1048577}, {1, INT32_MAX}};
    char metadata[200];
    struct ArrowSchema schema = schema_of("l");
    sdr_column column;
    sdr_error error;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        schema.metadata = metadata_of(metadata, pairs[i][0], "key", 3, "value");
        memcpy(metadata + sizeof(int32_t), &pairs[i][1], sizeof(int32_t));
        assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, &error),
                         SDR_INVALID_COLUMN);
        assert_string_equal(error.message,
                            "expected metadata of at most 65536 pairs, keys of at most "
                            "1 MiB and values of 256 MiB, found a length beyond");
    }
}

/* --- dictionaries ----------------------------------------------------------------- */

static void test_dictionaries_of_every_flat_type_are_computed_on(void **state) {
    (void)state;
    static const struct {
        const char *format, *name;
        sdr_type type;
    } indices[] = {
        {"c", "int8", SDR_TYPE_INT8},   {"C", "uint8", SDR_TYPE_UINT8},
        {"s", "int16", SDR_TYPE_INT16}, {"S", "uint16", SDR_TYPE_UINT16},
        {"i", "int32", SDR_TYPE_INT32}, {"I", "uint32", SDR_TYPE_UINT32},
        {"l", "int64", SDR_TYPE_INT64}, {"L", "uint64", SDR_TYPE_UINT64},
    };
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        for (int k = 0; k < N_FLAT; k++) {
            struct ArrowSchema schema = schema_of(indices[i].format);
            struct ArrowSchema values = schema_of(flat_types[k].format);
            char name[100];
            sdr_column column;
            schema.dictionary = &values;
            snprintf(name, sizeof name, "dictionary<%s, %s>", indices[i].name,
                     flat_types[k].name);
            expect_named(&schema, name);
            assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, NULL),
                             SDR_OK);
            assert_int_equal(column.type, SDR_TYPE_DICTIONARY);
            assert_int_equal(column.kind, SDR_KIND_CATEGORY);
            assert_int_equal(column.length, 0);
            assert_int_equal(column.chunks[0].index_type, indices[i].type);
            assert_int_equal(column.chunks[0].dictionary->type, flat_types[k].type);
            sdr_column_reset(&column);
        }
    }
}

static void test_dictionaries_of_anything_else_are_refused(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("c"), values = schema_of("z");
    struct ArrowSchema words = schema_of("u");
    sdr_column column;
    sdr_error error;
    schema.dictionary = &values;
    expect_unsupported(&schema, "dictionary<int8, binary>");
    values = schema_of("i");
    values.dictionary = &words;
    expect_unsupported(&schema, "dictionary<int8, dictionary<int32, utf8>>");
    schema.dictionary = &words;
    static const char *const formats[] = {"f", "u", "n", "tdD", "z"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        schema.format = formats[i];
        assert_int_equal(sdr_column_from_arrow(&column, &schema, NULL, 0, &error),
                         SDR_INVALID_COLUMN);
        assert_memory_equal(error.message,
                            "expected dictionary indices of (u)int8 to (u)int64", 50);
    }
}

/* Three rows, the second null, of a dictionary with a null among its values. */
static void test_nulls_of_indices_and_of_values_are_both_null(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("C"), values = schema_of("u");
    const int32_t offsets[3] = {0, 0, 2};
    const uint8_t valid_values = 0x02, valid = 0x05, indices[3] = {0, 1, 1};
    test_array dictionary, a;
    test_array_set(&dictionary, 2, 1, 3, &valid_values, offsets, "ab");
    test_array_set(&a, 3, 1, 2, &valid, indices);
    schema.dictionary = &values;
    a.array.dictionary = &dictionary.array;
    sdr_column column = import_ok(&schema, &a);
    sdr_string out[3];
    char name[40];
    assert_int_equal(column.null_count, 2);
    sdr_column_load_text(&column, 0, 3, out);
    assert_null(out[0].data); /* its value is */
    assert_null(out[1].data); /* the row is */
    assert_int_equal(out[2].size, 2);
    assert_memory_equal(out[2].data, "ab", 2);
    sdr_column_type_name(name, sizeof name, &column, NULL);
    assert_string_equal(name, "dictionary<uint8, utf8>");
    sdr_column_reset(&column);
}

static void test_each_chunk_has_a_dictionary_of_its_own(void **state) {
    (void)state;
    struct ArrowSchema schema = schema_of("i"), values = schema_of("l");
    const int64_t first[2] = {10, 20}, second[3] = {30, 40, 50};
    const int32_t low[2] = {1, 0}, high[2] = {2, 0};
    test_array dictionaries[2], chunks[2];
    test_array_set(&dictionaries[0], 2, 0, 2, NULL, first);
    test_array_set(&dictionaries[1], 3, 0, 2, NULL, second);
    test_array_set(&chunks[0], 2, 0, 2, NULL, low);
    test_array_set(&chunks[1], 2, 0, 2, NULL, high);
    schema.dictionary = &values;
    const struct ArrowArray *arrays[2];
    for (int i = 0; i < 2; i++) {
        chunks[i].array.dictionary = &dictionaries[i].array;
        arrays[i] = &chunks[i].array;
    }
    sdr_column column;
    double scratch[4];
    int64_t nulls;
    assert_int_equal(sdr_column_from_arrow(&column, &schema, arrays, 2, NULL), SDR_OK);
    const double *out = sdr_column_load_f64(&column, 0, 4, 0, scratch, &nulls);
    const double expected[4] = {20, 10, 50, 30};
    assert_memory_equal(out, expected, sizeof expected);
    sdr_column_reset(&column);
}

/* --- offsets and memory ----------------------------------------------------------- */

static void test_an_offset_shifts_every_buffer(void **state) {
    (void)state;
    const uint8_t bits[2] = {0xb5, 0x02}, valid[2] = {0xfd, 0x03};
    const int32_t offsets[6] = {0, 1, 3, 3, 6, 7};
    const int16_t numbers[5] = {1, 2, 3, 4, 5};
    struct ArrowSchema booleans = schema_of("b"), text = schema_of("u");
    struct ArrowSchema shorts = schema_of("s");
    test_array a;
    double scratch[3];
    int64_t nulls;
    sdr_string out[2];
    test_array_set(&a, 3, 0, 2, valid, bits);
    a.array.offset = 5;
    sdr_column column = import_ok(&booleans, &a);
    const double *flags = sdr_column_load_f64(&column, 0, 3, 0, scratch, &nulls);
    assert_true(flags[0] == 1 && flags[1] == 0 && flags[2] == 1);
    sdr_column_reset(&column);
    test_array_set(&a, 3, 1, 2, valid, numbers);
    a.array.offset = 1;
    column = import_ok(&shorts, &a);
    const double *values = sdr_column_load_f64(&column, 0, 3, 0, scratch, &nulls);
    assert_true(isnan(values[0]) && values[1] == 3 && values[2] == 4);
    assert_int_equal(nulls, 1);
    sdr_column_reset(&column);
    test_array_set(&a, 2, 0, 3, valid, offsets, "abcdefg");
    a.array.offset = 3;
    column = import_ok(&text, &a);
    sdr_column_load_text(&column, 0, 2, out);
    assert_int_equal(out[0].size, 3);
    assert_memory_equal(out[0].data, "def", 3);
    assert_memory_equal(out[1].data, "g", 1);
    sdr_column_reset(&column);
}

typedef struct source {
    struct ArrowSchema schema;
    const struct ArrowArray *arrays[2];
} source;

static sdr_code import_all(void *user, sdr_error *error) {
    source *s = user;
    sdr_column column;
    SDR_TRY(sdr_column_from_arrow(&column, &s->schema, s->arrays, 2, error));
    sdr_column_reset(&column);
    return SDR_OK;
}

static void test_allocation_failure_leaves_nothing_behind(void **state) {
    (void)state;
    struct ArrowSchema values = schema_of("vu");
    const int64_t sizes[1] = {4};
    int32_t views[1][4] = {{2, 0, 0, 0}};
    const int8_t indices[2] = {0, 0};
    test_array dictionary, a;
    memcpy(&views[0][1], "ab", 2);
    test_array_set(&dictionary, 1, 0, 4, NULL, views, "data", sizes);
    test_array_set(&a, 2, 0, 2, NULL, indices);
    a.array.dictionary = &dictionary.array;
    source s = {schema_of("c"), {&a.array, &a.array}};
    s.schema.dictionary = &values;
    assert_true(expect_no_memory_everywhere(import_all, &s) >= 6);
}

static void test_refused_columns_leave_nothing_behind(void **state) {
    (void)state;
    struct ArrowSchema values = schema_of("u");
    const int32_t offsets[2] = {0, 1};
    const int8_t good[1] = {0}, bad[1] = {1};
    test_array dictionary, chunks[2];
    test_array_set(&dictionary, 1, 0, 3, NULL, offsets, "a");
    test_array_set(&chunks[0], 1, 0, 2, NULL, good);
    test_array_set(&chunks[1], 1, 0, 2, NULL, bad);
    chunks[0].array.dictionary = chunks[1].array.dictionary = &dictionary.array;
    source s = {schema_of("c"), {&chunks[0].array, &chunks[1].array}};
    s.schema.dictionary = &values;
    failing_allocator f = {.until_failure = -1};
    const sdr_allocator hook = {failing_allocate, failing_release, &f};
    sdr_error error;
    sdr_allocator_set(&hook);
    sdr_code code = import_all(&s, &error);
    sdr_allocator_set(NULL);
    assert_int_equal(code, SDR_INVALID_COLUMN);
    assert_string_equal(
        error.message, "expected a dictionary index below 1, found 1 (chunk 1, row 0)");
    assert_true(f.calls > 0);
    assert_int_equal(f.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flat_types_are_computed_on),
        cmocka_unit_test(test_other_types_are_refused_by_name),
        cmocka_unit_test(test_nested_types_are_named_with_what_they_hold),
        cmocka_unit_test(test_malformed_and_truncated_formats_are_refused),
        cmocka_unit_test(test_flat_types_with_children_are_refused),
        cmocka_unit_test(test_schemas_that_are_a_circle_are_named_all_the_same),
        cmocka_unit_test(test_extension_types_are_not_read_as_their_storage),
        cmocka_unit_test(test_metadata_of_impossible_lengths_is_refused),
        cmocka_unit_test(test_dictionaries_of_every_flat_type_are_computed_on),
        cmocka_unit_test(test_dictionaries_of_anything_else_are_refused),
        cmocka_unit_test(test_nulls_of_indices_and_of_values_are_both_null),
        cmocka_unit_test(test_each_chunk_has_a_dictionary_of_its_own),
        cmocka_unit_test(test_an_offset_shifts_every_buffer),
        cmocka_unit_test(test_allocation_failure_leaves_nothing_behind),
        cmocka_unit_test(test_refused_columns_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
