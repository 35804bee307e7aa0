/* Arguments and results of calls over groups of rows: groups.c, categories.c. */
#ifndef SDR_PYEXT_GROUPS_H
#define SDR_PYEXT_GROUPS_H

#include <stddef.h>

#include "pyext.h"

typedef struct group_arguments {
    PyObject *starts, *stops; /* int64 arrays */
    sdr_groups groups;
} group_arguments;

/* -1: exception. Released in both cases by group_arguments_release. */
int group_arguments_read(group_arguments *out, PyObject *starts, PyObject *stops);
void group_arguments_release(group_arguments *arguments);

/* What every call begins with. */
typedef struct group_call {
    call call;
    const sdr_column *column;
    group_arguments arguments;
    void *results; /* one struct a group */
} group_call;

/* `size`: of a group's struct; 0: none. -1: exception; closed in both cases. */
int group_call_open(group_call *self, PyObject *module, PyObject *column,
                    PyObject *starts, PyObject *stops, PyObject *const *options,
                    size_t size);
void group_call_close(group_call *self);

#define RUN(self, function, ...)                                                       \
    CALL(&(self)->call, function(__VA_ARGS__, &(self)->arguments.groups,               \
                                 &(self)->call.context, &(self)->call.error))

/* A member of a group's struct that becomes an array. Members are little endian, so a
 * narrower element is the member's first bytes. */
typedef struct group_field {
    key name;
    int type_num;
    size_t bytes, offset; /* of an element; of the member */
} group_field;

#define INT64_FIELD(type, name) {KEY_##name, NPY_INT64, 8, offsetof(type, name)}
#define DOUBLE_FIELD(type, name) {KEY_##name, NPY_DOUBLE, 8, offsetof(type, name)}
#define STATUS_FIELD(type, name) {KEY_##name, NPY_UINT8, 1, offsetof(type, name)}
#define BOOL_FIELD(type, name) {KEY_##name, NPY_BOOL, 1, offsetof(type, name)}
#define COUNT_OF(fields) (int)(sizeof(fields) / sizeof *(fields))

/* Adds an array of each field, of structs of `size` bytes. */
void group_fields_add(fields *out, const group_field *all, int n_fields,
                      const group_call *self, size_t size);

#endif
