/*
 * The owner of Arrow memory: a schema and arrays that were moved out of capsules or a
 * stream, released exactly once, when the last column over them dies.
 */
#ifndef SDR_PYEXT_OWNER_H
#define SDR_PYEXT_OWNER_H

#include "pyext/pyext.h"

#include "simdrift/arrow_abi.h"

typedef struct owner_block owner_block;

typedef struct owner {
    struct ArrowSchema schema;
    struct ArrowArray *chunks;
    int64_t n_chunks;
    int64_t capacity;
    owner_block *blocks; /* what field_window allocated */
} owner;

/* A capsule that holds a new, empty owner; its destructor releases everything. */
PyObject *owner_new(void);
owner *owner_of(PyObject *capsule);
/* Room for one more array: NULL on failure. It counts after ++n_chunks. */
struct ArrowArray *owner_chunk(owner *self);
/* Memory that lives as long as the owner; NULL on failure. */
void *owner_allocate(owner *self, size_t bytes);

/* Moves data's schema and arrays in, from `__arrow_c_stream__` or, where there is none,
 * from `__arrow_c_array__`. -1: exception. */
int owner_fill(owner *self, core_state *state, PyObject *data);

/* Whether the schema is of a table: a struct that no extension type is stored as. */
bool owner_is_table(const owner *self);
/* Table: refuses chunks that are broken as structs, before any child is looked at. */
sdr_code owner_check_table(const owner *self, sdr_error *error);
/*
 * Arrays of field `i` of a table, one a chunk, as if each child stood alone: the
 * struct's offset and length applied, rows that are null in the struct null in the
 * child. They borrow from the owner.
 */
sdr_code owner_field(owner *self, const struct ArrowArray ***out, int64_t i,
                     sdr_error *error);

#endif
