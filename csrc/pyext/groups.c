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

int group_rows_read(PyObject **array, PyObject *value, int type_num, const char *name,
                    const sdr_column *column) {
    *array = NULL;
    if (value == NULL || value == Py_None) return 0;
    *array = array_from(value, type_num, name);
    if (*array == NULL) return -1;
    if (array_length(*array) == column->length) return 0;
    PyErr_Format(PyExc_ValueError, "%s: expected %lld, one a row, found %lld", name,
                 (long long)column->length, (long long)array_length(*array));
    return -1;
}

void group_call_close(group_call *self) {
    Py_CLEAR(self->starts);
    Py_CLEAR(self->stops);
    sdr_release(self->results);
}

/* --- one call --------------------------------------------------------------------- */

enum { MOST_ARRAYS = 2 };

/* What a call is given and gives. */
typedef struct request {
    group_call g;
    const sdr_column *x, *y;
    sdr_group_reference reference;
    PyObject *parameter;           /* float64, or NULL */
    PyObject *arrays[MOST_ARRAYS]; /* results that are no structs */
} request;

/* What the calls of a family have of their own. */
typedef struct family {
    sdr_code (*run)(const request *r, const sdr_context *context, sdr_error *error);
    bool has_reference;    /* before the column */
    const dict_type *dict; /* of structs, one a group; else arrays */
    size_t size;           /* of a struct */
    int n_arrays, type_nums[MOST_ARRAYS];
    int columns; /* of the first array: some, and as many as the parameter has */
    const char *parameter; /* its name, behind the ranges */
    bool is_per_group;     /* it has a value a group, the arrays have one column */
} family;

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

static int parameter_read(request *r, const family *f, PyObject *value) {
    r->parameter = array_from(value, NPY_DOUBLE, f->parameter);
    if (r->parameter == NULL) return -1;
    const int64_t found = array_length(r->parameter);
    if (!f->is_per_group || found == r->g.groups.n) return 0;
    PyErr_Format(PyExc_ValueError,
                 "%s: expected %lld values, one for each group, found %lld",
                 f->parameter, (long long)r->g.groups.n, (long long)found);
    return -1;
}

static int arrays_open(request *r, const family *f) {
    const bool is_wide = f->columns > 0 || (f->parameter != NULL && !f->is_per_group);
    const int64_t more = r->parameter == NULL ? 0 : array_length(r->parameter);
    for (int i = 0; i < f->n_arrays; i++) {
        r->arrays[i] =
            is_wide ? array_new_2d(f->type_nums[i], r->g.groups.n, f->columns + more)
                    : array_new(f->type_nums[i], r->g.groups.n);
        if (r->arrays[i] == NULL) return -1;
    }
    return 0;
}

/* -1: exception. Closed in both cases. */
static int request_open(request *r, const family *f, call *call,
                        PyObject *const *values) {
    *r = (request){.x = call->column, .y = call->other};
    if (f->has_reference) {
        r->x = column_argument(call->state, values[1], "column");
        if (r->x == NULL || reference_read(&r->reference, call->state, values[0]) < 0)
            return -1;
    }
    PyObject *const *ranges = values + (f->has_reference || r->y != NULL ? 2 : 1);
    if (group_call_open(&r->g, ranges[0], ranges[1], f->size) < 0) return -1;
    if (f->parameter != NULL && parameter_read(r, f, ranges[2]) < 0) return -1;
    return arrays_open(r, f);
}

static void request_close(request *r) {
    Py_CLEAR(r->parameter);
    for (int i = 0; i < MOST_ARRAYS; i++)
        Py_CLEAR(r->arrays[i]);
    group_call_close(&r->g);
}

static PyObject *result_of(const request *r, const family *f, core_state *state) {
    if (f->dict != NULL)
        return dict_of_arrays(state, f->dict, r->g.results, f->size, r->g.groups.n);
    if (f->n_arrays == 1) return Py_NewRef(r->arrays[0]);
    return PyTuple_Pack(2, r->arrays[0], r->arrays[1]);
}

static PyObject *call_family(const family *f, call *call, PyObject *const *values) {
    PyObject *result = NULL;
    request r;
    if (request_open(&r, f, call, values) == 0 &&
        CALL(call, f->run(&r, &call->context, &call->error)))
        result = result_of(&r, f, call->state);
    request_close(&r);
    return result;
}

