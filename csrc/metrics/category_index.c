/*
 * Counting by index: a table as long as the domain, four of them where it is small, so
 * that runs of one index do not wait for their own last store. Then the rows are read
 * again until each index that occurs was seen once: its first row gives the order.
 */
#include "category_index.h"

#include <math.h>
#include <string.h>

#include "category_tally.h"
#include "core/parallel.h"

enum {
    BYTE_DOMAIN = 256,
    SMALL_DOMAIN = 4096, /* 4 tables of 8 bytes each fit in L2 */
    LANES = 4,
    INDEX_COST_BYTES = SDR_BLOCK_ROWS * 4
};

bool sdr_index_applies(const sdr_column *column) {
    switch (column->type) {
    case SDR_TYPE_DICTIONARY:
    case SDR_TYPE_BOOL_BITS:
    case SDR_TYPE_BOOL_BYTES:
    case SDR_TYPE_INT8:
    case SDR_TYPE_UINT8:
        return true;
    default:
        return false;
    }
}

static int64_t domain_of(const sdr_view *view) {
    return view->type == SDR_TYPE_DICTIONARY ? view->dictionary->length : BYTE_DOMAIN;
}

/* --- rows to indices
 * -------------------------------------------------------------------- */

/* Reads `count` values of C type `type` at a stride as int32; validated to fit. */
#define READ_INDICES(type, expression)                                                 \
    for (int64_t i = 0; i < count; i++) {                                              \
        type value;                                                                    \
        memcpy(&value, data + i * stride, sizeof value);                               \
        out[i] = (int32_t)(expression);                                                \
    }                                                                                  \
    break

static void read_strided(int32_t *out, sdr_type type, const uint8_t *data,
                         ptrdiff_t stride, int64_t count) {
    switch (type) {
    case SDR_TYPE_INT8:
        READ_INDICES(int8_t, value);
    case SDR_TYPE_INT16:
        READ_INDICES(int16_t, value);
    case SDR_TYPE_UINT16:
        READ_INDICES(uint16_t, value);
    case SDR_TYPE_INT32:
        READ_INDICES(int32_t, value);
    case SDR_TYPE_UINT32:
        READ_INDICES(uint32_t, value);
    case SDR_TYPE_INT64:
        READ_INDICES(int64_t, value);
    case SDR_TYPE_UINT64:
        READ_INDICES(uint64_t, value);
    case SDR_TYPE_BOOL_BYTES:
        READ_INDICES(uint8_t, value != 0);
    default: /* UINT8 */
        READ_INDICES(uint8_t, value);
    }
}

static void read_indices(int32_t *out, const sdr_view *view, int64_t start,
                         int64_t count) {
    const uint8_t *data = view->data + start * view->stride;
    if (view->type == SDR_TYPE_BOOL_BITS) {
        for (int64_t i = 0; i < count; i++) {
            int64_t bit = view->bit_offset + start + i;
            out[i] = view->data[bit >> 3] >> (bit & 7) & 1;
        }
    } else if (view->type == SDR_TYPE_DICTIONARY) {
        read_strided(out, view->index_type, data, view->stride, count);
    } else if (view->type == SDR_TYPE_INT8) {
        read_strided(out, SDR_TYPE_INT8, data, view->stride, count);
        for (int64_t i = 0; i < count; i++)
            out[i] += BYTE_DOMAIN / 2;
    } else {
        read_strided(out, view->type, data, view->stride, count);
    }
}

/* -1 where a row is null; returns how many are. Values under nulls may be anything, so
 * they are overwritten before anyone uses them. */
static int64_t mark_nulls(int32_t *out, const sdr_view *view, int64_t start,
                          int64_t count) {
    int64_t nulls = 0;
    for (int64_t i = 0; view->validity != NULL && i < count; i++) {
        int64_t bit = view->validity_offset + start + i;
        int32_t valid = view->validity[bit >> 3] >> (bit & 7) & 1;
        out[i] = valid ? out[i] : -1;
    }
    for (int64_t i = 0; view->mask != NULL && i < count; i++)
        if (view->mask[(start + i) * view->mask_stride]) out[i] = -1;
    for (int64_t i = 0; i < count; i++)
        nulls += out[i] < 0;
    return nulls;
}

