/* The calls that describe one column, or a pair: quality.h and performance.h. */
#include "pyext/pyext.h"

/* --- profile ---------------------------------------------------------------------- */

typedef struct profile_results {
    sdr_profile profile;
    sdr_moments moments;
    PyObject *min, *max, *sum; /* exact integers where the type has them */
} profile_results;

#define PROFILE_FIELD(type, name, member) FIELD(profile_results, type, name, member)

static const field profile_fields[] = {
    PROFILE_FIELD(INT, rows, profile.rows),
    PROFILE_FIELD(INT, nulls, profile.nulls),
    PROFILE_FIELD(INT, nan, profile.nan),
    PROFILE_FIELD(INT, pos_inf, profile.pos_inf),
    PROFILE_FIELD(INT, neg_inf, profile.neg_inf),
    PROFILE_FIELD(INT, zeros, profile.zeros),
    PROFILE_FIELD(INT, negatives, profile.negatives),
    PROFILE_FIELD(INT, finite, profile.finite),
    PROFILE_FIELD(OBJECT, min, min),
    PROFILE_FIELD(OBJECT, max, max),
    PROFILE_FIELD(OBJECT, sum, sum),
    PROFILE_FIELD(DOUBLE, mean, profile.mean),
    PROFILE_FIELD(DOUBLE, mean_low, profile.mean_low),
    PROFILE_FIELD(DOUBLE, variance, moments.variance),
    PROFILE_FIELD(DOUBLE, std, moments.std),
    PROFILE_FIELD(DOUBLE, skewness, moments.skewness),
    PROFILE_FIELD(DOUBLE, kurtosis, moments.kurtosis),
    PROFILE_FIELD(STATUS, variance_status, moments.variance_status),
    PROFILE_FIELD(STATUS, std_status, moments.std_status),
    PROFILE_FIELD(STATUS, skewness_status, moments.skewness_status),
    PROFILE_FIELD(STATUS, kurtosis_status, moments.kurtosis_status),
    PROFILE_FIELD(BOOL, increasing, profile.increasing),
    PROFILE_FIELD(BOOL, decreasing, profile.decreasing),
    PROFILE_FIELD(BOOL, strict, profile.strict),
};
const dict_type profile_dict = DICT_TYPE(DICT_PROFILE, profile_fields);

/* Exact integers where the type has them, else float64; NaN where no row took part. */
static PyObject *extreme_new(const sdr_profile *profile, bool is_unsigned, double value,
                             int64_t exact) {
    if (!profile->exact_integer || profile->finite == 0)
        return PyFloat_FromDouble(value);
    if (is_unsigned) return PyLong_FromUnsignedLongLong((uint64_t)exact);
    return PyLong_FromLongLong(exact);
}

static PyObject *sum_new(const sdr_profile *profile) {
    if (!profile->exact_integer) return PyFloat_FromDouble(profile->sum);
    return int128_new(profile->sum_high, profile->sum_low);
}

static PyObject *profile_bound(call *call, PyObject *Py_UNUSED(module),
                               PyObject *const *Py_UNUSED(values)) {
    const bool is_unsigned = column_values(call->column)->type == SDR_TYPE_UINT64;
    profile_results results;
    sdr_profile *profile = &results.profile;

    if (!RUN(call, sdr_profile_column, profile, call->column)) return NULL;
    sdr_profile_moments(&results.moments, profile);
    results.min = extreme_new(profile, is_unsigned, profile->min, profile->min_i64);
    results.max = extreme_new(profile, is_unsigned, profile->max, profile->max_i64);
    results.sum = sum_new(profile);
    return dict_new(call->state, &profile_dict, &results);
}
BIND_COLUMN(profile, 1, "column", "threads", "progress")

#define TEXT_FIELD(type, name) FIELD(sdr_text_profile, type, name, name)

static const field text_profile_fields[] = {
    TEXT_FIELD(INT, rows),         TEXT_FIELD(INT, nulls),
    TEXT_FIELD(INT, empty),        TEXT_FIELD(INT, blank),
    TEXT_FIELD(INT, invalid_utf8), TEXT_FIELD(INT, length_min),
    TEXT_FIELD(INT, length_max),   TEXT_FIELD(INT, length_sum),
};
const dict_type text_profile_dict = DICT_TYPE(DICT_TEXT_PROFILE, text_profile_fields);

