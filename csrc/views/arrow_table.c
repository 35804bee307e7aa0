/*
 * Tables as Arrow structs: view.h. The size of a struct's bitmap is nowhere said: it is as long as
 * offset and length are, which its children, too, must be. So children are looked at
 * first, and null_count never says whether there is something to read.
 */
#include "views/arrow_table.h"

#include "views/arrow_schema.h"
#include "views/bits.h"
#include "views/types.h"

#include <limits.h>
#include <string.h>

enum { NAME_BYTES = sizeof "extension<", BITS_PER_BYTE = 8 };
static const int64_t MAXIMUM_ROWS = INT64_MAX / 32; /* as in arrow_import.c */

bool sdr_arrow_is_table(const struct ArrowSchema *schema) {
    char name[NAME_BYTES];
    if (schema->format == NULL || strcmp(schema->format, "+s") != 0) return false;
    sdr_code code = sdr_type_name_from_arrow(name, sizeof name, schema, NULL);
    return code != SDR_OK || strcmp(name, "extension<") != 0;
}

/* --- structs -------------------------------------------------------------------------
 */

static sdr_code refuse(sdr_error *error, int64_t chunk, const char *expected,
                       int64_t found) {
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "table: chunk %lld: expected %s, found %lld", (long long)chunk,
                         expected, (long long)found);
}

static const uint8_t *bitmap_of(const struct ArrowArray *chunk) {
    return chunk->buffers != NULL ? chunk->buffers[0] : NULL;
}

static sdr_code check_numbers(const struct ArrowArray *chunk, int64_t i,
                              sdr_error *error) {
    if (chunk->length < 0) return refuse(error, i, "a length >= 0", chunk->length);
    if (chunk->offset < 0) return refuse(error, i, "an offset >= 0", chunk->offset);
    if (chunk->offset > INT64_MAX - chunk->length)
        return refuse(error, i, "an offset of less than 2^63 less the length",
                      chunk->offset);
    if (chunk->null_count < -1 || chunk->null_count > chunk->length)
        return refuse(error, i, "a null_count of -1 to the length", chunk->null_count);
    if (chunk->n_buffers != 1)
        return refuse(error, i, "one buffer, for validity", chunk->n_buffers);
    if (chunk->dictionary != NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "table: chunk %lld: expected no dictionary, found one",
                             (long long)i);
    if (bitmap_of(chunk) == NULL && chunk->null_count > 0)
        return refuse(error, i, "a validity buffer for the nulls, or a null_count of 0",
                      chunk->null_count);
    return SDR_OK;
}

static sdr_code check_children(const sdr_arrow_table *table, int64_t i,
                               sdr_error *error) {
    const struct ArrowArray *chunk = &table->chunks[i];
    int64_t n = table->schema->n_children;
    if (chunk->n_children == n && (n == 0 || chunk->children != NULL)) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "table: chunk %lld: expected %lld children as in the schema, "
                         "found %lld%s",
                         (long long)i, (long long)n, (long long)chunk->n_children,
                         chunk->children == NULL ? " in no list" : "");
}

/* Whether a child has rows for all of its table's, and no more than an array may. */
static bool is_long_enough(const struct ArrowArray *child,
                           const struct ArrowArray *chunk) {
    return child != NULL && child->length >= 0 && child->offset >= 0 &&
           chunk->offset + chunk->length <= child->length &&
           child->length <= MAXIMUM_ROWS &&
           child->offset <= MAXIMUM_ROWS - child->length;
}

static const char *name_of(const struct ArrowSchema *field) {
    return field != NULL && field->name != NULL ? field->name : "";
}

/* A bitmap can be read only as far as all children reach. */
static sdr_code check_bitmap_length(const sdr_arrow_table *table, int64_t i,
                                    sdr_error *error) {
    const struct ArrowArray *chunk = &table->chunks[i];
    for (int64_t k = 0; k < chunk->n_children; k++) {
        const struct ArrowArray *child = chunk->children[k];
        if (is_long_enough(child, chunk)) continue;
        return sdr_error_set(
            error, SDR_INVALID_COLUMN,
            "table: chunk %lld: expected children of at least %lld rows, as its offset "
            "and length say, found %lld with offset %lld in field %lld '%.80s'",
            (long long)i, (long long)(chunk->offset + chunk->length),
            child == NULL ? -1LL : (long long)child->length,
            child == NULL ? -1LL : (long long)child->offset, (long long)k,
            name_of(table->schema->children[k]));
    }
    return SDR_OK;
}

