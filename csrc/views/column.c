/*
 * Columns: what they own, how they are cut.
 *
 * Everything a column owns lies in an arena, a list of blocks. The chunks' block begins
 * with the arena's head, so that a column is a plain struct of public fields, and
 * resetting one is one walk over the list.
 */
#include "views/column.h"

#include "views/reading.h"
#include "views/types.h"

#include <string.h>

enum { HEAD_BYTES = 64 }; /* a cache line, so what follows keeps its alignment */

struct sdr_arena_block {
    struct sdr_arena_block *next;
};

sdr_code sdr_no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a column");
}

void *sdr_arena_allocate(sdr_arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX - HEAD_BYTES) return NULL;
    struct sdr_arena_block *block = sdr_allocate(HEAD_BYTES + bytes);
    if (block == NULL) return NULL;
    memset(block, 0, HEAD_BYTES + bytes);
    block->next = arena->blocks;
    arena->blocks = block;
    return (char *)block + HEAD_BYTES;
}

void sdr_arena_free(sdr_arena *arena) {
    while (arena->blocks != NULL) {
        struct sdr_arena_block *next = arena->blocks->next;
        sdr_release(arena->blocks);
        arena->blocks = next;
    }
}

/* --- building --------------------------------------------------------------------- */

sdr_code sdr_view_init_strided(sdr_view *out, sdr_type type, sdr_unit unit,
                               bool swapped, const void *data, int64_t length,
                               ptrdiff_t stride, const uint8_t *mask,
                               ptrdiff_t mask_stride, sdr_error *error) {
    bool is_time = type == SDR_TYPE_TIMESTAMP || type == SDR_TYPE_DURATION;
    memset(out, 0, sizeof *out);
    if (type <= SDR_TYPE_BOOL_BITS || type > SDR_TYPE_DURATION)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "type: expected booleans in bytes, numbers or times, "
                             "found %s",
                             type < SDR_TYPE_COUNT ? sdr_type_name(type) : "no type");
    if (is_time != (unit != SDR_UNIT_NONE) || unit > SDR_UNIT_NS)
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT, "unit: expected %s for %s, found %d",
            is_time ? "s, ms, us or ns" : "none", sdr_type_name(type), (int)unit);
    if (length < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "length: expected >= 0, found %lld", (long long)length);
    if (length > 0 && data == NULL)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "data: expected %lld rows, found a null pointer",
                             (long long)length);
    *out = (sdr_view){.type = type,
                      .unit = unit,
                      .swapped = swapped,
                      .nat_is_null = is_time,
                      .length = length,
                      .null_count = -1,
                      .data = data,
                      .stride = stride,
                      .mask = mask,
                      .mask_stride = mask_stride};
    return SDR_OK;
}

sdr_code sdr_column_assemble(sdr_column *out, sdr_arena *arena, sdr_type type,
                             sdr_unit unit, const sdr_view *chunks, int64_t n_chunks,
                             sdr_error *error) {
    size_t views = (size_t)n_chunks * sizeof *chunks;
    size_t starts = ((size_t)n_chunks + 1) * sizeof(int64_t);
    char *block = sdr_arena_allocate(arena, HEAD_BYTES + views + starts);
    memset(out, 0, sizeof *out);
    if (block == NULL) return sdr_no_memory(error);
    if (n_chunks > 0) memcpy(block + HEAD_BYTES, chunks, views);
    int64_t *rows = (int64_t *)(void *)(block + HEAD_BYTES + views);
    for (int64_t i = 0; i < n_chunks; i++) {
        if (chunks[i].length > INT64_MAX - rows[i])
            return sdr_error_set(error, SDR_INVALID_COLUMN,
                                 "length: expected fewer than 2^63 rows, found more "
                                 "(chunk %lld)",
                                 (long long)i);
        rows[i + 1] = rows[i] + chunks[i].length;
    }
    out->type = type;
    out->kind = sdr_type_kind(type);
    out->unit = unit;
    out->length = rows[n_chunks];
    out->n_chunks = n_chunks;
    out->chunks = (const sdr_view *)(const void *)(block + HEAD_BYTES);
    out->starts = rows;
    return SDR_OK;
}

void sdr_column_own(sdr_column *column, sdr_arena *arena) {
    memcpy((char *)(uintptr_t)column->chunks - HEAD_BYTES, arena, sizeof *arena);
}

