/*
 * The extension module `simdrift._core`: CPython (limited API 3.11) and NumPy (2.x)
 * bindings of the C core, and nothing else.
 *
 * Objects live in the module's state, so nothing is static but C constants. A function
 * reads its arguments at the top, acquires each reference on a line of its own and
 * leaves by one label. Every kernel runs between call_begin and call_end, without the
 * GIL.
 */
#ifndef SDR_PYEXT_H
#define SDR_PYEXT_H

/* CPython's slots are functions in a void *: POSIX guarantees it, ISO C does not. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#include <Python.h>

#define PY_ARRAY_UNIQUE_SYMBOL simdrift_ARRAY_API
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#ifndef SDR_PYEXT_IMPORTS_NUMPY /* only numpy.c does */
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include "simdrift/simdrift.h"

#include "keys.h"

/* --- module state --------------------------------------------------------------------
 */

#define SDR_KIND_COUNT (SDR_KIND_CATEGORY + 1)
#define SDR_UNIT_COUNT (SDR_UNIT_NS + 1)

typedef struct core_state {
    PyTypeObject *column_type;
    PyTypeObject *prepared_type;
    PyTypeObject *categories_type;
    PyObject *invalid_column;     /* simdrift._errors.InvalidColumn */
    PyObject *unsupported_column; /* simdrift._errors.UnsupportedColumn */
    PyObject *keys[KEY_COUNT];    /* interned keys of result dicts, keys.h */
    PyObject *statuses[SDR_STATUS_COUNT];
    PyObject *kinds[SDR_KIND_COUNT];
    PyObject *units[SDR_UNIT_COUNT]; /* None, 's', 'ms', 'us', 'ns' */
} core_state;

/* State of the module that made an instance of one of its (final) types. */
core_state *core_state_of(PyObject *instance);

/* --- arguments (arguments.c) ---------------------------------------------------------
 */

#define PARAMETERS_MAX 9

typedef struct parameters {
    const char *function;
    int n_required;
    int n;
    const char *names[PARAMETERS_MAX];
} parameters;

/* Fills values[i] (borrowed; NULL where not given) from a METH_FASTCALL |
 * METH_KEYWORDS call. -1 and TypeError on a mismatch. */
int arguments_read(PyObject **values, const parameters *expected, PyObject *const *args,
                   Py_ssize_t n_args, PyObject *keywords);
/* Integers and reals with a message that names the argument; -1 on error. */
int argument_int64(int64_t *out, PyObject *value, const char *name);
int argument_double(double *out, PyObject *value, const char *name);
/* True where `value` is NULL. */
int argument_bool(bool *out, PyObject *value);

/* --- one call of the core (call.c) ---------------------------------------------------
 */

typedef struct call {
    core_state *state;
    PyThreadState *thread; /* saved while the GIL is released */
    PyObject *progress;    /* borrowed; NULL: none */
    bool raised;           /* poll left an exception pending */
    sdr_context context;
    sdr_error error;
} call;

/* `threads`: None, NULL or an integer >= 0; `progress`: None, NULL or a callable. */
int call_open(call *self, core_state *state, PyObject *threads, PyObject *progress);
void call_begin(call *self);               /* releases the GIL */
int call_end(call *self, sdr_code code);   /* takes it back; -1: exception set */
int call_raise(call *self, sdr_code code); /* always -1 */

/* Runs `expression`, a call that returns sdr_code, without the GIL: 0 or -1. */
#define CALL(self, expression) call_end((self), (call_begin(self), (expression)))

/* --- NumPy (numpy.c) -----------------------------------------------------------------
 */

int numpy_import(void);
/* New 1-D array; its memory through array_data. */
PyObject *array_new(int type_num, int64_t length);
/* The same in two dimensions, row after row. */
PyObject *array_new_2d(int type_num, int64_t rows, int64_t columns);
/* Read-only 1-D array over memory that `owner` keeps alive. */
PyObject *array_over(int type_num, int64_t length, const void *data, PyObject *owner);
/* Contiguous, aligned, native 1-D array of that type, a copy only where needed. */
PyObject *array_from(PyObject *value, int type_num, const char *name);
void *array_data(PyObject *array);
int64_t array_length(PyObject *array);
/* Type number of an array after array_from would see it; -1: not an array. */
int array_type_num(PyObject *value);
bool array_is_unsigned64(PyObject *value);

