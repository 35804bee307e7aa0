/* Prepared, a column sorted once, and the sort itself: drift.h, sort.h. */
#include "pyext/pyext.h"

#include <math.h>

/* --- Prepared --------------------------------------------------------------------- */

typedef struct prepared_object {
    PyObject_HEAD sdr_prepared *prepared;
} prepared_object;

const sdr_prepared *prepared_of(PyObject *object) {
    return ((prepared_object *)object)->prepared;
}

static PyObject *prepared_alloc(PyTypeObject *type) {
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return allocate(type, 0);
}

static void prepared_dealloc(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    sdr_prepared_free(((prepared_object *)object)->prepared);
    release(object);
    Py_DECREF(type);
}

static PyObject *prepared_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {"column", "threads", "progress", NULL};
    core_state *state = PyType_GetModuleState(type);
    PyObject *value = NULL, *threads = NULL, *progress = NULL, *self = NULL;
    call call;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|OO:Prepared", names, &value,
                                     &threads, &progress)) {
        return NULL;
    }
    const sdr_column *column = column_argument(state, value, "column");
    if (column == NULL) return NULL;
    if (call_open(&call, state, threads, progress) < 0) return NULL;
    self = prepared_alloc(type);
    if (self == NULL) return NULL;
    prepared_object *prepared = (prepared_object *)self;
    if (!RUN(&call, sdr_prepared_new, &prepared->prepared, column)) {
        prepared->prepared = NULL;
        Py_CLEAR(self);
    }
    return self;
}

#define UINT64_KEY_OFFSET ((uint64_t)1 << 63) /* of the sort keys of uint64 */

/* Keys of uint64 to values and back: the same flip. */
static PyObject *flipped_copy(int type_num, const uint64_t *keys, int64_t n) {
    PyObject *copy = array_new(type_num, n);
    if (copy == NULL) return NULL;
    uint64_t *out = array_data(copy);
    for (int64_t i = 0; i < n; i++) {
        out[i] = keys[i] ^ UINT64_KEY_OFFSET;
    }
    return copy;
}

/* What sdr_prepared_from_sorted reads: float64, int64, or keys of uint64. */
static PyObject *sorted_keys(PyObject *values, bool *is_integer, bool *is_unsigned) {
    *is_unsigned = array_is_unsigned64(values);
    *is_integer = *is_unsigned || array_type_num(values) == NPY_INT64;
    if (!*is_integer) return array_from(values, NPY_DOUBLE, "values");
    if (!*is_unsigned) return array_from(values, NPY_INT64, "values");
    PyObject *array = array_from(values, NPY_UINT64, "values");
    if (array == NULL) return NULL;
    PyObject *keys = flipped_copy(NPY_INT64, array_data(array), array_length(array));
    Py_DECREF(array);
    return keys;
}

static PyObject *prepared_from_sorted(PyObject *type, PyObject *values) {
    core_state *state = PyType_GetModuleState((PyTypeObject *)type);
    PyObject *keys = NULL, *self = NULL;
    bool is_integer, is_unsigned;
    call call;

    if (call_open(&call, state, NULL, NULL) < 0) return NULL;
    keys = sorted_keys(values, &is_integer, &is_unsigned);
    if (keys == NULL) return NULL;
    self = prepared_alloc((PyTypeObject *)type);
    if (self == NULL) goto cleanup;
    prepared_object *prepared = (prepared_object *)self;
    if (!RUN(&call, sdr_prepared_from_sorted, &prepared->prepared, array_data(keys),
             array_length(keys), is_integer, is_unsigned)) {
        prepared->prepared = NULL;
        Py_CLEAR(self);
    }
cleanup:
    Py_DECREF(keys);
    return self;
}

static Py_ssize_t prepared_length(PyObject *self) {
    const void *values;
    bool is_integer, is_unsigned;
    return (Py_ssize_t)sdr_prepared_values(prepared_of(self), &values, &is_integer,
                                           &is_unsigned);
}

static PyObject *prepared_values(PyObject *self, void *Py_UNUSED(closure)) {
    const void *values;
    bool is_integer, is_unsigned;
    int64_t n =
        sdr_prepared_values(prepared_of(self), &values, &is_integer, &is_unsigned);
    if (is_unsigned) return flipped_copy(NPY_UINT64, values, n);
    return array_over(is_integer ? NPY_INT64 : NPY_DOUBLE, n, values, self);
}