static int64_t count_nulls(const struct ArrowArray *chunk) {
    const uint8_t *bitmap = bitmap_of(chunk);
    int64_t valid = 0;
    if (bitmap == NULL) return 0;
    for (int64_t row = 0; row < chunk->length; row += SDR_WORD_BITS) {
        int64_t left = chunk->length - row;
        int64_t n = left < SDR_WORD_BITS ? left : SDR_WORD_BITS;
        valid += sdr_bits_count(sdr_bits_load(bitmap, chunk->offset + row, n));
    }
    return chunk->length - valid;
}

static sdr_code check_chunk(const sdr_arrow_table *table, int64_t i, sdr_error *error) {
    struct ArrowArray *chunk = &table->chunks[i];
    SDR_TRY(check_numbers(chunk, i, error));
    SDR_TRY(check_children(table, i, error));
    if (chunk->n_children == 0) return SDR_OK; /* no row of it is read */
    if (bitmap_of(chunk) != NULL) SDR_TRY(check_bitmap_length(table, i, error));
    int64_t nulls = count_nulls(chunk);
    if (chunk->null_count != -1 && chunk->null_count != nulls)
        return sdr_error_set(
            error, SDR_INVALID_COLUMN,
            "table: chunk %lld: expected null_count %lld as its bitmap, found %lld",
            (long long)i, (long long)nulls, (long long)chunk->null_count);
    chunk->null_count = nulls;
    return SDR_OK;
}

sdr_code sdr_arrow_check_table(const sdr_arrow_table *table, sdr_error *error) {
    const struct ArrowSchema *schema = table->schema;
    bool has_fields = schema->n_children == 0 || schema->children != NULL;
    if (schema->n_children < 0 || schema->n_children > INT_MAX || !has_fields)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "table: expected the schemas of its %lld fields",
                             (long long)schema->n_children);
    if (schema->dictionary != NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "table: expected a struct without a dictionary, found one "
                             "with a dictionary");
    for (int64_t i = 0; i < table->n_chunks; i++)
        SDR_TRY(check_chunk(table, i, error));
    return SDR_OK;
}

/* --- a field's arrays ----------------------------------------------------------------
 */

/* Whether the child's first buffer is a validity bitmap. What is broken or not computed
 * on is left as it is: it is refused for what it is. */
static bool takes_validity(sdr_arrow_type *type, const struct ArrowSchema *field,
                           const struct ArrowArray *window) {
    if (sdr_arrow_schema_read(type, field, NULL) != SDR_OK) return false;
    if (type->type == SDR_TYPE_NULL || window->release == NULL) return false;
    int64_t most = type->type == SDR_TYPE_STRING_VIEW ? INT_MAX : 3;
    return window->buffers != NULL && window->n_buffers >= 2 &&
           window->n_buffers <= most && window->offset <= MAXIMUM_ROWS;
}

/* Moves the first two buffers to the window's rows: fewer than 8 are before them. */
static void move_to_rows(struct ArrowArray *window, const void **buffers,
                         const sdr_arrow_type *type) {
    int64_t skipped = window->offset & -BITS_PER_BYTE, bytes = skipped / BITS_PER_BYTE;
    if (buffers[0] != NULL) buffers[0] = (const char *)buffers[0] + bytes;
    if (type->type != SDR_TYPE_BOOL_BITS) bytes = skipped * sdr_arrow_type_width(type);
    if (buffers[1] != NULL) buffers[1] = (const char *)buffers[1] + bytes;
    window->buffers = buffers;
    window->offset -= skipped;
}

/* Bitmap of the window's rows: valid in the struct and in the child. */
static uint8_t *combined_validity(sdr_arena *arena, const struct ArrowArray *chunk,
                                  const struct ArrowArray *window) {
    const uint8_t *outer = bitmap_of(chunk), *inner = window->buffers[0];
    size_t bytes = (size_t)(window->offset + window->length) / BITS_PER_BYTE + 1;
    uint8_t *combined = sdr_arena_allocate(arena, bytes);
    if (combined == NULL) return NULL;
    for (int64_t i = 0; i < window->length; i++) {
        int64_t at = window->offset + i;
        bool valid = sdr_bit_get(outer, chunk->offset + i) &&
                     (inner == NULL || sdr_bit_get(inner, at));
        combined[at >> 3] |= (uint8_t)(valid << (at & 7));
    }
    return combined;
}

