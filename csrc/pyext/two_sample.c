/* Two samples and the exact p-value: drift.h. */
#include "pyext/pyext.h"

#include <math.h>
#include <string.h>

/* --- two samples ------------------------------------------------------------------ */

typedef struct two_sample_results {
    sdr_two_sample result;
    PyObject *histogram, *quantiles, *current, *tied, *ends;
} two_sample_results;

#define TWO_SAMPLE_FIELD(type, name, member)                                           \
    FIELD(two_sample_results, type, name, member)

static const field two_sample_fields[] = {
    TWO_SAMPLE_FIELD(INT, n, result.n),
    TWO_SAMPLE_FIELD(INT, m, result.m),
    TWO_SAMPLE_FIELD(STATUS, status, result.status),
    TWO_SAMPLE_FIELD(DOUBLE, ks, result.ks),
    TWO_SAMPLE_FIELD(INT128, ks_numerator, result.ks_numerator_high),
    TWO_SAMPLE_FIELD(INT, most_tied, result.most_tied),
    TWO_SAMPLE_FIELD(DOUBLE, ks_location, result.ks_location),
    TWO_SAMPLE_FIELD(SIGN, ks_sign, result.ks_sign),
    TWO_SAMPLE_FIELD(INT, wasserstein_n, result.wasserstein_n),
    TWO_SAMPLE_FIELD(INT, wasserstein_m, result.wasserstein_m),
    TWO_SAMPLE_FIELD(STATUS, wasserstein_status, result.wasserstein_status),
    TWO_SAMPLE_FIELD(DOUBLE, wasserstein, result.wasserstein),
    TWO_SAMPLE_FIELD(OBJECT, histogram, histogram),
    TWO_SAMPLE_FIELD(OBJECT, quantiles, quantiles),
    TWO_SAMPLE_FIELD(OBJECT, current_quantiles, current),
    TWO_SAMPLE_FIELD(OBJECT, tied, tied),
    TWO_SAMPLE_FIELD(OBJECT, ends, ends),
};
const dict_type two_sample_dict = DICT_TYPE(DICT_TWO_SAMPLE, two_sample_fields);

_Static_assert(offsetof(sdr_two_sample, ks_numerator_low) ==
                   offsetof(sdr_two_sample, ks_numerator_high) +
                       offsetof(sdr_integer, low),
               "the numerator lies as an sdr_integer does");

/* (cuts, counts of the reference, counts of the current column);
 * None where not done. */
static PyObject *histogram_tuple(const sdr_two_sample_histogram *histogram) {
    int64_t n = histogram->n_cuts;
    if (!histogram->done) return Py_NewRef(Py_None);
    return Py_BuildValue("(NNN)", array_copy(NPY_DOUBLE, n, histogram->cuts),
                         array_copy(NPY_INT64, n + 1, histogram->reference),
                         array_copy(NPY_INT64, n + 1, histogram->current));
}

/* None: no histogram, *wanted false. An array: its cut points. A tuple: (how many points,
 * between which two quantiles). */
static int histogram_read(sdr_two_sample_histogram *out, bool *wanted,
                          PyObject *value) {
    memset(out, 0, sizeof *out);
    *wanted = value != NULL && value != Py_None;
    if (!*wanted) return 0;
    if (PyTuple_Check(value))
        return PyArg_ParseTuple(value, "idd;histogram: expected (points, low, high)",
                                &out->points, &out->low, &out->high)
                   ? 0
                   : -1;
    PyObject *cuts = array_from(value, NPY_DOUBLE, "histogram");
    if (cuts == NULL) return -1;
    int64_t n = array_length(cuts);
    if (n < 1 || n > SDR_TWO_SAMPLE_POINTS) {
        PyErr_Format(PyExc_ValueError,
                     "histogram: expected 1 to %d cut points, found %lld",
                     SDR_TWO_SAMPLE_POINTS, (long long)n);
        Py_DECREF(cuts);
        return -1;
    }
    out->n_cuts = (int)n;
    memcpy(out->cuts, array_data(cuts), (size_t)n * sizeof *out->cuts);
    Py_DECREF(cuts);
    return 0;
}

