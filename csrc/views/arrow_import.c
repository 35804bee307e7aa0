/*
 * Arrow arrays to columns: our own consumer of the Arrow C data interface.
 *
 * First the struct alone is checked: released or not, numbers, buffers. Then views are
 * laid over the buffers, dictionaries likewise, and validate.c reads what must be read
 * once. At last the array's null_count is held against its bitmap. Nothing is copied
 * but the list of a string_view's buffers.
 */
#include "views/arrow_decimal.h"
#include "views/arrow_schema.h"
#include "views/column.h"
#include "views/types.h"

#include <string.h>

/* No buffer can hold more rows than this, whatever the type: bytes stay in int64. */
static const int64_t MAXIMUM_ROWS = INT64_MAX / 32;

/* An array that is being read: where messages say it is. */
typedef struct reader {
    const struct ArrowArray *array;
    sdr_arrow_type type;
    int64_t chunk;
    sdr_arena *arena;
    sdr_error *error;
} reader;

static sdr_code refuse(const reader *r, const char *expected, int64_t found) {
    return sdr_error_set(r->error, SDR_INVALID_COLUMN,
                         "expected %s, found %lld (chunk %lld)", expected,
                         (long long)found, (long long)r->chunk);
}

static sdr_code refuse_missing(const reader *r, const char *expected) {
    return sdr_error_set(r->error, SDR_INVALID_COLUMN,
                         "expected %s, found none (chunk %lld)", expected,
                         (long long)r->chunk);
}

/* --- the struct ------------------------------------------------------------------- */

static sdr_code check_numbers(const reader *r) {
    const struct ArrowArray *array = r->array;
    if (array->length < 0 || array->length > MAXIMUM_ROWS)
        return refuse(r, "a length of 0 to 2^58", array->length);
    if (array->offset < 0 || array->offset > MAXIMUM_ROWS - array->length)
        return refuse(r, "an offset of 0 to 2^58 less the length", array->offset);
    if (array->null_count < -1 || array->null_count > array->length)
        return refuse(r, "a null_count of -1 to the length", array->null_count);
    if (array->n_children != 0) return refuse(r, "no children", array->n_children);
    return SDR_OK;
}

static sdr_code check_buffer_count(const reader *r) {
    int64_t n = r->array->n_buffers;
    switch (r->type.type) {
    case SDR_TYPE_NULL:
        /* 0 by the specification; Polars and others export the slot of a bitmap, too */
        return n == 0 || n == 1 ? SDR_OK : refuse(r, "0 buffers for null", n);
    case SDR_TYPE_UTF8:
    case SDR_TYPE_LARGE_UTF8:
        return n == 3 ? SDR_OK : refuse(r, "3 buffers for text", n);
    case SDR_TYPE_STRING_VIEW:
        if (n > INT32_MAX) return refuse(r, "fewer than 2^31 buffers", n);
        return n >= 3 ? SDR_OK : refuse(r, "at least 3 buffers for string_view", n);
    default:
        return n == 2 ? SDR_OK : refuse(r, "2 buffers", n);
    }
}

static sdr_code check_struct(const reader *r) {
    if (r->array == NULL || r->array->release == NULL)
        return sdr_error_set(
            r->error, SDR_INVALID_COLUMN, "expected an array, found %s (chunk %lld)",
            r->array == NULL ? "a null pointer" : "one already released",
            (long long)r->chunk);
    SDR_TRY(check_numbers(r));
    SDR_TRY(check_buffer_count(r));
    bool has_list = r->array->buffers != NULL || r->array->n_buffers == 0;
    if (!has_list && r->array->length > 0)
        return refuse_missing(r, "a list of buffers");
    bool is_dictionary = r->type.type == SDR_TYPE_DICTIONARY;
    if (is_dictionary && r->array->dictionary == NULL)
        return refuse_missing(r, "a dictionary");
    if (!is_dictionary && r->array->dictionary != NULL)
        return sdr_error_set(r->error, SDR_INVALID_COLUMN,
                             "expected no dictionary, found one (chunk %lld)",
                             (long long)r->chunk);
    return SDR_OK;
}

/* --- views over buffers ----------------------------------------------------------- */

static sdr_code lay_validity(sdr_view *view, const reader *r) {
    view->validity = r->array->buffers[0];
    view->validity_offset = r->array->offset;
    if (view->validity == NULL && r->array->null_count > 0)
        return refuse(r, "a validity buffer for the nulls, or a null_count of 0",
                      r->array->null_count);
    return SDR_OK;
}