static bool may_have_nulls(const sdr_view *view) {
    return view->null_count != 0 && (view->validity != NULL || view->mask != NULL);
}

/* Indices of rows [start, start + count), the memory itself where it can be read as
 * they are; returns how many are null. */
static const int32_t *load_indices(const sdr_view *view, int64_t start, int64_t count,
                                   int32_t *scratch, int64_t *nulls) {
    *nulls = 0;
    bool plain =
        view->type == SDR_TYPE_DICTIONARY && view->index_type == SDR_TYPE_INT32 &&
        view->stride == sizeof(int32_t) && (uintptr_t)view->data % sizeof(int32_t) == 0;
    if (plain && !may_have_nulls(view))
        return (const int32_t *)(const void *)view->data + start;
    read_indices(scratch, view, start, count);
    if (may_have_nulls(view)) *nulls = mark_nulls(scratch, view, start, count);
    return scratch;
}

/* --- counting
 * ----------------------------------------------------------------------------- */

typedef struct index_job {
    const sdr_view *view;
    int64_t domain, lanes;
    int64_t *tables;  /* workers x lanes x domain */
    int64_t *missing; /* by worker */
} index_job;

static void count_rows(int64_t *tables, int64_t domain, const int32_t *rows,
                       int64_t n) {
    int64_t *second = tables + domain, *third = second + domain,
            *fourth = third + domain;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        tables[rows[i]]++;
        second[rows[i + 1]]++;
        third[rows[i + 2]]++;
        fourth[rows[i + 3]]++;
    }
    for (; i < n; i++)
        tables[rows[i]]++;
}

static void count_valid_rows(int64_t *table, const int32_t *rows, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (rows[i] >= 0) table[rows[i]]++;
}

static sdr_code count_blocks(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)error;
    const index_job *job = user;
    int64_t *tables = job->tables + worker * job->lanes * job->domain;
    int32_t scratch[SDR_BLOCK_ROWS];
    for (int64_t block = begin; block < end; block++) {
        int64_t start = block * SDR_BLOCK_ROWS, n = job->view->length - start, nulls;
        if (n > SDR_BLOCK_ROWS) n = SDR_BLOCK_ROWS;
        const int32_t *rows = load_indices(job->view, start, n, scratch, &nulls);
        job->missing[worker] += nulls;
        if (nulls > 0 || job->lanes == 1)
            count_valid_rows(tables, rows, n);
        else
            count_rows(tables, job->domain, rows, n);
    }
    return SDR_OK;
}

/* The indices that occur, in order of their first row. */
static void order_by_first_row(sdr_index_counts *out, const sdr_view *view,
                               int64_t occurring) {
    int32_t scratch[SDR_BLOCK_ROWS];
    for (int64_t start = 0; out->n < occurring; start += SDR_BLOCK_ROWS) {
        int64_t n = view->length - start, nulls;
        if (n > SDR_BLOCK_ROWS) n = SDR_BLOCK_ROWS;
        const int32_t *rows = load_indices(view, start, n, scratch, &nulls);
        for (int64_t i = 0; i < n && out->n < occurring; i++) {
            if (rows[i] < 0 || out->codes[rows[i]] != 0) continue;
            out->codes[rows[i]] = 1; /* seen */
            out->order[out->n++] = rows[i];
        }
    }
}

static int64_t add_tables(sdr_index_counts *out, const index_job *job, int workers) {
    int64_t occurring = 0;
    for (int64_t index = 0; index < job->domain; index++) {
        int64_t sum = 0;
        for (int64_t table = 0; table < workers * job->lanes; table++)
            sum += job->tables[table * job->domain + index];
        out->counts[index] = sum;
        occurring += sum > 0;
    }
    for (int worker = 0; worker < workers; worker++)
        out->missing += job->missing[worker];
    return occurring;
}

