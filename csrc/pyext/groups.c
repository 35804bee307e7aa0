/* The calls over all groups of a column: groups.h in Python, arrays with a value a
 * group.
 */
#include "groups.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* --- arguments -----------------------------------------------------------------------
 */

int group_arguments_read(group_arguments *out, PyObject *starts, PyObject *stops) {
    *out = (group_arguments){0};
    out->starts = array_from(starts, NPY_INT64, "starts");
    if (out->starts == NULL) return -1;
    out->stops = array_from(stops, NPY_INT64, "stops");
    if (out->stops == NULL) return -1;
    int64_t n = array_length(out->starts);
    if (array_length(out->stops) != n) {
        PyErr_Format(PyExc_ValueError,
                     "stops: expected %lld values, one for each start, found %lld",
                     (long long)n, (long long)array_length(out->stops));
        return -1;
    }
    out->groups = (sdr_groups){array_data(out->starts), array_data(out->stops), n};
    return 0;
}

void group_arguments_release(group_arguments *arguments) {
    Py_CLEAR(arguments->starts);
    Py_CLEAR(arguments->stops);
}

int group_call_open(group_call *self, PyObject *module, PyObject *column,
                    PyObject *starts, PyObject *stops, PyObject *const *options,
                    size_t size) {
    core_state *state = PyModule_GetState(module);
    memset(self, 0, sizeof *self);
    self->column = column_argument(state, column, "column");
    if (self->column == NULL) return -1;
    if (call_open(&self->call, state, options[0], options[1]) < 0) return -1;
    if (group_arguments_read(&self->arguments, starts, stops) < 0) return -1;
    if (size == 0) return 0;
    self->results = sdr_allocate((size_t)self->arguments.groups.n * size);
    if (self->results != NULL) return 0;
    PyErr_NoMemory();
    return -1;
}

void group_call_close(group_call *self) {
    group_arguments_release(&self->arguments);
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

/* --- results -------------------------------------------------------------------------
 */

static PyObject *field_array(const group_field *field, const void *results, size_t size,
                             int64_t n) {
    PyObject *array = array_new(field->type_num, n);
    if (array == NULL) return NULL;
    char *to = array_data(array);
    const char *from = (const char *)results + field->offset;
    for (int64_t i = 0; i < n; i++, to += field->bytes, from += size) {
        if (field->bytes == 8)
            memcpy(to, from, 8);
        else
            *to = *from;
    }
    return array;
}

void group_fields_add(fields *out, const group_field *all, int n_fields,
                      const group_call *self, size_t size) {
    for (int i = 0; i < n_fields; i++)
        fields_object(
            out, all[i].name,
            field_array(&all[i], self->results, size, self->arguments.groups.n));
}

/* --- profiles ------------------------------------------------------------------------
 */

#define P sdr_group_profile
static const group_field profile_fields[] = {
    INT64_FIELD(P, rows),
    INT64_FIELD(P, nulls),
    INT64_FIELD(P, nan),
    INT64_FIELD(P, pos_inf),
    INT64_FIELD(P, neg_inf),
    INT64_FIELD(P, zeros),
    INT64_FIELD(P, negatives),
    INT64_FIELD(P, finite),
    DOUBLE_FIELD(P, min),
    DOUBLE_FIELD(P, max),
    DOUBLE_FIELD(P, sum),
    DOUBLE_FIELD(P, mean),
    DOUBLE_FIELD(P, variance),
    DOUBLE_FIELD(P, std),
    DOUBLE_FIELD(P, skewness),
    DOUBLE_FIELD(P, kurtosis),
    STATUS_FIELD(P, variance_status),
    STATUS_FIELD(P, skewness_status),
    STATUS_FIELD(P, kurtosis_status),
    BOOL_FIELD(P, increasing),
    BOOL_FIELD(P, decreasing),
    BOOL_FIELD(P, strict),
};
#undef P

PyObject *core_profile_groups(PyObject *module, PyObject *const *args,
                              Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "profile_groups", 3, 5, {"column", "starts", "stops", "threads", "progress"}};
    PyObject *values[5], *result = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 3,
                        sizeof(sdr_group_profile)) < 0) {
        goto cleanup;
    }
    if (RUN(&self, sdr_profile_groups, self.results, self.column) < 0) goto cleanup;
    fields out = fields_begin(self.call.state);
    group_fields_add(&out, profile_fields, COUNT_OF(profile_fields), &self,
                     sizeof(sdr_group_profile));
    result = fields_end(&out);
cleanup:
    group_call_close(&self);
    return result;
}