/* The interface does not tell the data's size: the last offset does. */
static sdr_code lay_text(sdr_view *view, const reader *r) {
    view->bytes = r->array->buffers[2];
    view->bytes_size = sdr_arrow_offset(view->type, view->data, view->length);
    bool reads_bytes = view->bytes_size > sdr_arrow_offset(view->type, view->data, 0);
    if (view->bytes == NULL && reads_bytes)
        return refuse_missing(r, "a buffer of characters");
    return SDR_OK;
}

static sdr_code lay_text_buffers(sdr_view *view, const reader *r) {
    const void **buffers = r->array->buffers;
    int64_t n = r->array->n_buffers - 3; /* validity, views, sizes */
    const uint8_t *sizes = buffers[n + 2];
    if (n == 0) return SDR_OK;
    if (sizes == NULL) return refuse_missing(r, "a buffer of the data buffers' sizes");
    sdr_bytes *list = sdr_arena_allocate(r->arena, (size_t)n * sizeof *list);
    if (list == NULL) return sdr_no_memory(r->error);
    for (int64_t i = 0; i < n; i++) {
        list[i].data = buffers[i + 2];
        memcpy(&list[i].size, sizes + i * (int64_t)sizeof list[i].size,
               sizeof list[i].size);
        if (list[i].size < 0)
            return refuse(r, "data buffers' sizes of at least 0", list[i].size);
        if (list[i].data == NULL && list[i].size > 0)
            return refuse_missing(r, "a buffer of characters");
    }
    view->buffers = list;
    view->n_buffers = n;
    return SDR_OK;
}

/* Buffers of an array of at least one row. */
static sdr_code lay_buffers(sdr_view *view, const reader *r) {
    if (view->type == SDR_TYPE_NULL) return SDR_OK;
    SDR_TRY(lay_validity(view, r));
    const uint8_t *data = r->array->buffers[1];
    if (data == NULL) return refuse_missing(r, "a buffer of values");
    view->data = data;
    if (view->type == SDR_TYPE_BOOL_BITS)
        view->bit_offset = r->array->offset;
    else
        view->data += r->array->offset * view->stride;
    if (view->type == SDR_TYPE_UTF8 || view->type == SDR_TYPE_LARGE_UTF8)
        return lay_text(view, r);
    return view->type == SDR_TYPE_STRING_VIEW ? lay_text_buffers(view, r) : SDR_OK;
}

static sdr_code read_array(sdr_view *view, const reader *r) {
    SDR_TRY(check_struct(r));
    *view = (sdr_view){.type = r->type.type,
                       .index_type = r->type.index_type,
                       .unit = r->type.unit,
                       .length = r->array->length,
                       .null_count = -1};
    view->stride = sdr_arrow_type_width(&r->type);
    return view->length > 0 ? lay_buffers(view, r) : SDR_OK;
}

/* Of a decimal: views over integers become views over numbers, over int64 where all are whole and
 * fit. */
static sdr_code convert_decimals(sdr_view *views, int64_t n, sdr_arrow_type *type,
                                 sdr_arena *arena, sdr_error *error) {
    if (type->decimal_bits == 0) return SDR_OK;
    bool is_whole =
        type->decimal_scale == 0 && sdr_decimals_fit(views, n, type->decimal_bits);
    type->type = is_whole ? SDR_TYPE_INT64 : SDR_TYPE_FLOAT64;
    for (int64_t i = 0; i < n; i++)
        SDR_TRY(sdr_decimals_convert(&views[i], arena, type->type, type->decimal_bits,
                                     type->decimal_scale, error));
    return SDR_OK;
}

/* Of a view that was validated. A null type's arrays say what they like. */
static sdr_code check_null_count(const sdr_view *view, const reader *r) {
    int64_t said = r->array->null_count;
    if (said == -1 || view->type == SDR_TYPE_NULL) return SDR_OK;
    int64_t counted = sdr_view_count_nulls(view);
    if (said == counted) return SDR_OK;
    return sdr_error_set(r->error, SDR_INVALID_COLUMN,
                         "expected a null_count of %lld as in the bitmap, found %lld "
                         "(chunk %lld)",
                         (long long)counted, (long long)said, (long long)r->chunk);
}

/* --- columns ---------------------------------------------------------------------- */

/* Names the part of a message: "dictionary: expected ..." */
static sdr_code in_dictionary(sdr_code code, sdr_error *error) {
    if (code != SDR_INVALID_COLUMN || error == NULL) return code;
    char message[SDR_ERROR_MESSAGE_BYTES];
    memcpy(message, error->message, sizeof message);
    return sdr_error_set(error, code, "dictionary: %.400s", message);
}

