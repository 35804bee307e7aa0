/* The module: its state, its types, the functions of all files (multi-phase init). */
#include "pyext/pyext.h"

core_state *core_state_of(PyObject *instance) {
    return PyType_GetModuleState(Py_TYPE(instance));
}

/* --- state ------------------------------------------------------------------------ */

static const char *const kind_texts[SDR_KIND_COUNT] = {
    [SDR_KIND_NULL] = "null",         [SDR_KIND_BOOLEAN] = "boolean",
    [SDR_KIND_INTEGER] = "integer",   [SDR_KIND_FLOAT] = "float",
    [SDR_KIND_TEMPORAL] = "temporal", [SDR_KIND_TEXT] = "text",
    [SDR_KIND_CATEGORY] = "category",
};

static const char *const unit_texts[SDR_UNIT_COUNT] = {
    [SDR_UNIT_NONE] = NULL, [SDR_UNIT_S] = "s",   [SDR_UNIT_MS] = "ms",
    [SDR_UNIT_US] = "us",   [SDR_UNIT_NS] = "ns",
};

static int texts_intern(PyObject **out, const char *const *texts, int n) {
    for (int i = 0; i < n; i++) {
        out[i] = texts[i] == NULL ? Py_NewRef(Py_None)
                                  : PyUnicode_InternFromString(texts[i]);
        if (out[i] == NULL) return -1;
    }
    return 0;
}

static int statuses_intern(PyObject **out) {
    const char *texts[SDR_STATUS_COUNT];
    for (int i = 0; i < SDR_STATUS_COUNT; i++) {
        texts[i] = sdr_status_name((sdr_status)i);
    }
    return texts_intern(out, texts, SDR_STATUS_COUNT);
}

static int errors_import(core_state *state) {
    PyObject *errors = PyImport_ImportModule("simdrift._errors");
    if (errors == NULL) return -1;
    state->invalid_column = PyObject_GetAttrString(errors, "InvalidColumn");
    state->unsupported_column = PyObject_GetAttrString(errors, "UnsupportedColumn");
    Py_DECREF(errors);
    return state->invalid_column == NULL || state->unsupported_column == NULL ? -1 : 0;
}

static int type_add(PyTypeObject **out, PyObject *module, PyType_Spec *spec) {
    *out = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *out == NULL ? -1 : PyModule_AddType(module, *out);
}

/* One table a file. */
static int functions_add(PyObject *module) {
    PyMethodDef *const tables[] = {
        arrow_functions,      profile_functions,  prepared_functions,
        two_sample_functions, rank_functions,     group_functions,
        mmd_functions,        weighted_functions, count_functions,
        config_functions,     text_functions,     probability_functions,
        roc_functions,        ranking_functions,  loss_functions,
        exchange_functions,   row_functions,      correlation_functions,
        state_functions,      stream_functions,
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (PyModule_AddFunctions(module, tables[i]) < 0) return -1;
    }
    return 0;
}

static int module_exec(PyObject *module) {
    core_state *state = PyModule_GetState(module);
    if (numpy_import() < 0) return -1;
    if (errors_import(state) < 0) return -1;
    if (dict_keys_intern(state) < 0) return -1;
    if (texts_intern(state->kinds, kind_texts, SDR_KIND_COUNT) < 0) return -1;
    if (texts_intern(state->units, unit_texts, SDR_UNIT_COUNT) < 0) return -1;
    if (statuses_intern(state->statuses) < 0) return -1;
    if (functions_add(module) < 0) return -1;
    if (type_add(&state->column_type, module, &column_spec) < 0) return -1;
    if (type_add(&state->prepared_type, module, &prepared_spec) < 0) return -1;
    return type_add(&state->categories_type, module, &categories_spec);
}

/* Calls `visit` on every reference of the state: for the collector. */
static int module_traverse(PyObject *module, visitproc visit, void *arg) {
    core_state *state = PyModule_GetState(module);
    Py_VISIT(state->column_type);
    Py_VISIT(state->prepared_type);
    Py_VISIT(state->categories_type);
    Py_VISIT(state->invalid_column);
    Py_VISIT(state->unsupported_column);
    return 0; /* texts can't be part of a cycle */
}

static void texts_clear(PyObject **texts, int n) {
    for (int i = 0; i < n; i++) {
        Py_CLEAR(texts[i]);
    }
}

static int module_clear(PyObject *module) {
    core_state *state = PyModule_GetState(module);
    Py_CLEAR(state->column_type);
    Py_CLEAR(state->prepared_type);
    Py_CLEAR(state->categories_type);
    Py_CLEAR(state->invalid_column);
    Py_CLEAR(state->unsupported_column);
    texts_clear(state->keys, DICT_COUNT);
    texts_clear(state->kinds, SDR_KIND_COUNT);
    texts_clear(state->units, SDR_UNIT_COUNT);
    texts_clear(state->statuses, SDR_STATUS_COUNT);
    return 0;
}

static void module_free(void *module) {
    module_clear((PyObject *)module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "simdrift._core",
    .m_doc = "The extension: columns over foreign memory and the core's calls on them.",
    .m_size = sizeof(core_state),
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__core(void) {
    return PyModuleDef_Init(&definition);
}
