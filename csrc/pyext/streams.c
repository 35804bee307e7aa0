/* Detectors of drift in streams: streams.h. States are arrays of words; an update gives
 * new ones, and leaves those that it was given. */
#include "pyext/pyext.h"

#include <string.h>

/* What every function begins with. */
typedef struct detector_call {
    int kind;
    PyObject *parameters; /* an array of float64 */
    int64_t n_series, words;
} detector_call;

/* -1: exception. Closed in both cases. */
static int detector_open(detector_call *self, call *call, PyObject *kind,
                         PyObject *parameters, int64_t n_series) {
    *self = (detector_call){.n_series = n_series};
    if (argument_int64(&self->words, kind, "kind") < 0) return -1;
    self->kind = self->words < 0 || self->words > INT32_MAX ? -1 : (int)self->words;
    self->parameters = array_from(parameters, NPY_FLOAT64, "parameters");
    if (self->parameters == NULL) return -1;
    if (n_series < 0) {
        PyErr_Format(PyExc_ValueError, "expected 0 series or more; found %lld",
                     (long long)n_series);
        return -1;
    }
    const int64_t n = array_length(self->parameters);
    sdr_code code =
        sdr_stream_words(&self->words, self->kind, array_data(self->parameters),
                         n > SDR_STREAM_PARAMETERS_MAX ? -1 : (int)n, &call->error);
    return code == SDR_OK ? 0 : call_raise(call, code);
}

static void detector_close(detector_call *self) {
    Py_CLEAR(self->parameters);
}

#define DETECTOR(d)                                                                    \
    (d)->n_series, (d)->kind, array_data((d)->parameters),                             \
        (int)array_length((d)->parameters)

static PyObject *stream_kinds_bound(call *Py_UNUSED(call), PyObject *Py_UNUSED(module),
                                    PyObject *const *Py_UNUSED(values)) {
    PyObject *names = PyList_New(0);
    for (int kind = 0; names != NULL && sdr_stream_name(kind) != NULL; kind++) {
        PyObject *name = PyUnicode_FromString(sdr_stream_name(kind));
        if (name == NULL || PyList_Append(names, name) < 0) Py_CLEAR(names);
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *stream_open_bound(call *call, PyObject *Py_UNUSED(module),
                                   PyObject *const *values) {
    PyObject *states = NULL;
    detector_call d = {0};
    int64_t n_series;

    if (argument_int64(&n_series, values[2], "n_series") < 0) goto cleanup;
    if (detector_open(&d, call, values[0], values[1], n_series) < 0) goto cleanup;
    states = array_new_2d(NPY_UINT64, n_series, d.words);
    if (states == NULL) goto cleanup;
    if (!CALL(call, sdr_stream_open(array_data(states), DETECTOR(&d), &call->error)))
        Py_CLEAR(states);
cleanup:
    detector_close(&d);
    return states;
}

/* A copy, row after row, of the words of n_series states; NULL and ValueError. */
static PyObject *states_copy(PyObject *words, const detector_call *d) {
    if (array_length(words) != d->n_series * d->words) {
        PyErr_Format(PyExc_ValueError, "states: expected %lld words, found %lld",
                     (long long)(d->n_series * d->words),
                     (long long)array_length(words));
        return NULL;
    }
    PyObject *copy = array_new_2d(NPY_UINT64, d->n_series, d->words);
    if (copy != NULL)
        memcpy(array_data(copy), array_data(words), (size_t)array_length(words) * 8);
    return copy;
}

static PyObject *stream_check_bound(call *call, PyObject *Py_UNUSED(module),
                                    PyObject *const *values) {
    PyObject *words = NULL, *states = NULL;
    detector_call d = {0};
    int64_t n_series;

    if (argument_int64(&n_series, values[3], "n_series") < 0) goto cleanup;
    words = array_from(values[2], NPY_UINT64, "states");
    if (words == NULL) goto cleanup;
    if (detector_open(&d, call, values[0], values[1], n_series) < 0) goto cleanup;
    states = states_copy(words, &d);
    if (states == NULL) goto cleanup;
    if (!CALL(call, sdr_stream_check(array_data(states), DETECTOR(&d), &call->error)))
        Py_CLEAR(states);
cleanup:
    detector_close(&d);
    Py_XDECREF(words);
    return states;
}

/* (states, series, indices, levels) */
static PyObject *updated(PyObject *states, const sdr_stream_signals *signals) {
    PyObject *result = PyTuple_New(4);
    if (result == NULL) return NULL;
    PyTuple_SetItem(result, 0, Py_NewRef(states));
    for (int member = 0; member < 3; member++) {
        PyObject *array = array_new(NPY_INT64, signals->n);
        if (array == NULL) {
            Py_DECREF(result);
            return NULL;
        }
        int64_t *out = array_data(array);
        for (int64_t i = 0; i < signals->n; i++) {
            const sdr_stream_signal *s = &signals->items[i];
            out[i] = member == 0 ? s->series : member == 1 ? s->index : s->level;
        }
        PyTuple_SetItem(result, member + 1, array);
    }
    return result;
}

static PyObject *stream_update_bound(call *call, PyObject *Py_UNUSED(module),
                                     PyObject *const *values) {
    PyObject *words = NULL, *states = NULL, *data = NULL, *result = NULL;
    detector_call d = {0};
    sdr_stream_signals signals = {NULL, 0};
    int64_t n_series;

    if (argument_int64(&n_series, values[3], "n_series") < 0) goto cleanup;
    words = array_from(values[2], NPY_UINT64, "states");
    if (words == NULL) goto cleanup;
    data = array_from(values[4], NPY_FLOAT64, "values");
    if (data == NULL) goto cleanup;
    if (detector_open(&d, call, values[0], values[1], n_series) < 0) goto cleanup;
    states = states_copy(words, &d);
    if (states == NULL) goto cleanup;
    if (n_series == 0 ? array_length(data) != 0 : array_length(data) % n_series != 0) {
        PyErr_Format(PyExc_ValueError,
                     "values: expected as many of each of %lld series",
                     (long long)n_series);
        goto cleanup;
    }
    if (RUN(call, sdr_stream_update, &signals, array_data(states), DETECTOR(&d),
            array_data(data), n_series == 0 ? 0 : array_length(data) / n_series))
        result = updated(states, &signals);
cleanup:
    sdr_release(signals.items);
    detector_close(&d);
    Py_XDECREF(states);
    Py_XDECREF(data);
    Py_XDECREF(words);
    return result;
}

BIND(stream_kinds, 0, "threads", "progress")
BIND(stream_open, 3, "kind", "parameters", "n_series")
BIND(stream_check, 4, "kind", "parameters", "states", "n_series")
BIND(stream_update, 5, "kind", "parameters", "states", "n_series", "values", "threads",
     "progress")

PyMethodDef stream_functions[] = {
    ROW(stream_kinds, "(" OPTIONS ")", "Names of the detectors; a kind is an index."),
    ROW(stream_open, "(kind, parameters, n_series)",
        "States of new detectors: uint64, one row a series."),
    ROW(stream_check, "(kind, parameters, states, n_series)",
        "A copy of the states; ValueError where no stream gives them."),
    ROW(stream_update, "(kind, parameters, states, n_series, values, " OPTIONS ")",
        "(states, series, indices, levels): the states after values, which lie series "
        "behind series, and the signals; level 1 is a warning, 2 a drift."),
    {NULL, NULL, 0, NULL},
};