/* Defines NAME_bound: sdr_NAME of these arguments, then the groups. */
#define FAMILY(name, members, ...)                                                     \
    static sdr_code run_##name(const request *r, const sdr_context *context,           \
                               sdr_error *error) {                                     \
        return sdr_##name(__VA_ARGS__, &r->g.groups, context, error);                  \
    }                                                                                  \
    static PyObject *name##_bound(call *call, PyObject *Py_UNUSED(module),             \
                                  PyObject *const *values) {                           \
        static const family own = {.run = run_##name, members};                        \
        return call_family(&own, call, values);                                        \
    }
#define STRUCTS(type, of) .size = sizeof(type), .dict = &(of)
#define ARRAY(type) .n_arrays = 1, .type_nums = {type}
#define ARRAYS(first, second) .n_arrays = 2, .type_nums = {first, second}
/* Several members as one argument. */
#define MEMBERS(...) __VA_ARGS__
#define OUT(i) array_data(r->arrays[i])
#define PARAMETER array_data(r->parameter)
#define PARAMETER_LENGTH array_length(r->parameter)

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
    PROFILE_FIELD(DOUBLE, mean_low),
    PROFILE_FIELD(DOUBLE, variance),
    PROFILE_FIELD(DOUBLE, std),
    PROFILE_FIELD(DOUBLE, skewness),
    PROFILE_FIELD(DOUBLE, kurtosis),
    PROFILE_FIELD(STATUS, variance_status),
    PROFILE_FIELD(STATUS, std_status),
    PROFILE_FIELD(STATUS, skewness_status),
    PROFILE_FIELD(STATUS, kurtosis_status),
    PROFILE_FIELD(BOOL, increasing),
    PROFILE_FIELD(BOOL, decreasing),
    PROFILE_FIELD(BOOL, strict),
};
const dict_type group_profile_dict =
    DICT_TYPE(DICT_GROUP_PROFILE, group_profile_fields);

FAMILY(profile_groups, MEMBERS(STRUCTS(sdr_group_profile, group_profile_dict)),
       r->g.results, r->x)
BIND_COLUMN(profile_groups, 3, "column", "starts", "stops", "threads", "progress")

FAMILY(text_profile_groups, MEMBERS(STRUCTS(sdr_text_profile, text_profile_dict)),
       r->g.results, r->x)
BIND_COLUMN(text_profile_groups, 3, "column", "starts", "stops", "threads", "progress")

FAMILY(pair_profile_groups, MEMBERS(STRUCTS(sdr_pair_profile, pair_profile_dict)),
       r->g.results, r->x, r->y)
BIND_PAIR(pair_profile_groups, 4, "x", "y", "starts", "stops", "threads", "progress")

FAMILY(missing_groups, MEMBERS(ARRAY(NPY_INT64)), OUT(0), r->x)
BIND_COLUMN(missing_groups, 3, "column", "starts", "stops", "threads", "progress")

FAMILY(digest_groups, MEMBERS(ARRAY(NPY_UINT8), .columns = SDR_DIGEST_BYTES), OUT(0),
       r->x)
BIND_COLUMN(digest_groups, 3, "column", "starts", "stops", "threads", "progress")

/* --- values ----------------------------------------------------------------------- */

FAMILY(distinct_groups, MEMBERS(ARRAYS(NPY_INT64, NPY_DOUBLE)), OUT(0), OUT(1), r->x)
BIND_COLUMN(distinct_groups, 3, "column", "starts", "stops", "threads", "progress")

FAMILY(quantiles_groups, MEMBERS(ARRAY(NPY_DOUBLE), .parameter = "q"), OUT(0),
       PARAMETER, PARAMETER_LENGTH, r->x)
BIND_COLUMN(quantiles_groups, 4, "column", "starts", "stops", "q", "threads",
            "progress")

FAMILY(order_groups,
       MEMBERS(ARRAY(NPY_DOUBLE), .columns = SDR_ORDER_FIELDS, .parameter = "q"),
       OUT(0), PARAMETER, PARAMETER_LENGTH, r->x)
BIND_COLUMN(order_groups, 4, "column", "starts", "stops", "q", "threads", "progress")

FAMILY(extremes_groups, MEMBERS(ARRAY(NPY_DOUBLE), .columns = 2 * SDR_EXTREMES), OUT(0),
       r->x)
BIND_COLUMN(extremes_groups, 3, "column", "starts", "stops", "threads", "progress")

FAMILY(median_deviation_groups,
       MEMBERS(ARRAY(NPY_DOUBLE), .parameter = "centers", .is_per_group = true), OUT(0),
       PARAMETER, r->x)
BIND_COLUMN(median_deviation_groups, 4, "column", "starts", "stops", "centers",
            "threads", "progress")

FAMILY(deviation_profile_groups,
       MEMBERS(STRUCTS(sdr_deviations, deviations_dict), .parameter = "centers",
               .is_per_group = true),
       r->g.results, PARAMETER, r->x)
