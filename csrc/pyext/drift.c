/* Two samples, the prepared reference, the exact p-value and the sort: drift.h. */
#include "pyext/pyext.h"

#include <math.h>
#include <string.h>

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
    if (CALL(&call, sdr_prepared_new(&prepared->prepared, column, &call.context,
                                     &call.error)) < 0) {
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
    if (CALL(&call, sdr_prepared_from_sorted(
                        &prepared->prepared, array_data(keys), array_length(keys),
                        is_integer, is_unsigned, &call.context, &call.error)) < 0) {
        prepared->prepared = NULL;
        Py_CLEAR(self);
    }
cleanup:
    Py_DECREF(keys);
    return self;
}

PyObject *core_sort_both(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                         PyObject *keywords) {
    static const parameters expected = {
        "sort_both", 2, 4, {"reference", "current", "threads", "progress"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[4], *x = NULL, *y = NULL, *both = NULL;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *reference = column_argument(state, values[0], "reference");
    if (reference == NULL) return NULL;
    const sdr_column *current = column_argument(state, values[1], "current");
    if (current == NULL) return NULL;
    if (call_open(&call, state, values[2], values[3]) < 0) return NULL;
    x = prepared_alloc(state->prepared_type);
    if (x == NULL) goto cleanup;
    y = prepared_alloc(state->prepared_type);
    if (y == NULL) goto cleanup;
    prepared_object *to_x = (prepared_object *)x, *to_y = (prepared_object *)y;
    if (CALL(&call, sdr_prepared_both(&to_x->prepared, &to_y->prepared, reference,
                                      current, &call.context, &call.error)) < 0) {
        goto cleanup;
    }
    both = PyTuple_Pack(2, x, y);
cleanup:
    Py_XDECREF(x);
    Py_XDECREF(y);
    return both;
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
    if (CALL(&call,
             sdr_prepared_quantiles(array_data(out), array_data(q), array_length(q),
                                    prepared_of(self), &call.error)) < 0) {
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

/* --- two samples ------------------------------------------------------------------ */

/* (cuts, counts of the reference, counts of the current column);
 * None where not done. */
static PyObject *picture_tuple(const sdr_picture *picture) {
    PyObject *cuts = NULL, *reference = NULL, *current = NULL, *all = NULL;
    size_t n = (size_t)picture->n_cuts, cells = n + 1;

    if (!picture->done) return Py_NewRef(Py_None);
    cuts = array_new(NPY_DOUBLE, (int64_t)n);
    if (cuts == NULL) goto cleanup;
    reference = array_new(NPY_INT64, (int64_t)cells);
    if (reference == NULL) goto cleanup;
    current = array_new(NPY_INT64, (int64_t)cells);
    if (current == NULL) goto cleanup;
    memcpy(array_data(cuts), picture->cuts, n * sizeof *picture->cuts);
    memcpy(array_data(reference), picture->reference,
           cells * sizeof *picture->reference);
    memcpy(array_data(current), picture->current, cells * sizeof *picture->current);
    all = PyTuple_Pack(3, cuts, reference, current);
cleanup:
    Py_XDECREF(cuts);
    Py_XDECREF(reference);
    Py_XDECREF(current);
    return all;
}

static PyObject *two_sample_dict(core_state *state, const sdr_two_sample *result,
                                 const sdr_picture *picture) {
    fields out = fields_begin(state);
    fields_int(&out, KEY_n, result->n);
    fields_int(&out, KEY_m, result->m);
    fields_status(&out, KEY_status, result->status);
    fields_double(&out, KEY_ks, result->ks);
    fields_int128(&out, KEY_ks_numerator, result->ks_numerator_high,
                  result->ks_numerator_low);
    fields_double(&out, KEY_ks_location, result->ks_location);
    fields_int(&out, KEY_ks_sign, result->ks_sign);
    fields_int(&out, KEY_wasserstein_n, result->wasserstein_n);
    fields_int(&out, KEY_wasserstein_m, result->wasserstein_m);
    fields_status(&out, KEY_wasserstein_status, result->wasserstein_status);
    fields_double(&out, KEY_wasserstein, result->wasserstein);
    fields_object(&out, KEY_picture, picture_tuple(picture));
    return fields_end(&out);
}

/* None: no picture, *wanted false. An array: its cut points. A tuple: (how many points,
 * between which two quantiles). */
static int picture_read(sdr_picture *out, bool *wanted, PyObject *value) {
    memset(out, 0, sizeof *out);
    *wanted = value != NULL && value != Py_None;
    if (!*wanted) return 0;
    if (PyTuple_Check(value))
        return PyArg_ParseTuple(value, "idd;picture: expected (points, low, high)",
                                &out->points, &out->low, &out->high)
                   ? 0
                   : -1;
    PyObject *cuts = array_from(value, NPY_DOUBLE, "picture");
    if (cuts == NULL) return -1;
    int64_t n = array_length(cuts);
    if (n < 1 || n > SDR_PICTURE_POINTS) {
        PyErr_Format(PyExc_ValueError,
                     "picture: expected 1 to %d cut points, found %lld",
                     SDR_PICTURE_POINTS, (long long)n);
        Py_DECREF(cuts);
        return -1;
    }
    out->n_cuts = (int)n;
    memcpy(out->cuts, array_data(cuts), (size_t)n * sizeof *out->cuts);
    Py_DECREF(cuts);
    return 0;
}

int two_sample_flags_read(int *flags, PyObject *ks, PyObject *wasserstein) {
    bool wants_ks, wants_wasserstein;
    if (argument_bool(&wants_ks, ks) < 0) return -1;
    if (argument_bool(&wants_wasserstein, wasserstein) < 0) return -1;
    *flags = (wants_ks ? SDR_TWO_SAMPLE_KS : 0) |
             (wants_wasserstein ? SDR_TWO_SAMPLE_WASSERSTEIN : 0);
    return 0;
}

static int two_sample_run(sdr_two_sample *out, sdr_picture *picture,
                          PyObject *reference, const sdr_column *current, int flags,
                          call *call) {
    if (Py_IS_TYPE(reference, call->state->prepared_type)) {
        const sdr_prepared *prepared = prepared_of(reference);
        return CALL(call, sdr_two_sample_prepared(out, picture, prepared, current,
                                                  flags, &call->context, &call->error));
    }
    const sdr_column *column = column_argument(call->state, reference, "reference");
    if (column == NULL) return -1;
    return CALL(call, sdr_two_sample_columns(out, picture, column, current, flags,
                                             &call->context, &call->error));
}

PyObject *core_two_sample(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                          PyObject *keywords) {
    static const parameters expected = {"two_sample",
                                        2,
                                        7,
                                        {"reference", "current", "ks", "wasserstein",
                                         "threads", "progress", "picture"}};
    core_state *state = PyModule_GetState(module);
    PyObject *values[7];
    sdr_two_sample result;
    sdr_picture picture;
    bool draw;
    int flags;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    const sdr_column *current = column_argument(state, values[1], "current");
    if (current == NULL) return NULL;
    if (two_sample_flags_read(&flags, values[2], values[3]) < 0) return NULL;
    if (call_open(&call, state, values[4], values[5]) < 0) return NULL;
    if (picture_read(&picture, &draw, values[6]) < 0) return NULL;
    if (two_sample_run(&result, draw ? &picture : NULL, values[0], current, flags,
                       &call) < 0) {
        return NULL;
    }
    return two_sample_dict(state, &result, &picture);
}

PyObject *core_ks_exact_p(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                          PyObject *keywords) {
    static const parameters expected = {
        "ks_exact_p", 3, 5, {"n", "m", "numerator", "threads", "progress"}};
    PyObject *values[5];
    int64_t n, m, high;
    uint64_t low;
    double p;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (argument_int64(&n, values[0], "n") < 0) return NULL;
    if (argument_int64(&m, values[1], "m") < 0) return NULL;
    if (int128_read(&high, &low, values[2]) < 0) return NULL;
    if (call_open(&call, PyModule_GetState(module), values[3], values[4]) < 0) {
        return NULL;
    }
    if (CALL(&call, sdr_ks_exact_p(&p, n, m, high, low, &call.context, &call.error)) <
        0) {
        return NULL;
    }
    return PyFloat_FromDouble(p);
}

/* --- sort ------------------------------------------------------------------------- */

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

PyObject *core_sort(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                    PyObject *keywords) {
    static const parameters expected = {
        "sort", 1, 3, {"values", "threads", "progress"}};
    PyObject *values[3], *array = NULL, *out = NULL;
    call call;

    if (arguments_read(values, &expected, args, n_args, keywords) < 0) return NULL;
    if (call_open(&call, PyModule_GetState(module), values[1], values[2]) < 0) {
        return NULL;
    }
    array = array_from(values[0], NPY_DOUBLE, "values");
    if (array == NULL) goto cleanup;
    out = array_new(NPY_DOUBLE, array_length(array));
    if (out == NULL) goto cleanup;
    if (CALL(&call, sort_copy(array_data(out), array_data(array), array_length(array),
                              &call.context, &call.error)) < 0) {
        Py_CLEAR(out);
    }
cleanup:
    Py_XDECREF(array);
    return out;
}