static PyObject *profile_text_bound(call *call, PyObject *Py_UNUSED(module),
                                    PyObject *const *Py_UNUSED(values)) {
    sdr_text_profile profile;
    if (!RUN(call, sdr_profile_text, &profile, call->column)) return NULL;
    return dict_new(call->state, &text_profile_dict, &profile);
}
BIND_COLUMN(profile_text, 1, "column", "threads", "progress")

static PyObject *distinct_bound(call *call, PyObject *Py_UNUSED(module),
                                PyObject *const *Py_UNUSED(values)) {
    int64_t count;
    double error;
    if (!RUN(call, sdr_distinct_count, &count, &error, call->column)) return NULL;
    return Py_BuildValue("(Ld)", (long long)count, error);
}
BIND_COLUMN(distinct, 1, "column", "threads", "progress")

/* --- order ------------------------------------------------------------------------ */

static PyObject *quantiles_bound(call *call, PyObject *Py_UNUSED(module),
                                 PyObject *const *values) {
    PyObject *q = NULL, *out = NULL;

    q = array_from(values[1], NPY_DOUBLE, "q");
    if (q == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, array_length(q));
    if (out == NULL) goto cleanup;
    if (!RUN(call, sdr_quantiles, array_data(out), array_data(q), array_length(q),
             call->column)) {
        Py_CLEAR(out);
    }
cleanup:
    Py_XDECREF(q);
    return out;
}
BIND_COLUMN(quantiles, 2, "column", "q", "threads", "progress")

/* Of two columns, or of two that were sorted. */
static bool pooled_run(double *out, PyObject *q, PyObject *a, PyObject *b, call *call) {
    core_state *state = call->state;
    const double *wanted = array_data(q);
    int64_t n = array_length(q);
    if (Py_IS_TYPE(a, state->prepared_type) && Py_IS_TYPE(b, state->prepared_type))
        return CALL(call, sdr_prepared_pooled_quantiles(out, wanted, n, prepared_of(a),
                                                        prepared_of(b), &call->error));
    const sdr_column *x = column_argument(state, a, "a");
    if (x == NULL) return false;
    const sdr_column *y = column_argument(state, b, "b");
    if (y == NULL) return false;
    return RUN(call, sdr_pooled_quantiles, out, wanted, n, x, y);
}

static PyObject *pooled_quantiles_bound(call *call, PyObject *Py_UNUSED(module),
                                        PyObject *const *values) {
    PyObject *q = NULL, *out = NULL;

    q = array_from(values[2], NPY_DOUBLE, "q");
    if (q == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, array_length(q));
    if (out == NULL) goto cleanup;
    if (!pooled_run(array_data(out), q, values[0], values[1], call)) Py_CLEAR(out);
cleanup:
    Py_XDECREF(q);
    return out;
}
BIND(pooled_quantiles, 3, "a", "b", "q", "threads", "progress")

static PyObject *median_deviation_bound(call *call, PyObject *Py_UNUSED(module),
                                        PyObject *const *values) {
    double center, out;
    if (argument_double(&center, values[1], "center") < 0) return NULL;
    if (!RUN(call, sdr_median_deviation, &out, center, call->column)) return NULL;
    return PyFloat_FromDouble(out);
}
BIND_COLUMN(median_deviation, 2, "column", "center", "threads", "progress")

static int k_read(int64_t *k, PyObject *value) {
    if (argument_int64(k, value, "k") < 0) return -1;
    if (*k >= 0 && *k <= SDR_DISTINCT_EXACT) return 0;
    PyErr_Format(PyExc_ValueError, "k: expected 0 to %d, found %R", SDR_DISTINCT_EXACT,
                 value);
    return -1;
}

