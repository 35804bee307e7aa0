/* Rank statistics and the sums beside them: ranks.h. */
#include "pyext/pyext.h"

static void add_integer(fields *out, key name, sdr_integer value) {
    fields_int128(out, name, value.high, value.low);
}

static PyObject *ranks_dict(core_state *state, const sdr_rank_statistics *found) {
    fields out = fields_begin(state);
    fields_int(&out, KEY_n, found->n);
    fields_int(&out, KEY_m, found->m);
    fields_status(&out, KEY_status, found->status);
    fields_int(&out, KEY_distinct, found->distinct);
    add_integer(&out, KEY_ties, found->ties);
    add_integer(&out, KEY_ties_x, found->ties_x);
    add_integer(&out, KEY_ties_y, found->ties_y);
    add_integer(&out, KEY_u2, found->u2);
    add_integer(&out, KEY_plus, found->plus);
    add_integer(&out, KEY_minus, found->minus);
    add_integer(&out, KEY_cramer_von_mises, found->cramer_von_mises);
    fields_double(&out, KEY_anderson_darling, found->anderson_darling);
    fields_int(&out, KEY_finite_n, found->finite_n);
    fields_int(&out, KEY_finite_m, found->finite_m);
    fields_double(&out, KEY_energy, found->energy);
    return fields_end(&out);
}

/* Of columns, of a prepared reference and a column, or of two that were sorted. */
static int ranks_run(sdr_rank_statistics *out, PyObject *reference, PyObject *current,
                     call *call) {
    core_state *state = call->state;
    bool is_sorted = Py_IS_TYPE(reference, state->prepared_type);
    if (is_sorted && Py_IS_TYPE(current, state->prepared_type))
        return CALL(call, sdr_rank_statistics_sorted(out, prepared_of(reference),
                                                     prepared_of(current),
                                                     &call->context, &call->error));
    const sdr_column *y = column_argument(state, current, "current");
    if (y == NULL) return -1;
    if (is_sorted)
        return CALL(call, sdr_rank_statistics_prepared(out, prepared_of(reference), y,
                                                       &call->context, &call->error));
    const sdr_column *x = column_argument(state, reference, "reference");
    if (x == NULL) return -1;
    return CALL(call,
                sdr_rank_statistics_columns(out, x, y, &call->context, &call->error));
}

PyObject *core_rank_statistics(PyObject *module, PyObject *const *args,
                               Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "rank_statistics", 2, 4, {"reference", "current", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4];
    sdr_rank_statistics found;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    if (ranks_run(&found, values[0], values[1], &call) < 0) return NULL;
    return ranks_dict(state, &found);
}

PyObject *core_deviation_profile(PyObject *module, PyObject *const *args,
                                 Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "deviation_profile", 2, 4, {"column", "center", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4];
    sdr_deviations found;
    double center;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (argument_double(&center, values[1], "center") < 0) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    if (CALL(&call, sdr_deviation_profile(&found, column, center, &call.context,
                                          &call.error)) < 0) {
        return NULL;
    }
    fields out = fields_begin(state);
    fields_int(&out, KEY_n, found.n);
    fields_double(&out, KEY_mean, found.mean);
    fields_double(&out, KEY_variance, found.variance);
    return fields_end(&out);
}

PyObject *core_characteristic(PyObject *module, PyObject *const *args,
                              Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "characteristic", 3, 5, {"column", "t", "scale", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[5], *means = NULL, *covariance = NULL, *result = NULL;
    double t, scale;
    int64_t n;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *column = column_argument(state, values[0], "column");
    if (column == NULL) return NULL;
    if (argument_double(&t, values[1], "t") < 0) return NULL;
    if (argument_double(&scale, values[2], "scale") < 0) return NULL;
    if (call_open(&call, state, values[3], values[4]) < 0) return NULL;
    means = array_new(NPY_DOUBLE, 4);
    if (means == NULL) goto cleanup;
    covariance = array_new(NPY_DOUBLE, 16);
    if (covariance == NULL) goto cleanup;
    if (CALL(&call, sdr_characteristic(&n, array_data(means), array_data(covariance),
                                       column, t, scale, &call.context, &call.error)) <
        0) {
        goto cleanup;
    }
    result = Py_BuildValue("(LOO)", (long long)n, means, covariance);
cleanup:
    Py_XDECREF(means);
    Py_XDECREF(covariance);
    return result;
}
