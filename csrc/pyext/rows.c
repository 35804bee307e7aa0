/* Rows over several columns: duplicates, hashes, rows in which two columns agree. */
#include "pyext/groups.h"

/* The columns of a call, and the objects that keep them. */
typedef struct row_columns {
    PyObject *objects; /* a tuple */
    const sdr_column **columns;
    int64_t n;
} row_columns;

/* -1: exception. Closed in both cases. */
static int row_columns_open(row_columns *self, core_state *state, PyObject *value) {
    *self = (row_columns){0};
    self->objects = PySequence_Tuple(value);
    if (self->objects == NULL) return -1;
    self->n = PyTuple_Size(self->objects);
    self->columns = sdr_allocate((size_t)(self->n + 1) * sizeof *self->columns);
    if (self->columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (int64_t i = 0; i < self->n; i++) {
        PyObject *object = PyTuple_GetItem(self->objects, (Py_ssize_t)i);
        self->columns[i] = column_argument(state, object, "columns");
        if (self->columns[i] == NULL) return -1;
    }
    return 0;
}

static void row_columns_close(row_columns *self) {
    Py_CLEAR(self->objects);
    sdr_release(self->columns);
}

#define COUNT_FIELD(type, name) FIELD(sdr_row_counts, type, name, name)

static const field row_counts_fields[] = {
    COUNT_FIELD(INT, rows),
    COUNT_FIELD(INT, duplicates),
    COUNT_FIELD(INT, empty),
};
const dict_type row_counts_dict = DICT_TYPE(DICT_ROW_COUNTS, row_counts_fields);

static PyObject *row_counts_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                         PyObject *const *values) {
    PyObject *result = NULL;
    row_columns rows;
    group_call g = {0};

    if (row_columns_open(&rows, call->state, values[0]) < 0) goto cleanup;
    if (group_call_open(&g, values[1], values[2], sizeof(sdr_row_counts)) < 0)
        goto cleanup;
    if (RUN(call, sdr_row_counts_groups, g.results, rows.columns, rows.n, &g.groups))
        result = dict_of_arrays(call->state, &row_counts_dict, g.results,
                                sizeof(sdr_row_counts), g.groups.n);
cleanup:
    group_call_close(&g);
    row_columns_close(&rows);
    return result;
}
BIND(row_counts_groups, 3, "columns", "starts", "stops", "threads", "progress")

static PyObject *row_hashes_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *values) {
    PyObject *hashes = NULL;
    row_columns rows;

    if (row_columns_open(&rows, call->state, values[0]) < 0) goto cleanup;
    hashes = array_new_2d(NPY_UINT64, rows.n == 0 ? 0 : rows.columns[0]->length, 2);
    if (hashes == NULL) goto cleanup;
    if (!RUN(call, sdr_row_hashes, array_data(hashes), rows.columns, rows.n))
        Py_CLEAR(hashes);
cleanup:
    row_columns_close(&rows);
    return hashes;
}
BIND(row_hashes, 1, "columns", "threads", "progress")

static PyObject *equal_rows_groups_bound(call *call, PyObject *Py_UNUSED(module),
                                         PyObject *const *values) {
    PyObject *counts = NULL;
    group_call g = {0};

    if (group_call_open(&g, values[2], values[3], 0) < 0) goto cleanup;
    counts = array_new(NPY_INT64, g.groups.n);
    if (counts == NULL) goto cleanup;
    if (!RUN(call, sdr_equal_rows_groups, array_data(counts), call->column, call->other,
             &g.groups))
        Py_CLEAR(counts);
cleanup:
    group_call_close(&g);
    return counts;
}
BIND_PAIR(equal_rows_groups, 4, "x", "y", "starts", "stops", "threads", "progress")

PyMethodDef row_functions[] = {
    ROW(row_counts_groups, "(columns, starts, stops, " OPTIONS ")",
        "Rows, rows that equal one before them, rows that are missing throughout."),
    ROW(row_hashes, "(columns, " OPTIONS ")", "128 bits a row."),
    ROW(equal_rows_groups, "(x, y, starts, stops, " OPTIONS ")",
        "Rows in which both columns have the same value or none."),
    {NULL, NULL, 0, NULL},
};
