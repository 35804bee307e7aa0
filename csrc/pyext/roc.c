/* Scores against a target of two labels, and bootstraps: roc.h. */
#include "pyext/groups.h"

/* --- arguments -------------------------------------------------------------------- */

/* What the calls of this file are given: ranges or none, labels, weights. */
typedef struct ranked_call {
    group_call g;
    PyObject *labels, *weights; /* float64; NULL: none */
    sdr_ranked rows;
} ranked_call;

enum { LABELS = 3 };

/* `labels`: (positive, low, high); NULL or None: 1 against 0. */
static int labels_read(ranked_call *r, PyObject *value) {
    r->rows.positive = 1.0;
    if (value == NULL || value == Py_None) return 0;
    r->labels = array_from(value, NPY_DOUBLE, "labels");
    if (r->labels == NULL) return -1;
    if (array_length(r->labels) != LABELS) {
        PyErr_Format(PyExc_ValueError,
                     "labels: expected (positive, low, high), found %lld values",
                     (long long)array_length(r->labels));
        return -1;
    }
    const double *labels = array_data(r->labels);
    r->rows.positive = labels[0];
    r->rows.low = labels[1];
    r->rows.high = labels[2];
    return 0;
}

/* NULL or None: none. -1: exception. */
static int weights_read(PyObject **out, PyObject *value, const sdr_column *column) {
    if (value == NULL || value == Py_None) return 0;
    *out = array_from(value, NPY_DOUBLE, "weights");
    if (*out == NULL) return -1;
    if (array_length(*out) == column->length) return 0;
    PyErr_Format(PyExc_ValueError, "weights: expected %lld, one a row, found %lld",
                 (long long)column->length, (long long)array_length(*out));
    return -1;
}

/* starts: NULL for none. -1: exception. Closed in both cases. */
static int ranked_open(ranked_call *r, const call *call, PyObject *const *ranges,
                       size_t size, PyObject *labels, PyObject *weights) {
    *r = (ranked_call){.rows = {.target = call->column, .score = call->other}};
    if (ranges != NULL && group_call_open(&r->g, ranges[0], ranges[1], size) < 0)
        return -1;
    if (labels_read(r, labels) < 0) return -1;
    if (weights_read(&r->weights, weights, call->other) < 0) return -1;
    if (r->weights != NULL) r->rows.weights = array_data(r->weights);
    return 0;
}

static void ranked_close(ranked_call *r) {
    group_call_close(&r->g);
    Py_CLEAR(r->labels);
    Py_CLEAR(r->weights);
}

static int seed_read(uint64_t *out, PyObject *value) {
    int64_t seed;
    if (argument_int64(&seed, value, "seed") < 0) return -1;
    *out = (uint64_t)seed;
    return 0;
}

/* --- ranks ------------------------------------------------------------------------ */

#define ROC_FIELD(type, name) FIELD(sdr_roc, type, name, name)

static const field roc_fields[] = {
    ROC_FIELD(INT, positives),
    ROC_FIELD(INT, negatives),
    ROC_FIELD(DOUBLE, positive_size),
    ROC_FIELD(DOUBLE, negative_size),
    ROC_FIELD(DOUBLE, prevalence),
    ROC_FIELD(DOUBLE, auc),
    ROC_FIELD(DOUBLE, auc_variance),
    ROC_FIELD(DOUBLE, average_precision),
    ROC_FIELD(DOUBLE, average_precision_variance),
};
const dict_type roc_dict = DICT_TYPE(DICT_ROC, roc_fields);

static PyObject *roc_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    PyObject *result = NULL;
    ranked_call r;
    if (ranked_open(&r, call, values + 2, sizeof(sdr_roc), values[4], values[5]) == 0 &&
        RUN(call, sdr_roc_groups, r.g.results, &r.rows, &r.g.groups))
        result = dict_of_arrays(call->state, &roc_dict, r.g.results, sizeof(sdr_roc),
                                r.g.groups.n);
    ranked_close(&r);
    return result;
}
BIND_PAIR(roc_groups, 4, "target", "score", "starts", "stops", "labels", "weights",
          "threads", "progress")

#define PAIR_FIELD(type, name) FIELD(sdr_roc_pair, type, name, name)

static const field roc_pair_fields[] = {
    PAIR_FIELD(INT, positives),    PAIR_FIELD(INT, negatives),
    PAIR_FIELD(DOUBLE, auc),       PAIR_FIELD(DOUBLE, other_auc),
    PAIR_FIELD(DOUBLE, variance),  PAIR_FIELD(DOUBLE, other_variance),
    PAIR_FIELD(DOUBLE, covariance)};
const dict_type roc_pair_dict = DICT_TYPE(DICT_ROC_PAIR, roc_pair_fields);

