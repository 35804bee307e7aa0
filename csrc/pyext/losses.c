/* Losses of a regression over groups, with or without weights. */
#include "pyext/groups.h"

#define LOSS_FIELD(type, name) FIELD(sdr_losses, type, name, name)

static const field losses_fields[] = {
    LOSS_FIELD(INT, n),
    LOSS_FIELD(DOUBLE, weight),
    LOSS_FIELD(DOUBLE, weight_squares),
    LOSS_FIELD(DOUBLE, mean_target),
    LOSS_FIELD(DOUBLE, m2_target),
    LOSS_FIELD(DOUBLE, mean_error),
    LOSS_FIELD(DOUBLE, m2_error),
    LOSS_FIELD(DOUBLE, sum_abs_error),
    LOSS_FIELD(DOUBLE, sum_squared_error),
    LOSS_FIELD(DOUBLE, sum_signed_square),
    LOSS_FIELD(DOUBLE, sum_fourth_power),
    LOSS_FIELD(DOUBLE, max_abs_error),
    LOSS_FIELD(INT, zero_targets),
    LOSS_FIELD(DOUBLE, relative_weight),
    LOSS_FIELD(DOUBLE, relative_weight_squares),
    LOSS_FIELD(DOUBLE, sum_relative),
    LOSS_FIELD(DOUBLE, sum_relative_square),
    LOSS_FIELD(DOUBLE, sum_symmetric),
    LOSS_FIELD(DOUBLE, sum_symmetric_square),
    LOSS_FIELD(INT, without_log),
    LOSS_FIELD(DOUBLE, sum_squared_log),
    LOSS_FIELD(DOUBLE, sum_fourth_log),
};
const dict_type losses_dict = DICT_TYPE(DICT_LOSSES, losses_fields);

static PyObject *losses_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                     PyObject *const *values) {
    PyObject *weights = NULL, *result = NULL;
    bool logs = false;
    group_call g = {0};

    if (values[5] != NULL && argument_bool(&logs, values[5]) < 0) return NULL;
    if (group_rows_read(&weights, values[4], NPY_DOUBLE, "weights", call->column) < 0)
        goto cleanup;
    if (group_call_open(&g, values[2], values[3], sizeof(sdr_losses)) < 0) goto cleanup;
    if (RUN(call, sdr_losses_groups, g.results, call->column, call->other,
            weights == NULL ? NULL : array_data(weights), logs, &g.groups))
        result = dict_of_arrays(call->state, &losses_dict, g.results,
                                sizeof(sdr_losses), g.groups.n);
cleanup:
    group_call_close(&g);
    Py_XDECREF(weights);
    return result;
}
BIND_PAIR(losses_groups, 4, "target", "prediction", "starts", "stops", "weights",
          "logs", "threads", "progress")

static PyObject *median_error_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                           PyObject *const *values) {
    PyObject *weights = NULL, *medians = NULL;
    group_call g = {0};

    if (group_rows_read(&weights, values[4], NPY_DOUBLE, "weights", call->column) < 0)
        goto cleanup;
    if (group_call_open(&g, values[2], values[3], 0) < 0) goto cleanup;
    medians = array_new_2d(NPY_DOUBLE, g.groups.n, 3);
    if (medians == NULL) goto cleanup;
    if (!RUN(call, sdr_median_error_groups, array_data(medians), call->column,
             call->other, weights == NULL ? NULL : array_data(weights), &g.groups))
        Py_CLEAR(medians);
cleanup:
    group_call_close(&g);
    Py_XDECREF(weights);
    return medians;
}
BIND_PAIR(median_error_groups, 4, "target", "prediction", "starts", "stops", "weights",
          "threads", "progress")

PyMethodDef loss_functions[] = {
    ROW(losses_groups,
        "(target, prediction, starts, stops, weights=None, logs=False, " OPTIONS ")",
        "Sums of losses by weight, one a group."),
    ROW(median_error_groups,
        "(target, prediction, starts, stops, weights=None, " OPTIONS ")",
        "Medians of |prediction - target| and their intervals, a row a group."),
    {NULL, NULL, 0, NULL},
};
