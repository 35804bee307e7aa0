/* The module: its state, its types and its table of functions (multi-phase init). */
#include "pyext.h"

core_state *core_state_of(PyObject *instance) {
    return PyType_GetModuleState(Py_TYPE(instance));
}

/* --- state ---------------------------------------------------------------------------
 */

static const char *const key_texts[KEY_COUNT] = {
#define SDR_KEY_TEXT(name) #name,
    SDR_KEYS(SDR_KEY_TEXT)
#undef SDR_KEY_TEXT
};

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

static int module_exec(PyObject *module) {
    core_state *state = PyModule_GetState(module);
    if (numpy_import() < 0) return -1;
    if (errors_import(state) < 0) return -1;
    if (texts_intern(state->keys, key_texts, KEY_COUNT) < 0) return -1;
    if (texts_intern(state->kinds, kind_texts, SDR_KIND_COUNT) < 0) return -1;
    if (texts_intern(state->units, unit_texts, SDR_UNIT_COUNT) < 0) return -1;
    if (statuses_intern(state->statuses) < 0) return -1;
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
    texts_clear(state->keys, KEY_COUNT);
    texts_clear(state->kinds, SDR_KIND_COUNT);
    texts_clear(state->units, SDR_UNIT_COUNT);
    texts_clear(state->statuses, SDR_STATUS_COUNT);
    return 0;
}

static void module_free(void *module) {
    module_clear((PyObject *)module);
}

/* --- functions -----------------------------------------------------------------------
 */

#define FAST (METH_FASTCALL | METH_KEYWORDS)
#define AS_METHOD(function) ((PyCFunction)(void (*)(void))(function))
#define ENDS_WITH_OPTIONS "threads=None, progress=None)\n--\n\n"

