/* Maximum mean discrepancy over all pairs of rows: table.h. */
#include "pyext/pyext.h"

/* Fills n_rows from the sizes; -1 and ValueError where they are not whole rows. */
static int rows_read(sdr_mmd_rows *rows, PyObject *values, PyObject *labels) {
    int64_t d = rows->n_features, n_values = array_length(values);
    if (d < 1 || n_values % d != 0) {
        PyErr_Format(PyExc_ValueError,
                     "features: expected a divisor of the %lld values, found %lld",
                     (long long)n_values, (long long)d);
        return -1;
    }
    rows->n_rows = n_values / d;
    int64_t n_labels = array_length(labels);
    if (rows->n_rows == 0 || n_labels % rows->n_rows != 0) {
        PyErr_Format(PyExc_ValueError,
                     "labels: expected a multiple of %lld rows, found %lld",
                     (long long)rows->n_rows, (long long)n_labels);
        return -1;
    }
    rows->n_labelings = n_labels / rows->n_rows;
    rows->values = array_data(values);
    rows->labels = array_data(labels);
    return 0;
}

static PyObject *mmd_quadratic_bound(call *call, PyObject *Py_UNUSED(module),
                                     PyObject *const *arguments) {
    PyObject *values = NULL, *labels = NULL, *result = NULL;
    sdr_mmd_rows rows;

    if (argument_int64(&rows.n_features, arguments[1], "features") < 0) return NULL;
    if (argument_double(&rows.gamma, arguments[3], "gamma") < 0) return NULL;
    values = array_from(arguments[0], NPY_DOUBLE, "values");
    if (values == NULL) goto cleanup;
    labels = array_from(arguments[2], NPY_UINT8, "labels");
    if (labels == NULL) goto cleanup;
    if (rows_read(&rows, values, labels) < 0) goto cleanup;
    result = array_new(NPY_DOUBLE, rows.n_labelings);
    if (result == NULL) goto cleanup;
    if (!RUN(call, sdr_mmd_quadratic, array_data(result), &rows)) Py_CLEAR(result);
cleanup:
    Py_XDECREF(values);
    Py_XDECREF(labels);
    return result;
}
BIND(mmd_quadratic, 4, "values", "features", "labels", "gamma", "threads", "progress")

PyMethodDef mmd_functions[] = {
    ROW(mmd_quadratic, "(values, features, labels, gamma, " OPTIONS ")",
        "Maximum mean discrepancy under each labeling."),
    {NULL, NULL, 0, NULL},
};