BIND_COLUMN(deviation_profile_groups, 4, "column", "starts", "stops", "centers",
            "threads", "progress")

FAMILY(histogram_groups, MEMBERS(ARRAY(NPY_INT64), .parameter = "edges", .columns = 1),
       OUT(0), PARAMETER, PARAMETER_LENGTH, r->x)
BIND_COLUMN(histogram_groups, 4, "column", "starts", "stops", "edges", "threads",
            "progress")

/* --- a reference against each group ----------------------------------------------- */

#define TWO_SAMPLE_FIELD(type, name) FIELD(sdr_two_sample, type, name, name)

static const field group_two_sample_fields[] = {
    TWO_SAMPLE_FIELD(INT, n),
    TWO_SAMPLE_FIELD(INT, m),
    TWO_SAMPLE_FIELD(INT, most_tied),
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

/* Ends and histogram are optional, and further results. */
static bool two_sample_run(const request *r, PyObject *ends, PyObject *edges,
                           PyObject *counts, int flags, call *call) {
    return RUN(call, sdr_two_sample_groups, r->g.results,
               ends == NULL ? NULL : array_data(ends),
               counts == NULL ? NULL : array_data(counts),
               edges == NULL ? NULL : array_data(edges),
               edges == NULL ? 0 : array_length(edges), r->reference, r->x,
               &r->g.groups, flags);
}

static PyObject *two_sample_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                         PyObject *const *values) {
    static const family own = {STRUCTS(sdr_two_sample, group_two_sample_dict),
                               .has_reference = true};
    PyObject *ends = NULL, *edges = NULL, *counts = NULL, *result = NULL;
    bool wants_ends = false;
    int flags;
    request r;

    if (two_sample_flags_read(&flags, values[4], values[5]) < 0) return NULL;
    if (values[7] != NULL && argument_bool(&wants_ends, values[7]) < 0) return NULL;
    if (request_open(&r, &own, call, values) < 0) goto cleanup;
    if (histogram_open(&edges, &counts, values[6], r.g.groups.n) < 0) goto cleanup;
    if (wants_ends) {
        ends = array_new_2d(NPY_DOUBLE, r.g.groups.n, 2 * SDR_EXTREMES);
        if (ends == NULL) goto cleanup;
    }
    if (!two_sample_run(&r, ends, edges, counts, flags, call)) goto cleanup;
    result = result_of(&r, &own, call->state);
    if (result != NULL &&
        (PyDict_SetItemString(result, "histogram", counts == NULL ? Py_None : counts) <
             0 ||
         PyDict_SetItemString(result, "ends", ends == NULL ? Py_None : ends) < 0))
        Py_CLEAR(result);
cleanup:
    Py_XDECREF(ends);
    Py_XDECREF(edges);
    Py_XDECREF(counts);
    request_close(&r);
    return result;
}
BIND(two_sample_groups, 4, "reference", "column", "starts", "stops", "ks",
     "wasserstein", "edges", "ends", "threads", "progress")

static PyObject *rank_statistics_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                              PyObject *const *values) {
    static const family own = {STRUCTS(sdr_rank_statistics, ranks_dict),
                               .has_reference = true};
    PyObject *result = NULL;
    bool sums;
    request r;

    if (argument_bool(&sums, values[4]) < 0) return NULL;
    if (request_open(&r, &own, call, values) == 0 &&
        RUN(call, sdr_rank_statistics_groups, r.g.results, r.reference, r.x,
            &r.g.groups, sums))
        result = result_of(&r, &own, call->state);
    request_close(&r);
    return result;
}
BIND(rank_statistics_groups, 4, "reference", "column", "starts", "stops", "sums",
     "threads", "progress")

/* --- confusion -------------------------------------------------------------------- */

/* One a row of the columns, or none; -1: exception. */
static int weights_read(PyObject **out, PyObject *value, int64_t rows) {
    if (value == NULL || value == Py_None) return 0;
    *out = array_from(value, NPY_DOUBLE, "weights");
    if (*out == NULL) return -1;
    if (array_length(*out) == rows) return 0;
    PyErr_Format(PyExc_ValueError, "weights: expected %lld, one a row, found %lld",
                 (long long)rows, (long long)array_length(*out));
    return -1;
}

/* A table a group as one row of an array: Python gives it its shape. */
static int confusion_open(PyObject **out, int type_num, int64_t n_groups,
                          const sdr_confusion_codes *codes) {
    const int64_t most = 32767; /* what the core takes; the product cannot overflow */
    const bool is_small = codes->n_rows <= most && codes->n_columns <= most;
    const int64_t cells = is_small && codes->n_rows > 0 && codes->n_columns > 0
                              ? codes->n_rows * codes->n_columns
                              : 1;
    *out = array_new_2d(type_num, n_groups, cells);
    return *out == NULL ? -1 : 0;
}

