/*
 * NumPy: arrays to columns without a copy, results to arrays. The one translation unit
 * that imports NumPy's C API.
 *
 * An array of any stride (negative, zero), byte order and alignment is read where it
 * lies; the column keeps a reference to it. datetime64 and timedelta64 in other units
 * than s, ms, us, ns (or in multiples, '25s') are the exception: they are converted to
 * seconds, which is a copy, and refused where that overflows.
 */
#define SDR_PYEXT_IMPORTS_NUMPY
#include "pyext/pyext.h"

#include <string.h>

int numpy_import(void) {
    return _import_array();
}

/* --- arrays out ------------------------------------------------------------------- */

PyObject *array_new(int type_num, int64_t length) {
    npy_intp shape = (npy_intp)length;
    return PyArray_SimpleNew(1, &shape, type_num);
}

PyObject *array_new_2d(int type_num, int64_t rows, int64_t columns) {
    npy_intp shape[2] = {(npy_intp)rows, (npy_intp)columns};
    return PyArray_SimpleNew(2, shape, type_num);
}

PyObject *array_copy(int type_num, int64_t length, const void *data) {
    PyObject *array = array_new(type_num, length);
    if (array == NULL || length == 0) return array;
    memcpy(array_data(array), data, PyArray_NBYTES((PyArrayObject *)array));
    return array;
}

PyObject *array_over(int type_num, int64_t length, const void *data, PyObject *owner) {
    npy_intp shape = (npy_intp)length;
    PyObject *array = PyArray_SimpleNewFromData(1, &shape, type_num, (void *)data);
    if (array == NULL) return NULL;
    PyArray_CLEARFLAGS((PyArrayObject *)array, NPY_ARRAY_WRITEABLE);
    if (PyArray_SetBaseObject((PyArrayObject *)array, Py_NewRef(owner)) < 0) {
        Py_DECREF(array);
        return NULL;
    }
    return array;
}

PyObject *array_from(PyObject *value, int type_num, const char *name) {
    if (PyArray_Check(value) && PyArray_ISBOOL((PyArrayObject *)value)) {
        PyErr_Format(PyExc_TypeError, "%s: expected numbers, found booleans", name);
        return NULL;
    }
    PyObject *array = PyArray_FROMANY(value, type_num, 0, 0, NPY_ARRAY_IN_ARRAY);
    if (array == NULL) return NULL;
    if (PyArray_NDIM((PyArrayObject *)array) != 1) {
        PyErr_Format(PyExc_ValueError, "%s: expected 1 dimension, found %d", name,
                     PyArray_NDIM((PyArrayObject *)array));
        Py_DECREF(array);
        return NULL;
    }
    return array;
}

void *array_data(PyObject *array) {
    return PyArray_DATA((PyArrayObject *)array);
}

int64_t array_length(PyObject *array) {
    return PyArray_DIM((PyArrayObject *)array, 0);
}

int array_type_num(PyObject *value) {
    return PyArray_Check(value) ? PyArray_TYPE((PyArrayObject *)value) : -1;
}

bool array_is_unsigned64(PyObject *value) {
    if (!PyArray_Check(value)) return false;
    PyArray_Descr *type = PyArray_DESCR((PyArrayObject *)value);
    return type->kind == 'u' && PyDataType_ELSIZE(type) == 8;
}

/* --- arrays in -------------------------------------------------------------------- */

static sdr_type integer_type(const PyArray_Descr *type, npy_intp size) {
    bool is_signed = type->kind == 'i';
    switch (size) {
    case 1:
        return is_signed ? SDR_TYPE_INT8 : SDR_TYPE_UINT8;
    case 2:
        return is_signed ? SDR_TYPE_INT16 : SDR_TYPE_UINT16;
    case 4:
        return is_signed ? SDR_TYPE_INT32 : SDR_TYPE_UINT32;
    case 8:
        return is_signed ? SDR_TYPE_INT64 : SDR_TYPE_UINT64;
    default:
        return SDR_TYPE_NULL;
    }
}