static sdr_code allocate_counts(sdr_index_counts *out, int64_t domain,
                                sdr_error *error) {
    size_t n = (size_t)domain;
    *out = (sdr_index_counts){.counts = sdr_allocate(n * sizeof *out->counts),
                              .order = sdr_allocate(n * sizeof *out->order),
                              .codes = sdr_allocate(n * sizeof *out->codes)};
    if (out->counts != NULL && out->order != NULL && out->codes != NULL) {
        memset(out->codes, 0, n * sizeof *out->codes);
        return SDR_OK;
    }
    sdr_index_counts_reset(out);
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory to count categories");
}

sdr_code sdr_index_count(sdr_index_counts *out, const sdr_view *view,
                         const sdr_context *context, sdr_error *error) {
    int64_t blocks = (view->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
    int workers = sdr_parallel_workers(context, blocks, INDEX_COST_BYTES);
    index_job job = {.view = view, .domain = domain_of(view)};
    job.lanes = job.domain <= SMALL_DOMAIN ? LANES : 1;
    SDR_TRY(allocate_counts(out, job.domain, error));
    size_t cells = (size_t)(workers * job.lanes * job.domain) + (size_t)workers;
    job.tables = sdr_allocate(cells * sizeof *job.tables);
    if (job.tables == NULL) {
        sdr_index_counts_reset(out);
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory to count categories");
    }
    memset(job.tables, 0, cells * sizeof *job.tables);
    job.missing = job.tables + workers * job.lanes * job.domain;
    sdr_code code =
        sdr_parallel_for(context, blocks, INDEX_COST_BYTES, count_blocks, &job, error);
    if (code == SDR_OK) order_by_first_row(out, view, add_tables(out, &job, workers));
    sdr_release(job.tables);
    if (code != SDR_OK) sdr_index_counts_reset(out);
    return code;
}

void sdr_index_counts_reset(sdr_index_counts *counts) {
    sdr_release(counts->counts);
    sdr_release(counts->order);
    sdr_release(counts->codes);
    *counts = (sdr_index_counts){0};
}

void sdr_index_recode(int32_t *codes, const sdr_view *view, const int32_t *map) {
    int32_t scratch[SDR_BLOCK_ROWS];
    for (int64_t start = 0; start < view->length; start += SDR_BLOCK_ROWS) {
        int64_t n = view->length - start, nulls;
        if (n > SDR_BLOCK_ROWS) n = SDR_BLOCK_ROWS;
        const int32_t *rows = load_indices(view, start, n, scratch, &nulls);
        for (int64_t i = 0; i < n; i++)
            codes[start + i] = rows[i] < 0 ? -1 : map[rows[i]];
    }
}

static int64_t byte_key(const sdr_view *view, int64_t index) {
    return view->type == SDR_TYPE_INT8 ? index - BYTE_DOMAIN / 2 : index;
}

bool sdr_index_label(sdr_string *label, char *text, const sdr_view *view,
                     int64_t index) {
    *label = (sdr_string){(const uint8_t *)text, 0};
    if (view->type != SDR_TYPE_DICTIONARY) {
        sdr_column bytes = {.type = view->type, .kind = SDR_KIND_INTEGER};
        if (view->type == SDR_TYPE_BOOL_BITS || view->type == SDR_TYPE_BOOL_BYTES)
            bytes.kind = SDR_KIND_BOOLEAN;
        label->size = sdr_key_label(text, byte_key(view, index), &bytes);
        return true;
    }
    const sdr_column *values = view->dictionary;
    if (values->kind == SDR_KIND_NULL) return false;
    if (values->kind == SDR_KIND_TEXT) {
        sdr_column_load_text(values, index, 1, label);
        return label->data != NULL;
    }
    int64_t key, nulls;
    uint8_t valid = 1;
    if (values->kind == SDR_KIND_FLOAT || values->kind == SDR_KIND_BOOLEAN) {
        double scratch,
            value = *sdr_column_load_f64(values, index, 1, 0, &scratch, &nulls);
        if (isnan(value)) return false;
        value += 0.0; /* -0.0 is 0.0 */
        memcpy(&key, &value, sizeof key);
        if (values->kind == SDR_KIND_BOOLEAN) key = value != 0;
    } else {
        key = *sdr_column_load_i64(values, index, 1, &key, &valid, &nulls);
        if (nulls > 0) return false;
    }
    label->size = sdr_key_label(text, key, values);
    return true;
}
