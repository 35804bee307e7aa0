/* See owner.h. Life of Arrow structs: moved in, windows over children, one release. */
#include "pyext/owner.h"

#include <stdlib.h>
#include <string.h>

#define OWNER_CAPSULE "simdrift.owner"

struct owner_block {
    owner_block *next;
};

#define BLOCK_HEADER 64 /* keeps what follows aligned */

static void owner_free(owner *self) {
    for (int64_t i = 0; i < self->n_chunks; i++) {
        if (self->chunks[i].release != NULL) self->chunks[i].release(&self->chunks[i]);
    }
    if (self->schema.release != NULL) self->schema.release(&self->schema);
    while (self->blocks != NULL) {
        owner_block *next = self->blocks->next;
        sdr_release(self->blocks);
        self->blocks = next;
    }
    free(self->chunks);
    free(self);
}

/* Runs with the GIL held, which a release callback may ask for again. */
static void owner_destroy(PyObject *capsule) {
    owner_free(owner_of(capsule));
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

void *owner_allocate(owner *self, size_t bytes) {
    owner_block *block = sdr_allocate(BLOCK_HEADER + bytes);
    if (block == NULL) return NULL;
    block->next = self->blocks;
    self->blocks = block;
    return (char *)block + BLOCK_HEADER;
}

/* --- tables ----------------------------------------------------------------------- */

#define EXTENSION_PREFIX "extension<" /* of the names of extension types */

bool owner_is_table(const owner *self) {
    char name[sizeof EXTENSION_PREFIX];
    if (self->schema.format == NULL || strcmp(self->schema.format, "+s") != 0) {
        return false;
    }
    sdr_code code = sdr_type_name_from_arrow(name, sizeof name, &self->schema, NULL);
    return code != SDR_OK || strcmp(name, EXTENSION_PREFIX) != 0;
}

static bool bit_is_set(const uint8_t *bits, int64_t i) {
    return (bits[i >> 3] >> (i & 7)) & 1;
}

static const uint8_t *struct_validity(const struct ArrowArray *chunk) {
    bool has_buffer = chunk->n_buffers >= 1 && chunk->buffers != NULL;
    return has_buffer && chunk->null_count != 0 ? chunk->buffers[0] : NULL;
}

static int64_t struct_nulls(const struct ArrowArray *chunk) {
    const uint8_t *validity = struct_validity(chunk);
    int64_t nulls = 0;
    for (int64_t i = 0; validity != NULL && i < chunk->length; i++) {
        nulls += !bit_is_set(validity, chunk->offset + i);
    }
    return nulls;
}

static sdr_code chunk_check(const owner *self, int64_t i, sdr_error *error) {
    const struct ArrowArray *chunk = &self->chunks[i];
    if (chunk->length < 0 || chunk->offset < 0 ||
        chunk->offset > INT64_MAX - chunk->length) {
        return sdr_error_set(
            error, SDR_INVALID_COLUMN,
            "table: chunk %lld: expected length and offset >= 0, found %lld and %lld",
            (long long)i, (long long)chunk->length, (long long)chunk->offset);
    }
    if (chunk->n_children != self->schema.n_children ||
        (chunk->n_children > 0 && chunk->children == NULL)) {
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "table: chunk %lld: expected %lld children as in the "
                             "schema, found %lld",
                             (long long)i, (long long)self->schema.n_children,
                             (long long)chunk->n_children);
    }
    int64_t nulls = struct_nulls(chunk);
    if (chunk->null_count >= 0 && chunk->null_count != nulls) {
        return sdr_error_set(
            error, SDR_INVALID_COLUMN,
            "table: chunk %lld: expected null_count %lld as its bitmap, found %lld",
            (long long)i, (long long)nulls, (long long)chunk->null_count);
    }
    return SDR_OK;
}

sdr_code owner_check_table(const owner *self, sdr_error *error) {
    if (self->schema.n_children < 0 ||
        (self->schema.n_children > 0 && self->schema.children == NULL)) {
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "table: expected the schemas of its %lld fields",
                             (long long)self->schema.n_children);
    }
    for (int64_t i = 0; i < self->n_chunks; i++) {
        SDR_TRY(chunk_check(self, i, error));
    }
    return SDR_OK;
}