static sdr_arena arena_of(const sdr_column *column) {
    sdr_arena arena;
    memcpy(&arena, (const char *)column->chunks - HEAD_BYTES, sizeof arena);
    return arena;
}

void sdr_column_keep(sdr_column *column, sdr_arena *arena) {
    sdr_arena own = arena_of(column);
    struct sdr_arena_block *last = own.blocks;
    while (last->next != NULL)
        last = last->next;
    last->next = arena->blocks;
}

void sdr_column_reset(sdr_column *column) {
    if (column->chunks != NULL) {
        sdr_arena arena = arena_of(column);
        sdr_arena_free(&arena);
    }
    memset(column, 0, sizeof *column);
}

sdr_code sdr_column_init(sdr_column *out, const sdr_view *chunks, int64_t n_chunks,
                         sdr_error *error) {
    sdr_arena arena = {NULL};
    memset(out, 0, sizeof *out);
    if (n_chunks < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "n_chunks: expected >= 0, found %lld",
                             (long long)n_chunks);
    sdr_type type = n_chunks > 0 ? chunks[0].type : SDR_TYPE_NULL;
    sdr_unit unit = n_chunks > 0 ? chunks[0].unit : SDR_UNIT_NONE;
    if (type >= SDR_TYPE_COUNT)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "type: expected one of sdr_type, found %d", (int)type);
    sdr_code code =
        sdr_column_assemble(out, &arena, type, unit, chunks, n_chunks, error);
    if (code == SDR_OK) code = sdr_column_validate(out, error);
    if (code == SDR_OK) {
        sdr_column_own(out, &arena);
        return SDR_OK;
    }
    sdr_arena_free(&arena);
    memset(out, 0, sizeof *out);
    return code;
}

/* --- cutting ---------------------------------------------------------------------- */

/* Rows [from, to) of a view; null_count is known. */
static sdr_view cut_view(const sdr_view *view, int64_t from, int64_t to) {
    sdr_view cut = *view;
    cut.length = to - from;
    if (cut.type == SDR_TYPE_BOOL_BITS)
        cut.bit_offset += from;
    else if (cut.data != NULL) /* the null type has none */
        cut.data += from * cut.stride;
    if (cut.validity != NULL) cut.validity_offset += from;
    if (cut.mask != NULL) cut.mask += from * cut.mask_stride;
    if (cut.null_count != 0 && cut.length != view->length)
        cut.null_count = sdr_view_count_all_nulls(&cut);
    return cut;
}

/* Fills `cuts` with the chunks that hold rows [start, stop); where there are none, an
 * empty one, so that type and dictionary are kept. */
static int64_t cut_chunks(sdr_view *cuts, const sdr_column *in, int64_t start,
                          int64_t stop) {
    int64_t n = 0;
    for (int64_t i = 0; i < in->n_chunks; i++) {
        int64_t from = in->starts[i], to = in->starts[i + 1];
        if (start > from) from = start;
        if (stop < to) to = stop;
        if (from >= to) continue;
        cuts[n++] = cut_view(&in->chunks[i], from - in->starts[i], to - in->starts[i]);
    }
    if (n == 0 && in->n_chunks > 0) cuts[n++] = cut_view(&in->chunks[0], 0, 0);
    return n;
}

sdr_code sdr_column_slice(sdr_column *out, const sdr_column *in, int64_t start,
                          int64_t stop, sdr_error *error) {
    sdr_arena arena = {NULL};
    memset(out, 0, sizeof *out);
    if (start < 0 || stop < start || stop > in->length)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "expected 0 <= start <= stop <= %lld, found %lld and %lld",
                             (long long)in->length, (long long)start, (long long)stop);
    sdr_view *cuts = sdr_allocate((size_t)in->n_chunks * sizeof *cuts);
    if (cuts == NULL) return sdr_no_memory(error);
    int64_t n = cut_chunks(cuts, in, start, stop);
    sdr_code code =
        sdr_column_assemble(out, &arena, in->type, in->unit, cuts, n, error);
    sdr_release(cuts);
    if (code != SDR_OK) {
        sdr_arena_free(&arena);
        return code;
    }
    sdr_column_sum_nulls(out);
    sdr_column_own(out, &arena);
    return SDR_OK;
}

int64_t sdr_column_chunk(const sdr_column *column, int64_t row) {
    int64_t low = 0, high = column->n_chunks - 1;
    while (low < high) { /* starts[low] <= row < starts[high + 1] */
        int64_t middle = low + (high - low + 1) / 2;
        if (column->starts[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}
