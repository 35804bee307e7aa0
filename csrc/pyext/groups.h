/* Arguments and results of calls over groups of rows: groups.c, categories.c. */
#ifndef SDR_PYEXT_GROUPS_H
#define SDR_PYEXT_GROUPS_H

#include "pyext/pyext.h"

typedef struct group_arguments {
    PyObject *starts, *stops; /* int64 arrays */
    sdr_groups groups;
} group_arguments;

/* -1: exception. Released in both cases by group_arguments_release. */
int group_arguments_read(group_arguments *out, PyObject *starts, PyObject *stops);
void group_arguments_release(group_arguments *arguments);

#endif
