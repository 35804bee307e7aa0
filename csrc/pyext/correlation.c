/* Correlations: sums of products of all pairs, dense ranks, pairs of ranks. */
#include "pyext/pyext.h"

/* --- products --------------------------------------------------------------------- */

typedef struct product_call {
    PyObject *objects, *centers, *scales, *results[4]; /* a tuple; arrays */
    const sdr_column **columns;
    int64_t n;
} product_call;

static int columns_read(product_call *p, core_state *state, PyObject *value) {
    p->objects = PySequence_Tuple(value);
    if (p->objects == NULL) return -1;
    p->n = PyTuple_Size(p->objects);
    p->columns = sdr_allocate((size_t)(p->n + 1) * sizeof *p->columns);
    if (p->columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (int64_t i = 0; i < p->n; i++) {
        PyObject *object = PyTuple_GetItem(p->objects, (Py_ssize_t)i);
        p->columns[i] = column_argument(state, object, "columns");
        if (p->columns[i] == NULL) return -1;
    }
    return 0;
}

static int numbers_read(PyObject **out, PyObject *value, const char *name, int64_t n) {
    *out = array_from(value, NPY_DOUBLE, name);
    if (*out == NULL) return -1;
    if (array_length(*out) == n) return 0;
    PyErr_Format(PyExc_ValueError,
                 "%s: expected %lld numbers, one a column, found %lld", name,
                 (long long)n, (long long)array_length(*out));
    return -1;
}

/* -1: exception. Closed in both cases. */
static int product_call_open(product_call *p, core_state *state,
                             PyObject *const *values) {
    *p = (product_call){0};
    if (columns_read(p, state, values[0]) < 0) return -1;
    if (numbers_read(&p->centers, values[1], "centers", p->n) < 0) return -1;
    if (numbers_read(&p->scales, values[2], "scales", p->n) < 0) return -1;
    for (int i = 0; i < 4; i++) {
        p->results[i] = array_new_2d(i == 0 ? NPY_INT64 : NPY_DOUBLE, p->n, p->n);
        if (p->results[i] == NULL) return -1;
    }
    return 0;
}

static void product_call_close(product_call *p) {
    Py_CLEAR(p->objects);
    Py_CLEAR(p->centers);
    Py_CLEAR(p->scales);
    for (int i = 0; i < 4; i++)
        Py_CLEAR(p->results[i]);
    sdr_release(p->columns);
}

static PyObject *product_sums_bound(call *call, PyObject *Py_UNUSED(module),
                                    PyObject *const *values) {
    PyObject *result = NULL;
    int64_t start, stop;
    product_call p = {0};

    if (argument_int64(&start, values[3], "start") < 0) return NULL;
    if (argument_int64(&stop, values[4], "stop") < 0) return NULL;
    if (product_call_open(&p, call->state, values) < 0) goto cleanup;
    const sdr_product_sums sums = {array_data(p.results[0]), array_data(p.results[1]),
                                   array_data(p.results[2]), array_data(p.results[3])};
    if (RUN(call, sdr_product_sums_of, &sums, p.columns, array_data(p.centers),
            array_data(p.scales), p.n, start, stop))
        result =
            PyTuple_Pack(4, p.results[0], p.results[1], p.results[2], p.results[3]);
cleanup:
    product_call_close(&p);
    return result;
}
BIND(product_sums, 5, "columns", "centers", "scales", "start", "stop", "threads",
     "progress")

/* --- ranks ------------------------------------------------------------------------ */

static PyObject *dense_ranks_bound(call *call, PyObject *Py_UNUSED(module),
                                   PyObject *const *values) {
    int64_t start, stop, levels;
    if (argument_int64(&start, values[1], "start") < 0) return NULL;
    if (argument_int64(&stop, values[2], "stop") < 0) return NULL;
    int64_t rows = stop > start ? stop - start : 0;
    if (rows > call->column->length) rows = 0; /* refused by the core */
    PyObject *ranks = array_new(NPY_INT32, rows), *result = NULL;
    if (ranks == NULL) return NULL;
    if (RUN(call, sdr_dense_ranks, array_data(ranks), &levels, call->column, start,
            stop))
        result = Py_BuildValue("OL", ranks, (long long)levels);
    Py_DECREF(ranks);
    return result;
}
BIND_COLUMN(dense_ranks, 3, "column", "start", "stop", "threads", "progress")

#define PAIR_FIELD(type, name) FIELD(sdr_rank_pair, type, name, name)

static const field rank_pair_fields[] = {
    PAIR_FIELD(INT, n),
    PAIR_FIELD(DOUBLE, spearman),
    PAIR_FIELD(DOUBLE, kendall),
    PAIR_FIELD(INT, discordant),
    PAIR_FIELD(INT, ties_x),
    PAIR_FIELD(INT, ties_y),
    PAIR_FIELD(INT, ties_both),
    PAIR_FIELD(STATUS, spearman_status),
    PAIR_FIELD(STATUS, kendall_status),
};
const dict_type rank_pair_dict = DICT_TYPE(DICT_RANK_PAIR, rank_pair_fields);

static PyObject *rank_pair_bound(call *call, PyObject *Py_UNUSED(module),
                                 PyObject *const *values) {
    PyObject *x = NULL, *y = NULL, *result = NULL;
    bool kendall = false;
    sdr_rank_pair pair;

    if (values[2] != NULL && argument_bool(&kendall, values[2]) < 0) return NULL;
    x = array_from(values[0], NPY_INT32, "x");
    if (x == NULL) goto cleanup;
    y = array_from(values[1], NPY_INT32, "y");
    if (y == NULL) goto cleanup;
    if (array_length(x) != array_length(y)) {
        PyErr_Format(PyExc_ValueError, "y: expected %lld ranks, as x has, found %lld",
                     (long long)array_length(x), (long long)array_length(y));
        goto cleanup;
    }
    if (RUN(call, sdr_rank_pair_of, &pair, array_data(x), array_data(y),
            array_length(x), kendall))
        result = dict_new(call->state, &rank_pair_dict, &pair);
cleanup:
    Py_XDECREF(x);
    Py_XDECREF(y);
    return result;
}
BIND(rank_pair, 2, "x", "y", "kendall", "threads", "progress")

PyMethodDef correlation_functions[] = {
    ROW(product_sums, "(columns, centers, scales, start, stop, " OPTIONS ")",
        "(rows, sums, squares, products) of all pairs of columns."),
    ROW(dense_ranks, "(column, start, stop, " OPTIONS ")",
        "(ranks, levels): distinct smaller values of each row, -1 where it is "
        "missing."),
    ROW(rank_pair, "(x, y, kendall=False, " OPTIONS ")",
        "Spearman's rho and Kendall's tau-b of dense ranks."),
    {NULL, NULL, 0, NULL},
};
