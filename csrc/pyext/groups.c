/*
 * The calls over all groups of a column: groups.h in Python, arrays with a value a
 * group.
 */
#include "pyext/groups.h"

#include <string.h>

/* --- arguments -------------------------------------------------------------------- */

/* A copy: what was checked is what is read, whatever Python writes meanwhile. */
static PyObject *bounds_copy(PyObject *value, const char *name) {
    PyObject *array = array_from(value, NPY_INT64, name);
    if (array == NULL) return NULL;
    PyObject *copy = array_copy(NPY_INT64, array_length(array), array_data(array));
    Py_DECREF(array);
    return copy;
}

int group_call_open(group_call *self, PyObject *starts, PyObject *stops, size_t size) {
    *self = (group_call){0};
    self->starts = bounds_copy(starts, "starts");
    if (self->starts == NULL) return -1;
    self->stops = bounds_copy(stops, "stops");
    if (self->stops == NULL) return -1;
    int64_t n = array_length(self->starts);
    if (array_length(self->stops) != n) {
        PyErr_Format(PyExc_ValueError,
                     "stops: expected %lld values, one for each start, found %lld",
                     (long long)n, (long long)array_length(self->stops));
        return -1;
    }
    self->groups = (sdr_groups){array_data(self->starts), array_data(self->stops), n};
    if (size == 0) return 0;
    self->results = sdr_allocate((size_t)n * size);
    if (self->results != NULL) return 0;
    PyErr_NoMemory();
    return -1;
}

void group_call_close(group_call *self) {
    Py_CLEAR(self->starts);
    Py_CLEAR(self->stops);
    sdr_release(self->results);
}

/* Float64, one a group. */
static PyObject *per_group_doubles(PyObject *value, const char *name, int64_t n) {
    PyObject *array = array_from(value, NPY_DOUBLE, name);
    if (array == NULL || array_length(array) == n) return array;
    PyErr_Format(PyExc_ValueError,
                 "%s: expected %lld values, one for each group, found %lld", name,
                 (long long)n, (long long)array_length(array));
    Py_DECREF(array);
    return NULL;
}

/* --- results ---------------------------------------------------------------------- */

/* (first, second), stolen, where both are there and the call went well; else NULL. */
static PyObject *pair_of(bool done, PyObject *first, PyObject *second) {
    PyObject *both = done ? PyTuple_Pack(2, first, second) : NULL;
    Py_XDECREF(first);
    Py_XDECREF(second);
    return both;
}

/* --- profiles --------------------------------------------------------------------- */

#define PROFILE_FIELD(type, name) FIELD(sdr_group_profile, type, name, name)

static const field group_profile_fields[] = {
    PROFILE_FIELD(INT, rows),
    PROFILE_FIELD(INT, nulls),
    PROFILE_FIELD(INT, nan),
    PROFILE_FIELD(INT, pos_inf),
    PROFILE_FIELD(INT, neg_inf),
    PROFILE_FIELD(INT, zeros),
    PROFILE_FIELD(INT, negatives),
    PROFILE_FIELD(INT, finite),
    PROFILE_FIELD(DOUBLE, min),
    PROFILE_FIELD(DOUBLE, max),
    PROFILE_FIELD(DOUBLE, sum),
    PROFILE_FIELD(DOUBLE, mean),
    PROFILE_FIELD(DOUBLE, variance),
    PROFILE_FIELD(DOUBLE, std),
    PROFILE_FIELD(DOUBLE, skewness),
    PROFILE_FIELD(DOUBLE, kurtosis),
    PROFILE_FIELD(STATUS, variance_status),
    PROFILE_FIELD(STATUS, skewness_status),
    PROFILE_FIELD(STATUS, kurtosis_status),
    PROFILE_FIELD(BOOL, increasing),
    PROFILE_FIELD(BOOL, decreasing),
    PROFILE_FIELD(BOOL, strict),
};
const dict_type group_profile_dict =
    DICT_TYPE(DICT_GROUP_PROFILE, group_profile_fields);

static PyObject *profile_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                      PyObject *const *values) {
    PyObject *result = NULL;
    group_call g;
    if (group_call_open(&g, values[1], values[2], sizeof(sdr_group_profile)) == 0 &&
        RUN(call, sdr_profile_groups, g.results, call->column, &g.groups)) {
        result = dict_of_arrays(call->state, &group_profile_dict, g.results,
                                sizeof(sdr_group_profile), g.groups.n);
    }
    group_call_close(&g);
    return result;
}
BIND_COLUMN(profile_groups, 3, "column", "starts", "stops", "threads", "progress")

