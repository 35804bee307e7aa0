/* Laws of Wasserstein-1 under exchanges: drift.h. */
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

PyMethodDef exchange_functions[] = {
    ROW(exchange_laws, "(reference, current, middle, n, m, levels, jumps, " OPTIONS ")",
        "Laws of Wasserstein-1 of exchanged rows, one a group."),
    {NULL, NULL, 0, NULL},
};