/* Levels of quantiles; none: n is 0. */
static int levels_read(sdr_two_sample_quantiles *out, PyObject *value,
                       const char *name) {
    out->n = 0;
    out->done = false;
    if (value == NULL || value == Py_None) return 0;
    PyObject *levels = array_from(value, NPY_DOUBLE, name);
    if (levels == NULL) return -1;
    const int64_t n = array_length(levels);
    if (n <= SDR_TWO_SAMPLE_LEVELS) {
        out->n = (int)n;
        memcpy(out->levels, array_data(levels), (size_t)n * sizeof *out->levels);
    } else {
        PyErr_Format(PyExc_ValueError, "%s: expected at most %d levels, found %lld",
                     name, SDR_TWO_SAMPLE_LEVELS, (long long)n);
    }
    Py_DECREF(levels);
    return PyErr_Occurred() ? -1 : 0;
}

/* (values, rows below them, rows up to them), of rows the reference's and the current's;
 * None where not done. */
static PyObject *quantiles_tuple(const sdr_two_sample_quantiles *q) {
    if (q->n == 0 || !q->done) return Py_NewRef(Py_None);
    PyObject *rows[2];
    const int64_t(*const from[])[SDR_TWO_SAMPLE_LEVELS] = {q->below, q->upto};
    for (int i = 0; i < 2; i++) {
        rows[i] = array_new_2d(NPY_INT64, 2, q->n);
        int64_t *to = rows[i] == NULL ? NULL : array_data(rows[i]);
        for (int side = 0; to != NULL && side < 2; side++)
            memcpy(to + side * q->n, from[i][side], (size_t)q->n * sizeof *to);
    }
    return Py_BuildValue("(NNN)", array_copy(NPY_DOUBLE, q->n, q->values), rows[0],
                         rows[1]);
}

/* (2, 2 * SDR_EXTREMES): the reference's and the current's; None where not done. */
static PyObject *ends_array(const sdr_two_sample_ends *ends) {
    if (!ends->done) return Py_NewRef(Py_None);
    PyObject *array = array_new_2d(NPY_DOUBLE, 2, 2 * SDR_EXTREMES);
    if (array != NULL) memcpy(array_data(array), ends->values, sizeof ends->values);
    return array;
}

int two_sample_flags_read(int *flags, PyObject *ks, PyObject *wasserstein) {
    bool wants_ks, wants_wasserstein;
    if (argument_bool(&wants_ks, ks) < 0) return -1;
    if (argument_bool(&wants_wasserstein, wasserstein) < 0) return -1;
    *flags = (wants_ks ? SDR_TWO_SAMPLE_KS : 0) |
             (wants_wasserstein ? SDR_TWO_SAMPLE_WASSERSTEIN : 0);
    return 0;
}

static bool two_sample_run(sdr_two_sample *out, const sdr_two_sample_more *more,
                           PyObject *reference, const sdr_column *current, int flags,
                           call *call) {
    if (Py_IS_TYPE(reference, call->state->prepared_type))
        return RUN(call, sdr_two_sample_prepared, out, more, prepared_of(reference),
                   current, flags);
    const sdr_column *column = column_argument(call->state, reference, "reference");
    if (column == NULL) return false;
    return RUN(call, sdr_two_sample_columns, out, more, column, current, flags);
}

static PyObject *two_sample_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    two_sample_results results;
    sdr_two_sample_histogram histogram;
    sdr_two_sample_quantiles quantiles, current_quantiles, tied;
    sdr_two_sample_ends ends = {.done = false};
    sdr_two_sample_more more = {0};
    bool draw;
    int flags;

    const sdr_column *current = column_argument(call->state, values[1], "current");
    if (current == NULL) return NULL;
    if (two_sample_flags_read(&flags, values[2], values[3]) < 0) return NULL;
    if (histogram_read(&histogram, &draw, values[6]) < 0) return NULL;
    if (levels_read(&quantiles, values[7], "quantiles") < 0) return NULL;
    if (levels_read(&tied, values[8], "tied") < 0) return NULL;
    if (values[9] != NULL && argument_double(&more.tied_share, values[9], "share") < 0)
        return NULL;
    if (draw) more.histogram = &histogram;
    if (tied.n > 0) more.tied = &tied;
    if (quantiles.n > 0) {
        current_quantiles = quantiles;
        more.quantiles = &quantiles;
        more.current = &current_quantiles;
        more.ends = &ends;
    }
    if (!two_sample_run(&results.result, &more, values[0], current, flags, call))
        return NULL;
    results.histogram = histogram_tuple(&histogram);
    results.quantiles = quantiles_tuple(&quantiles);
    results.current =
        more.current == NULL ? Py_NewRef(Py_None) : quantiles_tuple(&current_quantiles);
    results.tied = quantiles_tuple(&tied);
    results.ends = ends_array(&ends);
    return dict_new(call->state, &two_sample_dict, &results);
}
BIND(two_sample, 2, "reference", "current", "ks", "wasserstein", "threads", "progress",
     "histogram", "quantiles", "tied", "share")

