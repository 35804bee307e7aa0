/* What all functions do before they begin: arguments, columns, threads, progress. */
#include "pyext/pyext.h"

#include <string.h>

/* Where `threads` stands, with `progress` behind it; -1: nowhere. */
static int options_index(const parameters *expected) {
    int i = expected->n - 2;
    while (i >= 0 && strcmp(expected->names[i], "threads") != 0)
        i--;
    return i < 0 ? -1 : i;
}

static int columns_read(call *call, const signature *bound, PyObject *const *values) {
    const char *const *names = bound->parameters.names;
    const sdr_column **columns[] = {&call->column, &call->other};
    for (int i = 0; i < bound->n_columns; i++) {
        *columns[i] = column_argument(call->state, values[i], names[i]);
        if (*columns[i] == NULL) return -1;
    }
    return 0;
}

PyObject *bound_call(const signature *bound, core_state *state, PyObject *self,
                     PyObject *const *args, Py_ssize_t n_args, PyObject *keywords) {
    const int options = options_index(&bound->parameters);
    PyObject *values[PARAMETERS_MAX], *threads = NULL, *progress = NULL;
    call call;

    if (arguments_read(values, &bound->parameters, args, n_args, keywords) < 0)
        return NULL;
    if (options >= 0) {
        threads = values[options];
        progress = values[options + 1];
    }
    if (call_open(&call, state, threads, progress) < 0) return NULL;
    if (columns_read(&call, bound, values) < 0) return NULL;
    return bound->run(&call, self, values);
}