static PyObject *prepared_quantiles(PyObject *self, PyObject *value) {
    PyObject *q = NULL, *out = NULL;
    call call;

    if (call_open(&call, core_state_of(self), NULL, NULL) < 0) return NULL;
    q = array_from(value, NPY_DOUBLE, "q");
    if (q == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, array_length(q));
    if (out == NULL) goto cleanup;
    if (!CALL(&call,
              sdr_prepared_quantiles(array_data(out), array_data(q), array_length(q),
                                     prepared_of(self), &call.error))) {
        Py_CLEAR(out);
    }
cleanup:
    Py_XDECREF(q);
    return out;
}

static PyMethodDef prepared_methods[] = {
    {"from_sorted", prepared_from_sorted, METH_O | METH_CLASS,
     "from_sorted(values)\n--\n\nFrom `values` as saved: float64, int64 or uint64, "
     "ascending."},
    {"quantiles", prepared_quantiles, METH_O,
     "quantiles(q)\n--\n\nExact quantiles, linear interpolation."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef prepared_attributes[] = {
    {"values", prepared_values, NULL, "The sorted values, read-only.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot prepared_slots[] = {
    {Py_tp_new, prepared_new},
    {Py_tp_dealloc, prepared_dealloc},
    {Py_tp_methods, prepared_methods},
    {Py_tp_getset, prepared_attributes},
    {Py_sq_length, prepared_length},
    {Py_tp_doc, "Prepared(column, threads=None, progress=None)\n--\n\n"
                "A numeric reference, sorted once; immutable."},
    {0, NULL},
};

PyType_Spec prepared_spec = {
    .name = "simdrift._core.Prepared",
    .basicsize = sizeof(prepared_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = prepared_slots,
};

/* --- columns to sorted values ----------------------------------------------------- */

static PyObject *sort_both_bound(call *call, PyObject *Py_UNUSED(module),
                                 PyObject *const *Py_UNUSED(values)) {
    PyObject *x = NULL, *y = NULL, *both = NULL;

    x = prepared_alloc(call->state->prepared_type);
    if (x == NULL) goto cleanup;
    y = prepared_alloc(call->state->prepared_type);
    if (y == NULL) goto cleanup;
    prepared_object *to_x = (prepared_object *)x, *to_y = (prepared_object *)y;
    if (!RUN(call, sdr_prepared_both, &to_x->prepared, &to_y->prepared, call->column,
             call->other)) {
        goto cleanup;
    }
    both = PyTuple_Pack(2, x, y);
cleanup:
    Py_XDECREF(x);
    Py_XDECREF(y);
    return both;
}
BIND_PAIR(sort_both, 2, "reference", "current", "threads", "progress")

/* Copies what is not NaN to the front, in order, and NaN behind it;
 * how many are not. */
static int64_t copy_nan_last(double *out, const double *values, int64_t n) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isnan(values[i])) out[kept++] = values[i];
    }
    for (int64_t i = kept; i < n; i++) {
        out[i] = NAN;
    }
    return kept;
}

static sdr_code sort_copy(double *out, const double *values, int64_t n,
                          const sdr_context *context, sdr_error *error) {
    int64_t kept = copy_nan_last(out, values, n);
    return sdr_sort_f64(out, kept, context, error);
}

static PyObject *sort_bound(call *call, PyObject *Py_UNUSED(module),
                            PyObject *const *values) {
    PyObject *array = NULL, *out = NULL;

    array = array_from(values[0], NPY_DOUBLE, "values");
    if (array == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, array_length(array));
    if (out == NULL) goto cleanup;
    if (!RUN(call, sort_copy, array_data(out), array_data(array), array_length(array)))
        Py_CLEAR(out);
cleanup:
    Py_XDECREF(array);
    return out;
}
BIND(sort, 1, "values", "threads", "progress")

PyMethodDef prepared_functions[] = {
    ROW(sort_both, "(reference, current, " OPTIONS ")",
        "Two columns, each as a Prepared, for rank_statistics and quantiles."),
    ROW(sort, "(values, " OPTIONS ")", "A sorted copy, NaN last."),
    {NULL, NULL, 0, NULL},
};
