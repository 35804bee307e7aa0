/* Rankings: queries as codes, and the values of groups of queries. */
#include "pyext/groups.h"

#define RANKING_FIELD(type, name) FIELD(sdr_ranking, type, name, name)
/* The mean of a value, and its sum of squares about that. */
#define VALUE_FIELDS(name, value)                                                      \
    {#name, FIELD_DOUBLE, offsetof(sdr_ranking, mean) + (value) * sizeof(double)}, {   \
        #name "_m2", FIELD_DOUBLE,                                                     \
            offsetof(sdr_ranking, m2) + (value) * sizeof(double)                       \
    }

static const field ranking_fields[] = {
    RANKING_FIELD(INT, rows),
    RANKING_FIELD(INT, queries),
    RANKING_FIELD(INT, irrelevant),
    RANKING_FIELD(INT, negative),
    RANKING_FIELD(DOUBLE, weight),
    RANKING_FIELD(DOUBLE, weight_squares),
    VALUE_FIELDS(dcg, SDR_RANKING_DCG),
    VALUE_FIELDS(ndcg, SDR_RANKING_NDCG),
    VALUE_FIELDS(average_precision, SDR_RANKING_AVERAGE_PRECISION),
    VALUE_FIELDS(reciprocal_rank, SDR_RANKING_RECIPROCAL_RANK),
    VALUE_FIELDS(precision, SDR_RANKING_PRECISION),
    VALUE_FIELDS(recall, SDR_RANKING_RECALL),
    VALUE_FIELDS(hit, SDR_RANKING_HIT),
    VALUE_FIELDS(fbeta, SDR_RANKING_FBETA),
};
const dict_type ranking_dict = DICT_TYPE(DICT_RANKING, ranking_fields);

static PyObject *query_codes_bound(call *call, PyObject *Py_UNUSED(module),
                                   PyObject *const *Py_UNUSED(values)) {
    PyObject *codes = array_new(NPY_INT32, call->column->length);
    if (codes == NULL) return NULL;
    if (RUN(call, sdr_query_codes, array_data(codes), call->column)) return codes;
    Py_DECREF(codes);
    return NULL;
}
BIND_COLUMN(query_codes, 1, "column", "threads", "progress")

/* k, threshold, beta, exponential, ignores_ties; -1: exception. */
static int ranking_options_read(sdr_ranking_options *out, PyObject *const *values) {
    *out = (sdr_ranking_options){.beta = 1.0};
    if (values[0] != NULL && argument_int64(&out->k, values[0], "k") < 0) return -1;
    if (values[1] != NULL &&
        argument_double(&out->threshold, values[1], "threshold") < 0)
        return -1;
    if (values[2] != NULL && argument_double(&out->beta, values[2], "beta") < 0)
        return -1;
    if (values[3] != NULL && argument_bool(&out->exponential, values[3]) < 0) return -1;
    if (values[4] != NULL && argument_bool(&out->ignores_ties, values[4]) < 0)
        return -1;
    return 0;
}

static PyObject *ranking_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                      PyObject *const *values) {
    PyObject *codes = NULL, *weights = NULL, *result = NULL;
    sdr_ranking_options options;
    group_call g = {0};

    if (ranking_options_read(&options, values + 6) < 0) return NULL;
    if (group_rows_read(&codes, values[2], NPY_INT32, "codes", call->column) < 0)
        goto cleanup;
    if (codes == NULL) {
        PyErr_SetString(PyExc_TypeError, "codes: expected an array, found None");
        goto cleanup;
    }
    if (group_rows_read(&weights, values[5], NPY_DOUBLE, "weights", call->column) < 0)
        goto cleanup;
    if (group_call_open(&g, values[3], values[4], sizeof(sdr_ranking)) < 0)
        goto cleanup;
    if (RUN(call, sdr_ranking_groups, g.results, call->column, call->other,
            array_data(codes), weights == NULL ? NULL : array_data(weights), &options,
            &g.groups))
        result = dict_of_arrays(call->state, &ranking_dict, g.results,
                                sizeof(sdr_ranking), g.groups.n);
cleanup:
    group_call_close(&g);
    Py_XDECREF(codes);
    Py_XDECREF(weights);
    return result;
}
BIND_PAIR(ranking_groups, 5, "relevance", "score", "codes", "starts", "stops",
          "weights", "k", "threshold", "beta", "exponential", "ignores_ties", "threads",
          "progress")

PyMethodDef ranking_functions[] = {
    ROW(query_codes, "(column, " OPTIONS ")",
        "The query of each row as a code, in order of first row; -1: none."),
    ROW(ranking_groups,
        "(relevance, score, codes, starts, stops, weights=None, k=0, threshold=0.0, "
        "beta=1.0, exponential=False, ignores_ties=False, " OPTIONS ")",
        "Means over the queries of each group, and sums of squares about them."),
    {NULL, NULL, 0, NULL},
};
