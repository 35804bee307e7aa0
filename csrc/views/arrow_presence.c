/*
 * Which rows of an array are there, whatever its type: its validity bitmap as a column of
 * booleans, all of them true. Lists, structs, maps and binary values are not computed on, but how
 * many of them are missing is known without reading one.
 */
#include "views/arrow_schema.h"
#include "views/arrow_table.h"

#include <stdlib.h>
#include <string.h>

static const int64_t MAXIMUM_ROWS = INT64_MAX / 32; /* as in arrow_import.c */
static const uint8_t there = 1;

/* Unions and run-end encoded arrays have no bitmap of their own. */
static bool has_bitmap(const struct ArrowSchema *schema) {
    const char *format = schema == NULL ? NULL : schema->format;
    return format != NULL && format[0] != 'n' && strncmp(format, "+r", 2) != 0 &&
           strncmp(format, "+u", 2) != 0;
}

static sdr_code refuse(sdr_error *error, int64_t chunk, const char *expected,
                       int64_t found) {
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "expected %s, found %lld (chunk %lld)", expected,
                         (long long)found, (long long)chunk);
}

static sdr_code check_numbers(const struct ArrowArray *array, int64_t chunk,
                              sdr_error *error) {
    if (array->length < 0 || array->length > MAXIMUM_ROWS)
        return refuse(error, chunk, "a length of 0 to 2^58", array->length);
    if (array->offset < 0 || array->offset > MAXIMUM_ROWS - array->length)
        return refuse(error, chunk, "an offset of 0 to 2^58 less the length",
                      array->offset);
    if (array->n_buffers < 1 || (array->buffers == NULL && array->length > 0))
        return refuse(error, chunk, "a list of buffers, with validity first",
                      array->n_buffers);
    return SDR_OK;
}

/* How many rows of each child a row takes: what the bitmap's size can be held against. */
static int64_t rows_of_children(const char *format) {
    if (strcmp(format, "+s") == 0) return 1;
    return strncmp(format, "+w:", 3) == 0 ? strtoll(format + 3, NULL, 10) : 0;
}

/* A struct or list of fixed size has a bitmap only as long as its children reach. */
static sdr_code check_children(const struct ArrowArray *array,
                               const struct ArrowSchema *schema, int64_t chunk,
                               sdr_error *error) {
    int64_t each = rows_of_children(schema->format);
    int64_t rows = array->offset + array->length;
    if (each == 0 || rows == 0) return SDR_OK;
    if (array->n_children != schema->n_children ||
        (array->children == NULL && array->n_children > 0))
        return refuse(error, chunk, "the children of its type", array->n_children);
    for (int64_t k = 0; k < array->n_children; k++) {
        const struct ArrowArray *child = array->children[k];
        int64_t length = child == NULL ? -1 : child->length;
        if (length / each < rows)
            return refuse(error, chunk, "children with rows for all of its own",
                          length);
    }
    return SDR_OK;
}

static sdr_code check_array(const struct ArrowArray *array,
                            const struct ArrowSchema *schema, int64_t chunk,
                            sdr_error *error) {
    if (array == NULL || array->release == NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected an array, found %s (chunk %lld)",
                             array == NULL ? "a null pointer" : "one already released",
                             (long long)chunk);
    SDR_TRY(check_numbers(array, chunk, error));
    return check_children(array, schema, chunk, error);
}

static sdr_code read_views(sdr_view *views, const struct ArrowSchema *schema,
                           const struct ArrowArray *const *arrays, int64_t n,
                           sdr_error *error) {
    for (int64_t i = 0; i < n; i++) {
        const struct ArrowArray *array = arrays[i];
        SDR_TRY(check_array(array, schema, i, error));
        const uint8_t *bitmap = array->length > 0 ? array->buffers[0] : NULL;
        if (bitmap == NULL && array->null_count > 0)
            return refuse(error, i,
                          "a validity buffer for the nulls, or a null_count of 0",
                          array->null_count);
        views[i] = (sdr_view){.type = SDR_TYPE_BOOL_BYTES,
                              .length = array->length,
                              .null_count = -1,
                              .data = &there, /* a stride of 0: every row is this one */
                              .validity = bitmap,
                              .validity_offset = array->offset};
    }
    return SDR_OK;
}

sdr_code sdr_column_presence_from_arrow(sdr_column *out,
                                        const struct ArrowSchema *schema,
                                        const struct ArrowArray *const *arrays,
                                        int64_t n_arrays, sdr_error *error) {
    sdr_arena arena = {NULL};
    memset(out, 0, sizeof *out);
    if (!has_bitmap(schema))
        return sdr_error_set(error, SDR_NOT_SUPPORTED,
                             "expected a type with a validity bitmap, found another");
    sdr_view *views = sdr_arena_allocate(&arena, (size_t)n_arrays * sizeof *views);
    if (views == NULL) return sdr_no_memory(error);
    sdr_code code = read_views(views, schema, arrays, n_arrays, error);
    if (code == SDR_OK) code = sdr_column_init(out, views, n_arrays, error);
    sdr_arena_free(&arena);
    return code;
}

sdr_code sdr_column_presence_from_arrow_table(sdr_column *out,
                                              const sdr_arrow_table *table, int64_t i,
                                              sdr_error *error) {
    const struct ArrowArray **arrays = NULL;
    sdr_arena arena = {NULL};
    memset(out, 0, sizeof *out);
    sdr_code code = sdr_arrow_field(&arrays, &arena, table, i, error);
    if (code == SDR_OK)
        code = sdr_column_presence_from_arrow(out, table->schema->children[i], arrays,
                                              table->n_chunks, error);
    sdr_arena_free(&arena);
    return code;
}