static int codes_read(sdr_confusion_codes *out, PyObject *const *values) {
    *out = (sdr_confusion_codes){0};
    if (argument_int64(&out->n_rows, values[4], "n_rows") < 0) return -1;
    if (argument_int64(&out->n_columns, values[5], "n_columns") < 0) return -1;
    if (values[7] == NULL) return 0;
    return argument_int64(&out->low, values[7], "low");
}

static PyObject *shaped(PyObject *array, int64_t n_groups,
                        const sdr_confusion_codes *codes) {
    return PyObject_CallMethod(array, "reshape", "LLL", (long long)n_groups,
                               (long long)codes->n_rows, (long long)codes->n_columns);
}

static PyObject *confusion_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                        PyObject *const *values) {
    PyObject *weights = NULL, *table = NULL, *result = NULL;
    const sdr_column *x = call->column, *y = call->other;
    sdr_confusion_codes codes;
    group_call g = {0};
    bool is_done;

    if (codes_read(&codes, values) < 0) return NULL;
    if (group_call_open(&g, values[2], values[3], 0) < 0) goto cleanup;
    if (weights_read(&weights, values[6], x->length) < 0) goto cleanup;
    if (confusion_open(&table, weights == NULL ? NPY_INT64 : NPY_DOUBLE, g.groups.n,
                       &codes) < 0)
        goto cleanup;
    is_done =
        weights == NULL
            ? RUN(call, sdr_confusion_groups, array_data(table), x, y, codes, &g.groups)
            : RUN(call, sdr_weighted_confusion_groups, array_data(table),
                  array_data(weights), x, y, codes, &g.groups);
    if (is_done) result = shaped(table, g.groups.n, &codes);
cleanup:
    Py_XDECREF(weights);
    Py_XDECREF(table);
    group_call_close(&g);
    return result;
}
BIND_PAIR(confusion_groups, 6, "rows", "columns", "starts", "stops", "n_rows",
          "n_columns", "weights", "low", "threads", "progress")

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

/* Numerators of as many groups; -1: exception. */
static int group_numerators_read(PyObject **high, PyObject **low,
                                 PyObject *const *values, int64_t n_groups) {
    *high = array_from(values[0], NPY_INT64, "numerator_high");
    if (*high == NULL) return -1;
    *low = array_from(values[1], NPY_UINT64, "numerator_low");
    if (*low == NULL) return -1;
    if (array_length(*high) == n_groups && array_length(*low) == n_groups) return 0;
    PyErr_Format(PyExc_ValueError,
                 "numerators: expected %lld values, one for each group, found %lld and "
                 "%lld",
                 (long long)n_groups, (long long)array_length(*high),
                 (long long)array_length(*low));
    return -1;
}

/* p-values, or their logarithms. */
static PyObject *ks_ties_p_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                        PyObject *const *values) {
    static const family own = {ARRAY(NPY_DOUBLE), .has_reference = true};
    PyObject *high = NULL, *low = NULL, *result = NULL;
    double most_cost = 0.0;
    bool wants_log;
    request r = {0};

    if (argument_double(&most_cost, values[6], "most_cost") < 0) return NULL;
    if (argument_bool(&wants_log, values[7]) < 0) return NULL;
    if (request_open(&r, &own, call, values) < 0) goto cleanup;
    if (group_numerators_read(&high, &low, values + 4, r.g.groups.n) < 0) goto cleanup;
    double *p = array_data(r.arrays[0]);
    if (RUN(call, sdr_ks_ties_p_groups, wants_log ? NULL : p, wants_log ? p : NULL,
            array_data(high), array_data(low), most_cost, r.reference, r.x,
            &r.g.groups))
        result = result_of(&r, &own, call->state);
cleanup:
    Py_XDECREF(high);
    Py_XDECREF(low);
    request_close(&r);
    return result;
}
BIND(ks_ties_p_groups, 8, "reference", "column", "starts", "stops", "numerator_high",
     "numerator_low", "most_cost", "logarithm", "threads", "progress")

/* --- sums by code ----------------------------------------------------------------- */