#define P sdr_text_profile
static const group_field text_fields[] = {
    INT64_FIELD(P, rows),         INT64_FIELD(P, nulls),
    INT64_FIELD(P, empty),        INT64_FIELD(P, blank),
    INT64_FIELD(P, invalid_utf8), INT64_FIELD(P, length_min),
    INT64_FIELD(P, length_max),   INT64_FIELD(P, length_sum),
};
#undef P

PyObject *core_text_profile_groups(PyObject *module, PyObject *const *args,
                                   Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "text_profile_groups",
        3,
        5,
        {"column", "starts", "stops", "threads", "progress"}};
    PyObject *values[5], *result = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 3,
                        sizeof(sdr_text_profile)) < 0) {
        goto cleanup;
    }
    if (RUN(&self, sdr_text_profile_groups, self.results, self.column) < 0)
        goto cleanup;
    fields out = fields_begin(self.call.state);
    group_fields_add(&out, text_fields, COUNT_OF(text_fields), &self,
                     sizeof(sdr_text_profile));
    result = fields_end(&out);
cleanup:
    group_call_close(&self);
    return result;
}

PyObject *core_missing_groups(PyObject *module, PyObject *const *args,
                              Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "missing_groups", 3, 5, {"column", "starts", "stops", "threads", "progress"}};
    PyObject *values[5], *out = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 3, 0) <
        0) {
        goto cleanup;
    }
    out = array_new(NPY_INT64, self.arguments.groups.n);
    if (out == NULL) goto cleanup;
    if (RUN(&self, sdr_missing_groups, array_data(out), self.column) < 0) Py_CLEAR(out);
cleanup:
    group_call_close(&self);
    return out;
}

#define P sdr_pair_profile
static const group_field pair_fields[] = {
    INT64_FIELD(P, n),
    DOUBLE_FIELD(P, mean_x),
    DOUBLE_FIELD(P, mean_y),
    DOUBLE_FIELD(P, m2_x),
    DOUBLE_FIELD(P, m2_y),
    DOUBLE_FIELD(P, c_xy),
    DOUBLE_FIELD(P, sum_error),
    DOUBLE_FIELD(P, sum_abs_error),
    DOUBLE_FIELD(P, sum_squared_error),
    DOUBLE_FIELD(P, max_abs_error),
};
#undef P

PyObject *core_pair_profile_groups(PyObject *module, PyObject *const *args,
                                   Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "pair_profile_groups",
        4,
        6,
        {"x", "y", "starts", "stops", "threads", "progress"}};
    PyObject *values[6], *result = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[2], values[3], values + 4,
                        sizeof(sdr_pair_profile)) < 0) {
        goto cleanup;
    }
    const sdr_column *y = column_argument(self.call.state, values[1], "y");
    if (y == NULL) goto cleanup;
    if (RUN(&self, sdr_pair_profile_groups, self.results, self.column, y) < 0)
        goto cleanup;
    fields out = fields_begin(self.call.state);
    group_fields_add(&out, pair_fields, COUNT_OF(pair_fields), &self,
                     sizeof(sdr_pair_profile));
    result = fields_end(&out);
cleanup:
    group_call_close(&self);
    return result;
}

PyObject *core_digest_groups(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                             PyObject *keywords) {
    static const parameters expected = {
        "digest_groups", 3, 5, {"column", "starts", "stops", "threads", "progress"}};
    PyObject *values[5], *out = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 3, 0) <
        0) {
        goto cleanup;
    }
    out = array_new_2d(NPY_UINT8, self.arguments.groups.n, SDR_DIGEST_BYTES);
    if (out == NULL) goto cleanup;
    if (RUN(&self, sdr_digest_groups, array_data(out), self.column) < 0) Py_CLEAR(out);
cleanup:
    group_call_close(&self);
    return out;
}

/* --- values --------------------------------------------------------------------------
 */

/* (first, second), stolen, where the call went well; else NULL. */
static PyObject *pair_of(int code, PyObject *first, PyObject *second) {
    PyObject *both = code < 0 ? NULL : PyTuple_Pack(2, first, second);
    Py_XDECREF(first);
    Py_XDECREF(second);
    return both;
}

PyObject *core_distinct_groups(PyObject *module, PyObject *const *args,
                               Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "distinct_groups", 3, 5, {"column", "starts", "stops", "threads", "progress"}};
    PyObject *values[5], *counts = NULL, *errors = NULL;
    int code = -1;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 3, 0) <
        0) {
        goto cleanup;
    }
    counts = array_new(NPY_INT64, self.arguments.groups.n);
    if (counts == NULL) goto cleanup;
    errors = array_new(NPY_DOUBLE, self.arguments.groups.n);
    if (errors == NULL) goto cleanup;
    code = RUN(&self, sdr_distinct_groups, array_data(counts), array_data(errors),
               self.column);
