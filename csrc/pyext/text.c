/*
 * Python strings to a text column: one large_utf8 copy, null where None or NaN stands
 * (NaN is what pandas leaves in the place of missing text).
 *
 * Two passes over the strings: the sizes, then the bytes. CPython keeps ASCII strings
 * as UTF-8, so for them neither pass converts.
 */
#include "pyext/pyext.h"

#include <math.h>
#include <string.h>

#define BITS_PER_BYTE 8

/* Memory of the column, each part in a bytes object that the column's owner holds. */
typedef struct text_parts {
    PyObject *offsets;
    PyObject *validity;
    PyObject *bytes;
} text_parts;

static void *part_memory(PyObject *part) {
    return PyBytes_AsString(part);
}

static void text_parts_clear(text_parts *parts) {
    Py_CLEAR(parts->offsets);
    Py_CLEAR(parts->validity);
    Py_CLEAR(parts->bytes);
}

static bool is_missing(PyObject *item) {
    return item == Py_None || (PyFloat_Check(item) && isnan(PyFloat_AsDouble(item)));
}

static int raise_item(core_state *state, PyObject *item, Py_ssize_t row) {
    PyErr_Format(state->unsupported_column,
                 "expected text, found a mixture: %R in row %zd", item, row);
    return -1;
}

/* Writes offsets and validity: the sizes of all strings, summed. */
static int sizes_read(text_parts *parts, core_state *state, PyObject *items,
                      Py_ssize_t n) {
    int64_t *offsets = part_memory(parts->offsets);
    uint8_t *validity = part_memory(parts->validity);
    memset(validity, 0, (size_t)n / BITS_PER_BYTE + 1);
    offsets[0] = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyList_GetItem(items, i); /* borrowed */
        Py_ssize_t size = 0;
        if (PyUnicode_Check(item)) {
            if (PyUnicode_AsUTF8AndSize(item, &size) == NULL) return -1;
            validity[i / BITS_PER_BYTE] |= (uint8_t)(1 << i % BITS_PER_BYTE);
        } else if (!is_missing(item)) {
            return raise_item(state, item, i);
        }
        offsets[i + 1] = offsets[i] + size;
    }
    return 0;
}

static void bytes_copy(text_parts *parts, PyObject *items, Py_ssize_t n) {
    const int64_t *offsets = part_memory(parts->offsets);
    char *bytes = part_memory(parts->bytes);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t size = (Py_ssize_t)(offsets[i + 1] - offsets[i]);
        if (size == 0) continue;
        PyObject *item = PyList_GetItem(items, i); /* borrowed */
        memcpy(bytes + offsets[i], PyUnicode_AsUTF8AndSize(item, &size), (size_t)size);
    }
}

static int text_parts_fill(text_parts *parts, core_state *state, PyObject *items) {
    Py_ssize_t n = PyList_Size(items);

    parts->offsets = PyBytes_FromStringAndSize(NULL, (n + 1) * 8);
    if (parts->offsets == NULL) return -1;
    parts->validity = PyBytes_FromStringAndSize(NULL, n / BITS_PER_BYTE + 1);
    if (parts->validity == NULL) return -1;
    if (sizes_read(parts, state, items, n) < 0) return -1;
    int64_t size = ((int64_t *)part_memory(parts->offsets))[n];
    parts->bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (parts->bytes == NULL) return -1;
    bytes_copy(parts, items, n);
    return 0;
}

static sdr_code column_over(sdr_column *out, const text_parts *parts, int64_t n,
                            sdr_error *error) {
    const int64_t *offsets = part_memory(parts->offsets);
    sdr_view view = {
        .type = SDR_TYPE_LARGE_UTF8,
        .length = n,
        .null_count = -1,
        .data = (const uint8_t *)offsets,
        .stride = sizeof *offsets,
        .validity = part_memory(parts->validity),
        .bytes = part_memory(parts->bytes),
        .bytes_size = offsets[n],
    };
    return sdr_column_init(out, &view, 1, error);
}

PyObject *text_column(PyTypeObject *column_type, PyObject *values) {
    core_state *state = PyType_GetModuleState(column_type);
    text_parts parts = {NULL, NULL, NULL};
    PyObject *items = NULL;
    column_object *self = NULL;
    call call;

    if (call_open(&call, state, NULL, NULL) < 0) return NULL;
    items = PyList_Check(values) ? Py_NewRef(values) : PySequence_List(values);
    if (items == NULL) return NULL;
    if (text_parts_fill(&parts, state, items) < 0) goto cleanup;
    self = column_new(column_type);
    if (self == NULL) goto cleanup;
    self->owner = PyTuple_Pack(3, parts.offsets, parts.validity, parts.bytes);
    if (self->owner == NULL ||
        !CALL(&call,
              column_over(&self->column, &parts, PyList_Size(items), &call.error))) {
        Py_CLEAR(self);
    }
cleanup:
    text_parts_clear(&parts);
    Py_DECREF(items);
    return (PyObject *)self;
}
