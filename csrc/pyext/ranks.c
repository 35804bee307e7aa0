/* Rank statistics and the sums that go with them: drift.h. */
#include "pyext/pyext.h"

#define RANKS_FIELD(type, name) FIELD(sdr_rank_statistics, type, name, name)

static const field ranks_fields[] = {
    RANKS_FIELD(INT, n),
    RANKS_FIELD(INT, m),
    RANKS_FIELD(STATUS, status),
    RANKS_FIELD(INT, distinct),
    RANKS_FIELD(INT128, ties),
    RANKS_FIELD(INT128, ties_x),
    RANKS_FIELD(INT128, ties_y),
    RANKS_FIELD(INT128, u2),
    RANKS_FIELD(INT128, plus),
    RANKS_FIELD(INT128, minus),
    RANKS_FIELD(INT128, cramer_von_mises),
    RANKS_FIELD(DOUBLE, anderson_darling),
    RANKS_FIELD(INT, finite_n),
    RANKS_FIELD(INT, finite_m),
    RANKS_FIELD(DOUBLE, energy),
};
const dict_type ranks_dict = DICT_TYPE(DICT_RANKS, ranks_fields);

/* Of columns, of a prepared reference and a column, or of two that were sorted. */
static bool ranks_run(sdr_rank_statistics *out, PyObject *reference, PyObject *current,
                      call *call) {
    core_state *state = call->state;
    bool is_sorted = Py_IS_TYPE(reference, state->prepared_type);
    if (is_sorted && Py_IS_TYPE(current, state->prepared_type))
        return RUN(call, sdr_rank_statistics_sorted, out, prepared_of(reference),
                   prepared_of(current));
    const sdr_column *y = column_argument(state, current, "current");
    if (y == NULL) return false;
    if (is_sorted)
        return RUN(call, sdr_rank_statistics_prepared, out, prepared_of(reference), y);
    const sdr_column *x = column_argument(state, reference, "reference");
    if (x == NULL) return false;
    return RUN(call, sdr_rank_statistics_columns, out, x, y);
}

static PyObject *rank_statistics_bound(call *call, PyObject *Py_UNUSED(module),
                                       PyObject *const *values) {
    sdr_rank_statistics statistics;
    if (!ranks_run(&statistics, values[0], values[1], call)) return NULL;
    return dict_new(call->state, &ranks_dict, &statistics);
}
BIND(rank_statistics, 2, "reference", "current", "threads", "progress")

static const field deviations_fields[] = {
    FIELD(sdr_deviations, INT, n, n),
    FIELD(sdr_deviations, DOUBLE, mean, mean),
    FIELD(sdr_deviations, DOUBLE, variance, variance),
    FIELD(sdr_deviations, DOUBLE, std, std),
};
const dict_type deviations_dict = DICT_TYPE(DICT_DEVIATIONS, deviations_fields);

static PyObject *deviation_profile_bound(call *call, PyObject *Py_UNUSED(module),
                                         PyObject *const *values) {
    sdr_deviations deviations;
    double center;
    if (argument_double(&center, values[1], "center") < 0) return NULL;
    if (!RUN(call, sdr_deviation_profile, &deviations, call->column, center))
        return NULL;
    return dict_new(call->state, &deviations_dict, &deviations);
}
BIND_COLUMN(deviation_profile, 2, "column", "center", "threads", "progress")

static PyObject *characteristic_bound(call *call, PyObject *Py_UNUSED(module),
                                      PyObject *const *values) {
    PyObject *means = NULL, *covariance = NULL, *result = NULL;
    double t, scale;
    int64_t n;

    if (argument_double(&t, values[1], "t") < 0) return NULL;
    if (argument_double(&scale, values[2], "scale") < 0) return NULL;
    means = array_new(NPY_DOUBLE, 4);
    if (means == NULL) goto cleanup;
    covariance = array_new(NPY_DOUBLE, 16);
    if (covariance == NULL) goto cleanup;
    if (!RUN(call, sdr_characteristic, &n, array_data(means), array_data(covariance),
             call->column, t, scale)) {
        goto cleanup;
    }
    result = Py_BuildValue("(LOO)", (long long)n, means, covariance);
cleanup:
    Py_XDECREF(means);
    Py_XDECREF(covariance);
    return result;
}
BIND_COLUMN(characteristic, 3, "column", "t", "scale", "threads", "progress")

PyMethodDef rank_functions[] = {
    ROW(rank_statistics, "(reference, current, " OPTIONS ")",
        "What rank tests and the energy distance are made of."),
    ROW(deviation_profile, "(column, center, " OPTIONS ")", "Mean of |x - center|."),
    ROW(characteristic, "(column, t, scale, " OPTIONS ")",
        "Means and covariance of cosines and sines."),
    {NULL, NULL, 0, NULL},
};
