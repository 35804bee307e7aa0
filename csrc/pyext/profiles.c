/* The calls that describe one column, or a pair: profile.h in Python. */
#include "pyext/pyext.h"

/* --- profile ---------------------------------------------------------------------- */

static bool is_unsigned(const sdr_column *column) {
    return column_values(column)->type == SDR_TYPE_UINT64;
}

/* Exact integers where the type has them, else float64; NaN where no row took part. */
static void add_extreme(fields *out, key name, const sdr_profile *profile,
                        bool unsigned_bits, double value, int64_t exact) {
    if (!profile->exact_integer || profile->finite == 0) {
        fields_double(out, name, value);
    } else if (unsigned_bits) {
        fields_unsigned(out, name, (uint64_t)exact);
    } else {
        fields_int(out, name, exact);
    }
}

static void add_counts(fields *out, const sdr_profile *profile) {
    fields_int(out, KEY_rows, profile->rows);
    fields_int(out, KEY_nulls, profile->nulls);
    fields_int(out, KEY_nan, profile->nan);
    fields_int(out, KEY_pos_inf, profile->pos_inf);
    fields_int(out, KEY_neg_inf, profile->neg_inf);
    fields_int(out, KEY_zeros, profile->zeros);
    fields_int(out, KEY_negatives, profile->negatives);
    fields_int(out, KEY_finite, profile->finite);
}

static void add_sums(fields *out, const sdr_profile *profile, bool unsigned_bits) {
    add_extreme(out, KEY_min, profile, unsigned_bits, profile->min, profile->min_i64);
    add_extreme(out, KEY_max, profile, unsigned_bits, profile->max, profile->max_i64);
    if (profile->exact_integer) {
        fields_int128(out, KEY_sum, profile->sum_high, profile->sum_low);
    } else {
        fields_double(out, KEY_sum, profile->sum);
    }
    fields_double(out, KEY_mean, profile->mean);
}

static void add_moments(fields *out, const sdr_profile *profile) {
    sdr_moments moments;
    sdr_profile_moments(&moments, profile);
    fields_double(out, KEY_variance, moments.variance);
    fields_double(out, KEY_std, moments.std);
    fields_double(out, KEY_skewness, moments.skewness);
    fields_double(out, KEY_kurtosis, moments.kurtosis);
    fields_status(out, KEY_variance_status, moments.variance_status);
    fields_status(out, KEY_skewness_status, moments.skewness_status);
    fields_status(out, KEY_kurtosis_status, moments.kurtosis_status);
}

static void add_order(fields *out, const sdr_profile *profile) {
    fields_bool(out, KEY_increasing, profile->increasing);
    fields_bool(out, KEY_decreasing, profile->decreasing);
    fields_bool(out, KEY_strict, profile->strict);
}