static sdr_code hide_nulls(sdr_arena *arena, struct ArrowArray *window,
                           const struct ArrowArray *chunk, const sdr_arrow_type *type,
                           sdr_error *error) {
    size_t bytes = (size_t)window->n_buffers * sizeof *window->buffers;
    const void **buffers = sdr_arena_allocate(arena, bytes);
    uint8_t *validity = NULL;
    if (buffers != NULL) {
        memcpy(buffers, window->buffers, bytes);
        move_to_rows(window, buffers, type);
        validity = combined_validity(arena, chunk, window);
    }
    if (validity == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a validity bitmap");
    buffers[0] = validity;
    window->null_count = -1;
    return SDR_OK;
}

/* A text's characters reach as far as its last offset says, which a window that ends
 * before the child's rows do does not see: its own last offset must not be beyond. */
static sdr_code check_text_end(const struct ArrowSchema *field,
                               const struct ArrowArray *child,
                               const struct ArrowArray *window, int64_t chunk,
                               sdr_error *error) {
    sdr_arrow_type type;
    int64_t end = window->offset + window->length, all = child->offset + child->length;
    if (window->length == 0 || end == all || child->release == NULL ||
        child->n_buffers < 3 || child->buffers == NULL || child->buffers[1] == NULL ||
        sdr_arrow_schema_read(&type, field, NULL) != SDR_OK)
        return SDR_OK; /* nothing to read, or refused for what it is */
    if (type.type != SDR_TYPE_UTF8 && type.type != SDR_TYPE_LARGE_UTF8) return SDR_OK;
    int64_t own = sdr_arrow_offset(type.type, child->buffers[1], end);
    int64_t last = sdr_arrow_offset(type.type, child->buffers[1], all);
    if (own <= last) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "expected offsets that do not fall below %lld, that of row "
                         "%lld, found %lld at the end of the array (chunk %lld)",
                         (long long)own, (long long)(end - child->offset),
                         (long long)last, (long long)chunk);
}

/* Field k's array of chunk i. */
static sdr_code window_of(struct ArrowArray *out, sdr_arena *arena,
                          const sdr_arrow_table *table, int64_t i, int64_t k,
                          sdr_error *error) {
    const struct ArrowSchema *field = table->schema->children[k];
    const struct ArrowArray *chunk = &table->chunks[i], *child = chunk->children[k];
    if (!is_long_enough(child, chunk))
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected an array of at least %lld rows, as its table's "
                             "offset and length say, found %lld with offset %lld "
                             "(chunk %lld)",
                             (long long)(chunk->offset + chunk->length),
                             child == NULL ? -1LL : (long long)child->length,
                             child == NULL ? -1LL : (long long)child->offset,
                             (long long)i);
    bool is_whole = chunk->offset == 0 && chunk->length == child->length;
    *out = *child; /* a borrowed copy: never released */
    out->offset += chunk->offset;
    out->length = chunk->length;
    if (!is_whole && out->null_count != 0) out->null_count = -1;
    SDR_TRY(check_text_end(field, child, out, i, error));
    sdr_arrow_type type;
    if (chunk->null_count == 0 || !takes_validity(&type, field, out)) return SDR_OK;
    return hide_nulls(arena, out, chunk, &type, error);
}

sdr_code sdr_arrow_field(const struct ArrowArray ***out, sdr_arena *arena,
                         const sdr_arrow_table *table, int64_t i, sdr_error *error) {
    size_t n = (size_t)table->n_chunks;
    struct ArrowArray *windows = sdr_arena_allocate(arena, n * sizeof *windows);
    const struct ArrowArray **arrays = sdr_arena_allocate(arena, n * sizeof *arrays);
    if (windows == NULL || arrays == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a column's chunks");
    for (int64_t c = 0; c < table->n_chunks; c++) {
        SDR_TRY(window_of(&windows[c], arena, table, c, i, error));
        arrays[c] = &windows[c];
    }
    *out = arrays;
    return SDR_OK;
}

sdr_code sdr_column_from_arrow_table(sdr_column *out, const sdr_arrow_table *table,
                                     int64_t i, sdr_error *error) {
    const struct ArrowArray **arrays = NULL;
    sdr_arena arena = {NULL};
    memset(out, 0, sizeof *out);
    sdr_code code = sdr_arrow_field(&arrays, &arena, table, i, error);
    if (code == SDR_OK)
        code = sdr_column_from_arrow(out, table->schema->children[i], arrays,
                                     table->n_chunks, error);
    if (code == SDR_OK)
        sdr_column_keep(out, &arena);
    else
        sdr_arena_free(&arena);
    return code;
}
