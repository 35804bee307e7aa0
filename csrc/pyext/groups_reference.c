/* A reference against all groups of a column, and exact p-values: groups.h in Python.
 */
#include "groups.h"

#include <string.h>

/* --- a reference against each group --------------------------------------------------
 */

static int reference_read(sdr_group_reference *out, core_state *state,
                          PyObject *value) {
    *out = (sdr_group_reference){0};
    if (Py_IS_TYPE(value, state->prepared_type)) {
        out->prepared = prepared_of(value);
        return 0;
    }
    out->column = column_argument(state, value, "reference");
    return out->column == NULL ? -1 : 0;
}

#define T sdr_two_sample
static const group_field two_sample_fields[] = {
    INT64_FIELD(T, n),
    INT64_FIELD(T, m),
    STATUS_FIELD(T, status),
    DOUBLE_FIELD(T, ks),
    INT64_FIELD(T, ks_numerator_high),
    {KEY_ks_numerator_low, NPY_UINT64, 8, offsetof(T, ks_numerator_low)},
    DOUBLE_FIELD(T, ks_location),
    {KEY_ks_sign, NPY_INT8, 1, offsetof(T, ks_sign)},
    INT64_FIELD(T, wasserstein_n),
    INT64_FIELD(T, wasserstein_m),
    STATUS_FIELD(T, wasserstein_status),
    DOUBLE_FIELD(T, wasserstein),
};
#undef T

/* `edges` and `histogram`: NULL where they are not wanted. */
static int two_sample_run(group_call *self, PyObject *reference, PyObject *edges,
                          PyObject *histogram, int flags) {
    sdr_group_reference x;
    if (reference_read(&x, self->call.state, reference) < 0) return -1;
    int64_t *counts = histogram == NULL ? NULL : array_data(histogram);
    const double *cuts = edges == NULL ? NULL : array_data(edges);
    int64_t n_edges = edges == NULL ? 0 : array_length(edges);
    return CALL(&self->call,
                sdr_two_sample_groups(self->results, counts, cuts, n_edges, x,
                                      self->column, &self->arguments.groups, flags,
                                      &self->call.context, &self->call.error));
}

PyObject *core_two_sample_groups(PyObject *module, PyObject *const *args,
                                 Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {"two_sample_groups",
                                        4,
                                        9,
                                        {"reference", "column", "starts", "stops", "ks",
                                         "wasserstein", "edges", "threads",
                                         "progress"}};
    PyObject *values[9], *edges = NULL, *histogram = NULL, *result = NULL;
    int flags;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (two_sample_flags_read(&flags, values[4], values[5]) < 0) return NULL;
    if (group_call_open(&self, module, values[1], values[2], values[3], values + 7,
                        sizeof(sdr_two_sample)) < 0) {
        goto cleanup;
    }
    if (values[6] != NULL && values[6] != Py_None) {
        edges = array_from(values[6], NPY_DOUBLE, "edges");
        if (edges == NULL) goto cleanup;
        histogram =
            array_new_2d(NPY_INT64, self.arguments.groups.n, array_length(edges) + 1);
        if (histogram == NULL) goto cleanup;
    }
    if (two_sample_run(&self, values[0], edges, histogram, flags) < 0) goto cleanup;
    fields out = fields_begin(self.call.state);
    group_fields_add(&out, two_sample_fields, COUNT_OF(two_sample_fields), &self,
                     sizeof(sdr_two_sample));
    fields_object(&out, KEY_histogram,
                  Py_NewRef(histogram == NULL ? Py_None : histogram));
    result = fields_end(&out);
cleanup:
    Py_XDECREF(edges);
    Py_XDECREF(histogram);
    group_call_close(&self);
    return result;
}

#define R sdr_rank_statistics
static const group_field rank_fields[] = {
    INT64_FIELD(R, n),        INT64_FIELD(R, m),
    STATUS_FIELD(R, status),  INT64_FIELD(R, distinct),
    INT64_FIELD(R, finite_n), INT64_FIELD(R, finite_m),
    DOUBLE_FIELD(R, energy),  DOUBLE_FIELD(R, anderson_darling),
};