static PyObject *text_profile_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                           PyObject *const *values) {
    PyObject *result = NULL;
    group_call g;
    if (group_call_open(&g, values[1], values[2], sizeof(sdr_text_profile)) == 0 &&
        RUN(call, sdr_text_profile_groups, g.results, call->column, &g.groups)) {
        result = dict_of_arrays(call->state, &text_profile_dict, g.results,
                                sizeof(sdr_text_profile), g.groups.n);
    }
    group_call_close(&g);
    return result;
}
BIND_COLUMN(text_profile_groups, 3, "column", "starts", "stops", "threads", "progress")

static PyObject *missing_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                      PyObject *const *values) {
    PyObject *out = NULL;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    out = array_new(NPY_INT64, g.groups.n);
    if (out == NULL) goto cleanup;
    if (!RUN(call, sdr_missing_groups, array_data(out), call->column, &g.groups))
        Py_CLEAR(out);
cleanup:
    group_call_close(&g);
    return out;
}
BIND_COLUMN(missing_groups, 3, "column", "starts", "stops", "threads", "progress")

static PyObject *pair_profile_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                           PyObject *const *values) {
    PyObject *result = NULL;
    group_call g;
    if (group_call_open(&g, values[2], values[3], sizeof(sdr_pair_profile)) == 0 &&
        RUN(call, sdr_pair_profile_groups, g.results, call->column, call->other,
            &g.groups)) {
        result = dict_of_arrays(call->state, &pair_profile_dict, g.results,
                                sizeof(sdr_pair_profile), g.groups.n);
    }
    group_call_close(&g);
    return result;
}
BIND_PAIR(pair_profile_groups, 4, "x", "y", "starts", "stops", "threads", "progress")

static PyObject *digest_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                     PyObject *const *values) {
    PyObject *out = NULL;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    out = array_new_2d(NPY_UINT8, g.groups.n, SDR_DIGEST_BYTES);
    if (out == NULL) goto cleanup;
    if (!RUN(call, sdr_digest_groups, array_data(out), call->column, &g.groups))
        Py_CLEAR(out);
cleanup:
    group_call_close(&g);
    return out;
}
BIND_COLUMN(digest_groups, 3, "column", "starts", "stops", "threads", "progress")

/* --- values ----------------------------------------------------------------------- */

static PyObject *distinct_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                       PyObject *const *values) {
    PyObject *counts = NULL, *errors = NULL;
    bool done = false;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    counts = array_new(NPY_INT64, g.groups.n);
    if (counts == NULL) goto cleanup;
    errors = array_new(NPY_DOUBLE, g.groups.n);
    if (errors == NULL) goto cleanup;
    done = RUN(call, sdr_distinct_groups, array_data(counts), array_data(errors),
               call->column, &g.groups);
cleanup:
    group_call_close(&g);
    return pair_of(done, counts, errors);
}
BIND_COLUMN(distinct_groups, 3, "column", "starts", "stops", "threads", "progress")

static PyObject *quantiles_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                        PyObject *const *values) {
    PyObject *q = NULL, *out = NULL;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    q = array_from(values[3], NPY_DOUBLE, "q");
    if (q == NULL) goto cleanup;
    int64_t n_q = array_length(q);
    out = array_new_2d(NPY_DOUBLE, g.groups.n, n_q);
    if (out == NULL) goto cleanup;
    if (!RUN(call, sdr_quantiles_groups, array_data(out), array_data(q), n_q,
             call->column, &g.groups))
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(q);
    group_call_close(&g);
    return out;
}
BIND_COLUMN(quantiles_groups, 4, "column", "starts", "stops", "q", "threads",
            "progress")

static PyObject *median_deviation_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                               PyObject *const *values) {
    PyObject *centers = NULL, *out = NULL;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    centers = per_group_doubles(values[3], "centers", g.groups.n);
    if (centers == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, g.groups.n);
    if (out == NULL) goto cleanup;
    if (!RUN(call, sdr_median_deviation_groups, array_data(out), array_data(centers),
             call->column, &g.groups))
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(centers);
    group_call_close(&g);
    return out;
}
BIND_COLUMN(median_deviation_groups, 4, "column", "starts", "stops", "centers",
            "threads", "progress")

static PyObject *deviation_profile_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                                PyObject *const *values) {
    PyObject *centers = NULL, *result = NULL;
    group_call g;

    if (group_call_open(&g, values[1], values[2], sizeof(sdr_deviations)) < 0)
        goto cleanup;
    centers = per_group_doubles(values[3], "centers", g.groups.n);
    if (centers == NULL) goto cleanup;
    if (!RUN(call, sdr_deviation_profile_groups, g.results, array_data(centers),
             call->column, &g.groups))
        goto cleanup;
    result = dict_of_arrays(call->state, &deviations_dict, g.results,
                            sizeof(sdr_deviations), g.groups.n);
cleanup:
    Py_XDECREF(centers);
    group_call_close(&g);
    return result;
}
BIND_COLUMN(deviation_profile_groups, 4, "column", "starts", "stops", "centers",
            "threads", "progress")

