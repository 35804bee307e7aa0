/*
 * Rows as small indices; see index_rows.h.
 *
 * Rows are narrowed (or widened) by kernels/codes; then the rows that are null are
 * overwritten. Integers are compared with the domain as they are loaded: memory that
 * changes under a call gives wrong counts, never an index outside of a table.
 */
#include "metrics/categories/index_rows.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "metrics/categories/category_tally.h"
#include "views/reading.h"
#include "views/types.h"

enum {
    BYTE_DOMAIN = 256,
    BOOL_DOMAIN = 2,
    RANGE_MOST = 1 << 17, /* a table of 512 KiB, in the second-level cache */
    RANGE_COST_BYTES = SDR_BLOCK_ROWS * 8
};

static bool is_bool(sdr_type type) {
    return type == SDR_TYPE_BOOL_BITS || type == SDR_TYPE_BOOL_BYTES;
}

bool sdr_index_applies(const sdr_column *column) {
    return column->type == SDR_TYPE_DICTIONARY || is_bool(column->type) ||
           column->type == SDR_TYPE_INT8 || column->type == SDR_TYPE_UINT8;
}

sdr_index_source sdr_index_source_of(const sdr_view *view, sdr_index_range range) {
    sdr_index_source source = {.view = view, .type = view->type};
    if (view->type == SDR_TYPE_DICTIONARY) {
        source.type = view->index_type;
        source.domain = view->dictionary->length;
    } else if (is_bool(view->type)) {
        source.domain = BOOL_DOMAIN;
    } else if (view->type == SDR_TYPE_INT8 || view->type == SDR_TYPE_UINT8) {
        source.domain = BYTE_DOMAIN;
        source.offset = view->type == SDR_TYPE_INT8 ? (uint64_t)INT8_MIN : 0;
    } else {
        source.offset = range.offset;
        source.domain = range.domain;
    }
    return source;
}

/* --- loading ---------------------------------------------------------------------- */

static void read_bools(uint8_t *out, const sdr_view *view, int64_t start, int64_t n) {
    if (view->type == SDR_TYPE_BOOL_BITS) {
        sdr_bits_expand(out, view->data, view->bit_offset + start, n);
        return;
    }
    sdr_rows_buffer buffer;
    const uint8_t *rows = sdr_view_rows(view, start, n, &buffer);
    for (int64_t i = 0; i < n; i++)
        out[i] = rows[i] != 0;
}

/* Calls `hide` for each row of the block that is null. */
#define FOR_EACH_NULL(view, start, n, hide)                                            \
    for (int64_t i = 0; (view)->null_count != 0 && i < n; i += SDR_WORD_BITS) {        \
        int64_t rows = n - i < SDR_WORD_BITS ? n - i : SDR_WORD_BITS;                  \
        uint64_t nulls = ~sdr_view_valid_bits(view, (start) + i, rows);                \
        for (nulls &= sdr_bits_low(rows); nulls != 0; nulls &= nulls - 1) {            \
            int64_t row = i + __builtin_ctzll(nulls);                                  \
            hide;                                                                      \
        }                                                                              \
    }

const uint8_t *sdr_index_load_bytes(const sdr_index_source *source, int64_t start,
                                    int64_t n, uint8_t *scratch) {
    const sdr_view *view = source->view;
    if (is_bool(source->type)) {
        read_bools(scratch, view, start, n);
    } else {
        sdr_rows_buffer buffer;
        const void *rows = sdr_view_rows(view, start, n, &buffer);
        int width = sdr_view_width(view);
        bool as_they_lie = width == 1 && source->offset == 0 && view->null_count == 0;
        if (as_they_lie && rows != buffer.bytes) return rows;
        sdr_dispatch_active()->codes.narrow(scratch, rows, width,
                                            (uint8_t)source->offset, n);
    }
    FOR_EACH_NULL(view, start, n, scratch[row] = SDR_INDEX_BYTES);
    return scratch;
}

static void widen_bools(int32_t *out, const sdr_view *view, int64_t start, int64_t n) {
    uint8_t bools[SDR_BLOCK_ROWS];
    read_bools(bools, view, start, n);
    for (int64_t i = 0; i < n; i++)
        out[i] = bools[i];
}

const int32_t *sdr_index_load(const sdr_index_source *source, int64_t start, int64_t n,
                              int32_t *scratch) {
    const sdr_view *view = source->view;
    if (is_bool(source->type)) {
        widen_bools(scratch, view, start, n);
    } else {
        sdr_rows_buffer buffer;
        const void *rows = sdr_view_rows(view, start, n, &buffer);
        bool as_they_lie = view->type == SDR_TYPE_DICTIONARY && view->null_count == 0 &&
                           source->type == SDR_TYPE_INT32 && rows != buffer.bytes &&
                           (uintptr_t)rows % sizeof(int32_t) == 0;
        if (as_they_lie) return rows;
        sdr_dispatch_active()->codes.widen(scratch, rows, source->type, source->offset,
                                           source->domain, n);
    }
    FOR_EACH_NULL(view, start, n, scratch[row] = (int32_t)source->domain);
    return scratch;
}

/* --- the range of integers -------------------------------------------------------- */

typedef struct range_job {
    const sdr_column *column;
    int64_t most;        /* domain above which it is not worth it */
    int64_t (*found)[2]; /* worker after worker: least, most */
    atomic_bool too_large;
} range_job;