static sdr_type float_type(npy_intp size) {
    switch (size) {
    case 2:
        return SDR_TYPE_FLOAT16;
    case 4:
        return SDR_TYPE_FLOAT32;
    case 8:
        return SDR_TYPE_FLOAT64;
    default:
        return SDR_TYPE_NULL;
    }
}

/* SDR_TYPE_NULL: not computed on. */
static sdr_type column_type(PyArrayObject *array) {
    const PyArray_Descr *type = PyArray_DESCR(array);
    switch (type->kind) {
    case 'b':
        return SDR_TYPE_BOOL_BYTES;
    case 'i':
    case 'u':
        return integer_type(type, PyArray_ITEMSIZE(array));
    case 'f':
        return float_type(PyArray_ITEMSIZE(array));
    case 'M':
        return SDR_TYPE_TIMESTAMP;
    case 'm':
        return SDR_TYPE_DURATION;
    default:
        return SDR_TYPE_NULL;
    }
}

/* SDR_UNIT_NONE: a unit, or a multiple of one, that columns do not have. */
static sdr_unit temporal_unit(PyArrayObject *array) {
    const PyArray_DatetimeDTypeMetaData *metadata =
        (const PyArray_DatetimeDTypeMetaData *)PyDataType_C_METADATA(
            PyArray_DESCR(array));
    if (metadata == NULL || metadata->meta.num != 1) return SDR_UNIT_NONE;
    switch (metadata->meta.base) {
    case NPY_FR_s:
        return SDR_UNIT_S;
    case NPY_FR_ms:
        return SDR_UNIT_MS;
    case NPY_FR_us:
        return SDR_UNIT_US;
    case NPY_FR_ns:
        return SDR_UNIT_NS;
    default:
        return SDR_UNIT_NONE;
    }
}

/* 1: the copy in seconds holds the same times; 0: it overflowed; -1: exception. */
static int seconds_equal(PyObject *seconds, PyArrayObject *array) {
    PyObject *dtype = (PyObject *)PyArray_DESCR(array); /* borrowed */
    PyObject *back = NULL, *numpy = NULL, *equal = NULL;
    int answer = -1;

    back = PyObject_CallMethod(seconds, "astype", "O", dtype);
    if (back == NULL) goto cleanup;
    numpy = PyImport_ImportModule("numpy");
    if (numpy == NULL) goto cleanup;
    equal = PyObject_CallMethod(numpy, "array_equal", "OOO", back, (PyObject *)array,
                                Py_True); /* NaT equals NaT */
    if (equal == NULL) goto cleanup;
    answer = PyObject_IsTrue(equal);
cleanup:
    Py_XDECREF(equal);
    Py_XDECREF(numpy);
    Py_XDECREF(back);
    return answer;
}

/* The array in seconds; NULL without an exception where that is not possible. */
static PyObject *array_in_seconds(PyArrayObject *array) {
    const char *dtype = PyArray_DESCR(array)->kind == 'M' ? "<M8[s]" : "<m8[s]";
    PyObject *seconds = PyObject_CallMethod((PyObject *)array, "astype", "sss", dtype,
                                            "K", "same_kind");
    if (seconds == NULL && PyErr_ExceptionMatches(PyExc_MemoryError)) return NULL;
    PyErr_Clear(); /* no such cast, or OverflowError: refused by the caller */
    int equal = seconds == NULL ? 0 : seconds_equal(seconds, array);
    if (equal == 1) return seconds;
    Py_XDECREF(seconds);
    return NULL;
}

static void raise_unsupported(core_state *state, PyArrayObject *array) {
    PyErr_Format(state->unsupported_column,
                 "expected an array of booleans, integers, floats up to 64 bits, "
                 "datetime64 or timedelta64, found dtype %S",
                 (PyObject *)PyArray_DESCR(array));
}

/* Native, or in seconds (a new reference either way), with its type and unit. */
static PyObject *array_readable(sdr_type *type, sdr_unit *unit, core_state *state,
                                PyArrayObject *array) {
    PyObject *readable = Py_NewRef((PyObject *)array);

    *type = column_type(array);
    *unit = SDR_UNIT_NONE;
    if (*type == SDR_TYPE_TIMESTAMP || *type == SDR_TYPE_DURATION) {
        *unit = temporal_unit(array);
        if (*unit == SDR_UNIT_NONE) {
            Py_DECREF(readable);
            readable = array_in_seconds(array);
            *unit = SDR_UNIT_S;
        }
    } else if (*type == SDR_TYPE_NULL) {
        Py_CLEAR(readable);
    }
    if (readable == NULL && !PyErr_Occurred()) raise_unsupported(state, array);
    return readable;
}