/* `mask` and `name` (of the type): NULL or None for none. */
PyObject *numpy_column(PyTypeObject *type, PyObject *array, PyObject *mask,
                       PyObject *name);

/* --- columns (column.c) --------------------------------------------------------------
 */

typedef struct column_object {
    PyObject_HEAD sdr_column column;
    PyObject *owner;     /* keeps the memory under `column` alive */
    PyObject *type_name; /* NULL until asked for */
    bool is_slice;       /* owner is the Column whose memory this one shares */
} column_object;

extern PyType_Spec column_spec;
/* Empty object: the caller fills `column`, `owner`. */
column_object *column_new(PyTypeObject *type);
/* The column of an argument; NULL and TypeError that names function and argument. */
const sdr_column *column_argument(core_state *state, PyObject *value, const char *name);
/* The column that holds the values: the dictionary of a category. */
const sdr_column *column_values(const sdr_column *column);

/* --- Python strings (text.c) ---------------------------------------------------------
 */

/* Column of a sequence of str; None and NaN are null. */
PyObject *text_column(PyTypeObject *type, PyObject *values);

/* --- Arrow (arrow.c) -----------------------------------------------------------------
 */

PyObject *columns_from_arrow(PyObject *module, PyObject *data);

/* --- what the module offers ----------------------------------------------------------
 */

extern PyType_Spec prepared_spec;
extern PyType_Spec categories_spec;

/* sdr_two_sample_flags of two arguments; NULL is true. */
int two_sample_flags_read(int *flags, PyObject *ks, PyObject *wasserstein);

/* The sdr_prepared of an object of the type, which the caller has checked. */
const sdr_prepared *prepared_of(PyObject *object);

typedef PyObject *fast_call(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                            PyObject *keywords);
fast_call core_profile, core_profile_text, core_distinct, core_quantiles,
    core_pooled_quantiles, core_median_deviation, core_top_values, core_histogram,
    core_pair_profile, core_two_sample, core_ks_exact_p, core_sort,
    core_rank_statistics, core_sort_both, core_deviation_profile, core_characteristic,
    core_mmd_quadratic, core_weighted_sort, core_weighted_statistics,
    core_profile_groups, core_text_profile_groups, core_missing_groups,
    core_distinct_groups, core_quantiles_groups, core_median_deviation_groups,
    core_deviation_profile_groups, core_top_value_groups, core_histogram_groups,
    core_two_sample_groups, core_rank_statistics_groups, core_pair_profile_groups,
    core_ks_exact_p_groups, core_digest_groups;
PyObject *core_read_bound(PyObject *module, PyObject *values);
PyObject *core_show_config(PyObject *module, PyObject *ignored);
PyObject *core_isa_force(PyObject *module, PyObject *name);

/* --- result dicts (fields.c) ---------------------------------------------------------
 */

/* Builds a dict; after the first failure the rest does nothing and the end is NULL. */
typedef struct fields {
    core_state *state;
    PyObject *dict;
} fields;

fields fields_begin(core_state *state);
void fields_object(fields *self, key name, PyObject *value); /* steals value */
void fields_int(fields *self, key name, int64_t value);
void fields_unsigned(fields *self, key name, uint64_t value);
void fields_int128(fields *self, key name, int64_t high, uint64_t low);
void fields_double(fields *self, key name, double value);
void fields_bool(fields *self, key name, bool value);
void fields_status(fields *self, key name, sdr_status value);
PyObject *fields_end(fields *self);

/* high * 2**64 + low. */
PyObject *int128_new(int64_t high, uint64_t low);
/* -1 and OverflowError where it does not fit. */
int int128_read(int64_t *high, uint64_t *low, PyObject *value);

#endif
