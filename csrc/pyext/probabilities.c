/* Probabilities and what came true: log loss, calibration, isotonic regression. */
#include "pyext/groups.h"

/* What both calls over groups are given. */
typedef struct scored {
    group_call g;
    PyObject *probabilities, *weights; /* a tuple; an array, or NULL */
    const sdr_column **columns;
    sdr_scored_rows rows;
} scored;

static int weights_read(scored *s, PyObject *value) {
    if (value == NULL || value == Py_None) return 0;
    s->weights = array_from(value, NPY_DOUBLE, "weights");
    if (s->weights == NULL) return -1;
    s->rows.weights = array_data(s->weights);
    if (array_length(s->weights) == s->rows.target->length) return 0;
    PyErr_Format(PyExc_ValueError, "weights: expected %lld, one a row, found %lld",
                 (long long)s->rows.target->length,
                 (long long)array_length(s->weights));
    return -1;
}

static int probabilities_read(scored *s, core_state *state, PyObject *value) {
    s->probabilities = PySequence_Tuple(value);
    if (s->probabilities == NULL) return -1;
    Py_ssize_t n = PyTuple_Size(s->probabilities);
    s->columns = sdr_allocate((size_t)(n + 1) * sizeof(sdr_column *));
    if (s->columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t k = 0; k < n; k++) {
        s->columns[k] = column_argument(state, PyTuple_GetItem(s->probabilities, k),
                                        "probabilities");
        if (s->columns[k] == NULL) return -1;
    }
    s->rows.probabilities = s->columns;
    s->rows.n_probabilities = n;
    return 0;
}

/* target, probabilities, starts, stops; -1: exception. Closed in both cases. */
static int scored_open(scored *s, call *call, PyObject *const *values,
                       PyObject *weights, size_t size) {
    *s = (scored){.rows.target = call->column};
    if (probabilities_read(s, call->state, values[1]) < 0) return -1;
    if (weights_read(s, weights) < 0) return -1;
    return group_call_open(&s->g, values[2], values[3], size);
}

static void scored_close(scored *s) {
    Py_CLEAR(s->probabilities);
    Py_CLEAR(s->weights);
    sdr_release(s->columns);
    group_call_close(&s->g);
}

/* --- log loss --------------------------------------------------------------------- */

#define LOSS_FIELD(type, name) FIELD(sdr_log_loss, type, name, name)

static const field log_loss_fields[] = {
    LOSS_FIELD(INT, n),         LOSS_FIELD(INT, outside),
    LOSS_FIELD(INT, other),     LOSS_FIELD(INT, not_one),
    LOSS_FIELD(DOUBLE, weight), LOSS_FIELD(DOUBLE, weight_squares),
    LOSS_FIELD(DOUBLE, loss),   LOSS_FIELD(DOUBLE, loss_squares),
    LOSS_FIELD(DOUBLE, brier),  LOSS_FIELD(DOUBLE, brier_squares),
};
const dict_type log_loss_dict = DICT_TYPE(DICT_LOG_LOSS, log_loss_fields);

static PyObject *log_loss_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                       PyObject *const *values) {
    PyObject *result = NULL;
    scored s = {0};

    if (scored_open(&s, call, values, values[6], sizeof(sdr_log_loss)) < 0)
        goto cleanup;
    if (argument_double(&s.rows.least, values[4], "least") < 0) goto cleanup;
    if (argument_double(&s.rows.tolerance, values[5], "tolerance") < 0) goto cleanup;
    if (RUN(call, sdr_log_loss_groups, s.g.results, &s.rows, &s.g.groups))
        result = dict_of_arrays(call->state, &log_loss_dict, s.g.results,
                                sizeof(sdr_log_loss), s.g.groups.n);
cleanup:
    scored_close(&s);
    return result;
}
BIND_COLUMN(log_loss_groups, 6, "target", "probabilities", "starts", "stops", "least",
            "tolerance", "weights", "threads", "progress")

/* --- calibration ------------------------------------------------------------------ */

/* Whether each group has edges of its own; -1: exception. */
static int edges_check(PyObject *edges, int64_t n_bins, int64_t n_groups) {
    const int64_t found = array_length(edges), inner = n_bins - 1;
    if (n_bins >= 1 && found == inner) return 0;
    if (n_bins >= 1 && found == inner * n_groups) return 1;
    PyErr_Format(
        PyExc_ValueError,
        "edges: expected one fewer than bins, or as many for each group, found "
        "%lld for %lld bins and %lld groups",
        (long long)found, (long long)n_bins, (long long)n_groups);
    return -1;
}

