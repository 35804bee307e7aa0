/* Result dicts, built with the interned keys of the module's state. */
#include "pyext/pyext.h"

fields fields_begin(core_state *state) {
    fields self = {state, PyDict_New()};
    return self;
}

void fields_object(fields *self, key name, PyObject *value) {
    if (self->dict != NULL &&
        (value == NULL ||
         PyDict_SetItem(self->dict, self->state->keys[name], value) < 0)) {
        Py_CLEAR(self->dict);
    }
    Py_XDECREF(value);
}

void fields_int(fields *self, key name, int64_t value) {
    fields_object(self, name, PyLong_FromLongLong(value));
}

void fields_unsigned(fields *self, key name, uint64_t value) {
    fields_object(self, name, PyLong_FromUnsignedLongLong(value));
}

void fields_int128(fields *self, key name, int64_t high, uint64_t low) {
    fields_object(self, name, int128_new(high, low));
}

void fields_double(fields *self, key name, double value) {
    fields_object(self, name, PyFloat_FromDouble(value));
}

void fields_bool(fields *self, key name, bool value) {
    fields_object(self, name, PyBool_FromLong(value));
}

void fields_status(fields *self, key name, sdr_status value) {
    fields_object(self, name, Py_NewRef(self->state->statuses[value]));
}

PyObject *fields_end(fields *self) {
    return self->dict;
}

/* --- 128-bit integers ------------------------------------------------------------- */

#define LIMB_BITS 64

PyObject *int128_new(int64_t high, uint64_t low) {
    PyObject *top = NULL, *bits = NULL, *shifted = NULL, *bottom = NULL, *result = NULL;

    if (high == 0) return PyLong_FromUnsignedLongLong(low);
    top = PyLong_FromLongLong(high);
    bits = PyLong_FromLong(LIMB_BITS);
    if (top == NULL || bits == NULL) goto cleanup;
    shifted = PyNumber_Lshift(top, bits);
    bottom = PyLong_FromUnsignedLongLong(low);
    if (shifted == NULL || bottom == NULL) goto cleanup;
    result = PyNumber_Or(shifted, bottom);
cleanup:
    Py_XDECREF(bottom);
    Py_XDECREF(shifted);
    Py_XDECREF(bits);
    Py_XDECREF(top);
    return result;
}

int int128_read(int64_t *high, uint64_t *low, PyObject *value) {
    PyObject *bits = NULL, *top = NULL;
    int code = -1;

    *low = PyLong_AsUnsignedLongLongMask(value);
    if (PyErr_Occurred()) goto cleanup;
    bits = PyLong_FromLong(LIMB_BITS);
    if (bits == NULL) goto cleanup;
    top = PyNumber_Rshift(value, bits);
    if (top == NULL) goto cleanup;
    *high = PyLong_AsLongLong(top);
    if (*high == -1 && PyErr_Occurred()) goto cleanup;
    code = 0;
cleanup:
    Py_XDECREF(top);
    Py_XDECREF(bits);
    return code;
}
