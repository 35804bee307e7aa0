/*
 * Arrays of random damage: each is refused with a message, or every row of it can be
 * read. Buffers end where the allocation ends, so a sanitizer sees what goes too far.
 */
#include "arrow_support.h"

enum { ROWS = 70, TRIES = 3000, DICTIONARY_ROWS = 5 };

static void *random_buffer(size_t bytes, uint64_t *seed) {
    uint8_t *buffer = malloc(bytes);
    for (size_t i = 0; i < bytes; i++)
        buffer[i] = (uint8_t)random_bits(seed);
    return buffer;
}

static int64_t below(uint64_t *seed, int64_t n) {
    return (int64_t)(random_bits(seed) % (uint64_t)n);
}

/* Reads everything a column offers. */
static void read_all(const sdr_column *column) {
    double numbers[SDR_BLOCK_ROWS];
    sdr_string texts[SDR_BLOCK_ROWS];
    int64_t nulls = 0, counted = 0;
    bool is_text = column->kind == SDR_KIND_TEXT;
    if (column->kind == SDR_KIND_CATEGORY)
        is_text = column->chunks[0].dictionary->kind == SDR_KIND_TEXT;
    if (!is_text) {
        sdr_column_load_f64(column, 0, column->length, 0, numbers, &nulls);
        assert_int_equal(nulls, column->null_count);
        return;
    }
    sdr_column_load_text(column, 0, column->length, texts);
    volatile uint8_t sum = 0;
    for (int64_t i = 0; i < column->length; i++) {
        counted += texts[i].data == NULL;
        for (int64_t k = 0; k < texts[i].size; k++)
            sum = (uint8_t)(sum + texts[i].data[k]);
    }
    assert_int_equal(counted, column->null_count);
}

static void take_and_slice(const sdr_column *column, uint64_t *seed) {
    sdr_column part, taken;
    int64_t start = below(seed, column->length + 1), indices[8];
    assert_int_equal(sdr_column_slice(&part, column, start, column->length, NULL),
                     SDR_OK);
    read_all(&part);
    sdr_column_reset(&part);
    if (column->length == 0) return;
    for (int i = 0; i < 8; i++)
        indices[i] = below(seed, column->length);
    assert_int_equal(sdr_column_take(&taken, column, indices, 8, NULL), SDR_OK);
    read_all(&taken);
    sdr_column_reset(&taken);
}

/* 1 where the array was accepted. */
static int try_array(const struct ArrowSchema *schema, const test_array *array,
                     uint64_t *seed) {
    sdr_column column;
    sdr_error error;
    if (import_one(&column, schema, array, &error) != SDR_OK) {
        assert_int_equal(error.code, SDR_INVALID_COLUMN);
        assert_true(strncmp(error.message, "expected ", 9) == 0 ||
                    strncmp(error.message, "dictionary: expected ", 21) == 0);
        assert_null(column.chunks);
        return 0;
    }
    read_all(&column);
    take_and_slice(&column, seed);
    sdr_column_reset(&column);
    return 1;
}

/* Some struct field gets a value of the kind that breaks things. */
static void damage(struct ArrowArray *array, uint64_t *seed) {
    static const int64_t values[] = {-1, -2, 0, 1, 3, INT64_MAX, INT64_MIN, 1 << 20};
    int64_t value = values[below(seed, 8)];
    switch (below(seed, 12)) {
    case 0:
        array->null_count = value;
        break;
    case 1:
        array->n_buffers = value > 3 ? 1 : value;
        break;
    case 2:
        array->n_children = value;
        break;
    case 3:
        if (value < 0 || value == INT64_MAX) array->length = value;
        break;
    case 4:
        if (value < 0 || value == INT64_MAX) array->offset = value;
        break;
    case 5:
        array->release = NULL;
        break;
    default:
        break;
    }
}

/* --- dictionaries ----------------------------------------------------------------- */

static int try_dictionary(uint64_t *seed) {
    static const char *const formats[] = {"c", "C", "s", "S", "i", "I", "l", "L"};
    static const int widths[] = {1, 1, 2, 2, 4, 4, 8, 8};
    int kind = (int)below(seed, 8), width = widths[kind];
    int64_t offset = below(seed, 10), length = below(seed, ROWS);
    size_t rows = (size_t)(offset + length);
    uint8_t *validity = random_buffer((rows + 7) / 8, seed);
    uint8_t *indices = random_buffer(rows * (size_t)width, seed);
    double *numbers = random_buffer(DICTIONARY_ROWS * sizeof *numbers, seed);
    for (size_t i = 0; i < rows; i++) { /* most of them in range */
        if (below(seed, 60) == 0) continue;
        memset(indices + i * (size_t)width, 0, (size_t)width);
        indices[i * (size_t)width] = (uint8_t)below(seed, DICTIONARY_ROWS);
    }
    struct ArrowSchema schema = schema_of(formats[kind]), values = schema_of("g");
    test_array dictionary, array;
    test_array_set(&dictionary, DICTIONARY_ROWS, 0, 2, NULL, numbers);
    test_array_set(&array, length, -1, 2, validity, indices);
    schema.dictionary = &values;
    array.array.offset = offset;
    array.array.dictionary = &dictionary.array;
    damage(below(seed, 2) ? &array.array : &dictionary.array, seed);
    int accepted = try_array(&schema, &array, seed);
    free(validity);
    free(indices);
    free(numbers);
    return accepted;
}

