/* Arrow arrays by hand, for tests: broken ones too. */
#ifndef SIMDRIFT_TESTS_ARROW_SUPPORT_H
#define SIMDRIFT_TESTS_ARROW_SUPPORT_H

#include "support.h"

#include <stdio.h>

#include "simdrift/arrow_abi.h"

static inline void keep_schema(struct ArrowSchema *schema) {
    (void)schema;
}

static inline void keep_array(struct ArrowArray *array) {
    (void)array;
}

static inline struct ArrowSchema schema_of(const char *format) {
    return (struct ArrowSchema){
        .format = format, .name = "x", .flags = 2, .release = keep_schema};
}

enum { MAXIMUM_BUFFERS = 8 };

/* An array with room for its list of buffers. Not to be moved. */
typedef struct test_array {
    struct ArrowArray array;
    const void *buffers[MAXIMUM_BUFFERS];
} test_array;

/* `n_buffers` pointers follow. */
static inline void test_array_set(test_array *out, int64_t length, int64_t null_count,
                                  int n_buffers, ...) {
    va_list buffers;
    va_start(buffers, n_buffers);
    for (int i = 0; i < n_buffers; i++)
        out->buffers[i] = va_arg(buffers, const void *);
    va_end(buffers);
    out->array = (struct ArrowArray){.length = length,
                                     .null_count = null_count,
                                     .n_buffers = n_buffers,
                                     .buffers = out->buffers,
                                     .release = keep_array};
}

static inline sdr_code import_one(sdr_column *out, const struct ArrowSchema *schema,
                                  const test_array *array, sdr_error *error) {
    const struct ArrowArray *arrays[] = {&array->array};
    error->message[0] = '\0';
    return sdr_column_from_arrow(out, schema, arrays, 1, error);
}

/* The array is read; the column is the caller's. */
static inline sdr_column import_ok(const struct ArrowSchema *schema,
                                   const test_array *array) {
    sdr_column column;
    sdr_error error;
    sdr_code code = import_one(&column, schema, array, &error);
    if (code != SDR_OK) fail_msg("refused: %s", error.message);
    return column;
}

/* The array is refused with that code and message,
 * and nothing is left in the column. */
static inline void expect_refused(const struct ArrowSchema *schema,
                                  const test_array *array, sdr_code code,
                                  const char *message) {
    sdr_column column;
    sdr_error error;
    assert_int_equal(import_one(&column, schema, array, &error), code);
    assert_string_equal(error.message, message);
    assert_null(column.chunks);
}

static inline void expect_accepted(const struct ArrowSchema *schema,
                                   const test_array *array) {
    sdr_column column = import_ok(schema, array);
    sdr_column_reset(&column);
}

#endif
