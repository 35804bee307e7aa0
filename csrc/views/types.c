/* See types.h. Names are Arrow's, as in 'dictionary<int8, large_utf8>'. */
#include "views/types.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct traits {
    const char *name;
    sdr_kind kind;
    int width;
} traits;

static const traits table[SDR_TYPE_COUNT] = {
    [SDR_TYPE_NULL] = {"null", SDR_KIND_NULL, 0},
    [SDR_TYPE_BOOL_BITS] = {"bool", SDR_KIND_BOOLEAN, 0},
    [SDR_TYPE_BOOL_BYTES] = {"bool", SDR_KIND_BOOLEAN, 1},
    [SDR_TYPE_INT8] = {"int8", SDR_KIND_INTEGER, 1},
    [SDR_TYPE_INT16] = {"int16", SDR_KIND_INTEGER, 2},
    [SDR_TYPE_INT32] = {"int32", SDR_KIND_INTEGER, 4},
    [SDR_TYPE_INT64] = {"int64", SDR_KIND_INTEGER, 8},
    [SDR_TYPE_UINT8] = {"uint8", SDR_KIND_INTEGER, 1},
    [SDR_TYPE_UINT16] = {"uint16", SDR_KIND_INTEGER, 2},
    [SDR_TYPE_UINT32] = {"uint32", SDR_KIND_INTEGER, 4},
    [SDR_TYPE_UINT64] = {"uint64", SDR_KIND_INTEGER, 8},
    [SDR_TYPE_FLOAT16] = {"float16", SDR_KIND_FLOAT, 2},
    [SDR_TYPE_FLOAT32] = {"float32", SDR_KIND_FLOAT, 4},
    [SDR_TYPE_FLOAT64] = {"float64", SDR_KIND_FLOAT, 8},
    [SDR_TYPE_DATE32] = {"date32", SDR_KIND_TEMPORAL, 4},
    [SDR_TYPE_DATE64] = {"date64", SDR_KIND_TEMPORAL, 8},
    [SDR_TYPE_TIMESTAMP] = {"timestamp", SDR_KIND_TEMPORAL, 8},
    [SDR_TYPE_DURATION] = {"duration", SDR_KIND_TEMPORAL, 8},
    [SDR_TYPE_UTF8] = {"utf8", SDR_KIND_TEXT, 4},
    [SDR_TYPE_LARGE_UTF8] = {"large_utf8", SDR_KIND_TEXT, 8},
    [SDR_TYPE_STRING_VIEW] = {"string_view", SDR_KIND_TEXT, 16},
    [SDR_TYPE_DICTIONARY] = {"dictionary", SDR_KIND_CATEGORY, 0},
};

int sdr_type_width(sdr_type type) {
    return table[type].width;
}

int sdr_view_width(const sdr_view *view) {
    bool is_dictionary = view->type == SDR_TYPE_DICTIONARY;
    return sdr_type_width(is_dictionary ? view->index_type : view->type);
}

sdr_kind sdr_type_kind(sdr_type type) {
    return table[type].kind;
}

const char *sdr_type_name(sdr_type type) {
    return table[type].name;
}

const char *sdr_unit_name(sdr_unit unit) {
    static const char *const names[] = {"", "s", "ms", "us", "ns"};
    return names[unit];
}

sdr_writer sdr_writer_new(char *text, size_t size) {
    if (size > 0) text[0] = '\0';
    return (sdr_writer){text, size, 0};
}

void sdr_write(sdr_writer *writer, const char *format, ...) {
    if (writer->used >= writer->size) return;
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(writer->text + writer->used, writer->size - writer->used, format,
                      arguments);
    va_end(arguments);
    if (n > 0) writer->used += (size_t)n;
}

void sdr_write_type(sdr_writer *writer, sdr_type type, sdr_unit unit,
                    const char *zone) {
    sdr_write(writer, "%s", sdr_type_name(type));
    if (type != SDR_TYPE_TIMESTAMP && type != SDR_TYPE_DURATION) return;
    bool has_zone = zone != NULL && zone[0] != '\0';
    sdr_write(writer, "[%s%s%s]", sdr_unit_name(unit), has_zone ? ", " : "",
              has_zone ? zone : "");
}

sdr_code sdr_column_type_name(char *text, size_t size, const sdr_column *column,
                              sdr_error *error) {
    (void)error;
    sdr_writer writer = sdr_writer_new(text, size);
    if (column->type != SDR_TYPE_DICTIONARY) {
        sdr_write_type(&writer, column->type, column->unit, NULL);
        return SDR_OK;
    }
    const sdr_view *first = column->n_chunks > 0 ? &column->chunks[0] : NULL;
    if (first == NULL || first->dictionary == NULL) {
        sdr_write(&writer, "dictionary");
        return SDR_OK;
    }
    sdr_write(&writer, "dictionary<%s, ", sdr_type_name(first->index_type));
    sdr_write_type(&writer, first->dictionary->type, first->dictionary->unit, NULL);
    sdr_write(&writer, ">");
    return SDR_OK;
}