static void test_damaged_dictionaries_are_refused_or_readable(void **state) {
    (void)state;
    uint64_t seed = 11;
    int accepted = 0;
    for (int i = 0; i < TRIES; i++)
        accepted += try_dictionary(&seed);
    assert_true(accepted > TRIES / 10 && accepted < 9 * TRIES / 10);
}

/* --- string views ----------------------------------------------------------------- */

static void string_view_set(int32_t *view, const char *const *buffers,
                            const int64_t *sizes, uint64_t *seed) {
    int buffer = (int)below(seed, 2);
    int32_t size = (int32_t)below(seed, sizes[buffer] + 1);
    int32_t offset = (int32_t)below(seed, sizes[buffer] - size + 1);
    view[0] = size;
    memcpy(&view[1], buffers[buffer] + offset, (size_t)(size < 4 ? size : 4));
    if (size > 12) {
        view[2] = buffer;
        view[3] = offset;
    }
    if (below(seed, 90) == 0) view[below(seed, 4)] = (int32_t)random_bits(seed);
}

static int try_string_views(uint64_t *seed) {
    int64_t offset = below(seed, 10), length = below(seed, ROWS), sizes[2] = {40, 25};
    size_t rows = (size_t)(offset + length);
    char *buffers[2] = {random_buffer(40, seed), random_buffer(25, seed)};
    int32_t *views = random_buffer(rows * 16, seed);
    uint8_t *validity = random_buffer((rows + 7) / 8, seed);
    for (size_t i = 0; i < rows; i++) {
        bool is_valid = validity[i / 8] >> i % 8 & 1; /* null rows keep their noise */
        if (is_valid)
            string_view_set(views + 4 * i, (const char *const *)buffers, sizes, seed);
    }
    struct ArrowSchema schema = schema_of("vu");
    test_array array;
    test_array_set(&array, length, -1, 5, validity, views, buffers[0], buffers[1],
                   sizes);
    array.array.offset = offset;
    damage(&array.array, seed);
    int accepted = try_array(&schema, &array, seed);
    free(buffers[0]);
    free(buffers[1]);
    free(views);
    free(validity);
    return accepted;
}

static void test_damaged_string_views_are_refused_or_readable(void **state) {
    (void)state;
    uint64_t seed = 12;
    int accepted = 0;
    for (int i = 0; i < TRIES; i++)
        accepted += try_string_views(&seed);
    assert_true(accepted > TRIES / 10 && accepted < 9 * TRIES / 10);
}

/* --- offsets ---------------------------------------------------------------------- */

/* As views, which know the size of their characters. */
static int try_offsets(uint64_t *seed) {
    int64_t length = below(seed, ROWS), size = below(seed, 100);
    bool is_large = below(seed, 2);
    size_t width = is_large ? 8 : 4;
    uint8_t *bytes = random_buffer((size_t)size, seed);
    uint8_t *offsets = calloc((size_t)length + 1, width);
    uint8_t *validity = random_buffer((size_t)(length + 7) / 8, seed);
    int64_t at = below(seed, size + 1);
    for (int64_t i = 0; i <= length; i++) {
        int64_t written = below(seed, 80) == 0 ? (int64_t)random_bits(seed) : at;
        memcpy(offsets + (size_t)i * width, &written, width);
        at += below(seed, 3) == 0 ? below(seed, size - at + 1) : 0;
    }
    sdr_view view = {.type = is_large ? SDR_TYPE_LARGE_UTF8 : SDR_TYPE_UTF8,
                     .length = length,
                     .data = offsets,
                     .stride = (ptrdiff_t)width,
                     .validity = validity,
                     .bytes = bytes,
                     .bytes_size = size};
    sdr_column column;
    int accepted = sdr_column_init(&column, &view, 1, NULL) == SDR_OK;
    if (accepted) {
        read_all(&column);
        take_and_slice(&column, seed);
        sdr_column_reset(&column);
    }
    free(bytes);
    free(offsets);
    free(validity);
    return accepted;
}

static void test_damaged_offsets_are_refused_or_readable(void **state) {
    (void)state;
    uint64_t seed = 13;
    int accepted = 0;
    for (int i = 0; i < TRIES; i++)
        accepted += try_offsets(&seed);
    assert_true(accepted > TRIES / 10 && accepted < 9 * TRIES / 10);
}

/* --- formats ---------------------------------------------------------------------- */

static void test_random_formats_are_types_or_refused(void **state) {
    (void)state;
    static const char letters[] = "nbcCsSiIlLefgzZuUvdwt+DXTm:0123456789,-rLM";
    uint64_t seed = 14;
    for (int i = 0; i < 40000; i++) {
        int64_t n = below(&seed, 7);
        char *format = malloc((size_t)n + 1), name[64];
        for (int64_t k = 0; k < n; k++)
            format[k] = letters[below(&seed, sizeof letters - 1)];
        format[n] = '\0';
        struct ArrowSchema schema = schema_of(format);
        sdr_column column;
        sdr_code code = sdr_column_from_arrow(&column, &schema, NULL, 0, NULL);
        assert_true(code == SDR_OK || code == SDR_NOT_SUPPORTED ||
                    code == SDR_INVALID_COLUMN);
        assert_int_equal(sdr_type_name_from_arrow(name, sizeof name, &schema, NULL),
                         SDR_OK);
        sdr_column_reset(&column);
        free(format);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged_dictionaries_are_refused_or_readable),
        cmocka_unit_test(test_damaged_string_views_are_refused_or_readable),
        cmocka_unit_test(test_damaged_offsets_are_refused_or_readable),
        cmocka_unit_test(test_random_formats_are_types_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
