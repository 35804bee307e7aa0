/*
 * Python strings to a text column: one large_utf8 copy, null where None, NaN, pandas' NA or its
 * NaT stands.
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

/* pandas' NA and NaT are known by the names of their types, as pandas need not be imported. */
static bool is_na(PyObject *item) {
    PyObject *name = PyType_GetName(Py_TYPE(item));
    bool is_one =
        name != NULL && (PyUnicode_CompareWithASCIIString(name, "NAType") == 0 ||
                         PyUnicode_CompareWithASCIIString(name, "NaTType") == 0);
    Py_XDECREF(name);
    return is_one;
}

/* None, NaN, NA, NaT. */
static bool is_missing(PyObject *item) {
    if (item == Py_None) return true;
    if (PyFloat_Check(item)) return isnan(PyFloat_AsDouble(item));
    return is_na(item);
}

/* 1 of what differs from itself: the NaN and NaT of any library; -1: an exception that is none of
 * comparing. */
static int differs_from_itself(PyObject *item) {
    PyObject *answer = PyObject_RichCompare(item, item, Py_NE);
    int differs = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(answer);
    if (differs >= 0 || !PyErr_ExceptionMatches(PyExc_Exception)) return differs;
    PyErr_Clear();
    return 0;
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

PyObject *text_column(PyTypeObject *column_type, PyObject *values, PyObject *name) {
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
    if (self->owner == NULL || type_name_set(self, name) < 0 ||
        !CALL(&call,
              column_over(&self->column, &parts, PyList_Size(items), &call.error))) {
        Py_CLEAR(self);
    }
cleanup:
    text_parts_clear(&parts);
    Py_DECREF(items);
    return (PyObject *)self;
}

static int items_missing(uint8_t *out, PyObject *items) {
    Py_ssize_t n = PyList_Size(items);
    for (Py_ssize_t i = 0; i < n && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i); /* borrowed */
        out[i] = 0;
        if (PyUnicode_Check(item) || PyLong_Check(item)) continue; /* bool, too */
        out[i] = is_missing(item);
        if (out[i] || PyFloat_Check(item)) continue;
        Py_INCREF(item); /* it may do anything when it is compared */
        int differs = differs_from_itself(item);
        Py_DECREF(item);
        if (differs < 0) return -1;
        out[i] = differs > 0;
    }
    return 0;
}

static PyObject *missing_items_bound(call *Py_UNUSED(call), PyObject *Py_UNUSED(module),
                                     PyObject *const *values) {
    PyObject *items = values[0];
    if (!PyList_Check(items)) {
        PyErr_Format(PyExc_TypeError, "items: expected list, found %R",
                     (PyObject *)Py_TYPE(items));
        return NULL;
    }
    PyObject *array = array_new(NPY_BOOL, PyList_Size(items));
    if (array == NULL) return NULL;
    memset(array_data(array), 0, (size_t)array_length(array));
    if (items_missing(array_data(array), items) < 0) Py_CLEAR(array);
    return array;
}
BIND(missing_items, 1, "items")

PyMethodDef text_functions[] = {
    ROW(missing_items, "(items)", "Which of a list's items are None, NaN, NA or NaT."),
    {NULL, NULL, 0, NULL},
};
