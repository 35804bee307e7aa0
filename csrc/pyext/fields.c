/* Result dicts: a struct by the table of its fields, with interned names. */
#include "pyext/pyext.h"

#include <string.h>

static const dict_type *const dict_types[DICT_COUNT] = {
    [DICT_PROFILE] = &profile_dict,
    [DICT_TEXT_PROFILE] = &text_profile_dict,
    [DICT_PAIR_PROFILE] = &pair_profile_dict,
    [DICT_TWO_SAMPLE] = &two_sample_dict,
    [DICT_RANKS] = &ranks_dict,
    [DICT_DEVIATIONS] = &deviations_dict,
    [DICT_WEIGHTED] = &weighted_dict,
    [DICT_GROUP_PROFILE] = &group_profile_dict,
    [DICT_GROUP_TWO_SAMPLE] = &group_two_sample_dict,
    [DICT_COUNT_LAWS] = &count_laws_dict,
    [DICT_ROC] = &roc_dict,
    [DICT_ROC_PAIR] = &roc_pair_dict,
    [DICT_LOG_LOSS] = &log_loss_dict,
    [DICT_RANKING] = &ranking_dict,
    [DICT_LOSSES] = &losses_dict,
    [DICT_EXCHANGE_LAWS] = &exchange_laws_dict,
    [DICT_KS_STEPS] = &ks_steps_dict,
    [DICT_ROW_COUNTS] = &row_counts_dict,
    [DICT_RANK_PAIR] = &rank_pair_dict,
};

static PyObject *names_intern(const dict_type *type) {
    PyObject *names = PyTuple_New(type->n);
    for (int i = 0; names != NULL && i < type->n; i++) {
        PyObject *name = PyUnicode_InternFromString(type->fields[i].name);
        if (name == NULL || PyTuple_SetItem(names, i, name) < 0) Py_CLEAR(names);
    }
    return names;
}

int dict_keys_intern(core_state *state) {
    for (int i = 0; i < DICT_COUNT; i++) {
        state->keys[i] = names_intern(dict_types[i]);
        if (state->keys[i] == NULL) return -1;
    }
    return 0;
}

/* New reference, or the one that an object's field held. */
static PyObject *field_value(core_state *state, field_type type, const void *at) {
    const sdr_integer *integer = at;
    switch (type) {
    case FIELD_INT:
        return PyLong_FromLongLong(*(const int64_t *)at);
    case FIELD_UNSIGNED:
        return PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
    case FIELD_INT128:
        return int128_new(integer->high, integer->low);
    case FIELD_SIGN:
        return PyLong_FromLong(*(const int *)at);
    case FIELD_DOUBLE:
        return PyFloat_FromDouble(*(const double *)at);
    case FIELD_BOOL:
        return PyBool_FromLong(*(const bool *)at);
    case FIELD_STATUS:
        return Py_NewRef(state->statuses[*(const sdr_status *)at]);
    default:
        return *(PyObject *const *)at;
    }
}

/* Goes through all fields also after a failure: objects are taken in any case. */
PyObject *dict_new(core_state *state, const dict_type *type, const void *results) {
    PyObject *dict = PyDict_New(), *names = state->keys[type->id];
    for (int i = 0; i < type->n; i++) {
        const field *field = &type->fields[i];
        if (dict == NULL && field->type != FIELD_OBJECT) continue;
        PyObject *value =
            field_value(state, field->type, (const char *)results + field->offset);
        if (dict != NULL &&
            (value == NULL || PyDict_SetItem(dict, PyTuple_GetItem(names, i), value))) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(value);
    }
    return dict;
}

/* --- arrays ----------------------------------------------------------------------- */

static const int element_types[] = {
    [FIELD_INT] = NPY_INT64,     [FIELD_UNSIGNED] = NPY_UINT64,
    [FIELD_INT128] = NPY_OBJECT, [FIELD_SIGN] = NPY_INT8,
    [FIELD_DOUBLE] = NPY_DOUBLE, [FIELD_BOOL] = NPY_BOOL,
    [FIELD_STATUS] = NPY_UINT8,
};

/* NULL, or None, is what a new array of objects holds. */
static bool object_set(PyObject **element, PyObject *value) {
    if (value == NULL) return false;
    Py_XDECREF(*element);
    *element = value;
    return true;
}

/* A member as element i of an array; false: exception. */
static bool element_set(void *array, int64_t i, field_type type, const void *at) {
    const sdr_integer *integer = at;
    const int *sign = at;
    const sdr_status *status = at;
    switch (type) {
    case FIELD_INT128:
        return object_set((PyObject **)array + i,
                          int128_new(integer->high, integer->low));
    case FIELD_SIGN:
        ((int8_t *)array)[i] = (int8_t)*sign;
        return true;
    case FIELD_BOOL:
        ((npy_bool *)array)[i] = *(const bool *)at;
        return true;
    case FIELD_STATUS:
        ((uint8_t *)array)[i] = (uint8_t)*status;
        return true;
    default:
        memcpy((uint64_t *)array + i, at, sizeof(uint64_t));
        return true;
    }
}

static PyObject *field_array(const field *field, const void *results, size_t size,
                             int64_t n) {
    PyObject *array = array_new(element_types[field->type], n);
    if (array == NULL) return NULL;
    const char *at = (const char *)results + field->offset;
    for (int64_t i = 0; i < n; i++, at += size) {
        if (element_set(array_data(array), i, field->type, at)) continue;
        Py_DECREF(array);
        return NULL;
    }
    return array;
}

PyObject *dict_of_arrays(core_state *state, const dict_type *type, const void *results,
                         size_t size, int64_t n) {
    PyObject *dict = PyDict_New(), *names = state->keys[type->id];
    for (int i = 0; dict != NULL && i < type->n; i++) {
        PyObject *array = field_array(&type->fields[i], results, size, n);
        if (array == NULL || PyDict_SetItem(dict, PyTuple_GetItem(names, i), array) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(array);
    }
    return dict;
}

/* --- 128-bit integers ------------------------------------------------------------- */

#define LIMB_BITS 64

PyObject *int128_new(int64_t high, uint64_t low) {
    PyObject *top = NULL, *bits = NULL, *shifted = NULL, *bottom = NULL, *result = NULL;

    if (high == 0) return PyLong_FromUnsignedLongLong(low);
    top = PyLong_FromLongLong(high);
    bits = PyLong_FromLong(LIMB_BITS);
    if (top == NULL || bits == NULL) goto cleanup;
    shifted = PyNumber_Lshift(top, bits);
    bottom = PyLong_FromUnsignedLongLong(low);
    if (shifted == NULL || bottom == NULL) goto cleanup;
    result = PyNumber_Or(shifted, bottom);
cleanup:
    Py_XDECREF(bottom);
    Py_XDECREF(shifted);
    Py_XDECREF(bits);
    Py_XDECREF(top);
    return result;
}

int int128_read(int64_t *high, uint64_t *low, PyObject *value) {
    PyObject *bits = NULL, *top = NULL;
    int code = -1;

    *low = PyLong_AsUnsignedLongLongMask(value);
    if (PyErr_Occurred()) goto cleanup;
    bits = PyLong_FromLong(LIMB_BITS);
    if (bits == NULL) goto cleanup;
    top = PyNumber_Rshift(value, bits);
    if (top == NULL) goto cleanup;
    *high = PyLong_AsLongLong(top);
    if (*high == -1 && PyErr_Occurred()) goto cleanup;
    code = 0;
cleanup:
    Py_XDECREF(top);
    Py_XDECREF(bits);
    return code;
}
