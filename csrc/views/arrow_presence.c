/*
 * Which rows of an array are there, whatever its type: its validity bitmap as a column of
 * booleans, all of them true. Lists, structs, maps and binary values are not computed on, but how
 * many of them are missing is known without reading one.
 */
#include "views/arrow_schema.h"
#include "views/arrow_table.h"

#include <string.h>

static const int64_t MAXIMUM_ROWS = INT64_MAX / 32; /* as in arrow_import.c */
static const uint8_t there = 1;

/* Unions and run-end encoded arrays have no bitmap of their own. */
static bool has_bitmap(const struct ArrowSchema *schema) {
    const char *format = schema == NULL ? NULL : schema->format;
    return format != NULL && format[0] != 'n' && strncmp(format, "+r", 2) != 0 &&
           strncmp(format, "+u", 2) != 0;
}

static bool is_sound(const struct ArrowArray *array) {
    return array != NULL && array->release != NULL && array->length >= 0 &&
           array->length <= MAXIMUM_ROWS && array->offset >= 0 &&
           array->offset <= MAXIMUM_ROWS - array->length && array->n_buffers >= 1 &&
           (array->buffers != NULL || array->length == 0);
}

static sdr_code refuse(sdr_error *error) {
    return sdr_error_set(error, SDR_NOT_SUPPORTED,
                         "expected arrays with a validity bitmap, found others");
}

static sdr_code read_views(sdr_view *views, const struct ArrowArray *const *arrays,
                           int64_t n, sdr_error *error) {
    for (int64_t i = 0; i < n; i++) {
        const struct ArrowArray *array = arrays[i];
        if (!is_sound(array)) return refuse(error);
        const uint8_t *bitmap = array->length > 0 ? array->buffers[0] : NULL;
        if (bitmap == NULL && array->null_count > 0) return refuse(error);
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
    if (!has_bitmap(schema)) return refuse(error);
    sdr_view *views = sdr_arena_allocate(&arena, (size_t)n_arrays * sizeof *views);
    if (views == NULL) return sdr_no_memory(error);
    sdr_code code = read_views(views, arrays, n_arrays, error);
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
