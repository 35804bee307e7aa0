/* See owner.h. Life of Arrow structs: moved in, one release. */
#include "pyext/owner.h"

#include <stdlib.h>
#include <string.h>

#define OWNER_CAPSULE "simdrift.owner"

/* What a release callback raises is printed: there is nobody to whom it could go, and
 * the next callback may be Python, which must not start with an exception set. */
static void print_raised(void) {
    if (PyErr_Occurred()) PyErr_WriteUnraisable(NULL);
}

static void owner_free(owner *self) {
    for (int64_t i = 0; i < self->n_chunks; i++) {
        if (self->chunks[i].release == NULL) continue;
        self->chunks[i].release(&self->chunks[i]);
        print_raised();
    }
    if (self->schema.release != NULL) self->schema.release(&self->schema);
    print_raised();
    free(self->chunks);
    free(self);
}

/* Runs with the GIL held, which a release callback may ask for again. */
static void owner_destroy(PyObject *capsule) {
    PyObject *type, *value, *traceback;
    owner *self = owner_of(capsule);
    PyErr_Fetch(&type, &value, &traceback);
    owner_free(self);
    PyErr_Restore(type, value, traceback);
}

PyObject *owner_new(void) {
    owner *self = calloc(1, sizeof *self);
    if (self == NULL) return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(self, OWNER_CAPSULE, owner_destroy);
    if (capsule == NULL) free(self);
    return capsule;
}

owner *owner_of(PyObject *capsule) {
    return PyCapsule_GetPointer(capsule, OWNER_CAPSULE);
}

#define FIRST_CHUNKS 16

struct ArrowArray *owner_chunk(owner *self) {
    if (self->n_chunks == self->capacity) {
        int64_t capacity = self->capacity == 0 ? FIRST_CHUNKS : 2 * self->capacity;
        void *chunks = realloc(self->chunks, (size_t)capacity * sizeof *self->chunks);
        if (chunks == NULL) return NULL;
        self->chunks = chunks;
        self->capacity = capacity;
    }
    struct ArrowArray *chunk = &self->chunks[self->n_chunks];
    memset(chunk, 0, sizeof *chunk);
    return chunk;
}
