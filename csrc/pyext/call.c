/*
 * One call of the core: threads, the released GIL, signals and progress.
 *
 * The core calls `poll` from the calling thread every 50 ms or so. There the GIL is
 * taken back for as long as signals are looked at and the progress callback runs; an
 * exception from either stays pending and cancels the call, whose cleanup is then the
 * core's own.
 */
#include "pyext/pyext.h"

#include <limits.h>

static int poll_python(call *self, int64_t done, int64_t total) {
    if (PyErr_CheckSignals() < 0) return -1;
    if (self->progress == NULL) return 0;
    PyObject *answer =
        PyObject_CallFunction(self->progress, "LL", (long long)done, (long long)total);
    if (answer == NULL) return -1;
    Py_DECREF(answer);
    return 0;
}

static int poll(void *user, int64_t done, int64_t total) {
    call *self = user;
    PyEval_RestoreThread(self->thread);
    self->raised = self->raised || poll_python(self, done, total) < 0;
    self->thread = PyEval_SaveThread();
    return self->raised;
}

static int threads_read(int *out, PyObject *value) {
    int64_t threads = 0;
    *out = 0;
    if (value == NULL || value == Py_None) return 0;
    if (argument_int64(&threads, value, "threads") < 0) return -1;
    if (threads < 0 || threads > INT_MAX) {
        PyErr_Format(PyExc_ValueError,
                     "threads: expected None or an integer >= 0, found %R", value);
        return -1;
    }
    *out = (int)threads;
    return 0;
}

int call_open(call *self, core_state *state, PyObject *threads, PyObject *progress) {
    self->state = state;
    self->column = self->other = NULL;
    self->thread = NULL;
    self->progress = progress == Py_None ? NULL : progress;
    self->raised = false;
    self->context.poll = poll;
    self->context.user = self;
    self->error.code = SDR_OK;
    self->error.message[0] = '\0';
    if (self->progress != NULL && !PyCallable_Check(self->progress)) {
        PyErr_Format(PyExc_TypeError,
                     "progress: expected a callable (done, total) or None, found %R",
                     progress);
        return -1;
    }
    return threads_read(&self->context.threads, threads);
}

void call_begin(call *self) {
    self->thread = PyEval_SaveThread();
}

bool call_end(call *self, sdr_code code) {
    PyEval_RestoreThread(self->thread);
    if (self->raised) return false;
    if (code != SDR_OK) call_raise(self, code);
    return code == SDR_OK;
}

static PyObject *error_class(const core_state *state, sdr_code code) {
    switch (code) {
    case SDR_INVALID_ARGUMENT:
        return PyExc_ValueError;
    case SDR_INVALID_COLUMN:
    case SDR_STREAM_FAILED:
        return state->invalid_column;
    case SDR_NOT_SUPPORTED:
        return state->unsupported_column;
    default: /* SDR_CANCELLED without a pending exception does not happen */
        return PyExc_SystemError;
    }
}

int call_raise(call *self, sdr_code code) {
    if (code == SDR_NO_MEMORY) {
        PyErr_NoMemory();
    } else {
        PyErr_SetString(error_class(self->state, code), self->error.message);
    }
    return -1;
}
