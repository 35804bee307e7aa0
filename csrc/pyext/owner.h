/*
 * The owner of Arrow memory: a schema and arrays that were moved out of capsules or a
 * stream, released exactly once, when the last column over them dies.
 */
#ifndef SDR_PYEXT_OWNER_H
#define SDR_PYEXT_OWNER_H

#include "pyext/pyext.h"

#include "simdrift/arrow_abi.h"

typedef struct owner {
    struct ArrowSchema schema;
    struct ArrowArray *chunks;
    int64_t n_chunks;
    int64_t capacity;
} owner;

/* A capsule that holds a new, empty owner; its destructor releases everything. */
PyObject *owner_new(void);
owner *owner_of(PyObject *capsule);
/* Room for one more array: NULL on failure. It counts after ++n_chunks. */
struct ArrowArray *owner_chunk(owner *self);
/* Moves data's schema and arrays in, from `__arrow_c_stream__` or, where there is none,
 * from `__arrow_c_array__`. -1: exception. */
int owner_fill(owner *self, core_state *state, PyObject *data);

#endif