PyObject *core_profile(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                       PyObject *keywords) {
    static const parameters expected = {
        "profile", 1, 3, {"column", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[3];
    sdr_profile profile;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (call_open(&call, state, values[1], values[2]) < 0) return NULL;
    if (CALL(&call, sdr_profile_column(&profile, column, &call.context, &call.error)) <
        0) {
        return NULL;
    }
    fields out = fields_begin(state);
    add_counts(&out, &profile);
    add_sums(&out, &profile, is_unsigned(column));
    add_moments(&out, &profile);
    add_order(&out, &profile);
    return fields_end(&out);
}

PyObject *core_profile_text(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                            PyObject *keywords) {
    static const parameters expected = {
        "profile_text", 1, 3, {"column", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[3];
    sdr_text_profile profile;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (call_open(&call, state, values[1], values[2]) < 0) return NULL;
    if (CALL(&call, sdr_profile_text(&profile, column, &call.context, &call.error)) <
        0) {
        return NULL;
    }
    fields out = fields_begin(state);
    fields_int(&out, KEY_rows, profile.rows);
    fields_int(&out, KEY_nulls, profile.nulls);
    fields_int(&out, KEY_empty, profile.empty);
    fields_int(&out, KEY_blank, profile.blank);
    fields_int(&out, KEY_invalid_utf8, profile.invalid_utf8);
    fields_int(&out, KEY_length_min, profile.length_min);
    fields_int(&out, KEY_length_max, profile.length_max);
    fields_int(&out, KEY_length_sum, profile.length_sum);
    return fields_end(&out);
}

PyObject *core_distinct(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                        PyObject *keywords) {
    static const parameters expected = {
        "distinct", 1, 3, {"column", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[3];
    int64_t count;
    double error;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (call_open(&call, state, values[1], values[2]) < 0) return NULL;
    if (CALL(&call, sdr_distinct_count(&count, &error, column, &call.context,
                                       &call.error)) < 0) {
        return NULL;
    }
    return Py_BuildValue("(Ld)", (long long)count, error);
}

/* --- order ------------------------------------------------------------------------ */

PyObject *core_quantiles(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                         PyObject *keywords) {
    static const parameters expected = {
        "quantiles", 2, 4, {"column", "q", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4], *q = NULL, *out = NULL;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    q = array_from(values[1], NPY_DOUBLE, "q");
    if (q == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, array_length(q));
    if (out == NULL) goto cleanup;
    if (CALL(&call, sdr_quantiles(array_data(out), array_data(q), array_length(q),
                                  column, &call.context, &call.error)) < 0) {
        Py_CLEAR(out);
    }
cleanup:
    Py_XDECREF(q);
    return out;
}

/* Of two columns, or of two that were sorted. */
static int pooled_run(double *out, PyObject *q, PyObject *a, PyObject *b, call *call) {
    core_state *state = call->state;
    const double *wanted = array_data(q);
    int64_t n = array_length(q);
    if (Py_IS_TYPE(a, state->prepared_type) && Py_IS_TYPE(b, state->prepared_type))
        return CALL(call, sdr_prepared_pooled_quantiles(out, wanted, n, prepared_of(a),
                                                        prepared_of(b), &call->error));
    const sdr_column *x = column_argument(state, a, "a");
    if (x == NULL) return -1;
    const sdr_column *y = column_argument(state, b, "b");
    if (y == NULL) return -1;
    return CALL(
        call, sdr_pooled_quantiles(out, wanted, n, x, y, &call->context, &call->error));
}

PyObject *core_pooled_quantiles(PyObject *module, PyObject *const *args,
                                Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "pooled_quantiles", 3, 5, {"a", "b", "q", "threads", "progress"}};
    PyObject *values[5], *q = NULL, *out = NULL;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (call_open(&call, PyModule_GetState(module), values[3], values[4]) < 0) {
        return NULL;
    }
    q = array_from(values[2], NPY_DOUBLE, "q");
    if (q == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, array_length(q));
    if (out == NULL) goto cleanup;
    if (pooled_run(array_data(out), q, values[0], values[1], &call) < 0) {
        Py_CLEAR(out);
    }
cleanup:
    Py_XDECREF(q);
    return out;
}

PyObject *core_median_deviation(PyObject *module, PyObject *const *args,
                                Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "median_deviation", 2, 4, {"column", "center", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4];
    double center, out;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (argument_double(&center, values[1], "center") < 0) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    if (CALL(&call, sdr_median_deviation(&out, center, column, &call.context,
                                         &call.error)) < 0) {
        return NULL;
    }
    return PyFloat_FromDouble(out);
}

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

PyObject *core_top_values(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                          PyObject *keywords) {
    static const parameters expected = {
        "top_values", 2, 4, {"column", "k", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4], *top = NULL, *counts = NULL, *result = NULL;
    int64_t k, n;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (k_read(&k, values[1]) < 0) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    top = array_new(NPY_DOUBLE, k);
    if (top == NULL) goto cleanup;
    counts = array_new(NPY_INT64, k);
    if (counts == NULL) goto cleanup;
    if (CALL(&call, sdr_top_values(array_data(top), array_data(counts), k, &n, column,
                                   &call.context, &call.error)) < 0) {
        goto cleanup;
    }
    result = pair_of_heads(top, counts, n);
cleanup:
    Py_XDECREF(counts);
    Py_XDECREF(top);
    return result;
}

PyObject *core_histogram(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                         PyObject *keywords) {
    static const parameters expected = {
        "histogram", 2, 4, {"column", "edges", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4], *edges = NULL, *counts = NULL;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    edges = array_from(values[1], NPY_DOUBLE, "edges");
    if (edges == NULL) goto cleanup;
    counts = array_new(NPY_INT64, array_length(edges) + 1);
    if (counts == NULL) goto cleanup;
    if (CALL(&call,
             sdr_histogram(array_data(counts), array_data(edges), array_length(edges),
                           column, &call.context, &call.error)) < 0) {
        Py_CLEAR(counts);
    }
cleanup:
    Py_XDECREF(edges);
    return counts;
}

/* --- pairs ------------------------------------------------------------------------ */

PyObject *core_pair_profile(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                            PyObject *keywords) {
    static const parameters expected = {
        "pair_profile", 2, 4, {"x", "y", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4];
    sdr_pair_profile profile;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *x = column_argument(state, values[0], "x");
    if (x == NULL) return NULL;
    const sdr_column *y = column_argument(state, values[1], "y");
    if (y == NULL) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    if (CALL(&call, sdr_pair_profile_columns(&profile, x, y, &call.context,
                                             &call.error)) < 0) {
        return NULL;
    }
    fields out = fields_begin(state);
    fields_int(&out, KEY_n, profile.n);
    fields_double(&out, KEY_mean_x, profile.mean_x);
    fields_double(&out, KEY_mean_y, profile.mean_y);
    fields_double(&out, KEY_m2_x, profile.m2_x);
    fields_double(&out, KEY_m2_y, profile.m2_y);
    fields_double(&out, KEY_c_xy, profile.c_xy);
    fields_double(&out, KEY_sum_error, profile.sum_error);
    fields_double(&out, KEY_sum_abs_error, profile.sum_abs_error);
    fields_double(&out, KEY_sum_squared_error, profile.sum_squared_error);
    fields_double(&out, KEY_max_abs_error, profile.max_abs_error);
    return fields_end(&out);
}
