/*
 * Strided memory as NumPy has it: every type, stride, byte order and alignment against
 * a reader that takes each row apart by hand.
 */
#include "support.h"

enum { ROWS = 101, ROOM = 3 * 8 + 3 }; /* the widest stride */

typedef struct layout {
    ptrdiff_t stride;
    bool swapped;
    int misaligned;
} layout;

static const layout layouts[] = {
    {0, false, 0},  {1, false, 0}, {1, true, 0}, {1, false, 1}, {2, false, 0},
    {-1, false, 0}, {-2, true, 1}, {3, true, 3}, {0, true, 1},
};

/* Writes `width` bytes of value, most significant first if swapped. */
static void write_value(uint8_t *out, const void *value, int width, bool swapped) {
    for (int i = 0; i < width; i++)
        out[swapped ? width - 1 - i : i] = ((const uint8_t *)value)[i];
}

/* Random values of a type in a layout; `expected` as double. Stride is in values, with
 * one odd byte more where misaligned. */
#define FILL(c_type)                                                                   \
    do {                                                                               \
        for (int i = 0; i < ROWS; i++) {                                               \
            c_type value = (c_type)(random_normal(&seed) * 100);                       \
            if (stride == 0 && i > 0) {                                                \
                expected[i] = expected[0];                                             \
                continue;                                                              \
            }                                                                          \
            expected[i] = (double)value;                                               \
            write_value(first + i * stride, &value, sizeof value, l->swapped);         \
        }                                                                              \
    } while (0)

static void fill(double *expected, uint8_t *first, sdr_type type, const layout *l,
                 ptrdiff_t stride, uint64_t seed) {
    switch (type) {
    case SDR_TYPE_INT8:
        FILL(int8_t);
        break;
    case SDR_TYPE_INT16:
        FILL(int16_t);
        break;
    case SDR_TYPE_INT32:
    case SDR_TYPE_DATE32:
        FILL(int32_t);
        break;
    case SDR_TYPE_FLOAT32:
        FILL(float);
        break;
    case SDR_TYPE_FLOAT64:
        FILL(double);
        break;
    case SDR_TYPE_UINT8:
        FILL(uint8_t);
        break;
    case SDR_TYPE_UINT16:
        FILL(uint16_t);
        break;
    case SDR_TYPE_UINT32:
        FILL(uint32_t);
        break;
    default:
        FILL(int64_t);
    }
}

static int width_of(sdr_type type) {
    switch (type) {
    case SDR_TYPE_INT8:
    case SDR_TYPE_UINT8:
        return 1;
    case SDR_TYPE_INT16:
    case SDR_TYPE_UINT16:
        return 2;
    case SDR_TYPE_INT32:
    case SDR_TYPE_UINT32:
    case SDR_TYPE_FLOAT32:
    case SDR_TYPE_DATE32:
        return 4;
    default:
        return 8;
    }
}

static void check_layout(sdr_type type, sdr_unit unit, const layout *l) {
    uint8_t memory[ROOM * ROWS + ROOM];
    double expected[ROWS], scratch[ROWS];
    int64_t nulls;
    ptrdiff_t stride = l->stride * width_of(type) + (l->stride > 1 ? l->misaligned : 0);
    uint8_t *first = memory + l->misaligned;
    if (stride < 0) first += -stride * (ROWS - 1);
    sdr_view view;
    sdr_column column;
    fill(expected, first, type, l, stride, 42);
    assert_int_equal(sdr_view_init_strided(&view, type, unit, l->swapped, first, ROWS,
                                           stride, NULL, 0, NULL),
                     SDR_OK);
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    const double *out = sdr_column_load_f64(&column, 0, ROWS, 0, scratch, &nulls);
    for (int i = 0; i < ROWS; i++)
        assert_true(out[i] == expected[i]);
    assert_int_equal(nulls, 0);
    sdr_column_reset(&column);
}

static void test_every_type_is_read_in_every_layout(void **state) {
    (void)state;
    static const sdr_type types[] = {
        SDR_TYPE_INT8,    SDR_TYPE_INT16,  SDR_TYPE_INT32,     SDR_TYPE_INT64,
        SDR_TYPE_UINT8,   SDR_TYPE_UINT16, SDR_TYPE_UINT32,    SDR_TYPE_FLOAT32,
        SDR_TYPE_FLOAT64, SDR_TYPE_DATE32, SDR_TYPE_TIMESTAMP, SDR_TYPE_DURATION,
        SDR_TYPE_DATE64,
    };
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        bool is_time = types[t] == SDR_TYPE_TIMESTAMP || types[t] == SDR_TYPE_DURATION;
        for (size_t k = 0; k < sizeof layouts / sizeof *layouts; k++)
            check_layout(types[t], is_time ? SDR_UNIT_US : SDR_UNIT_NONE, &layouts[k]);
    }
}

