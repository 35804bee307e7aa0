/* Weighted samples: weighted.h. */
#include "pyext/pyext.h"

/* (values, weights, squares, cubes, rows) */
static PyObject *sample_tuple(const sdr_weighted *sample) {
    return Py_BuildValue("(NNNdL)", array_copy(NPY_DOUBLE, sample->n, sample->values),
                         array_copy(NPY_DOUBLE, sample->n, sample->weights),
                         array_copy(NPY_DOUBLE, sample->n, sample->squares),
                         sample->cubes, (long long)sample->rows);
}

/* -1 and ValueError where the two differ in length. */
static int same_length(PyObject *values, PyObject *weights) {
    const int64_t n = array_length(values), found = array_length(weights);
    if (n == found) return 0;
    PyErr_Format(PyExc_ValueError, "weights: expected %lld, one a row, found %lld",
                 (long long)n, (long long)found);
    return -1;
}

static PyObject *weighted_sort_bound(call *call, PyObject *Py_UNUSED(module),
                                     PyObject *const *arguments) {
    PyObject *values = NULL, *weights = NULL, *result = NULL;
    sdr_weighted sample = {0};

    values = array_from(arguments[0], NPY_DOUBLE, "values");
    if (values == NULL) goto cleanup;
    weights = array_from(arguments[1], NPY_DOUBLE, "weights");
    if (weights == NULL || same_length(values, weights) < 0) goto cleanup;
    if (!RUN(call, sdr_weighted_sort, &sample, array_data(values), array_data(weights),
             array_length(values))) {
        goto cleanup;
    }
    result = sample_tuple(&sample);
    sdr_weighted_reset(&sample);
cleanup:
    Py_XDECREF(values);
    Py_XDECREF(weights);
    return result;
}
BIND(weighted_sort, 2, "values", "weights", "threads", "progress")

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

#define WEIGHTED_FIELD(type, name, member)                                             \
    FIELD(sdr_weighted_statistics, type, name, member)

static const field weighted_fields[] = {
    WEIGHTED_FIELD(INT, distinct, distinct),
    WEIGHTED_FIELD(DOUBLE, plus, plus),
    WEIGHTED_FIELD(DOUBLE, minus, minus),
    WEIGHTED_FIELD(DOUBLE, auc, auc),
    WEIGHTED_FIELD(DOUBLE, cramer_von_mises, mises),
    WEIGHTED_FIELD(DOUBLE, anderson_darling, darling),
    WEIGHTED_FIELD(DOUBLE, ties, ties),
    WEIGHTED_FIELD(DOUBLE, wasserstein, wasserstein),
    WEIGHTED_FIELD(DOUBLE, energy, energy),
};
const dict_type weighted_dict = DICT_TYPE(DICT_WEIGHTED, weighted_fields);

static PyObject *weighted_statistics_bound(call *call, PyObject *Py_UNUSED(module),
                                           PyObject *const *arguments) {
    static const int at[4] = {0, 1, 3, 4};
    static const char *const names[4] = {"x", "x_weights", "y", "y_weights"};
    PyObject *arrays[4] = {NULL}, *result = NULL;
    sdr_weighted_side x, y;
    sdr_weighted_statistics statistics;

    if (argument_double(&x.size, arguments[2], "x_size") < 0) return NULL;
    if (argument_double(&y.size, arguments[5], "y_size") < 0) return NULL;
    for (int i = 0; i < 4; i++) {
        arrays[i] = array_from(arguments[at[i]], NPY_DOUBLE, names[i]);
        if (arrays[i] == NULL) goto cleanup;
    }
    if (side_read(&x, arrays[0], arrays[1]) < 0) goto cleanup;
    if (side_read(&y, arrays[2], arrays[3]) < 0) goto cleanup;
    if (!RUN(call, sdr_weighted_compare, &statistics, &x, &y)) goto cleanup;
    result = dict_new(call->state, &weighted_dict, &statistics);
cleanup:
    for (int i = 0; i < 4; i++)
        Py_XDECREF(arrays[i]);
    return result;
}
BIND(weighted_statistics, 6, "x", "x_weights", "x_size", "y", "y_weights", "y_size",
     "threads", "progress")

PyMethodDef weighted_functions[] = {
    ROW(weighted_sort, "(values, weights, " OPTIONS ")",
        "Different values with the sums of their weights."),
    ROW(weighted_statistics,
        "(x, x_weights, x_size, y, y_weights, y_size, " OPTIONS ")",
        "Two weighted samples in one walk."),
    {NULL, NULL, 0, NULL},
};