/* (n, weight, sum of p, sum of y), each (groups, bins). */
static PyObject *bins_tuple(const sdr_calibration_bin *bins, int64_t groups,
                            int64_t n_bins) {
    PyObject *n = array_new_2d(NPY_INT64, groups, n_bins);
    PyObject *weight = array_new_2d(NPY_DOUBLE, groups, n_bins);
    PyObject *p = array_new_2d(NPY_DOUBLE, groups, n_bins);
    PyObject *y = array_new_2d(NPY_DOUBLE, groups, n_bins), *result = NULL;

    if (n == NULL || weight == NULL || p == NULL || y == NULL) goto cleanup;
    for (int64_t i = 0; i < groups * n_bins; i++) {
        ((int64_t *)array_data(n))[i] = bins[i].n;
        ((double *)array_data(weight))[i] = bins[i].weight;
        ((double *)array_data(p))[i] = bins[i].sum_p;
        ((double *)array_data(y))[i] = bins[i].sum_y;
    }
    result = PyTuple_Pack(4, n, weight, p, y);
cleanup:
    Py_XDECREF(n);
    Py_XDECREF(weight);
    Py_XDECREF(p);
    Py_XDECREF(y);
    return result;
}

static PyObject *calibration_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                          PyObject *const *values) {
    PyObject *edges = NULL, *result = NULL;
    sdr_calibration_bin *bins = NULL;
    int64_t n_bins = 0;
    scored s = {0};

    if (scored_open(&s, call, values, values[6], 0) < 0) goto cleanup;
    if (argument_int64(&n_bins, values[5], "bins") < 0) goto cleanup;
    edges = array_from(values[4], NPY_DOUBLE, "edges");
    if (edges == NULL) goto cleanup;
    int own = edges_check(edges, n_bins, s.g.groups.n);
    if (own < 0) goto cleanup;
    bins = sdr_allocate((size_t)(s.g.groups.n * n_bins) * sizeof *bins);
    if (bins == NULL) {
        PyErr_NoMemory();
        goto cleanup;
    }
    if (RUN(call, sdr_calibration_groups, bins, &s.rows, array_data(edges), n_bins,
            own == 1, &s.g.groups))
        result = bins_tuple(bins, s.g.groups.n, n_bins);
cleanup:
    sdr_release(bins);
    Py_XDECREF(edges);
    scored_close(&s);
    return result;
}
BIND_COLUMN(calibration_groups, 6, "target", "probabilities", "starts", "stops",
            "edges", "bins", "weights", "threads", "progress")

/* --- isotonic regression ---------------------------------------------------------- */

static PyObject *isotonic_bound(call *call, PyObject *Py_UNUSED(module),
                                PyObject *const *values) {
    PyObject *given = NULL, *weights = NULL, *fitted = NULL;

    given = array_from(values[0], NPY_DOUBLE, "values");
    if (given == NULL) goto cleanup;
    weights = array_from(values[1], NPY_DOUBLE, "weights");
    if (weights == NULL) goto cleanup;
    if (array_length(given) != array_length(weights)) {
        PyErr_Format(PyExc_ValueError,
                     "weights: expected %lld, one a value, found %lld",
                     (long long)array_length(given), (long long)array_length(weights));
        goto cleanup;
    }
    fitted = array_copy(NPY_DOUBLE, array_length(given), array_data(given));
    if (fitted == NULL) goto cleanup;
    if (!CALL(call, sdr_isotonic_fit(array_data(fitted), array_data(weights),
                                     array_length(given), &call->error)))
        Py_CLEAR(fitted);
cleanup:
    Py_XDECREF(given);
    Py_XDECREF(weights);
    return fitted;
}
BIND(isotonic, 2, "values", "weights")

PyMethodDef probability_functions[] = {
    ROW(log_loss_groups,
        "(target, probabilities, starts, stops, least, tolerance, "
        "weights=None, " OPTIONS ")",
        "Sums of losses and Brier scores, one a group."),
    ROW(calibration_groups,
        "(target, probabilities, starts, stops, edges, bins, weights=None, " OPTIONS
        ")",
        "Rows, weights, probabilities and targets by bins, a row a group."),
    ROW(isotonic, "(values, weights)", "The nearest nondecreasing values."),
    {NULL, NULL, 0, NULL},
};