static PyObject *top_value_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                        PyObject *const *values) {
    PyObject *top = NULL, *counts = NULL;
    bool done = false;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    top = array_new(NPY_DOUBLE, g.groups.n);
    if (top == NULL) goto cleanup;
    counts = array_new(NPY_INT64, g.groups.n);
    if (counts == NULL) goto cleanup;
    done = RUN(call, sdr_top_value_groups, array_data(top), array_data(counts),
               call->column, &g.groups);
cleanup:
    group_call_close(&g);
    return pair_of(done, top, counts);
}
BIND_COLUMN(top_value_groups, 3, "column", "starts", "stops", "threads", "progress")

static PyObject *histogram_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                        PyObject *const *values) {
    PyObject *edges = NULL, *out = NULL;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    edges = array_from(values[3], NPY_DOUBLE, "edges");
    if (edges == NULL) goto cleanup;
    int64_t n_edges = array_length(edges);
    out = array_new_2d(NPY_INT64, g.groups.n, n_edges + 1);
    if (out == NULL) goto cleanup;
    if (!RUN(call, sdr_histogram_groups, array_data(out), array_data(edges), n_edges,
             call->column, &g.groups))
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(edges);
    group_call_close(&g);
    return out;
}
BIND_COLUMN(histogram_groups, 4, "column", "starts", "stops", "edges", "threads",
            "progress")

/* --- a reference against each group ----------------------------------------------- */

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

#define TWO_SAMPLE_FIELD(type, name) FIELD(sdr_two_sample, type, name, name)

static const field group_two_sample_fields[] = {
    TWO_SAMPLE_FIELD(INT, n),
    TWO_SAMPLE_FIELD(INT, m),
    TWO_SAMPLE_FIELD(STATUS, status),
    TWO_SAMPLE_FIELD(DOUBLE, ks),
    TWO_SAMPLE_FIELD(INT, ks_numerator_high),
    TWO_SAMPLE_FIELD(UNSIGNED, ks_numerator_low),
    TWO_SAMPLE_FIELD(DOUBLE, ks_location),
    TWO_SAMPLE_FIELD(SIGN, ks_sign),
    TWO_SAMPLE_FIELD(INT, wasserstein_n),
    TWO_SAMPLE_FIELD(INT, wasserstein_m),
    TWO_SAMPLE_FIELD(STATUS, wasserstein_status),
    TWO_SAMPLE_FIELD(DOUBLE, wasserstein),
};
const dict_type group_two_sample_dict =
    DICT_TYPE(DICT_GROUP_TWO_SAMPLE, group_two_sample_fields);

/* The edges of the groups' histograms and the counts; both NULL where `value` is none.
 * -1: exception. */
static int histogram_open(PyObject **edges, PyObject **counts, PyObject *value,
                          int64_t n_groups) {
    if (value == NULL || value == Py_None) return 0;
    *edges = array_from(value, NPY_DOUBLE, "edges");
    if (*edges == NULL) return -1;
    *counts = array_new_2d(NPY_INT64, n_groups, array_length(*edges) + 1);
    return *counts == NULL ? -1 : 0;
}

static bool two_sample_run(group_call *g, PyObject *edges, PyObject *counts,
                           PyObject *const *values, int flags, call *call) {
    sdr_group_reference x;
    const sdr_column *y = column_argument(call->state, values[1], "column");
    if (y == NULL || reference_read(&x, call->state, values[0]) < 0) return false;
    return RUN(call, sdr_two_sample_groups, g->results,
               counts == NULL ? NULL : array_data(counts),
               edges == NULL ? NULL : array_data(edges),
               edges == NULL ? 0 : array_length(edges), x, y, &g->groups, flags);
}

static PyObject *two_sample_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                         PyObject *const *values) {
    PyObject *edges = NULL, *counts = NULL, *result = NULL;
    int flags;
    group_call g;

    if (two_sample_flags_read(&flags, values[4], values[5]) < 0) return NULL;
    if (group_call_open(&g, values[2], values[3], sizeof(sdr_two_sample)) < 0)
        goto cleanup;
    if (histogram_open(&edges, &counts, values[6], g.groups.n) < 0) goto cleanup;
    if (!two_sample_run(&g, edges, counts, values, flags, call)) goto cleanup;
    result = dict_of_arrays(call->state, &group_two_sample_dict, g.results,
                            sizeof(sdr_two_sample), g.groups.n);
    if (result != NULL && PyDict_SetItemString(result, "histogram",
                                               counts == NULL ? Py_None : counts) < 0)
        Py_CLEAR(result);
cleanup:
    Py_XDECREF(edges);
    Py_XDECREF(counts);
    group_call_close(&g);
    return result;
}
BIND(two_sample_groups, 4, "reference", "column", "starts", "stops", "ks",
     "wasserstein", "edges", "threads", "progress")

