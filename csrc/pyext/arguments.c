/*
 * Arguments of METH_FASTCALL | METH_KEYWORDS functions: positions first, then keywords,
 * each name once. Some 30 ns a call, where PyArg_ParseTupleAndKeywords takes 150.
 */
#include "pyext/pyext.h"

static int parameter_index(const parameters *expected, PyObject *name) {
    for (int i = 0; i < expected->n; i++) {
        if (PyUnicode_CompareWithASCIIString(name, expected->names[i]) == 0) return i;
    }
    return -1;
}

static int keyword_read(PyObject **values, const parameters *expected, PyObject *name,
                        PyObject *value) {
    int i = parameter_index(expected, name);
    if (i < 0) {
        PyErr_Format(PyExc_TypeError, "%s: unexpected argument '%U'",
                     expected->function, name);
        return -1;
    }
    if (values[i] != NULL) {
        PyErr_Format(PyExc_TypeError, "%s: argument '%U' given twice",
                     expected->function, name);
        return -1;
    }
    values[i] = value;
    return 0;
}

static int required_check(PyObject *const *values, const parameters *expected) {
    for (int i = 0; i < expected->n_required; i++) {
        if (values[i] != NULL) continue;
        PyErr_Format(PyExc_TypeError, "%s: missing argument '%s'", expected->function,
                     expected->names[i]);
        return -1;
    }
    return 0;
}

int arguments_read(PyObject **values, const parameters *expected, PyObject *const *args,
                   Py_ssize_t n_args, PyObject *keywords) {
    Py_ssize_t n_keywords = keywords == NULL ? 0 : PyTuple_Size(keywords);

    if (n_args > expected->n) {
        PyErr_Format(PyExc_TypeError, "%s: expected at most %d arguments, found %zd",
                     expected->function, expected->n, n_args);
        return -1;
    }
    for (int i = 0; i < expected->n; i++) {
        values[i] = i < n_args ? args[i] : NULL;
    }
    for (Py_ssize_t i = 0; i < n_keywords; i++) {
        PyObject *name = PyTuple_GetItem(keywords, i); /* borrowed */
        if (keyword_read(values, expected, name, args[n_args + i]) < 0) return -1;
    }
    return required_check(values, expected);
}

int argument_int64(int64_t *out, PyObject *value, const char *name) {
    PyObject *index = PyNumber_Index(value);
    if (index == NULL) {
        PyErr_Format(PyExc_TypeError, "%s: expected an integer, found %R", name, value);
        return -1;
    }
    long long number = PyLong_AsLongLong(index);
    Py_DECREF(index);
    if (number == -1 && PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError, "%s: expected a 64-bit integer, found %R", name,
                     value);
        return -1;
    }
    *out = number;
    return 0;
}

int argument_double(double *out, PyObject *value, const char *name) {
    *out = PyFloat_AsDouble(value);
    if (*out == -1.0 && PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "%s: expected a number, found %R", name, value);
        return -1;
    }
    return 0;
}

int argument_bool(bool *out, PyObject *value) {
    int truth = value == NULL ? 1 : PyObject_IsTrue(value);
    if (truth < 0) return -1;
    *out = truth != 0;
    return 0;
}
