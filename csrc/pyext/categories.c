/*
 * simdrift._core.Categories: the growing table of categories.h.
 *
 * The table changes while the GIL is released, so each object has a lock. It is taken
 * without the GIL; a call from within the progress callback of the same object would
 * wait for itself and is refused instead.
 */
#include "pyext/groups.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct categories_object {
    PyObject_HEAD sdr_categories *categories;
    int64_t maximum;
    bool overflow;
    PyThread_type_lock lock;
    unsigned long holder; /* thread that has the lock; 0: nobody */
} categories_object;

/* --- the lock --------------------------------------------------------------------- */

static int lock_take(categories_object *self) {
    unsigned long thread = PyThread_get_thread_ident();
    if (self->holder == thread) {
        PyErr_SetString(PyExc_RuntimeError,
                        "Categories: called from its own progress callback");
        return -1;
    }
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS
    }
    self->holder = thread;
    return 0;
}

static void lock_give(categories_object *self) {
    self->holder = 0;
    PyThread_release_lock(self->lock);
}

/* --- from labels ------------------------------------------------------------------ */

static sdr_code encode_labels(categories_object *self, const sdr_column *labels,
                              sdr_error *error) {
    bool overflow = false;
    int32_t *codes = sdr_allocate((size_t)labels->length * sizeof *codes);
    if (codes == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    sdr_code code =
        sdr_categories_encode(self->categories, codes, &overflow, labels, NULL, error);
    sdr_release(codes);
    if (code != SDR_OK) return code;
    if (!overflow && sdr_categories_size(self->categories) == labels->length) {
        return SDR_OK;
    }
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "labels: expected distinct texts, at most %lld, found %lld",
                         (long long)self->maximum, (long long)labels->length);
}

static int add_labels(categories_object *self, PyObject *labels, call *call) {
    PyObject *object = text_column(call->state->column_type, labels, NULL);
    if (object == NULL) return -1;
    const sdr_column *column = &((column_object *)object)->column;
    bool done = CALL(call, encode_labels(self, column, &call->error));
    Py_DECREF(object);
    return done ? 0 : -1;
}

/* --- life ------------------------------------------------------------------------- */

static void categories_dealloc(PyObject *object) {
    categories_object *self = (categories_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    sdr_categories_free(self->categories);
    if (self->lock != NULL) PyThread_free_lock(self->lock);
    release(object);
    Py_DECREF(type);
}

static int categories_open(categories_object *self, PyObject *labels, call *call) {
    self->lock = PyThread_allocate_lock();
    if (self->lock == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    sdr_code code = sdr_categories_new(&self->categories, self->maximum, &call->error);
    if (code != SDR_OK) return call_raise(call, code);
    return labels == NULL ? 0 : add_labels(self, labels, call);
}

static PyObject *categories_new(PyTypeObject *type, PyObject *args,
                                PyObject *keywords) {
    static char *names[] = {"labels", "maximum", NULL};
    PyObject *labels = NULL;
    long long maximum = 100000;
    call call;

    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|OL:Categories", names, &labels,
                                     &maximum)) {
        return NULL;
    }
    if (maximum < 1 || maximum > INT_MAX) {
        PyErr_Format(PyExc_ValueError, "maximum: expected 1 to %d, found %lld", INT_MAX,
                     maximum);
        return NULL;
    }
    if (call_open(&call, PyType_GetModuleState(type), NULL, NULL) < 0) return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *object = allocate(type, 0);
    if (object == NULL) return NULL;
    ((categories_object *)object)->maximum = maximum;
    if (categories_open((categories_object *)object, labels, &call) < 0) {
        Py_CLEAR(object);
    }
    return object;
}

/* --- counting --------------------------------------------------------------------- */

/* (counts, nulls) with the lock held. */
static PyObject *count_locked(categories_object *self, call *call) {
    int64_t nulls = 0;
    PyObject *result = NULL;
    int64_t *counts = calloc((size_t)self->maximum, sizeof *counts);

    if (counts == NULL) return PyErr_NoMemory();
    if (RUN(call, sdr_categories_count, self->categories, counts, self->maximum, &nulls,
            &self->overflow, call->column)) {
        int64_t n = sdr_categories_size(self->categories);
        result =
            Py_BuildValue("(NL)", array_copy(NPY_INT64, n, counts), (long long)nulls);
    }
    free(counts);
    return result;
}

static PyObject *count_bound(call *call, PyObject *object,
                             PyObject *const *Py_UNUSED(values)) {
    categories_object *self = (categories_object *)object;
    if (lock_take(self) < 0) return NULL;
    PyObject *result = count_locked(self, call);
    lock_give(self);
    return result;
}
BIND_AS(count, core_state_of, 1, 1, "column", "threads", "progress")

/* --- counting groups -------------------------------------------------------------- */