static void test_any_byte_but_0_is_true(void **state) {
    (void)state;
    const uint8_t values[5] = {0, 1, 2, 128, 255};
    const double expected[5] = {0, 1, 1, 1, 1};
    double scratch[5];
    int64_t nulls;
    sdr_column column = column_of_type(SDR_TYPE_BOOL_BYTES, values, 1, 5, NULL);
    assert_int_equal(column.kind, SDR_KIND_BOOLEAN);
    assert_memory_equal(sdr_column_load_f64(&column, 0, 5, 0, scratch, &nulls),
                        expected, sizeof expected);
    sdr_column_reset(&column);
}

static void check_nat(sdr_type type, bool swapped, ptrdiff_t stride) {
    enum { TIMES = 130 };
    uint8_t memory[TIMES * 16];
    int64_t scratch[TIMES], nulls;
    double numbers[TIMES];
    uint8_t valid[TIMES];
    for (int i = 0; i < TIMES; i++) {
        int64_t time = i % 7 == 3 ? INT64_MIN : 1000 + i;
        write_value(memory + i * stride, &time, 8, swapped);
    }
    sdr_view view;
    sdr_column column;
    assert_int_equal(sdr_view_init_strided(&view, type, SDR_UNIT_NS, swapped, memory,
                                           TIMES, stride, NULL, 0, NULL),
                     SDR_OK);
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    assert_int_equal(column.null_count, 19); /* 3, 10, ..., 129 */
    const int64_t *out = sdr_column_load_i64(&column, 0, TIMES, scratch, valid, &nulls);
    assert_int_equal(nulls, 19);
    for (int i = 0; i < TIMES; i++) {
        assert_int_equal(valid[i], i % 7 != 3);
        assert_int_equal(out[i], i % 7 == 3 ? 0 : 1000 + i);
    }
    const double *floats =
        sdr_column_load_f64(&column, 0, TIMES, 1000, numbers, &nulls);
    assert_true(isnan(floats[3]) && floats[4] == 4);
    sdr_column_reset(&column);
}

static void test_not_a_time_is_null(void **state) {
    (void)state;
    check_nat(SDR_TYPE_TIMESTAMP, false, 8);
    check_nat(SDR_TYPE_TIMESTAMP, true, 8);
    check_nat(SDR_TYPE_DURATION, false, 16);
    check_nat(SDR_TYPE_DURATION, true, 11);
}

static void test_the_smallest_integer_is_no_null(void **state) {
    (void)state;
    const int64_t values[2] = {INT64_MIN, 5};
    sdr_column column = column_of_type(SDR_TYPE_INT64, values, 8, 2, NULL);
    assert_int_equal(column.null_count, 0);
    sdr_column_reset(&column);
}