/* (values, counts), each cut to its first n. */
static PyObject *pair_of_heads(PyObject *values, PyObject *counts, int64_t n) {
    return Py_BuildValue("(NN)", PySequence_GetSlice(values, 0, (Py_ssize_t)n),
                         PySequence_GetSlice(counts, 0, (Py_ssize_t)n));
}

static PyObject *top_values_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    PyObject *top = NULL, *counts = NULL, *result = NULL;
    int64_t k, n;

    if (k_read(&k, values[1]) < 0) return NULL;
    top = array_new(NPY_DOUBLE, k);
    if (top == NULL) goto cleanup;
    counts = array_new(NPY_INT64, k);
    if (counts == NULL) goto cleanup;
    if (!RUN(call, sdr_top_values, array_data(top), array_data(counts), k, &n,
             call->column)) {
        goto cleanup;
    }
    result = pair_of_heads(top, counts, n);
cleanup:
    Py_XDECREF(counts);
    Py_XDECREF(top);
    return result;
}
BIND_COLUMN(top_values, 2, "column", "k", "threads", "progress")

static PyObject *histogram_bound(call *call, PyObject *Py_UNUSED(module),
                                 PyObject *const *values) {
    PyObject *edges = NULL, *counts = NULL;

    edges = array_from(values[1], NPY_DOUBLE, "edges");
    if (edges == NULL) goto cleanup;
    counts = array_new(NPY_INT64, array_length(edges) + 1);
    if (counts == NULL) goto cleanup;
    if (!RUN(call, sdr_histogram, array_data(counts), array_data(edges),
             array_length(edges), call->column)) {
        Py_CLEAR(counts);
    }
cleanup:
    Py_XDECREF(edges);
    return counts;
}
BIND_COLUMN(histogram, 2, "column", "edges", "threads", "progress")

/* --- pairs ------------------------------------------------------------------------ */

#define PAIR_FIELD(type, name) FIELD(sdr_pair_profile, type, name, name)

static const field pair_profile_fields[] = {
    PAIR_FIELD(INT, n),
    PAIR_FIELD(DOUBLE, mean_x),
    PAIR_FIELD(DOUBLE, mean_y),
    PAIR_FIELD(DOUBLE, m2_x),
    PAIR_FIELD(DOUBLE, m2_y),
    PAIR_FIELD(DOUBLE, c_xy),
    PAIR_FIELD(DOUBLE, sum_error),
    PAIR_FIELD(DOUBLE, sum_abs_error),
    PAIR_FIELD(DOUBLE, sum_squared_error),
    PAIR_FIELD(DOUBLE, sum_fourth_power),
    PAIR_FIELD(DOUBLE, max_abs_error),
};
const dict_type pair_profile_dict = DICT_TYPE(DICT_PAIR_PROFILE, pair_profile_fields);

static PyObject *pair_profile_bound(call *call, PyObject *Py_UNUSED(module),
                                    PyObject *const *Py_UNUSED(values)) {
    sdr_pair_profile profile;
    if (!RUN(call, sdr_pair_profile_columns, &profile, call->column, call->other))
        return NULL;
    return dict_new(call->state, &pair_profile_dict, &profile);
}
BIND_PAIR(pair_profile, 2, "x", "y", "threads", "progress")

PyMethodDef profile_functions[] = {
    ROW(profile, "(column, " OPTIONS ")", "Counts, extremes and moments."),
    ROW(profile_text, "(column, " OPTIONS ")", "Counts and lengths of text."),
    ROW(distinct, "(column, " OPTIONS ")", "Count and relative standard error."),
    ROW(quantiles, "(column, q, " OPTIONS ")", "Exact, linear interpolation."),
    ROW(pooled_quantiles, "(a, b, q, " OPTIONS ")",
        "Exact, of the finite rows of both columns."),
    ROW(median_deviation, "(column, center, " OPTIONS ")", "Median of |x - center|."),
    ROW(top_values, "(column, k, " OPTIONS ")", "The most frequent and their counts."),
    ROW(histogram, "(column, edges, " OPTIONS ")", "len(edges) + 1 counts."),
    ROW(pair_profile, "(x, y, " OPTIONS ")", "Moments and errors of pairs."),
    {NULL, NULL, 0, NULL},
};