/* Null rows, which hold 0, become a row that is there. */
static void range_block(int64_t *found, const range_job *job, int64_t start,
                        int64_t n) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    const int64_t *rows =
        sdr_column_load_i64(job->column, start, n, scratch, valid, &nulls);
    if (nulls == n) return;
    int64_t first = 0;
    while (nulls > 0 && !valid[first])
        first++;
    for (int64_t i = 0; nulls > 0 && i < n; i++)
        scratch[i] = valid[i] ? rows[i] : rows[first];
    if (nulls > 0) rows = scratch;
    sdr_dispatch_active()->codes.range(&found[0], &found[1], rows, n);
}

static bool is_within(const int64_t *found, int64_t most) {
    return (uint64_t)found[1] - (uint64_t)found[0] < (uint64_t)most;
}

static sdr_code range_blocks(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)error;
    range_job *job = user;
    int64_t *found = job->found[worker];
    for (int64_t block = begin; block < end && !atomic_load(&job->too_large); block++) {
        int64_t start = block * SDR_BLOCK_ROWS, n = job->column->length - start;
        range_block(found, job, start, n < SDR_BLOCK_ROWS ? n : SDR_BLOCK_ROWS);
        if (found[0] <= found[1] && !is_within(found, job->most))
            atomic_store(&job->too_large, true);
    }
    return SDR_OK;
}

/* A table must not cost more than the rows: of each chunk one is made and read. */
static int64_t domain_worth(const sdr_column *column) {
    int64_t rows = column->length / column->n_chunks;
    return rows < RANGE_MOST ? rows : RANGE_MOST;
}

sdr_code sdr_index_range_of(sdr_index_range *out, const sdr_column *column,
                            const sdr_context *context, sdr_error *error) {
    *out = (sdr_index_range){0};
    if (column->kind != SDR_KIND_INTEGER && column->kind != SDR_KIND_TEMPORAL)
        return SDR_OK;
    int64_t blocks = (column->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
    int workers = sdr_parallel_workers(context, blocks, RANGE_COST_BYTES);
    range_job job = {.column = column, .most = domain_worth(column)};
    atomic_init(&job.too_large, false);
    job.found = sdr_allocate((size_t)workers * sizeof *job.found);
    if (job.found == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a range");
    for (int w = 0; w < workers; w++) {
        job.found[w][0] = INT64_MAX;
        job.found[w][1] = INT64_MIN;
    }
    sdr_code code =
        sdr_parallel_for(context, blocks, RANGE_COST_BYTES, range_blocks, &job, error);
    int64_t all[2] = {INT64_MAX, INT64_MIN};
    for (int w = 0; w < workers; w++)
        sdr_dispatch_active()->codes.range(&all[0], &all[1], job.found[w],
                                           job.found[w][0] <= job.found[w][1] ? 2 : 0);
    sdr_release(job.found);
    if (code != SDR_OK || atomic_load(&job.too_large) || all[0] > all[1]) return code;
    if (!is_within(all, job.most)) return SDR_OK;
    out->domain = (int64_t)((uint64_t)all[1] - (uint64_t)all[0]) + 1;
    /* uint64 is loaded as its bits minus 2^63 */
    out->offset = (uint64_t)all[0];
    if (column->type == SDR_TYPE_UINT64) out->offset ^= UINT64_C(1) << 63;
    return SDR_OK;
}

/* --- labels ----------------------------------------------------------------------- */

static int64_t label_of_number(char *text, const sdr_index_source *source,
                               int64_t index) {
    sdr_column column = {.type = source->type, .kind = SDR_KIND_INTEGER};
    uint64_t key = source->offset + (uint64_t)index;
    if (is_bool(source->type)) column.kind = SDR_KIND_BOOLEAN;
    if (source->type == SDR_TYPE_UINT64) key ^= UINT64_C(1) << 63;
    return sdr_key_label(text, (int64_t)key, &column);
}

/* The key of a dictionary's value that is no text; false where it is null or NaN. */
static bool dictionary_key(int64_t *key, const sdr_column *values, int64_t index) {
    int64_t nulls;
    uint8_t valid = 1;
    if (values->kind != SDR_KIND_FLOAT && values->kind != SDR_KIND_BOOLEAN) {
        *key = *sdr_column_load_i64(values, index, 1, key, &valid, &nulls);
        return nulls == 0;
    }
    double scratch, value = *sdr_column_load_f64(values, index, 1, 0, &scratch, &nulls);
    if (isnan(value)) return false;
    value += 0.0; /* -0.0 is 0.0 */
    memcpy(key, &value, sizeof *key);
    if (values->kind == SDR_KIND_BOOLEAN) *key = value != 0;
    return true;
}

bool sdr_index_label(sdr_string *label, char *text, const sdr_index_source *source,
                     int64_t index) {
    *label = (sdr_string){(const uint8_t *)text, 0};
    if (source->view->type != SDR_TYPE_DICTIONARY) {
        label->size = label_of_number(text, source, index);
        return true;
    }
    const sdr_column *values = source->view->dictionary;
    int64_t key;
    if (values->kind == SDR_KIND_NULL) return false;
    if (values->kind == SDR_KIND_TEXT) {
        sdr_column_load_text(values, index, 1, label);
        return label->data != NULL;
    }
    if (!dictionary_key(&key, values, index)) return false;
    label->size = sdr_key_label(text, key, values);
    return true;
}