/* A column of one array, in the arena: a dictionary's values. */
static sdr_code read_dictionary(const sdr_column **out, const reader *parent,
                                sdr_arrow_type *type, const struct ArrowArray *array) {
    reader r = {array, *type, parent->chunk, parent->arena, parent->error};
    sdr_view view;
    sdr_column *column = sdr_arena_allocate(r.arena, sizeof *column);
    if (column == NULL) return sdr_no_memory(r.error);
    sdr_code code = read_array(&view, &r);
    if (code == SDR_OK) code = convert_decimals(&view, 1, type, r.arena, r.error);
    if (code == SDR_OK)
        code = sdr_column_assemble(column, r.arena, type->type, type->unit, &view, 1,
                                   r.error);
    if (code == SDR_OK) code = sdr_column_validate(column, r.error);
    if (code == SDR_OK) code = check_null_count(&column->chunks[0], &r);
    *out = column;
    return in_dictionary(code, r.error);
}

/* The dictionary of a column without arrays: no values, but of the right type. */
static sdr_code read_no_dictionary(sdr_view *view, sdr_arena *arena,
                                   const sdr_arrow_type *type,
                                   const sdr_arrow_type *values, sdr_error *error) {
    sdr_view none = {.type = values->type, .unit = values->unit};
    sdr_column *column = sdr_arena_allocate(arena, sizeof *column);
    if (column == NULL) return sdr_no_memory(error);
    none.stride = sdr_view_width(&none);
    *view = (sdr_view){.type = type->type, .index_type = type->index_type};
    view->stride = sdr_view_width(view);
    view->dictionary = column;
    return sdr_column_assemble(column, arena, none.type, none.unit, &none, 1, error);
}

typedef struct arrow_import {
    sdr_arrow_type type, values; /* values: of a dictionary */
    const struct ArrowArray *const *arrays;
    int64_t n_arrays;
    sdr_arena arena;
    sdr_error *error;
} arrow_import;

static reader reader_of(arrow_import *self, int64_t i) {
    return (reader){self->arrays[i], self->type, i, &self->arena, self->error};
}

static sdr_code read_views(sdr_view *views, arrow_import *self) {
    bool is_dictionary = self->type.type == SDR_TYPE_DICTIONARY;
    if (is_dictionary && self->n_arrays == 0)
        return read_no_dictionary(views, &self->arena, &self->type, &self->values,
                                  self->error);
    for (int64_t i = 0; i < self->n_arrays; i++) {
        reader r = reader_of(self, i);
        SDR_TRY(read_array(&views[i], &r));
        if (is_dictionary)
            SDR_TRY(read_dictionary(&views[i].dictionary, &r, &self->values,
                                    r.array->dictionary));
    }
    return SDR_OK;
}

static sdr_code read_column(sdr_column *out, arrow_import *self) {
    int64_t n = self->n_arrays;
    if (n == 0 && self->type.type == SDR_TYPE_DICTIONARY) n = 1;
    sdr_view *views = sdr_arena_allocate(&self->arena, (size_t)n * sizeof *views);
    if (views == NULL) return sdr_no_memory(self->error);
    SDR_TRY(read_views(views, self));
    if (self->type.type != SDR_TYPE_DICTIONARY)
        SDR_TRY(convert_decimals(views, n, &self->type, &self->arena, self->error));
    SDR_TRY(sdr_column_assemble(out, &self->arena, self->type.type, self->type.unit,
                                views, n, self->error));
    SDR_TRY(sdr_column_validate(out, self->error));
    for (int64_t i = 0; i < self->n_arrays; i++) {
        reader r = reader_of(self, i);
        SDR_TRY(check_null_count(&out->chunks[i], &r));
    }
    return SDR_OK;
}

sdr_code sdr_column_from_arrow(sdr_column *out, const struct ArrowSchema *schema,
                               const struct ArrowArray *const *arrays, int64_t n_arrays,
                               sdr_error *error) {
    arrow_import self = {.arrays = arrays, .n_arrays = n_arrays, .error = error};
    memset(out, 0, sizeof *out);
    if (n_arrays < 0 || (n_arrays > 0 && arrays == NULL))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "n_arrays: expected >= 0, found %lld",
                             (long long)n_arrays);
    SDR_TRY(sdr_arrow_schema_read(&self.type, schema, error));
    if (schema->dictionary != NULL)
        SDR_TRY(sdr_arrow_schema_read(&self.values, schema->dictionary, error));
    sdr_code code = read_column(out, &self);
    if (code == SDR_OK) {
        sdr_column_own(out, &self.arena);
        return SDR_OK;
    }
    sdr_arena_free(&self.arena);
    memset(out, 0, sizeof *out);
    return code;
}