static int dimension_check(PyArrayObject *array, const char *name) {
    if (PyArray_NDIM(array) == 1) return 0;
    PyErr_Format(PyExc_ValueError, "%s: expected 1 dimension, found %d", name,
                 PyArray_NDIM(array));
    return -1;
}

/* *mask: NULL for None. */
static int mask_check(PyArrayObject **out, PyObject *mask, PyArrayObject *array) {
    *out = NULL;
    if (mask == NULL || mask == Py_None) return 0;
    if (!PyArray_Check(mask) || !PyArray_ISBOOL((PyArrayObject *)mask)) {
        PyErr_Format(PyExc_TypeError, "mask: expected an array of bool, found %R",
                     (PyObject *)Py_TYPE(mask));
        return -1;
    }
    *out = (PyArrayObject *)mask;
    if (dimension_check(*out, "mask") < 0) return -1;
    if (PyArray_DIM(*out, 0) == PyArray_DIM(array, 0)) return 0;
    PyErr_Format(PyExc_ValueError, "mask: expected %zd rows as the array, found %zd",
                 (Py_ssize_t)PyArray_DIM(array, 0), (Py_ssize_t)PyArray_DIM(*out, 0));
    return -1;
}

static sdr_code column_over(sdr_column *out, sdr_type type, sdr_unit unit,
                            PyArrayObject *array, PyArrayObject *mask,
                            sdr_error *error) {
    const uint8_t *mask_data = mask == NULL ? NULL : PyArray_DATA(mask);
    ptrdiff_t mask_stride = mask == NULL ? 0 : PyArray_STRIDE(mask, 0);
    bool swapped = !PyArray_ISNOTSWAPPED(array);
    sdr_view view;

    SDR_TRY(sdr_view_init_strided(&view, type, unit, swapped, PyArray_DATA(array),
                                  PyArray_DIM(array, 0), PyArray_STRIDE(array, 0),
                                  mask_data, mask_stride, error));
    return sdr_column_init(out, &view, 1, error);
}

/* Names the type where the caller knows more than the dtype: None says nothing. */
int type_name_set(column_object *self, PyObject *name) {
    if (name == NULL || name == Py_None) return 0;
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "type: expected str or None, found %R", name);
        return -1;
    }
    self->type_name = Py_NewRef(name);
    return 0;
}

PyObject *numpy_column(PyTypeObject *column_type, PyObject *value, PyObject *mask,
                       PyObject *name) {
    core_state *state = PyType_GetModuleState(column_type);
    PyArrayObject *array = (PyArrayObject *)value;
    PyArrayObject *nulls = NULL;
    PyObject *readable = NULL;
    column_object *self = NULL;
    sdr_type type;
    sdr_unit unit;
    call call;

    if (!PyArray_Check(value)) {
        PyErr_Format(PyExc_TypeError, "array: expected numpy.ndarray, found %R",
                     (PyObject *)Py_TYPE(value));
        return NULL;
    }
    if (dimension_check(array, "array") < 0) return NULL;
    if (mask_check(&nulls, mask, array) < 0) return NULL;
    if (call_open(&call, state, NULL, NULL) < 0) return NULL;
    readable = array_readable(&type, &unit, state, array);
    if (readable == NULL) goto cleanup;
    self = column_new(column_type);
    if (self == NULL) goto cleanup;
    self->owner = nulls == NULL ? Py_NewRef(readable)
                                : PyTuple_Pack(2, readable, (PyObject *)nulls);
    if (self->owner == NULL || type_name_set(self, name) < 0 ||
        !CALL(&call, column_over(&self->column, type, unit, (PyArrayObject *)readable,
                                 nulls, &call.error))) {
        Py_CLEAR(self);
    }
cleanup:
    Py_XDECREF(readable);
    return (PyObject *)self;
}