static PyObject *rank_statistics_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                              PyObject *const *values) {
    PyObject *result = NULL;
    sdr_group_reference x;
    group_call g;

    const sdr_column *y = column_argument(call->state, values[1], "column");
    if (y == NULL || reference_read(&x, call->state, values[0]) < 0) return NULL;
    if (group_call_open(&g, values[2], values[3], sizeof(sdr_rank_statistics)) == 0 &&
        RUN(call, sdr_rank_statistics_groups, g.results, x, y, &g.groups)) {
        result = dict_of_arrays(call->state, &ranks_dict, g.results,
                                sizeof(sdr_rank_statistics), g.groups.n);
    }
    group_call_close(&g);
    return result;
}
BIND(rank_statistics_groups, 4, "reference", "column", "starts", "stops", "threads",
     "progress")

/* --- exact p-values --------------------------------------------------------------- */

enum { NUMERATOR_ARRAYS = 4 };
static const struct {
    const char *name;
    int type_num;
} numerator_arrays[NUMERATOR_ARRAYS] = {
    {"n", NPY_INT64},
    {"m", NPY_INT64},
    {"numerator_high", NPY_INT64},
    {"numerator_low", NPY_UINT64},
};

/* Arrays of one length; -1: exception. */
static int numerators_read(PyObject **arrays, PyObject *const *values) {
    for (int i = 0; i < NUMERATOR_ARRAYS; i++) {
        const char *name = numerator_arrays[i].name;
        arrays[i] = array_from(values[i], numerator_arrays[i].type_num, name);
        if (arrays[i] == NULL) return -1;
        if (array_length(arrays[i]) == array_length(arrays[0])) continue;
        PyErr_Format(PyExc_ValueError,
                     "%s: expected %lld values, as many as n, found %lld", name,
                     (long long)array_length(arrays[0]),
                     (long long)array_length(arrays[i]));
        return -1;
    }
    return 0;
}

static PyObject *ks_exact_p_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                         PyObject *const *values) {
    PyObject *arrays[NUMERATOR_ARRAYS] = {NULL}, *p = NULL;

    if (numerators_read(arrays, values) < 0) goto cleanup;
    p = array_new(NPY_DOUBLE, array_length(arrays[0]));
    if (p == NULL) goto cleanup;
    if (!RUN(call, sdr_ks_exact_p_groups, array_data(p), array_data(arrays[0]),
             array_data(arrays[1]), array_data(arrays[2]), array_data(arrays[3]),
             array_length(arrays[0])))
        Py_CLEAR(p);
cleanup:
    for (int i = 0; i < NUMERATOR_ARRAYS; i++) {
        Py_XDECREF(arrays[i]);
    }
    return p;
}
BIND(ks_exact_p_groups, 4, "n", "m", "numerator_high", "numerator_low", "threads",
     "progress")

#define GROUPS "column, starts, stops, "

PyMethodDef group_functions[] = {
    ROW(profile_groups, "(" GROUPS OPTIONS ")", "Profiles, one a group."),
    ROW(text_profile_groups, "(" GROUPS OPTIONS ")",
        "Counts and lengths of text, one a group."),
    ROW(missing_groups, "(" GROUPS OPTIONS ")",
        "Rows that are null or NaN, one a group."),
    ROW(pair_profile_groups, "(x, y, starts, stops, " OPTIONS ")",
        "Moments and errors of pairs, one a group."),
    ROW(distinct_groups, "(" GROUPS OPTIONS ")",
        "Counts and standard errors, one a group."),
    ROW(quantiles_groups, "(" GROUPS "q, " OPTIONS ")", "Quantiles, a row a group."),
    ROW(median_deviation_groups, "(" GROUPS "centers, " OPTIONS ")",
        "Medians of |x - center|, one a group."),
    ROW(deviation_profile_groups, "(" GROUPS "centers, " OPTIONS ")",
        "Means of |x - center|, one a group."),
    ROW(top_value_groups, "(" GROUPS OPTIONS ")",
        "The most frequent values and their counts."),
    ROW(histogram_groups, "(" GROUPS "edges, " OPTIONS ")", "Counts, a row a group."),
    ROW(two_sample_groups,
        "(reference, " GROUPS "ks=True, wasserstein=True, edges=None, " OPTIONS ")",
        "Kolmogorov-Smirnov and Wasserstein-1, one a group."),
    ROW(rank_statistics_groups, "(reference, " GROUPS OPTIONS ")",
        "Rank statistics, one a group."),
    ROW(ks_exact_p_groups, "(n, m, numerator_high, numerator_low, " OPTIONS ")",
        "Exact p-values."),
    ROW(digest_groups, "(" GROUPS OPTIONS ")",
        "Fingerprints of the rows, 16 bytes a group."),
    {NULL, NULL, 0, NULL},
};
