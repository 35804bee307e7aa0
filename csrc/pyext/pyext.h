/*
 * The extension module `simdrift._core`: CPython (limited API 3.11) and NumPy (2.x)
 * bindings of the C core, and nothing else.
 *
 * Objects live in the module's state, so nothing is static but C constants. A function
 * reads its arguments at the top, acquires each reference on a line of its own and
 * leaves by one label. Every kernel runs inside CALL, without the GIL.
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

/* --- module state ----------------------------------------------------------------- */

#define SDR_KIND_COUNT (SDR_KIND_CATEGORY + 1)
#define SDR_UNIT_COUNT (SDR_UNIT_NS + 1)

/* The dicts that functions return. */
typedef enum dict_id {
    DICT_PROFILE,
    DICT_TEXT_PROFILE,
    DICT_PAIR_PROFILE,
    DICT_TWO_SAMPLE,
    DICT_RANKS,
    DICT_DEVIATIONS,
    DICT_WEIGHTED,
    DICT_GROUP_PROFILE,
    DICT_GROUP_TWO_SAMPLE,
    DICT_COUNT_LAWS,
    DICT_ROC,
    DICT_ROC_PAIR,
    DICT_LOG_LOSS,
    DICT_RANKING,
    DICT_LOSSES,
    DICT_EXCHANGE_LAWS,
    DICT_KS_STEPS,
    DICT_ROW_COUNTS,
    DICT_RANK_PAIR,
    DICT_COUNT
} dict_id;

typedef struct core_state {
    PyTypeObject *column_type;
    PyTypeObject *prepared_type;
    PyTypeObject *categories_type;
    PyObject *invalid_column;     /* simdrift._errors.InvalidColumn */
    PyObject *unsupported_column; /* simdrift._errors.UnsupportedColumn */
    PyObject *keys[DICT_COUNT];   /* of each dict: a tuple of interned names */
    PyObject *statuses[SDR_STATUS_COUNT];
    PyObject *kinds[SDR_KIND_COUNT];
    PyObject *units[SDR_UNIT_COUNT]; /* None, 's', 'ms', 'us', 'ns' */
} core_state;

/* State of the module that made an instance of one of its (final) types. */
core_state *core_state_of(PyObject *instance);

/* --- arguments (arguments.c) ------------------------------------------------------ */

#define PARAMETERS_MAX 14

