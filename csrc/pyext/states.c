/* Sums that can be added to those of other rows. */
#include "pyext/pyext.h"

#include <string.h>

/* (exponents, words): int32 (n,) and uint64 (n, SDR_POWER_WORDS). */
static PyObject *arrays_of(const sdr_power_sums *sums) {
    PyObject *exponents = array_new(NPY_INT32, sums->n), *words = NULL, *result = NULL;
    if (exponents == NULL) return NULL;
    words = array_new_2d(NPY_UINT64, sums->n, SDR_POWER_WORDS);
    if (words == NULL) goto cleanup;
    if (sums->n > 0) {
        memcpy(array_data(exponents), sums->exponents,
               (size_t)sums->n * sizeof *sums->exponents);
        memcpy(array_data(words), sums->words, (size_t)sums->n * sizeof *sums->words);
    }
    result = PyTuple_Pack(2, exponents, words);
cleanup:
    Py_XDECREF(words);
    Py_DECREF(exponents);
    return result;
}

static PyObject *power_sums_bound(call *call, PyObject *Py_UNUSED(module),
                                  PyObject *const *Py_UNUSED(values)) {
    sdr_power_sums sums;
    if (!RUN(call, sdr_power_sums_init, &sums, call->column)) return NULL;
    PyObject *result = arrays_of(&sums);
    sdr_power_sums_reset(&sums);
    return result;
}
BIND_COLUMN(power_sums, 1, "column", "threads", "progress")

PyMethodDef state_functions[] = {
    ROW(power_sums, "(column, " OPTIONS ")",
        "(exponents, words): exact sums of the first four powers, by exponent."),
    {NULL, NULL, 0, NULL},
};
