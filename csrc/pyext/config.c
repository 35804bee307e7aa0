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

PyObject *core_show_config(PyObject *module, PyObject *Py_UNUSED(ignored)) {
    fields out = fields_begin(PyModule_GetState(module));
    fields_object(&out, KEY_version, text_or_none(sdr_version()));
    fields_object(&out, KEY_isa, text_or_none(sdr_isa_name(sdr_isa_active())));
    fields_object(&out, KEY_isas, available_isas());
    fields_object(&out, KEY_isa_warning, text_or_none(sdr_isa_warning()));
    fields_int(&out, KEY_threads, sdr_context_threads(NULL));
    fields_object(&out, KEY_openmp, build_line("openmp: "));
    fields_object(&out, KEY_compiler, build_line("compiler: "));
    fields_object(&out, KEY_build, text_or_none(sdr_build_info()));
    return fields_end(&out);
}

PyObject *core_isa_force(PyObject *module, PyObject *name) {
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

PyObject *core_read_bound(PyObject *Py_UNUSED(module), PyObject *values) {
    PyObject *array = array_from(values, NPY_DOUBLE, "values");
    double sum = 0;

    if (array == NULL) return NULL;
    Py_BEGIN_ALLOW_THREADS sum = sdr_read_bound(array_data(array), array_length(array));
    Py_END_ALLOW_THREADS Py_DECREF(array);
    return PyFloat_FromDouble(sum);
}
