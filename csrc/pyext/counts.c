/* Null laws of tables of counts: counts.h. */
#include "pyext/pyext.h"

#define LAW_FIELD(type, name) FIELD(sdr_count_law, type, name, name)

static const field law_fields[] = {
    LAW_FIELD(DOUBLE, mean),    LAW_FIELD(DOUBLE, variance), LAW_FIELD(DOUBLE, third),
    LAW_FIELD(DOUBLE, p_value), LAW_FIELD(INT, exchanges),
};
const dict_type count_laws_dict = DICT_TYPE(DICT_COUNT_LAWS, law_fields);

/* Sizes of the tables from those of the arrays; -1 and ValueError where they differ. */
static int sizes_read(sdr_count_tables *tables, PyObject *const *arrays) {
    int64_t rows = array_length(arrays[0]), n = array_length(arrays[1]);
    if (array_length(arrays[2]) != n) {
        PyErr_Format(PyExc_ValueError,
                     "observed: expected %lld values, as many as current, found %lld",
                     (long long)n, (long long)array_length(arrays[2]));
        return -1;
    }
    if (n == 0 ? rows != 0 : rows % n != 0) {
        PyErr_Format(PyExc_ValueError,
                     "rows: expected a multiple of %lld values, found %lld",
                     (long long)n, (long long)rows);
        return -1;
    }
    tables->n_tables = n;
    tables->n_cells = n == 0 ? 0 : rows / n;
    tables->rows = array_data(arrays[0]);
    tables->current = array_data(arrays[1]);
    tables->observed = array_data(arrays[2]);
    return 0;
}

static int options_read(sdr_count_tables *tables, PyObject *const *values) {
    int64_t statistic;
    if (argument_int64(&statistic, values[3], "statistic") < 0) return -1;
    if (argument_double(&tables->smoothing, values[4], "smoothing") < 0) return -1;
    if (argument_int64(&tables->most, values[5], "most") < 0) return -1;
    if (argument_int64(&tables->enough, values[6], "enough") < 0) return -1;
    bool known = statistic >= 0 && statistic < SDR_COUNT_STATISTICS;
    tables->statistic = known ? (sdr_count_statistic)statistic : SDR_COUNT_STATISTICS;
    return 0;
}

static PyObject *count_laws_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    static const char *const names[3] = {"rows", "current", "observed"};
    static const int types[3] = {NPY_INT64, NPY_INT64, NPY_DOUBLE};
    PyObject *arrays[3] = {NULL}, *result = NULL;
    sdr_count_law *laws = NULL;
    sdr_count_tables tables;

    for (int i = 0; i < 3; i++) {
        arrays[i] = array_from(values[i], types[i], names[i]);
        if (arrays[i] == NULL) goto cleanup;
    }
    if (sizes_read(&tables, arrays) < 0 || options_read(&tables, values) < 0)
        goto cleanup;
    laws = sdr_allocate((size_t)tables.n_tables * sizeof *laws);
    if (laws == NULL) {
        PyErr_NoMemory();
        goto cleanup;
    }
    if (RUN(call, sdr_count_laws, laws, &tables))
        result = dict_of_arrays(call->state, &count_laws_dict, laws, sizeof *laws,
                                tables.n_tables);
cleanup:
    sdr_release(laws);
    for (int i = 0; i < 3; i++)
        Py_XDECREF(arrays[i]);
    return result;
}
BIND(count_laws, 7, "rows", "current", "observed", "statistic", "smoothing", "most",
     "enough", "threads", "progress")

static PyObject *fisher_log_p_bound(call *call, PyObject *Py_UNUSED(module),
                                    PyObject *const *values) {
    static const char *const names[4] = {"a", "n", "k", "total"};
    PyObject *arrays[4] = {NULL}, *result = NULL;

    for (int i = 0; i < 4; i++) {
        arrays[i] = array_from(values[i], NPY_INT64, names[i]);
        if (arrays[i] == NULL) goto cleanup;
        if (array_length(arrays[i]) == array_length(arrays[0])) continue;
        PyErr_Format(PyExc_ValueError,
                     "%s: expected %lld values, as many as a, found %lld", names[i],
                     (long long)array_length(arrays[0]),
                     (long long)array_length(arrays[i]));
        goto cleanup;
    }
    result = array_new(NPY_DOUBLE, array_length(arrays[0]));
    if (result == NULL) goto cleanup;
    if (!RUN(call, sdr_fisher_log_p, array_data(result), array_data(arrays[0]),
             array_data(arrays[1]), array_data(arrays[2]), array_data(arrays[3]),
             array_length(arrays[0])))
        Py_CLEAR(result);
cleanup:
    for (int i = 0; i < 4; i++)
        Py_XDECREF(arrays[i]);
    return result;
}
BIND(fisher_log_p, 4, "a", "n", "k", "total", "threads", "progress")

PyMethodDef count_functions[] = {
    ROW(count_laws,
        "(rows, current, observed, statistic, smoothing, most, enough, " OPTIONS ")",
        "Null laws of 2 x K tables."),
    ROW(fisher_log_p, "(a, n, k, total, " OPTIONS ")",
        "Logarithms of Fisher's p-values."),
    {NULL, NULL, 0, NULL},
};
