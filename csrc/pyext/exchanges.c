/* Null laws of many groups at once: Wasserstein-1 under exchanges, and
 * Kolmogorov-Smirnov with ties: drift.h. */
#include "pyext/pyext.h"

#define LAW_FIELD(type, name) FIELD(sdr_exchange_law, type, name, name)

static const field law_fields[] = {
    LAW_FIELD(DOUBLE, unit),      LAW_FIELD(DOUBLE, mean),
    LAW_FIELD(DOUBLE, std),       LAW_FIELD(DOUBLE, skewness),
    LAW_FIELD(DOUBLE, half_step), LAW_FIELD(BOOL, has_jumps),
    LAW_FIELD(DOUBLE, jump_mean), LAW_FIELD(DOUBLE, jump_std),
    LAW_FIELD(DOUBLE, share),     LAW_FIELD(DOUBLE, jump_skewness),
};
const dict_type exchange_laws_dict = DICT_TYPE(DICT_EXCHANGE_LAWS, law_fields);

enum { REFERENCE, CURRENT, MIDDLE, N, M, ARRAYS };

static int expect_length(PyObject *array, int64_t length, const char *name) {
    if (array_length(array) == length) return 0;
    PyErr_Format(PyExc_ValueError, "%s: expected %lld values, found %lld", name,
                 (long long)length, (long long)array_length(array));
    return -1;
}

/* Sizes from those of the arrays; -1 and ValueError where they do not fit. */
static int exchanges_read(sdr_exchanges *e, PyObject *const *arrays, int64_t levels) {
    const int64_t groups = array_length(arrays[N]);
    const int64_t given = array_length(arrays[REFERENCE]);
    const bool is_one = groups < 2 || given != array_length(arrays[CURRENT]);
    const int64_t ends = is_one ? given : given / groups;
    if (levels < 0 || levels > SDR_TWO_SAMPLE_LEVELS || ends < 2 || ends % 2 != 0 ||
        ends > 2 * SDR_EXTREMES) {
        PyErr_Format(PyExc_ValueError,
                     "expected 2 to %d ends and at most %d levels, found %lld and %lld",
                     2 * SDR_EXTREMES, SDR_TWO_SAMPLE_LEVELS, (long long)ends,
                     (long long)levels);
        return -1;
    }
    const bool is_shared = array_length(arrays[MIDDLE]) == 3 * levels;
    if (expect_length(arrays[M], groups, "m") < 0 ||
        expect_length(arrays[CURRENT], groups * ends, "current") < 0 ||
        (!is_shared &&
         expect_length(arrays[MIDDLE], groups * 3 * levels, "middle") < 0))
        return -1;
    *e = (sdr_exchanges){.n_groups = groups,
                         .n_ends = (int)(ends / 2),
                         .n_levels = (int)levels,
                         .reference_ends = array_data(arrays[REFERENCE]),
                         .reference_per_group = !is_one,
                         .current_ends = array_data(arrays[CURRENT]),
                         .middle = array_data(arrays[MIDDLE]),
                         .middle_per_group = !is_shared,
                         .n = array_data(arrays[N]),
                         .m = array_data(arrays[M])};
    return 0;
}

static PyObject *laws_of(call *call, const sdr_exchanges *e, bool wants_jumps) {
    const int64_t gaps = 2 * (int64_t)e->n_ends + e->n_levels - 1;
    PyObject *jumps = NULL, *result = NULL;
    sdr_exchange_law *laws = sdr_allocate((size_t)e->n_groups * sizeof *laws);
    if (laws == NULL) return PyErr_NoMemory();
    if (wants_jumps) {
        jumps = array_new_2d(NPY_DOUBLE, e->n_groups, 2 * gaps);
        if (jumps == NULL) goto cleanup;
    }
    if (RUN(call, sdr_exchange_laws, laws, wants_jumps ? array_data(jumps) : NULL, e))
        result = dict_of_arrays(call->state, &exchange_laws_dict, laws, sizeof *laws,
                                e->n_groups);
    if (result != NULL && wants_jumps &&
        PyDict_SetItemString(result, "jumps", jumps) < 0)
        Py_CLEAR(result);
cleanup:
    Py_XDECREF(jumps);
    sdr_release(laws);
    return result;
}

