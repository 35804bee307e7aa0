/* Weighted samples: weighted.h. */
#include "pyext/pyext.h"

#include <string.h>

static PyObject *copied(const double *from, int64_t n) {
    PyObject *array = array_new(NPY_DOUBLE, n);
    if (array != NULL) memcpy(array_data(array), from, (size_t)n * sizeof *from);
    return array;
}

/* (values, weights, squares, cubes, rows) */
static PyObject *sample_tuple(const sdr_weighted *sample) {
    PyObject *result = NULL, *weights = NULL, *squares = NULL;
    PyObject *values = copied(sample->values, sample->n);
    if (values == NULL) goto cleanup;
    weights = copied(sample->weights, sample->n);
    if (weights == NULL) goto cleanup;
    squares = copied(sample->squares, sample->n);
    if (squares == NULL) goto cleanup;
    result = Py_BuildValue("(OOOdL)", values, weights, squares, sample->cubes,
                           (long long)sample->rows);
cleanup:
    Py_XDECREF(values);
    Py_XDECREF(weights);
    Py_XDECREF(squares);
    return result;
}

/* -1 and ValueError where the two differ in length. */
static int same_length(PyObject *values, PyObject *weights) {
    const int64_t n = array_length(values), found = array_length(weights);
    if (n == found) return 0;
    PyErr_Format(PyExc_ValueError, "weights: expected %lld, one a row, found %lld",
                 (long long)n, (long long)found);
    return -1;
}

PyObject *core_weighted_sort(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                             PyObject *keywords) {
    static const parameters expected = {
        "weighted_sort", 2, 4, {"values", "weights", "threads", "progress"}};
    PyObject *arguments[4], *values = NULL, *weights = NULL, *result = NULL;
    sdr_weighted sample = {0};
    call call;

    if (arguments_read(arguments, &expected, args, n_args, keywords) < 0) return NULL;
    if (call_open(&call, PyModule_GetState(module), arguments[2], arguments[3]) < 0)
        return NULL;
    values = array_from(arguments[0], NPY_DOUBLE, "values");
    if (values == NULL) goto cleanup;
    weights = array_from(arguments[1], NPY_DOUBLE, "weights");
    if (weights == NULL || same_length(values, weights) < 0) goto cleanup;
    if (CALL(&call,
             sdr_weighted_sort(&sample, array_data(values), array_data(weights),
                               array_length(values), &call.context, &call.error)) < 0) {
        goto cleanup;
    }
    result = sample_tuple(&sample);
    sdr_weighted_reset(&sample);
cleanup:
    Py_XDECREF(values);
    Py_XDECREF(weights);
    return result;
}

/* -1 and ValueError where there is nothing to compare. */
static int side_read(sdr_weighted_side *out, PyObject *values, PyObject *weights) {
    if (same_length(values, weights) < 0) return -1;
    out->values = array_data(values);
    out->weights = array_data(weights);
    out->n = array_length(values);
    if (out->n > 0 && out->size > 0.0) return 0;
    PyErr_SetString(PyExc_ValueError, "weighted_statistics: expected two samples with "
                                      "values and sizes above 0");
    return -1;
}

static PyObject *statistics_dict(core_state *state,
                                 const sdr_weighted_statistics *found) {
    fields out = fields_begin(state);
    fields_int(&out, KEY_distinct, found->distinct);
    fields_double(&out, KEY_plus, found->plus);
    fields_double(&out, KEY_minus, found->minus);
    fields_double(&out, KEY_auc, found->auc);
    fields_double(&out, KEY_cramer_von_mises, found->mises);
    fields_double(&out, KEY_anderson_darling, found->darling);
    fields_double(&out, KEY_ties, found->ties);
    fields_double(&out, KEY_wasserstein, found->wasserstein);
    fields_double(&out, KEY_energy, found->energy);
    return fields_end(&out);
}

PyObject *core_weighted_statistics(PyObject *module, PyObject *const *args,
                                   Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {"weighted_statistics",
                                        6,
                                        8,
                                        {"x", "x_weights", "x_size", "y", "y_weights",
                                         "y_size", "threads", "progress"}};
    static const int at[4] = {0, 1, 3, 4};
    core_state *state = PyModule_GetState(module);
    PyObject *arguments[8], *arrays[4] = {NULL}, *result = NULL;
    sdr_weighted_side x, y;
    sdr_weighted_statistics found;
    call call;

    if (arguments_read(arguments, &expected, args, n_args, keywords) < 0) return NULL;
    if (argument_double(&x.size, arguments[2], "x_size") < 0) return NULL;
    if (argument_double(&y.size, arguments[5], "y_size") < 0) return NULL;
    if (call_open(&call, state, arguments[6], arguments[7]) < 0) return NULL;
    for (int i = 0; i < 4; i++) {
        arrays[i] = array_from(arguments[at[i]], NPY_DOUBLE, expected.names[at[i]]);
        if (arrays[i] == NULL) goto cleanup;
    }
    if (side_read(&x, arrays[0], arrays[1]) < 0) goto cleanup;
    if (side_read(&y, arrays[2], arrays[3]) < 0) goto cleanup;
    if (CALL(&call, sdr_weighted_compare(&found, &x, &y, &call.context, &call.error)) <
        0) {
        goto cleanup;
    }
    result = statistics_dict(state, &found);
cleanup:
    for (int i = 0; i < 4; i++)
        Py_XDECREF(arrays[i]);
    return result;
}
