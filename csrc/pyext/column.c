/*
 * simdrift._core.Column: a column view and a reference to whatever owns its memory.
 *
 * Immutable, so threads share it freely. A slice refers to the column it was cut from,
 * or to that one's, where it is a slice itself: chains of slices stay flat.
 */
#include "pyext/pyext.h"

#include <stdio.h>
#include <string.h>

#define TYPE_NAME_BYTES 256

column_object *column_new(PyTypeObject *type) {
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return (column_object *)allocate(type, 0); /* zeroed */
}

static void column_dealloc(PyObject *object) {
    column_object *self = (column_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    sdr_column_reset(&self->column);
    Py_XDECREF(self->type_name);
    Py_XDECREF(self->owner); /* after the column: it borrows from the owner */
    release(object);
    Py_DECREF(type);
}

const sdr_column *column_argument(core_state *state, PyObject *value,
                                  const char *name) {
    if (Py_IS_TYPE(value, state->column_type)) {
        return &((column_object *)value)->column;
    }
    PyErr_Format(PyExc_TypeError, "%s: expected Column, found %R", name,
                 (PyObject *)Py_TYPE(value));
    return NULL;
}

const sdr_column *column_values(const sdr_column *column) {
    bool is_category = column->type == SDR_TYPE_DICTIONARY && column->n_chunks > 0;
    const sdr_column *dictionary = is_category ? column->chunks[0].dictionary : NULL;
    return dictionary == NULL ? column : dictionary;
}

/* --- attributes ------------------------------------------------------------------- */

static Py_ssize_t column_length(PyObject *object) {
    return (Py_ssize_t)((column_object *)object)->column.length;
}

static PyObject *column_type_name(PyObject *object, void *Py_UNUSED(closure)) {
    column_object *self = (column_object *)object;
    char text[TYPE_NAME_BYTES];
    call call;

    if (self->type_name == NULL) {
        if (call_open(&call, core_state_of(object), NULL, NULL) < 0) return NULL;
        sdr_code code =
            sdr_column_type_name(text, sizeof text, &self->column, &call.error);
        if (code != SDR_OK) {
            call_raise(&call, code);
            return NULL;
        }
        self->type_name = PyUnicode_FromString(text);
    }
    return Py_XNewRef(self->type_name);
}

static PyObject *column_kind(PyObject *object, void *Py_UNUSED(closure)) {
    const sdr_column *column = &((column_object *)object)->column;
    return Py_NewRef(core_state_of(object)->kinds[column->kind]);
}

static PyObject *column_value_kind(PyObject *object, void *Py_UNUSED(closure)) {
    const sdr_column *values = column_values(&((column_object *)object)->column);
    return Py_NewRef(core_state_of(object)->kinds[values->kind]);
}

static PyObject *column_unit(PyObject *object, void *Py_UNUSED(closure)) {
    const sdr_column *values = column_values(&((column_object *)object)->column);
    return Py_NewRef(core_state_of(object)->units[values->unit]);
}

static PyObject *column_null_count(PyObject *object, void *Py_UNUSED(closure)) {
    return PyLong_FromLongLong(((column_object *)object)->column.null_count);
}

static PyObject *column_n_chunks(PyObject *object, void *Py_UNUSED(closure)) {
    return PyLong_FromLongLong(((column_object *)object)->column.n_chunks);
}

static PyObject *column_data_pointers(PyObject *object, void *Py_UNUSED(closure)) {
    const sdr_column *column = &((column_object *)object)->column;
    PyObject *list = PyList_New((Py_ssize_t)column->n_chunks);
    for (int64_t i = 0; list != NULL && i < column->n_chunks; i++) {
        PyObject *pointer = PyLong_FromVoidPtr((void *)column->chunks[i].data);
        if (pointer == NULL || PyList_SetItem(list, (Py_ssize_t)i, pointer) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *column_repr(PyObject *object) {
    const sdr_column *column = &((column_object *)object)->column;
    PyObject *type = column_type_name(object, NULL);
    if (type == NULL) return NULL;
    PyObject *text =
        PyUnicode_FromFormat("<Column %U, %lld rows, %lld null>", type,
                             (long long)column->length, (long long)column->null_count);
    Py_DECREF(type);
    return text;
}

/* --- columns of columns ----------------------------------------------------------- */

static core_state *type_state_of(PyObject *type) {
    return PyType_GetModuleState((PyTypeObject *)type);
}

static PyObject *from_numpy_bound(call *Py_UNUSED(call), PyObject *type,
                                  PyObject *const *values) {
    return numpy_column((PyTypeObject *)type, values[0], values[1], values[2]);
}
BIND_AS(from_numpy, type_state_of, 0, 1, "array", "mask", "type")

static PyObject *from_text_bound(call *Py_UNUSED(call), PyObject *type,
                                 PyObject *const *values) {
    return text_column((PyTypeObject *)type, values[0], values[1]);
}
BIND_AS(from_text, type_state_of, 0, 1, "values", "type")

/* A new object of the same type name that keeps `owner` alive. */
static column_object *column_derive(const column_object *self, PyObject *owner) {
    column_object *derived = column_new(Py_TYPE((PyObject *)self));
    if (derived == NULL) return NULL;
    derived->owner = Py_NewRef(owner);
    derived->type_name = Py_XNewRef(self->type_name);
    return derived;
}

static PyObject *slice_bound(call *call, PyObject *object, PyObject *const *values) {
    column_object *self = (column_object *)object;
    int64_t start, stop;

    if (argument_int64(&start, values[0], "start") < 0) return NULL;
    if (argument_int64(&stop, values[1], "stop") < 0) return NULL;
    column_object *result = column_derive(self, self->is_slice ? self->owner : object);
    if (result == NULL) return NULL;
    result->is_slice = true;
    if (!CALL(call, sdr_column_slice(&result->column, &self->column, start, stop,
                                     &call->error))) {
        Py_CLEAR(result);
    }
    return (PyObject *)result;
}
BIND_AS(slice, core_state_of, 0, 2, "start", "stop")

static PyObject *named_bound(call *call, PyObject *object, PyObject *const *values) {
    column_object *self = (column_object *)object;
    column_object *result = column_derive(self, self->is_slice ? self->owner : object);
    if (result == NULL) return NULL;
    result->is_slice = true;
    Py_CLEAR(result->type_name);
    if (type_name_set(result, values[0]) < 0 ||
        !CALL(call, sdr_column_slice(&result->column, &self->column, 0,
                                     self->column.length, &call->error))) {
        Py_CLEAR(result);
    }
    return (PyObject *)result;
}
BIND_AS(named, core_state_of, 0, 1, "type")

static PyObject *column_take(PyObject *object, PyObject *indices) {
    column_object *self = (column_object *)object;
    column_object *result = NULL;
    PyObject *array = NULL;
    call call;

    if (call_open(&call, core_state_of(object), NULL, NULL) < 0) return NULL;
    array = array_from(indices, NPY_INT64, "indices");
    if (array == NULL) return NULL;
    result = column_derive(self, object);
    if (result == NULL) goto cleanup;
    if (!CALL(&call, sdr_column_take(&result->column, &self->column, array_data(array),
                                     array_length(array), &call.error))) {
        Py_CLEAR(result);
    }
cleanup:
    Py_DECREF(array);
    return (PyObject *)result;
}

/* --- copies out ------------------------------------------------------------------- */

static int64_t block_rows(const sdr_column *column, int64_t start) {
    int64_t rest = column->length - start;
    return rest < SDR_BLOCK_ROWS ? rest : SDR_BLOCK_ROWS;
}

static sdr_code copy_float64(double *out, const sdr_column *column) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    for (int64_t start = 0; start < column->length; start += SDR_BLOCK_ROWS) {
        int64_t count = block_rows(column, start);
        const double *rows =
            sdr_column_load_f64(column, start, count, 0, scratch, &nulls);
        memcpy(out + start, rows, (size_t)count * sizeof *out);
    }
    return SDR_OK;
}

static PyObject *raise_kind(PyObject *object, const char *method,
                            const char *expected) {
    PyObject *type = column_type_name(object, NULL);
    if (type == NULL) return NULL;
    PyErr_Format(PyExc_TypeError, "%s: expected %s, found a column of type %U", method,
                 expected, type);
    Py_DECREF(type);
    return NULL;
}

static PyObject *column_to_float64(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    const sdr_column *column = &((column_object *)object)->column;
    PyObject *array = NULL;
    call call;

    if (column_values(column)->kind == SDR_KIND_TEXT) {
        return raise_kind(object, "to_float64", "numbers");
    }
    if (call_open(&call, core_state_of(object), NULL, NULL) < 0) return NULL;
    array = array_new(NPY_DOUBLE, column->length);
    if (array == NULL) return NULL;
    if (!CALL(&call, copy_float64(array_data(array), column))) Py_CLEAR(array);
    return array;
}

#define UINT64_KEY_OFFSET ((uint64_t)1 << 63) /* sdr_column_load_i64 subtracts it */

static sdr_code copy_int64(int64_t *out, uint8_t *valid, const sdr_column *column) {
    int64_t scratch[SDR_BLOCK_ROWS];
    uint64_t flip = column->type == SDR_TYPE_UINT64 ? UINT64_KEY_OFFSET : 0;
    int64_t nulls;
    for (int64_t start = 0; start < column->length; start += SDR_BLOCK_ROWS) {
        int64_t count = block_rows(column, start);
        const int64_t *rows =
            sdr_column_load_i64(column, start, count, scratch, valid + start, &nulls);
        for (int64_t i = 0; i < count; i++) {
            uint64_t bits = (uint64_t)rows[i] ^ flip;
            out[start + i] = valid[start + i] ? (int64_t)bits : 0;
        }
    }
    return SDR_OK;
}

static PyObject *column_to_int64(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    const sdr_column *column = &((column_object *)object)->column;
    int type_num = column->type == SDR_TYPE_UINT64 ? NPY_UINT64 : NPY_INT64;
    PyObject *array = NULL, *valid = NULL, *result = NULL;
    call call;

    if (column->kind != SDR_KIND_INTEGER && column->kind != SDR_KIND_TEMPORAL) {
        return raise_kind(object, "to_int64", "integers or times");
    }
    if (call_open(&call, core_state_of(object), NULL, NULL) < 0) return NULL;
    array = array_new(type_num, column->length);
    if (array == NULL) goto cleanup;
    valid = array_new(NPY_BOOL, column->length);
    if (valid == NULL) goto cleanup;
    if (!CALL(&call, copy_int64(array_data(array), array_data(valid), column))) {
        goto cleanup;
    }
    result = PyTuple_Pack(2, array, valid);
cleanup:
    Py_XDECREF(valid);
    Py_XDECREF(array);
    return result;
}

static PyObject *text_new(sdr_string text) {
    if (text.data == NULL) return Py_NewRef(Py_None);
    return PyUnicode_DecodeUTF8((const char *)text.data, (Py_ssize_t)text.size,
                                "replace");
}

static int list_fill(PyObject *list, Py_ssize_t start, const sdr_string *texts,
                     Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *text = text_new(texts[i]);
        if (text == NULL || PyList_SetItem(list, start + i, text) < 0) return -1;
    }
    return PyErr_CheckSignals();
}

static PyObject *column_to_text(PyObject *object, PyObject *Py_UNUSED(ignored)) {
    const sdr_column *column = &((column_object *)object)->column;
    sdr_string *texts = NULL;
    PyObject *list = NULL;

    if (column_values(column)->kind != SDR_KIND_TEXT) {
        return raise_kind(object, "to_text", "text");
    }
    texts = PyMem_Malloc(SDR_BLOCK_ROWS * sizeof *texts);
    if (texts == NULL) return PyErr_NoMemory();
    list = PyList_New((Py_ssize_t)column->length);
    for (int64_t start = 0; list != NULL && start < column->length;
         start += SDR_BLOCK_ROWS) {
        int64_t count = block_rows(column, start);
        sdr_column_load_text(column, start, count, texts);
        if (list_fill(list, (Py_ssize_t)start, texts, (Py_ssize_t)count) < 0) {
            Py_CLEAR(list);
        }
    }
    PyMem_Free(texts);
    return list;
}

/* --- the type --------------------------------------------------------------------- */

static PyMethodDef column_methods[] = {
    {"from_numpy", AS_METHOD(core_from_numpy), FAST | METH_CLASS,
     "from_numpy(array, mask=None, type=None)\n--\n\nColumn over a 1-D array, without "
     "a copy; mask: True is null."},
    {"from_text", AS_METHOD(core_from_text), FAST | METH_CLASS,
     "from_text(values, type=None)\n--\n\nColumn of a sequence of str; None, NaN, NA "
     "and "
     "NaT are null."},
    ROW(named, "(type)",
        "The same column with another name of its type, without a copy."),
    ROW(slice, "(start, stop)", "Rows [start, stop), without a copy."),
    {"take", column_take, METH_O,
     "take(indices)\n--\n\nRows by index, in memory of the result's own."},
    {"to_float64", column_to_float64, METH_NOARGS,
     "to_float64()\n--\n\nA copy as float64, null as NaN."},
    {"to_int64", column_to_int64, METH_NOARGS,
     "to_int64()\n--\n\nA copy as int64 (uint64 stays) and its validity."},
    {"to_text", column_to_text, METH_NOARGS,
     "to_text()\n--\n\nList of str, None for null."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef column_attributes[] = {
    {"type", column_type_name, NULL, "Arrow name of the type.", NULL},
    {"kind", column_kind, NULL, "What it is computed as.", NULL},
    {"value_kind", column_value_kind, NULL, "Kind of a category's values.", NULL},
    {"unit", column_unit, NULL, "'s', 'ms', 'us', 'ns' of times, else None.", NULL},
    {"null_count", column_null_count, NULL, "Rows that are null.", NULL},
    {"n_chunks", column_n_chunks, NULL, "Chunks of memory.", NULL},
    {"_data_pointers", column_data_pointers, NULL,
     "Address of each chunk's first row (of its offsets for text): for tests.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot column_slots[] = {
    {Py_tp_dealloc, column_dealloc},
    {Py_tp_repr, column_repr},
    {Py_tp_methods, column_methods},
    {Py_tp_getset, column_attributes},
    {Py_sq_length, column_length},
    {Py_tp_doc, "A column view. Holds a reference to what owns the memory; immutable."},
    {0, NULL},
};

PyType_Spec column_spec = {
    .name = "simdrift._core.Column",
    .basicsize = sizeof(column_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = column_slots,
};