static PyObject *exchange_laws_bound(call *call, PyObject *Py_UNUSED(module),
                                     PyObject *const *values) {
    static const char *const names[ARRAYS] = {"reference", "current", "middle", "n",
                                              "m"};
    PyObject *arrays[ARRAYS] = {NULL}, *result = NULL;
    sdr_exchanges exchanges;
    int64_t levels;
    bool wants_jumps;

    if (argument_int64(&levels, values[5], "levels") < 0) return NULL;
    if (argument_bool(&wants_jumps, values[6]) < 0) return NULL;
    for (int i = 0; i < ARRAYS; i++) {
        arrays[i] = array_from(values[i], NPY_DOUBLE, names[i]);
        if (arrays[i] == NULL) goto cleanup;
    }
    if (exchanges_read(&exchanges, arrays, levels) == 0)
        result = laws_of(call, &exchanges, wants_jumps);
cleanup:
    for (int i = 0; i < ARRAYS; i++)
        Py_XDECREF(arrays[i]);
    return result;
}
BIND(exchange_laws, 7, "reference", "current", "middle", "n", "m", "levels", "jumps",
     "threads", "progress")

/* --- Kolmogorov-Smirnov with ties ------------------------------------------------- */

static const field steps_fields[] = {
    FIELD(sdr_ks_steps_law, DOUBLE, p, p),
    FIELD(sdr_ks_steps_law, DOUBLE, variance, variance),
};
const dict_type ks_steps_dict = DICT_TYPE(DICT_KS_STEPS, steps_fields);

enum { SHARES, INNER, PASSED, STEP_ARRAYS };

static PyObject *steps_laws_of(call *call, PyObject *const *arrays, int64_t cells) {
    const sdr_ks_steps of = {.n_groups = array_length(arrays[INNER]),
                             .n_cells = cells,
                             .shares = array_data(arrays[SHARES]),
                             .inner = array_data(arrays[INNER]),
                             .passed = array_data(arrays[PASSED])};
    if (expect_length(arrays[PASSED], of.n_groups, "passed") < 0 ||
        expect_length(arrays[SHARES], of.n_groups * cells, "shares") < 0)
        return NULL;
    sdr_ks_steps_law *laws = sdr_allocate((size_t)of.n_groups * sizeof *laws);
    if (laws == NULL) return PyErr_NoMemory();
    PyObject *result = NULL;
    if (RUN(call, sdr_ks_steps_p, laws, &of))
        result = dict_of_arrays(call->state, &ks_steps_dict, laws, sizeof *laws,
                                of.n_groups);
    sdr_release(laws);
    return result;
}

static PyObject *ks_steps_p_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    static const char *const names[STEP_ARRAYS] = {"shares", "inner", "passed"};
    PyObject *arrays[STEP_ARRAYS] = {NULL}, *result = NULL;
    int64_t cells;

    if (argument_int64(&cells, values[3], "cells") < 0) return NULL;
    if (cells < 1 || cells > SDR_KS_STEPS_CELLS) {
        PyErr_Format(PyExc_ValueError, "cells: expected 1 to %d, found %lld",
                     SDR_KS_STEPS_CELLS, (long long)cells);
        return NULL;
    }
    for (int i = 0; i < STEP_ARRAYS; i++) {
        arrays[i] = array_from(values[i], NPY_DOUBLE, names[i]);
        if (arrays[i] == NULL) goto cleanup;
    }
    result = steps_laws_of(call, arrays, cells);
cleanup:
    for (int i = 0; i < STEP_ARRAYS; i++)
        Py_XDECREF(arrays[i]);
    return result;
}
BIND(ks_steps_p, 4, "shares", "inner", "passed", "cells", "threads", "progress")

PyMethodDef exchange_functions[] = {
    ROW(exchange_laws, "(reference, current, middle, n, m, levels, jumps, " OPTIONS ")",
        "Laws of Wasserstein-1 of exchanged rows, one a group."),
    ROW(ks_steps_p, "(shares, inner, passed, cells, " OPTIONS ")",
        "Kolmogorov-Smirnov, limit law with ties, one a group."),
    {NULL, NULL, 0, NULL},
};
