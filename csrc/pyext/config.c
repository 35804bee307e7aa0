/* What this build and this machine are, and the read bound of benchmarks. */
#include "pyext/pyext.h"

#include <string.h>

static PyObject *text_or_none(const char *text) {
    return text == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(text);
}

static PyObject *available_isas(void) {
    PyObject *list = PyList_New(0);
    for (int isa = 0; list != NULL && isa < SDR_ISA_COUNT; isa++) {
        if (!sdr_isa_available((sdr_isa)isa)) continue;
        PyObject *name = text_or_none(sdr_isa_name((sdr_isa)isa));
        if (name == NULL || PyList_Append(list, name) < 0) Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

/* The rest of the line of the build info that starts with `label`, else None. */
static PyObject *build_line(const char *label) {
    const char *line = strstr(sdr_build_info(), label);
    if (line == NULL) return Py_NewRef(Py_None);
    line += strlen(label);
    return PyUnicode_FromStringAndSize(line, (Py_ssize_t)strcspn(line, "\n"));
}

static PyObject *core_show_config(PyObject *Py_UNUSED(module),
                                  PyObject *Py_UNUSED(ignored)) {
    return Py_BuildValue(
        "{sN sN sN sN si sN sN sN}", "version", text_or_none(sdr_version()), "isa",
        text_or_none(sdr_isa_name(sdr_isa_active())), "isas", available_isas(),
        "isa_warning", text_or_none(sdr_isa_warning()), "threads",
        sdr_context_threads(NULL), "openmp", build_line("openmp: "), "compiler",
        build_line("compiler: "), "build", text_or_none(sdr_build_info()));
}

static PyObject *core_isa_force(PyObject *module, PyObject *name) {
    call call;

    if (call_open(&call, PyModule_GetState(module), NULL, NULL) < 0) return NULL;
    for (int isa = 0; isa < SDR_ISA_COUNT; isa++) {
        const char *known = sdr_isa_name((sdr_isa)isa);
        if (PyUnicode_CompareWithASCIIString(name, known) != 0) continue;
        sdr_code code = sdr_isa_force((sdr_isa)isa, &call.error);
        if (code == SDR_OK) Py_RETURN_NONE;
        call_raise(&call, code);
        return NULL;
    }
    PyErr_Format(PyExc_ValueError,
                 "isa: expected 'scalar', 'avx2', 'avx512' or 'neon', found %R", name);
    return NULL;
}

static PyObject *core_read_bound(PyObject *Py_UNUSED(module), PyObject *values) {
    PyObject *array = array_from(values, NPY_DOUBLE, "values");
    double sum = 0;

    if (array == NULL) return NULL;
    Py_BEGIN_ALLOW_THREADS
    sum = sdr_read_bound(array_data(array), array_length(array));
    Py_END_ALLOW_THREADS
    Py_DECREF(array);
    return PyFloat_FromDouble(sum);
}

PyMethodDef config_functions[] = {
    {"read_bound", core_read_bound, METH_O,
     "read_bound(values)\n--\n\nThe sum, with prefetch: the read bound."},
    {"show_config", core_show_config, METH_NOARGS,
     "show_config()\n--\n\nVersion, ISA, threads and build."},
    {"_isa_force", core_isa_force, METH_O,
     "_isa_force(name)\n--\n\nSwitches every kernel to one ISA: for tests."},
    {NULL, NULL, 0, NULL},
};