static PyMethodDef functions[] = {
    {"columns_from_arrow", columns_from_arrow, METH_O,
     "columns_from_arrow(data)\n--\n\n(name, type, column) of each field."},
    {"profile", AS_METHOD(core_profile), FAST,
     "profile(column, " ENDS_WITH_OPTIONS "Counts, extremes and moments."},
    {"profile_text", AS_METHOD(core_profile_text), FAST,
     "profile_text(column, " ENDS_WITH_OPTIONS "Counts and lengths of text."},
    {"distinct", AS_METHOD(core_distinct), FAST,
     "distinct(column, " ENDS_WITH_OPTIONS "Count and relative standard error."},
    {"quantiles", AS_METHOD(core_quantiles), FAST,
     "quantiles(column, q, " ENDS_WITH_OPTIONS "Exact, linear interpolation."},
    {"pooled_quantiles", AS_METHOD(core_pooled_quantiles), FAST,
     "pooled_quantiles(a, b, q, " ENDS_WITH_OPTIONS
     "Exact, of the finite rows of both columns."},
    {"median_deviation", AS_METHOD(core_median_deviation), FAST,
     "median_deviation(column, center, " ENDS_WITH_OPTIONS "Median of |x - center|."},
    {"top_values", AS_METHOD(core_top_values), FAST,
     "top_values(column, k, " ENDS_WITH_OPTIONS "The most frequent and their counts."},
    {"histogram", AS_METHOD(core_histogram), FAST,
     "histogram(column, edges, " ENDS_WITH_OPTIONS "len(edges) + 1 counts."},
    {"pair_profile", AS_METHOD(core_pair_profile), FAST,
     "pair_profile(x, y, " ENDS_WITH_OPTIONS "Moments and errors of pairs."},
    {"two_sample", AS_METHOD(core_two_sample), FAST,
     "two_sample(reference, current, ks=True, wasserstein=True, " ENDS_WITH_OPTIONS
     "Kolmogorov-Smirnov and Wasserstein-1, exact."},
    {"rank_statistics", AS_METHOD(core_rank_statistics), FAST,
     "rank_statistics(reference, current, " ENDS_WITH_OPTIONS
     "What rank tests and the energy distance are made of."},
    {"sort_both", AS_METHOD(core_sort_both), FAST,
     "sort_both(reference, current, " ENDS_WITH_OPTIONS
     "Two columns, each as a Prepared, for rank_statistics and quantiles."},
    {"deviation_profile", AS_METHOD(core_deviation_profile), FAST,
     "deviation_profile(column, center, " ENDS_WITH_OPTIONS "Mean of |x - center|."},
    {"characteristic", AS_METHOD(core_characteristic), FAST,
     "characteristic(column, t, scale, " ENDS_WITH_OPTIONS
     "Means and covariance of cosines and sines."},
    {"mmd_quadratic", AS_METHOD(core_mmd_quadratic), FAST,
     "mmd_quadratic(values, features, labels, gamma, " ENDS_WITH_OPTIONS
     "Maximum mean discrepancy under each labeling."},
    {"weighted_sort", AS_METHOD(core_weighted_sort), FAST,
     "weighted_sort(values, weights, " ENDS_WITH_OPTIONS
     "Different values with the sums of their weights."},
    {"weighted_statistics", AS_METHOD(core_weighted_statistics), FAST,
     "weighted_statistics(x, x_weights, x_size, y, y_weights, "
     "y_size, " ENDS_WITH_OPTIONS "Two weighted samples in one walk."},
    {"ks_exact_p", AS_METHOD(core_ks_exact_p), FAST,
     "ks_exact_p(n, m, numerator, " ENDS_WITH_OPTIONS "Two-sided, lattice paths."},
    {"profile_groups", AS_METHOD(core_profile_groups), FAST,
     "profile_groups(column, starts, stops, " ENDS_WITH_OPTIONS
     "Profiles, one a group."},
    {"text_profile_groups", AS_METHOD(core_text_profile_groups), FAST,
     "text_profile_groups(column, starts, stops, " ENDS_WITH_OPTIONS
     "Counts and lengths of text, one a group."},
    {"missing_groups", AS_METHOD(core_missing_groups), FAST,
     "missing_groups(column, starts, stops, " ENDS_WITH_OPTIONS
     "Rows that are null or NaN, one a group."},
    {"distinct_groups", AS_METHOD(core_distinct_groups), FAST,
     "distinct_groups(column, starts, stops, " ENDS_WITH_OPTIONS
     "Counts and standard errors, one a group."},
    {"quantiles_groups", AS_METHOD(core_quantiles_groups), FAST,
     "quantiles_groups(column, starts, stops, q, " ENDS_WITH_OPTIONS
     "Quantiles, a row a group."},
    {"median_deviation_groups", AS_METHOD(core_median_deviation_groups), FAST,
     "median_deviation_groups(column, starts, stops, centers, " ENDS_WITH_OPTIONS
     "Medians of |x - center|, one a group."},
    {"deviation_profile_groups", AS_METHOD(core_deviation_profile_groups), FAST,
     "deviation_profile_groups(column, starts, stops, centers, " ENDS_WITH_OPTIONS
     "Means of |x - center|, one a group."},
    {"top_value_groups", AS_METHOD(core_top_value_groups), FAST,
     "top_value_groups(column, starts, stops, " ENDS_WITH_OPTIONS
     "The most frequent values and their counts."},
    {"histogram_groups", AS_METHOD(core_histogram_groups), FAST,
     "histogram_groups(column, starts, stops, edges, " ENDS_WITH_OPTIONS
     "Counts, a row a group."},
    {"two_sample_groups", AS_METHOD(core_two_sample_groups), FAST,
     "two_sample_groups(reference, column, starts, stops, ks=True, wasserstein=True, "
     "edges=None, " ENDS_WITH_OPTIONS
     "Kolmogorov-Smirnov and Wasserstein-1, one a group."},
    {"rank_statistics_groups", AS_METHOD(core_rank_statistics_groups), FAST,
     "rank_statistics_groups(reference, column, starts, stops, " ENDS_WITH_OPTIONS
     "Rank statistics, one a group."},
    {"pair_profile_groups", AS_METHOD(core_pair_profile_groups), FAST,
     "pair_profile_groups(x, y, starts, stops, " ENDS_WITH_OPTIONS
     "Moments and errors of pairs, one a group."},
    {"ks_exact_p_groups", AS_METHOD(core_ks_exact_p_groups), FAST,
     "ks_exact_p_groups(n, m, numerator_high, numerator_low, " ENDS_WITH_OPTIONS
     "Exact p-values."},
    {"digest_groups", AS_METHOD(core_digest_groups), FAST,
     "digest_groups(column, starts, stops, " ENDS_WITH_OPTIONS
     "Fingerprints of the rows, 16 bytes a group."},
    {"sort", AS_METHOD(core_sort), FAST,
     "sort(values, " ENDS_WITH_OPTIONS "A sorted copy, NaN last."},
    {"read_bound", core_read_bound, METH_O,
     "read_bound(values)\n--\n\nThe sum, with prefetch: the read bound."},
    {"show_config", core_show_config, METH_NOARGS,
     "show_config()\n--\n\nVersion, ISA, threads and build."},
    {"_isa_force", core_isa_force, METH_O,
     "_isa_force(name)\n--\n\nSwitches every kernel to one ISA: for tests."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "simdrift._core",
    .m_doc = "The extension: columns over foreign memory and the core's calls on them.",
    .m_size = sizeof(core_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__core(void) {
    return PyModuleDef_Init(&definition);
}