/* Both code columns and their numbers of codes; -1: exception. */
static int code_columns_read(sdr_code_columns *out, call *call,
                             PyObject *const *values) {
    out->values = call->column;
    out->rows = call->other;
    out->columns = column_argument(call->state, values[2], "columns");
    if (out->columns == NULL) return -1;
    if (argument_int64(&out->n_rows, values[5], "n_rows") < 0) return -1;
    if (argument_int64(&out->n_columns, values[6], "n_columns") < 0) return -1;
    if (out->n_rows >= 1 && out->n_columns >= 1 &&
        out->n_rows <= INT32_MAX / out->n_columns)
        return 0;
    PyErr_Format(
        PyExc_ValueError,
        "n_rows, n_columns: expected 1 or more, and few enough codes, found %lld "
        "and %lld",
        (long long)out->n_rows, (long long)out->n_columns);
    return -1;
}

static PyObject *sums_by_code_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                           PyObject *const *values) {
    static const int types[3] = {NPY_INT64, NPY_DOUBLE, NPY_DOUBLE};
    PyObject *arrays[3] = {NULL}, *result = NULL;
    sdr_code_columns columns;
    group_call g;

    if (code_columns_read(&columns, call, values) < 0) return NULL;
    if (group_call_open(&g, values[3], values[4], 0) < 0) goto cleanup;
    for (int i = 0; i < 3; i++) {
        arrays[i] =
            array_new_2d(types[i], g.groups.n, columns.n_rows * columns.n_columns);
        if (arrays[i] == NULL) goto cleanup;
    }
    const sdr_code_sums out = {array_data(arrays[0]), array_data(arrays[1]),
                               array_data(arrays[2])};
    if (RUN(call, sdr_sums_by_code_groups, out, &columns, &g.groups))
        result = PyTuple_Pack(3, arrays[0], arrays[1], arrays[2]);
cleanup:
    for (int i = 0; i < 3; i++)
        Py_XDECREF(arrays[i]);
    group_call_close(&g);
    return result;
}
BIND_PAIR(sums_by_code_groups, 7, "values", "rows", "columns", "starts", "stops",
          "n_rows", "n_columns", "threads", "progress")

#define GROUPS "column, starts, stops, "

PyMethodDef group_functions[] = {
    ROW(profile_groups, "(" GROUPS OPTIONS ")", "Profiles, one a group."),
    ROW(text_profile_groups, "(" GROUPS OPTIONS ")",
        "Counts and lengths of text, one a group."),
    ROW(missing_groups, "(" GROUPS OPTIONS ")",
        "Rows that are null or NaN, one a group."),
    ROW(pair_profile_groups, "(x, y, starts, stops, " OPTIONS ")",
        "Moments and errors of pairs, one a group."),
    ROW(confusion_groups,
        "(rows, columns, starts, stops, n_rows, n_columns, weights=None, "
        "low=0, " OPTIONS ")",
        "How often each pair of codes occurs, a table a group."),
    ROW(distinct_groups, "(" GROUPS OPTIONS ")",
        "Counts and standard errors, one a group."),
    ROW(quantiles_groups, "(" GROUPS "q, " OPTIONS ")", "Quantiles, a row a group."),
    ROW(extremes_groups, "(" GROUPS OPTIONS ")",
        "The smallest and the largest finite values, a row a group."),
    ROW(median_deviation_groups, "(" GROUPS "centers, " OPTIONS ")",
        "Medians of |x - center|, one a group."),
    ROW(deviation_profile_groups, "(" GROUPS "centers, " OPTIONS ")",
        "Means of |x - center|, one a group."),
    ROW(order_groups, "(" GROUPS "q, " OPTIONS ")",
        "Median deviation, most frequent value, its rows, distinct values, quantiles."),
    ROW(histogram_groups, "(" GROUPS "edges, " OPTIONS ")", "Counts, a row a group."),
    ROW(two_sample_groups,
        "(reference, " GROUPS
        "ks=True, wasserstein=True, edges=None, ends=False, " OPTIONS ")",
        "Kolmogorov-Smirnov and Wasserstein-1, one a group."),
    ROW(rank_statistics_groups, "(reference, " GROUPS "sums=True, " OPTIONS ")",
        "Rank statistics, one a group."),
    ROW(sums_by_code_groups,
        "(values, rows, columns, starts, stops, n_rows, n_columns, " OPTIONS ")",
        "Counts, sums and sums of squares by two codes, one a group."),
    ROW(ks_exact_p_groups, "(n, m, numerator_high, numerator_low, " OPTIONS ")",
        "Exact p-values."),
    ROW(ks_ties_p_groups,
        "(reference, " GROUPS
        "numerator_high, numerator_low, most_cost, logarithm, " OPTIONS ")",
        "Exact p-values with ties."),
    ROW(digest_groups, "(" GROUPS OPTIONS ")",
        "Fingerprints of the rows, 16 bytes a group."),
    {NULL, NULL, 0, NULL},
};
