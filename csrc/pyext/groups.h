/* Groups of rows as arguments: groups.c, categories.c. */
#ifndef SDR_PYEXT_GROUPS_H
#define SDR_PYEXT_GROUPS_H

#include "pyext/pyext.h"

typedef struct group_call {
    PyObject *starts, *stops; /* int64 arrays */
    sdr_groups groups;        /* over them */
    void *results;            /* a struct a group; NULL: none */
} group_call;

/* `size`: of a group's struct; 0: none. -1: exception. Closed in both cases. */
int group_call_open(group_call *self, PyObject *starts, PyObject *stops, size_t size);
/* An array with one entry a row of the column; None and NULL: no array, *array is NULL.
 * -1: exception. */
int group_rows_read(PyObject **array, PyObject *value, int type_num, const char *name,
                    const sdr_column *column);
void group_call_close(group_call *self);

#endif