/* --- a field's arrays ------------------------------------------------------------- */

#define BITS_PER_BYTE 8

/* Bitmap of the window's rows: valid in the struct and in the child. Bits before the
 * window's offset stay 0, nobody reads them. */
static uint8_t *combined_validity(owner *self, const struct ArrowArray *chunk,
                                  const struct ArrowArray *window) {
    const uint8_t *outer = struct_validity(chunk);
    const uint8_t *inner = window->null_count != 0 ? window->buffers[0] : NULL;
    size_t bytes = (size_t)(window->offset + window->length) / BITS_PER_BYTE + 1;
    uint8_t *combined = owner_allocate(self, bytes);
    if (combined == NULL) return NULL;
    memset(combined, 0, bytes);
    for (int64_t i = 0; i < window->length; i++) {
        int64_t at = window->offset + i;
        bool valid = bit_is_set(outer, chunk->offset + i) &&
                     (inner == NULL || bit_is_set(inner, at));
        combined[at >> 3] |= (uint8_t)(valid << (at & 7));
    }
    return combined;
}

#define FIXED_BUFFERS 3 /* the most that a flat type without data buffers has */

/* A validity bitmap is the first buffer of all flat types but null. Broken or nested
 * children are left as they are: they are refused for what they are. */
static bool takes_validity(const char *format, const struct ArrowArray *window) {
    if (format == NULL || format[0] == 'n' || format[0] == '+') return false;
    if (window->n_buffers < 1 || window->buffers == NULL) return false;
    return format[0] == 'v' || window->n_buffers <= FIXED_BUFFERS;
}

static sdr_code window_hide_nulls(owner *self, struct ArrowArray *window,
                                  const struct ArrowArray *chunk, sdr_error *error) {
    size_t bytes = (size_t)window->n_buffers * sizeof *window->buffers;
    const void **buffers = owner_allocate(self, bytes);
    uint8_t *validity = combined_validity(self, chunk, window);
    if (buffers == NULL || validity == NULL) {
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a validity bitmap");
    }
    memcpy(buffers, window->buffers, bytes);
    buffers[0] = validity;
    window->buffers = buffers;
    window->null_count = -1;
    return SDR_OK;
}

static sdr_code window_check(const struct ArrowArray *child,
                             const struct ArrowArray *chunk, sdr_error *error) {
    bool readable = child != NULL && child->length >= 0 && child->offset >= 0 &&
                    chunk->offset + chunk->length <= child->length &&
                    child->offset <= INT64_MAX - child->length;
    if (readable) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "expected an array of at least %lld rows, as its table's "
                         "offset and length say, found %lld with offset %lld",
                         (long long)(chunk->offset + chunk->length),
                         child == NULL ? -1LL : (long long)child->length,
                         child == NULL ? -1LL : (long long)child->offset);
}

static sdr_code field_window(owner *self, struct ArrowArray *out, const char *format,
                             const struct ArrowArray *chunk,
                             const struct ArrowArray *child, sdr_error *error) {
    SDR_TRY(window_check(child, chunk, error));
    bool is_whole = chunk->offset == 0 && chunk->length == child->length;
    *out = *child; /* a borrowed copy: never released */
    out->offset += chunk->offset;
    out->length = chunk->length;
    if (!is_whole && out->null_count != 0) out->null_count = -1;
    if (struct_nulls(chunk) == 0 || !takes_validity(format, out)) return SDR_OK;
    return window_hide_nulls(self, out, chunk, error);
}

sdr_code owner_field(owner *self, const struct ArrowArray ***out, int64_t i,
                     sdr_error *error) {
    const struct ArrowSchema *field = self->schema.children[i];
    size_t n = (size_t)self->n_chunks;
    struct ArrowArray *windows = owner_allocate(self, n * sizeof *windows);
    const struct ArrowArray **arrays = owner_allocate(self, n * sizeof *arrays);
    if (windows == NULL || arrays == NULL) {
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a column's chunks");
    }
    for (int64_t c = 0; c < self->n_chunks; c++) {
        const struct ArrowArray *chunk = &self->chunks[c];
        SDR_TRY(field_window(self, &windows[c], field->format, chunk,
                             chunk->children[i], error));
        arrays[c] = &windows[c];
    }
    *out = arrays;
    return SDR_OK;
}