cleanup:
    group_call_close(&self);
    return pair_of(code, counts, errors);
}

PyObject *core_quantiles_groups(PyObject *module, PyObject *const *args,
                                Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "quantiles_groups",
        4,
        6,
        {"column", "starts", "stops", "q", "threads", "progress"}};
    PyObject *values[6], *q = NULL, *out = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 4, 0) <
        0) {
        goto cleanup;
    }
    q = array_from(values[3], NPY_DOUBLE, "q");
    if (q == NULL) goto cleanup;
    int64_t n_q = array_length(q);
    out = array_new_2d(NPY_DOUBLE, self.arguments.groups.n, n_q);
    if (out == NULL) goto cleanup;
    if (RUN(&self, sdr_quantiles_groups, array_data(out), array_data(q), n_q,
            self.column) < 0)
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(q);
    group_call_close(&self);
    return out;
}

PyObject *core_median_deviation_groups(PyObject *module, PyObject *const *args,
                                       Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "median_deviation_groups",
        4,
        6,
        {"column", "starts", "stops", "centers", "threads", "progress"}};
    PyObject *values[6], *centers = NULL, *out = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 4, 0) <
        0) {
        goto cleanup;
    }
    centers = per_group_doubles(values[3], "centers", self.arguments.groups.n);
    if (centers == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, self.arguments.groups.n);
    if (out == NULL) goto cleanup;
    if (RUN(&self, sdr_median_deviation_groups, array_data(out), array_data(centers),
            self.column) < 0)
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(centers);
    group_call_close(&self);
    return out;
}

static const group_field deviation_fields[] = {
    INT64_FIELD(sdr_deviations, n),
    DOUBLE_FIELD(sdr_deviations, mean),
    DOUBLE_FIELD(sdr_deviations, variance),
};

PyObject *core_deviation_profile_groups(PyObject *module, PyObject *const *args,
                                        Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "deviation_profile_groups",
        4,
        6,
        {"column", "starts", "stops", "centers", "threads", "progress"}};
    PyObject *values[6], *centers = NULL, *result = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 4,
                        sizeof(sdr_deviations)) < 0) {
        goto cleanup;
    }
    centers = per_group_doubles(values[3], "centers", self.arguments.groups.n);
    if (centers == NULL) goto cleanup;
    if (RUN(&self, sdr_deviation_profile_groups, self.results, array_data(centers),
            self.column) < 0)
        goto cleanup;
    fields out = fields_begin(self.call.state);
    group_fields_add(&out, deviation_fields, COUNT_OF(deviation_fields), &self,
                     sizeof(sdr_deviations));
    result = fields_end(&out);
cleanup:
    Py_XDECREF(centers);
    group_call_close(&self);
    return result;
}

PyObject *core_top_value_groups(PyObject *module, PyObject *const *args,
                                Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "top_value_groups", 3, 5, {"column", "starts", "stops", "threads", "progress"}};
    PyObject *values[5], *top = NULL, *counts = NULL;
    int code = -1;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 3, 0) <
        0) {
        goto cleanup;
    }
    top = array_new(NPY_DOUBLE, self.arguments.groups.n);
    if (top == NULL) goto cleanup;
    counts = array_new(NPY_INT64, self.arguments.groups.n);
    if (counts == NULL) goto cleanup;
    code = RUN(&self, sdr_top_value_groups, array_data(top), array_data(counts),
               self.column);
cleanup:
    group_call_close(&self);
    return pair_of(code, top, counts);
}

PyObject *core_histogram_groups(PyObject *module, PyObject *const *args,
                                Py_ssize_t n_args, PyObject *keywords) {
    static const parameters expected = {
        "histogram_groups",
        4,
        6,
        {"column", "starts", "stops", "edges", "threads", "progress"}};
    PyObject *values[6], *edges = NULL, *out = NULL;
    group_call self;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (group_call_open(&self, module, values[0], values[1], values[2], values + 4, 0) <
        0) {
        goto cleanup;
    }
    edges = array_from(values[3], NPY_DOUBLE, "edges");
    if (edges == NULL) goto cleanup;
    int64_t n_edges = array_length(edges);
    out = array_new_2d(NPY_INT64, self.arguments.groups.n, n_edges + 1);
    if (out == NULL) goto cleanup;
    if (RUN(&self, sdr_histogram_groups, array_data(out), array_data(edges), n_edges,
            self.column) < 0)
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(edges);
    group_call_close(&self);
    return out;
}