static void test_wrong_arguments_are_refused(void **state) {
    (void)state;
    const double values[2] = {1, 2};
    static const struct {
        sdr_type type;
        sdr_unit unit;
        int64_t length;
        bool has_data;
        sdr_code code;
    } cases[] = {
        {SDR_TYPE_FLOAT64, SDR_UNIT_NONE, 2, true, SDR_OK},
        {SDR_TYPE_FLOAT64, SDR_UNIT_S, 2, true, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_TIMESTAMP, SDR_UNIT_S, 2, true, SDR_OK},
        {SDR_TYPE_TIMESTAMP, SDR_UNIT_NONE, 2, true, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_TIMESTAMP, (sdr_unit)9, 2, true, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_FLOAT64, SDR_UNIT_NONE, -1, true, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_FLOAT64, SDR_UNIT_NONE, 0, false, SDR_OK},
        {SDR_TYPE_FLOAT64, SDR_UNIT_NONE, 1, false, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_UTF8, SDR_UNIT_NONE, 1, true, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_DICTIONARY, SDR_UNIT_NONE, 1, true, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_BOOL_BITS, SDR_UNIT_NONE, 1, true, SDR_INVALID_ARGUMENT},
        {SDR_TYPE_NULL, SDR_UNIT_NONE, 1, true, SDR_INVALID_ARGUMENT},
        {(sdr_type)99, SDR_UNIT_NONE, 1, true, SDR_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sdr_view view;
        sdr_error error = {.message = ""};
        assert_int_equal(sdr_view_init_strided(&view, cases[i].type, cases[i].unit,
                                               false, cases[i].has_data ? values : NULL,
                                               cases[i].length, 8, NULL, 0, &error),
                         cases[i].code);
        assert_int_equal(error.message[0] != '\0', cases[i].code != SDR_OK);
    }
}

static void test_types_are_named_as_arrow_names_them(void **state) {
    (void)state;
    const int64_t value = 0;
    char text[64];
    static const struct {
        sdr_type type;
        sdr_unit unit;
        const char *name;
    } cases[] = {
        {SDR_TYPE_BOOL_BYTES, SDR_UNIT_NONE, "bool"},
        {SDR_TYPE_INT8, SDR_UNIT_NONE, "int8"},
        {SDR_TYPE_UINT64, SDR_UNIT_NONE, "uint64"},
        {SDR_TYPE_FLOAT16, SDR_UNIT_NONE, "float16"},
        {SDR_TYPE_FLOAT64, SDR_UNIT_NONE, "float64"},
        {SDR_TYPE_DATE32, SDR_UNIT_NONE, "date32"},
        {SDR_TYPE_TIMESTAMP, SDR_UNIT_MS, "timestamp[ms]"},
        {SDR_TYPE_DURATION, SDR_UNIT_NS, "duration[ns]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sdr_view view;
        sdr_column column;
        sdr_view_init_strided(&view, cases[i].type, cases[i].unit, false, &value, 1, 8,
                              NULL, 0, NULL);
        assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
        assert_int_equal(sdr_column_type_name(text, sizeof text, &column, NULL),
                         SDR_OK);
        assert_string_equal(text, cases[i].name);
        assert_int_equal(sdr_column_type_name(text, 4, &column, NULL), SDR_OK);
        assert_int_equal(strlen(text), 3); /* cut, and ended */
        sdr_column_reset(&column);
    }
}

static void test_columns_without_chunks_are_empty(void **state) {
    (void)state;
    sdr_column column, slice;
    double scratch[1];
    int64_t nulls;
    assert_int_equal(sdr_column_init(&column, NULL, 0, NULL), SDR_OK);
    assert_int_equal(column.length, 0);
    assert_int_equal(column.kind, SDR_KIND_NULL);
    sdr_column_load_f64(&column, 0, 0, 0, scratch, &nulls);
    assert_int_equal(nulls, 0);
    assert_int_equal(sdr_column_slice(&slice, &column, 0, 0, NULL), SDR_OK);
    sdr_column_reset(&slice);
    sdr_column_reset(&column);
    sdr_column_reset(&column); /* twice does nothing */
    assert_int_equal(sdr_column_init(&column, NULL, -1, NULL), SDR_INVALID_ARGUMENT);
}

typedef struct cut {
    const sdr_view *views;
    int64_t n;
} cut;

static sdr_code init_and_slice(void *user, sdr_error *error) {
    const cut *c = user;
    sdr_column column, slice;
    SDR_TRY(sdr_column_init(&column, c->views, c->n, error));
    sdr_code code = sdr_column_slice(&slice, &column, 1, 3, error);
    if (code == SDR_OK) sdr_column_reset(&slice);
    sdr_column_reset(&column);
    return code;
}

static void test_allocation_failure_leaves_nothing_behind(void **state) {
    (void)state;
    const int32_t values[2] = {1, 2};
    sdr_view views[2];
    for (int i = 0; i < 2; i++)
        sdr_view_init_strided(&views[i], SDR_TYPE_INT32, SDR_UNIT_NONE, false, values,
                              2, 4, NULL, 0, NULL);
    cut c = {views, 2};
    assert_true(expect_no_memory_everywhere(init_and_slice, &c) >= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_is_read_in_every_layout),
        cmocka_unit_test(test_any_byte_but_0_is_true),
        cmocka_unit_test(test_not_a_time_is_null),
        cmocka_unit_test(test_the_smallest_integer_is_no_null),
        cmocka_unit_test(test_wrong_arguments_are_refused),
        cmocka_unit_test(test_types_are_named_as_arrow_names_them),
        cmocka_unit_test(test_columns_without_chunks_are_empty),
        cmocka_unit_test(test_allocation_failure_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