static PyObject *ks_exact_p_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    int64_t n, m, high;
    uint64_t low;
    double p;

    if (argument_int64(&n, values[0], "n") < 0) return NULL;
    if (argument_int64(&m, values[1], "m") < 0) return NULL;
    if (int128_read(&high, &low, values[2]) < 0) return NULL;
    if (!RUN(call, sdr_ks_exact_p, &p, n, m, high, low)) return NULL;
    return PyFloat_FromDouble(p);
}
BIND(ks_exact_p, 3, "n", "m", "numerator", "threads", "progress")

/* p of rows whose values are tied, or its logarithm; NaN where it costs too much. */
static PyObject *ks_ties_p_bound(call *call, PyObject *Py_UNUSED(module),
                                 PyObject *const *values) {
    sdr_ks_case of = {0};
    PyObject *ends = NULL, *result = NULL;
    double most_cost = 0.0, p = NAN;
    bool wants_log;

    if (argument_int64(&of.n, values[0], "n") < 0) return NULL;
    if (argument_int64(&of.m, values[1], "m") < 0) return NULL;
    if (int128_read(&of.numerator.high, &of.numerator.low, values[2]) < 0) return NULL;
    if (argument_double(&most_cost, values[4], "most_cost") < 0) return NULL;
    if (argument_bool(&wants_log, values[5]) < 0) return NULL;
    if (values[3] != Py_None) {
        ends = array_from(values[3], NPY_INT64, "ends");
        if (ends == NULL) return NULL;
        of.ends = array_data(ends);
        of.n_ends = array_length(ends);
    }
    if (wants_log
            ? RUN(call, sdr_ks_exact_log_p, &p, &of)
            : sdr_ks_ties_cost(&of) > most_cost || RUN(call, sdr_ks_ties_p, &p, &of))
        result = PyFloat_FromDouble(p);
    Py_XDECREF(ends);
    return result;
}
BIND(ks_ties_p, 6, "n", "m", "numerator", "ends", "most_cost", "logarithm", "threads",
     "progress")

/* p-values, or their logarithms. */
static PyObject *ks_limit_p_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    PyObject *n = NULL, *d = NULL, *out = NULL;
    bool wants_log;

    if (argument_bool(&wants_log, values[2]) < 0) return NULL;
    n = array_from(values[0], NPY_DOUBLE, "n");
    if (n == NULL) goto cleanup;
    d = array_from(values[1], NPY_DOUBLE, "d");
    if (d == NULL) goto cleanup;
    int64_t length = array_length(n);
    if (array_length(d) != length) {
        PyErr_Format(PyExc_ValueError,
                     "d: expected %lld values, as many as n, found %lld",
                     (long long)length, (long long)array_length(d));
        goto cleanup;
    }
    out = array_new(NPY_DOUBLE, length);
    if (out == NULL) goto cleanup;
    double *p = array_data(out);
    if (!RUN(call, sdr_ks_limit_p, wants_log ? NULL : p, wants_log ? p : NULL,
             array_data(n), array_data(d), length))
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(n);
    Py_XDECREF(d);
    return out;
}
BIND(ks_limit_p, 3, "n", "d", "logarithm", "threads", "progress")

PyMethodDef two_sample_functions[] = {
    ROW(two_sample,
        "(reference, current, ks=True, wasserstein=True, " OPTIONS
        ", histogram=None, quantiles=None, tied=None, share=0.0)",
        "Kolmogorov-Smirnov and Wasserstein-1, exact."),
    ROW(ks_exact_p, "(n, m, numerator, " OPTIONS ")", "Two-sided, lattice paths."),
    ROW(ks_ties_p, "(n, m, numerator, ends, most_cost, logarithm, " OPTIONS ")",
        "Two-sided, lattice paths given the ties."),
    ROW(ks_limit_p, "(n, d, logarithm, " OPTIONS ")", "Two-sided, limit law."),
    {NULL, NULL, 0, NULL},
};