static PyObject *roc_pair_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                       PyObject *const *values) {
    PyObject *result = NULL;
    ranked_call r;
    const sdr_column *other = column_argument(call->state, values[2], "other");
    if (other == NULL) return NULL;
    if (ranked_open(&r, call, values + 3, sizeof(sdr_roc_pair), values[5], NULL) == 0 &&
        RUN(call, sdr_roc_pair_groups, r.g.results, &r.rows, other, &r.g.groups))
        result = dict_of_arrays(call->state, &roc_pair_dict, r.g.results,
                                sizeof(sdr_roc_pair), r.g.groups.n);
    ranked_close(&r);
    return result;
}
BIND_PAIR(roc_pair_groups, 5, "target", "score", "other", "starts", "stops", "labels",
          "threads", "progress")

static PyObject *rank_curve_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    PyObject *result = NULL;
    sdr_rank_curve curve = {0};
    ranked_call r;
    if (ranked_open(&r, call, NULL, 0, values[2], values[3]) == 0 &&
        RUN(call, sdr_rank_curve_new, &curve, &r.rows))
        result =
            Py_BuildValue("(NNN)", array_copy(NPY_DOUBLE, curve.n, curve.thresholds),
                          array_copy(NPY_DOUBLE, curve.n, curve.positives),
                          array_copy(NPY_DOUBLE, curve.n, curve.negatives));
    sdr_rank_curve_reset(&curve);
    ranked_close(&r);
    return result;
}
BIND_PAIR(rank_curve, 2, "target", "score", "labels", "weights", "threads", "progress")

/* --- bootstraps ------------------------------------------------------------------- */

static PyObject *roc_bootstrap_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                            PyObject *const *values) {
    PyObject *auc = NULL, *precision = NULL, *result = NULL;
    int64_t n;
    uint64_t seed;
    ranked_call r;
    if (argument_int64(&n, values[4], "n") < 0 || seed_read(&seed, values[5]) < 0)
        return NULL;
    if (ranked_open(&r, call, values + 2, 0, values[6], NULL) < 0) goto cleanup;
    auc = array_new_2d(NPY_DOUBLE, r.g.groups.n, n > 0 ? n : 0);
    if (auc == NULL) goto cleanup;
    precision = array_new_2d(NPY_DOUBLE, r.g.groups.n, n > 0 ? n : 0);
    if (precision == NULL) goto cleanup;
    if (RUN(call, sdr_roc_bootstrap_groups, array_data(auc), array_data(precision), n,
            seed, &r.rows, &r.g.groups))
        result = PyTuple_Pack(2, auc, precision);
cleanup:
    Py_XDECREF(auc);
    Py_XDECREF(precision);
    ranked_close(&r);
    return result;
}
BIND_PAIR(roc_bootstrap_groups, 6, "target", "score", "starts", "stops", "n", "seed",
          "labels", "threads", "progress")

static PyObject *mean_bootstrap_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                             PyObject *const *values) {
    PyObject *means = NULL, *weights = NULL, *result = NULL;
    int64_t n;
    uint64_t seed;
    group_call g = {0};
    if (argument_int64(&n, values[3], "n") < 0 || seed_read(&seed, values[4]) < 0)
        return NULL;
    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    if (weights_read(&weights, values[5], call->column) < 0) goto cleanup;
    means = array_new_2d(NPY_DOUBLE, g.groups.n, n > 0 ? n : 0);
    if (means == NULL) goto cleanup;
    if (RUN(call, sdr_mean_bootstrap_groups, array_data(means), n, seed, call->column,
            weights == NULL ? NULL : array_data(weights), &g.groups))
        result = Py_NewRef(means);
cleanup:
    Py_XDECREF(means);
    Py_XDECREF(weights);
    group_call_close(&g);
    return result;
}
BIND_COLUMN(mean_bootstrap_groups, 5, "column", "starts", "stops", "n", "seed",
            "weights", "threads", "progress")

PyMethodDef roc_functions[] = {
    ROW(roc_groups,
        "(target, score, starts, stops, labels=None, weights=None, " OPTIONS ")",
        "ROC AUC, average precision and their variances, of each group."),
    ROW(roc_pair_groups,
        "(target, score, other, starts, stops, labels=None, " OPTIONS ")",
        "ROC AUC of two scores of the same rows, and their covariance, of each group."),
    ROW(rank_curve, "(target, score, labels=None, weights=None, " OPTIONS ")",
        "Distinct scores, descending, with positives and negatives from each on."),
    ROW(roc_bootstrap_groups,
        "(target, score, starts, stops, n, seed, labels=None, " OPTIONS ")",
        "ROC AUC and average precision of n Poisson resamples of each group."),
    ROW(mean_bootstrap_groups,
        "(column, starts, stops, n, seed, weights=None, " OPTIONS ")",
        "The mean of n Poisson resamples of each group."),
    {NULL, NULL, 0, NULL},
};