/* Integers of 128 bits: arrays of int. */
static const struct {
    key name;
    size_t offset;
} rank_integers[] = {
    {KEY_ties, offsetof(R, ties)},
    {KEY_ties_x, offsetof(R, ties_x)},
    {KEY_ties_y, offsetof(R, ties_y)},
    {KEY_u2, offsetof(R, u2)},
    {KEY_plus, offsetof(R, plus)},
    {KEY_minus, offsetof(R, minus)},
    {KEY_cramer_von_mises, offsetof(R, cramer_von_mises)},
};
#undef R

static PyObject *integer_array(const void *results, size_t offset, int64_t n) {
    PyObject *array = array_new(NPY_OBJECT, n);
    if (array == NULL) return NULL;
    PyObject **to = array_data(array); /* NULL, or None, in a new one */
    const char *from = (const char *)results + offset;
    for (int64_t i = 0; i < n; i++, from += sizeof(sdr_rank_statistics)) {
        sdr_integer value;
        memcpy(&value, from, sizeof value);
        PyObject *integer = int128_new(value.high, value.low);
        if (integer == NULL) {
            Py_DECREF(array);
            return NULL;
        }
        Py_XDECREF(to[i]);
        to[i] = integer;
    }
    return array;
}

PyObject *core_rank_statistics_groups(PyObject *module, PyObject *const *args,
                                      Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "rank_statistics_groups",
        4,
        6,
        {"reference", "column", "starts", "stops", "threads", "progress"}};
    PyObject *values[6], *result = NULL;
    sdr_group_reference x;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[1], values[2], values[3], values + 4,
                        sizeof(sdr_rank_statistics)) < 0) {
        goto cleanup;
    }
    if (reference_read(&x, self.call.state, values[0]) < 0) goto cleanup;
    if (RUN(&self, sdr_rank_statistics_groups, self.results, x, self.column) < 0)
        goto cleanup;
    fields out = fields_begin(self.call.state);
    group_fields_add(&out, rank_fields, COUNT_OF(rank_fields), &self,
                     sizeof(sdr_rank_statistics));
    for (int i = 0; i < COUNT_OF(rank_integers); i++)
        fields_object(&out, rank_integers[i].name,
                      integer_array(self.results, rank_integers[i].offset,
                                    self.arguments.groups.n));
    result = fields_end(&out);
cleanup:
    group_call_close(&self);
    return result;
}

/* --- exact p-values ------------------------------------------------------------------
 */

static int lengths_check(PyObject *const *arrays, const char *const *names, int n) {
    for (int i = 1; i < n; i++) {
        if (array_length(arrays[i]) == array_length(arrays[0])) continue;
        PyErr_Format(PyExc_ValueError,
                     "%s: expected %lld values, as many as %s, found "
                     "%lld",
                     names[i], (long long)array_length(arrays[0]), names[0],
                     (long long)array_length(arrays[i]));
        return -1;
    }
    return 0;
}

PyObject *core_ks_exact_p_groups(PyObject *module, PyObject *const *args,
                                 Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "ks_exact_p_groups",
        4,
        6,
        {"n", "m", "numerator_high", "numerator_low", "threads", "progress"}};
    enum { ARRAYS = 4 };
    static const int types[ARRAYS] = {NPY_INT64, NPY_INT64, NPY_INT64, NPY_UINT64};
    PyObject *values[6], *arrays[ARRAYS] = {NULL}, *p = NULL;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (call_open(&call, PyModule_GetState(module), values[4], values[5]) < 0)
        return NULL;
    for (int i = 0; i < ARRAYS; i++) {
        arrays[i] = array_from(values[i], types[i], expected.names[i]);
        if (arrays[i] == NULL) goto cleanup;
    }
    if (lengths_check(arrays, expected.names, ARRAYS) < 0) goto cleanup;
    p = array_new(NPY_DOUBLE, array_length(arrays[0]));
    if (p == NULL) goto cleanup;
    if (CALL(&call, sdr_ks_exact_p_groups(
                        array_data(p), array_data(arrays[0]), array_data(arrays[1]),
                        array_data(arrays[2]), array_data(arrays[3]),
                        array_length(arrays[0]), &call.context, &call.error)) < 0)
        Py_CLEAR(p);
cleanup:
    for (int i = 0; i < ARRAYS; i++)
        Py_XDECREF(arrays[i]);
    return p;
}