typedef struct parameters {
    const char *function;
    int n_required;
    int n;
    const char *const *names;
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

/* --- one call of the core (call.c) ------------------------------------------------ */

typedef struct call {
    core_state *state;
    const sdr_column *column, *other; /* the arguments that BIND_COLUMN, _PAIR name */
    PyThreadState *thread;            /* saved while the GIL is released */
    PyObject *progress;               /* borrowed; NULL: none */
    bool raised;                      /* poll left an exception pending */
    sdr_context context;
    sdr_error error;
} call;

/* `threads`: None, NULL or an integer >= 0; `progress`: None, NULL or a callable. */
int call_open(call *self, core_state *state, PyObject *threads, PyObject *progress);
void call_begin(call *self);               /* releases the GIL */
bool call_end(call *self, sdr_code code);  /* takes it back; false: exception set */
int call_raise(call *self, sdr_code code); /* always -1 */

/* Runs `expression`, of type sdr_code, without the GIL; false: exception set. */
#define CALL(self, expression) call_end((self), (call_begin(self), (expression)))
/* The same of a function whose last parameters are the context and the error. */
#define RUN(self, function, ...)                                                       \
    CALL(self, function(__VA_ARGS__, &(self)->context, &(self)->error))

/* --- functions and methods (bind.c) ----------------------------------------------- */

/* What a function does with its arguments: values[i] as arguments_read gave them. The
 * parameters `threads` and `progress`, where there are such, have opened the call. */
typedef PyObject *binding(call *call, PyObject *self, PyObject *const *values);

typedef struct signature {
    parameters parameters;
    int n_columns; /* of the first parameters: each a Column, in the call */
    binding *run;
} signature;

PyObject *bound_call(const signature *bound, core_state *state, PyObject *self,
                     PyObject *const *args, Py_ssize_t n_args, PyObject *keywords);

/* Defines core_NAME, which calls NAME_bound, for a table of functions or methods. */
#define BIND_AS(name, state_of, n_columns, n_required, ...)                            \
    static PyObject *core_##name(PyObject *self, PyObject *const *args,                \
                                 Py_ssize_t n_args, PyObject *keywords) {              \
        static const char *const names[] = {__VA_ARGS__};                              \
        static const signature bound = {                                               \
            {#name, n_required, sizeof names / sizeof *names, names},                  \
            n_columns,                                                                 \
            name##_bound};                                                             \
        _Static_assert(sizeof names / sizeof *names <= PARAMETERS_MAX, #name);         \
        return bound_call(&bound, state_of(self), self, args, n_args, keywords);       \
    }
/* A function of the module; one whose first parameter is a Column; whose first two. */
#define BIND(name, ...) BIND_AS(name, PyModule_GetState, 0, __VA_ARGS__)
#define BIND_COLUMN(name, ...) BIND_AS(name, PyModule_GetState, 1, __VA_ARGS__)
#define BIND_PAIR(name, ...) BIND_AS(name, PyModule_GetState, 2, __VA_ARGS__)

#define FAST (METH_FASTCALL | METH_KEYWORDS)
#define AS_METHOD(function) ((PyCFunction)(void (*)(void))(function))
#define OPTIONS "threads=None, progress=None"
/* The row of a table for what BIND defined. */
#define ROW(name, arguments, doc)                                                      \
    {#name, AS_METHOD(core_##name), FAST, #name arguments "\n--\n\n" doc}

/* Each file's functions; module.c adds all of them to the module. */
extern PyMethodDef arrow_functions[], profile_functions[], prepared_functions[],
    two_sample_functions[], rank_functions[], group_functions[], mmd_functions[],
    weighted_functions[], count_functions[], config_functions[], text_functions[],
    probability_functions[], roc_functions[], ranking_functions[], loss_functions[],
    exchange_functions[], row_functions[], correlation_functions[], state_functions[],
    stream_functions[];

/* --- result dicts (fields.c) ------------------------------------------------------ */

typedef enum field_type {
    FIELD_INT,      /* int64_t */
    FIELD_UNSIGNED, /* uint64_t */
    FIELD_INT128,   /* sdr_integer, or int64_t and uint64_t in that order */
    FIELD_SIGN,     /* int */
    FIELD_DOUBLE,   /* double */
    FIELD_BOOL,     /* bool */
    FIELD_STATUS,   /* sdr_status */
    FIELD_OBJECT    /* PyObject *, taken; NULL: an exception is set */
} field_type;

typedef struct field {
    const char *name;
    field_type type;
    size_t offset; /* into the struct of results */
} field;

typedef struct dict_type {
    dict_id id;
    int n;
    const field *fields;
} dict_type;

/* A field of that name from a struct's member. */
#define FIELD(results, type, name, member)                                             \
    {#name, FIELD_##type, offsetof(results, member)}
#define DICT_TYPE(id, fields) {id, sizeof fields / sizeof *fields, fields}

extern const dict_type profile_dict, text_profile_dict, pair_profile_dict,
    two_sample_dict, ranks_dict, deviations_dict, weighted_dict, group_profile_dict,
    group_two_sample_dict, count_laws_dict, log_loss_dict, roc_dict, roc_pair_dict,
    ranking_dict, losses_dict, exchange_laws_dict, ks_steps_dict, row_counts_dict,
    rank_pair_dict;

/* Interns the names of all dicts; -1 on failure. */
int dict_keys_intern(core_state *state);
PyObject *dict_new(core_state *state, const dict_type *type, const void *results);
/* The same of n structs of `size` bytes: an array a field, none of which is an object.
 * Statuses are their numbers, integers of 128 bits are objects. */
PyObject *dict_of_arrays(core_state *state, const dict_type *type, const void *results,
                         size_t size, int64_t n);

/* high * 2**64 + low. */
PyObject *int128_new(int64_t high, uint64_t low);
/* -1 and OverflowError where it does not fit. */
int int128_read(int64_t *high, uint64_t *low, PyObject *value);

/* --- NumPy (numpy.c) -------------------------------------------------------------- */

int numpy_import(void);
/* New 1-D array; its memory through array_data. */
PyObject *array_new(int type_num, int64_t length);
/* The same in two dimensions, row after row. */
PyObject *array_new_2d(int type_num, int64_t rows, int64_t columns);
/* The same with a copy of `data`. */
PyObject *array_copy(int type_num, int64_t length, const void *data);
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

/* --- the types -------------------------------------------------------------------- */

typedef struct column_object {
    PyObject_HEAD sdr_column column;
    PyObject *owner;     /* keeps the memory under `column` alive */
    PyObject *type_name; /* NULL until asked for */
    bool is_slice;       /* owner is the Column whose memory this one shares */
} column_object;

extern PyType_Spec column_spec, prepared_spec, categories_spec;

/* Empty object: the caller fills `column`, `owner`. */
column_object *column_new(PyTypeObject *type);
/* The column of an argument; NULL and TypeError that names the argument. */
const sdr_column *column_argument(core_state *state, PyObject *value, const char *name);
/* The column that holds the values: the dictionary of a category. */
const sdr_column *column_values(const sdr_column *column);
/* Column of a sequence of str (text.c); what is_missing there is null. `name` as above. */
PyObject *text_column(PyTypeObject *type, PyObject *values, PyObject *name);
/* Sets the name of the column's type; NULL or None for its own. */
int type_name_set(column_object *self, PyObject *name);

/* sdr_two_sample_flags of two arguments (two_sample.c); NULL is true. */
int two_sample_flags_read(int *flags, PyObject *ks, PyObject *wasserstein);
/* The sdr_prepared of an object of the type, which the caller has checked. */
const sdr_prepared *prepared_of(PyObject *object);

#endif