/* (counts, nulls, first) of encoded rows; without columns where codes is NULL. */
static PyObject *count_codes(const sdr_group_codes *codes, int64_t size, int64_t known,
                             const sdr_groups *groups, call *call) {
    PyObject *counts = NULL, *nulls = NULL, *first = NULL, *result = NULL;

    counts = array_new_2d(NPY_INT64, groups->n, size);
    if (counts == NULL) goto cleanup;
    nulls = array_new(NPY_INT64, groups->n);
    if (nulls == NULL) goto cleanup;
    first = array_new_2d(NPY_INT64, groups->n, size - known);
    if (first == NULL) goto cleanup;
    if (codes == NULL) {
        memset(array_data(nulls), 0, (size_t)groups->n * sizeof(int64_t));
    } else if (!RUN(call, sdr_group_codes_count, array_data(counts), array_data(nulls),
                    array_data(first), codes, groups)) {
        goto cleanup;
    }
    result = PyTuple_Pack(3, counts, nulls, first);
cleanup:
    Py_XDECREF(counts);
    Py_XDECREF(nulls);
    Py_XDECREF(first);
    return result;
}

/* With the lock held; after an overflow there are no columns. */
static PyObject *count_groups_locked(categories_object *self, const sdr_groups *groups,
                                     call *call) {
    int64_t known = sdr_categories_size(self->categories);
    sdr_group_codes *codes = NULL;
    if (!RUN(call, sdr_group_codes_new, &codes, self->categories, &self->overflow,
             call->column, groups))
        return NULL;
    int64_t size = sdr_categories_size(self->categories);
    PyObject *result = self->overflow ? count_codes(NULL, 0, 0, groups, call)
                                      : count_codes(codes, size, known, groups, call);
    sdr_group_codes_free(codes);
    return result;
}

static PyObject *count_groups_bound(call *call, PyObject *object,
                                    PyObject *const *values) {
    categories_object *self = (categories_object *)object;
    PyObject *result = NULL;
    group_call g;

    if (group_call_open(&g, values[1], values[2], 0) < 0) goto cleanup;
    if (lock_take(self) < 0) goto cleanup;
    result = count_groups_locked(self, &g.groups, call);
    lock_give(self);
cleanup:
    group_call_close(&g);
    return result;
}
BIND_AS(count_groups, core_state_of, 1, 3, "column", "starts", "stops", "threads",
        "progress")

static PyObject *encode_bound(call *call, PyObject *object,
                              PyObject *const *Py_UNUSED(values)) {
    categories_object *self = (categories_object *)object;
    PyObject *codes = array_new(NPY_INT32, call->column->length);

    if (codes == NULL) return NULL;
    if (lock_take(self) < 0) goto failed;
    bool done = RUN(call, sdr_categories_encode, self->categories, array_data(codes),
                    &self->overflow, call->column);
    lock_give(self);
    if (done) return codes;
failed:
    Py_DECREF(codes);
    return NULL;
}
BIND_AS(encode, core_state_of, 1, 1, "column", "threads", "progress")

/* --- attributes ------------------------------------------------------------------- */

static Py_ssize_t categories_length(PyObject *object) {
    categories_object *self = (categories_object *)object;
    if (lock_take(self) < 0) return -1;
    int64_t size = sdr_categories_size(self->categories);
    lock_give(self);
    return (Py_ssize_t)size;
}

static PyObject *labels_locked(const sdr_categories *categories) {
    Py_ssize_t n = (Py_ssize_t)sdr_categories_size(categories);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list != NULL && i < n; i++) {
        sdr_string label = sdr_categories_label(categories, i);
        const char *bytes = label.size == 0 ? "" : (const char *)label.data;
        PyObject *text = PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)label.size, "replace");
        if (text == NULL || PyList_SetItem(list, i, text) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *categories_labels(PyObject *object, void *Py_UNUSED(closure)) {
    categories_object *self = (categories_object *)object;
    if (lock_take(self) < 0) return NULL;
    PyObject *list = labels_locked(self->categories);
    lock_give(self);
    return list;
}

static PyObject *categories_overflow(PyObject *object, void *Py_UNUSED(closure)) {
    return PyBool_FromLong(((categories_object *)object)->overflow);
}

static PyMethodDef categories_methods[] = {
    ROW(count, "(column, " OPTIONS ")", "Counts by code, and nulls."),
    ROW(count_groups, "(column, starts, stops, " OPTIONS ")",
        "Counts by code, nulls and first rows of what is new, of each group."),
    ROW(encode, "(column, " OPTIONS ")", "Code of each row, -1: null."),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef categories_attributes[] = {
    {"labels", categories_labels, NULL, "Labels in order of their codes.", NULL},
    {"overflow", categories_overflow, NULL,
     "Whether the last count or encode met more than the maximum.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot categories_slots[] = {
    {Py_tp_new, categories_new},
    {Py_tp_dealloc, categories_dealloc},
    {Py_tp_methods, categories_methods},
    {Py_tp_getset, categories_attributes},
    {Py_sq_length, categories_length},
    {Py_tp_doc, "Categories(labels=(), maximum=100000)\n--\n\n"
                "A growing table of labels; codes in order of first appearance."},
    {0, NULL},
};

PyType_Spec categories_spec = {
    .name = "simdrift._core.Categories",
    .basicsize = sizeof(categories_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = categories_slots,
};
