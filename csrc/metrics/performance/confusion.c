/*
 * Confusion counts: how often each pair of codes of two columns occurs, by group.
 *
 *   code of a row = its value - low, where that is a whole number, >= 0 and below the
 *   side's number of codes; a row with a null, a NaN or another value on either side is
 *   left out.
 *
 * Counting pairs is counting cells code * n_columns + code:
 *
 *   2 x 2           bytes, compared with 0 and 1 (kernels/codes pairs)
 *   up to 16        bytes, joined, compared with each cell
 *   up to 255       bytes, joined, four tables of 32-bit counters in turn
 *   else            32-bit codes, joined, one table
 *
 * Counts are integers: each worker has a table, whatever rows it is given. Sums of
 * weights are rounded, so their order is fixed by the rows of the group alone: segments
 * of rows, each cell of a segment with eight lanes (row i of a block in lane i mod 8)
 * or, in a large table, in the order of rows; segments are merged pairwise in order. A
 * segment has at least four times as many rows as the table has cells: all tables take
 * no more than 2 bytes a row.
 */
#include "kernels/dispatch.h"
#include "metrics/groups/groups.h"
#include "views/bits.h"
#include "views/reading.h"

#include <math.h>
#include <string.h>

enum {
    SEGMENT_ROWS = 16 * SDR_BLOCK_ROWS,
    SEGMENT_CELLS = 4, /* rows a cell */
    BYTE_CELLS = 255,
    TABLES = 4,
    LANES = 8,
    LANE_CELLS = 256, /* of 16 KiB: the first-level cache */
    MOST_CODES = 32767,
    COUNT_BYTES = 2, /* about what a row of one side costs, as bytes read */
    SUM_BYTES = 16
};

/* --- codes of a side -------------------------------------------------------------- */

typedef struct side {
    const sdr_column *column;
    int64_t low, domain; /* 0 <= value - low < domain */
} side;

/* Whether kernels read rows of that type where they lie: the difference from `low` is
 * then right modulo 2^64. */
static bool is_plain(const sdr_view *view, int64_t low) {
    switch (view->type) {
    case SDR_TYPE_BOOL_BITS:
    case SDR_TYPE_BOOL_BYTES:
        return low == 0;
    case SDR_TYPE_UINT64:
        return low >= 0;
    case SDR_TYPE_FLOAT32:
    case SDR_TYPE_FLOAT64:
        return true;
    default:
        return view->type >= SDR_TYPE_INT8 && view->type <= SDR_TYPE_UINT32;
    }
}

/* The chunk that holds all of these rows, none of them null, and the first one in it;
 * NULL: none is so. */
static const sdr_view *plain_view(const side *s, int64_t start, int64_t n,
                                  int64_t *first) {
    int64_t chunk = sdr_column_chunk(s->column, start);
    const sdr_view *view = &s->column->chunks[chunk];
    *first = start - s->column->starts[chunk];
    bool is_whole = start + n <= s->column->starts[chunk + 1];
    return is_whole && view->null_count == 0 && is_plain(view, s->low) ? view : NULL;
}

static bool is_float(sdr_type type) {
    return type == SDR_TYPE_FLOAT32 || type == SDR_TYPE_FLOAT64;
}

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

/* Integers that are no plain view. uint64 is loaded as its bits minus 2^63, and may be
 * so large that the difference from a negative `low` wraps. */
static void codes_of_integers(int32_t *out, const side *s, int64_t start, int64_t n) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    const int64_t *rows =
        sdr_column_load_i64(s->column, start, n, scratch, valid, &nulls);
    const bool is_unsigned = s->column->type == SDR_TYPE_UINT64;
    const uint64_t flip = is_unsigned ? UINT64_C(1) << 63 : 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t value = (uint64_t)rows[i] ^ flip, code = value - (uint64_t)s->low;
        bool wraps = is_unsigned && s->low < 0 && code < value;
        bool is_known = !wraps && code < (uint64_t)s->domain;
        bool is_null = nulls != 0 && !valid[i];
        out[i] = is_known && !is_null ? (int32_t)code : (int32_t)s->domain;
    }
}

/* Of any column: nulls are NaN in float64, which has no code. */
static void any_codes(int32_t *out, const side *s, int64_t start, int64_t n) {
    if (s->column->kind == SDR_KIND_INTEGER) {
        codes_of_integers(out, s, start, n);
        return;
    }
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *rows = sdr_column_load_f64(s->column, start, n, 0, scratch, &nulls);
    sdr_dispatch_active()->codes.whole(out, rows, SDR_TYPE_FLOAT64, (double)s->low,
                                       s->domain, n);
}

static void wide_codes(int32_t *out, const side *s, int64_t start, int64_t n) {
    int64_t first;
    const sdr_view *view = plain_view(s, start, n, &first);
    if (view == NULL || s->column->kind == SDR_KIND_BOOLEAN) {
        any_codes(out, s, start, n);
        return;
    }
    const sdr_codes_kernels *kernels = &sdr_dispatch_active()->codes;
    sdr_rows_buffer buffer;
    const void *rows = sdr_view_rows(view, first, n, &buffer);
    if (is_float(view->type))
        kernels->whole(out, rows, view->type, (double)s->low, s->domain, n);
    else
        kernels->widen(out, rows, view->type, (uint64_t)s->low, s->domain, n);
}

/* Bytes that are codes as they lie. */
static bool are_codes(const sdr_view *view, const side *s) {
    return s->low == 0 && (view->type == SDR_TYPE_UINT8 ||
                           (view->type == SDR_TYPE_INT8 && s->domain <= INT8_MAX + 1));
}

/* Codes as bytes, any byte from `domain` on where there is none; domain <= BYTE_CELLS.
 * The rows themselves or `scratch`. */
static const uint8_t *byte_codes(uint8_t *scratch, const side *s, int64_t start,
                                 int64_t n) {
    const sdr_codes_kernels *kernels = &sdr_dispatch_active()->codes;
    int32_t wide[SDR_BLOCK_ROWS];
    sdr_rows_buffer buffer;
    int64_t first;
    const sdr_view *view = plain_view(s, start, n, &first);
    if (view != NULL && s->column->kind == SDR_KIND_BOOLEAN) {
        read_bools(scratch, view, first, n);
        return scratch;
    }
    if (view != NULL && !is_float(view->type)) {
        const void *rows = sdr_view_rows(view, first, n, &buffer);
        if (are_codes(view, s) && rows != buffer.bytes) return rows;
        if (kernels->fit(scratch, rows, view->type, (uint64_t)s->low, n))
            return scratch;
    }
    wide_codes(wide, s, start, n);
    kernels->narrow(scratch, wide, sizeof *wide, 0, n);
    return scratch;
}

/* --- counting --------------------------------------------------------------------- */

/* A group's two columns, from its first row on. */
typedef struct pair_source {
    side rows, columns;
    int64_t cells;
} pair_source;

static void count_bytes(int64_t *counts, uint32_t tables[TABLES][UINT8_MAX + 1],
                        int64_t cells) {
    for (int64_t cell = 0; cell < cells; cell++)
        for (int k = 0; k < TABLES; k++)
            counts[cell] += tables[k][cell];
}

static void note_bytes(uint32_t tables[TABLES][UINT8_MAX + 1], const uint8_t *cells,
                       int64_t n) {
    int64_t i = 0;
    for (; i + TABLES <= n; i += TABLES)
        for (int k = 0; k < TABLES; k++)
            tables[k][cells[i + k]]++;
    for (; i < n; i++)
        tables[0][cells[i]]++;
}

static void count_wide(int64_t *counts, const pair_source *s, int64_t start,
                       int64_t n) {
    int32_t a[SDR_BLOCK_ROWS], b[SDR_BLOCK_ROWS], cells[SDR_BLOCK_ROWS];
    wide_codes(a, &s->rows, start, n);
    wide_codes(b, &s->columns, start, n);
    sdr_dispatch_active()->codes.join_wide(cells, a, b, (int32_t)s->rows.domain,
                                           (int32_t)s->columns.domain, n);
    for (int64_t i = 0; i < n; i++)
        if (cells[i] < s->cells) counts[cells[i]]++;
}

/* Rows of one side and the other as bytes, their cells; and their counts. */
static void count_small(int64_t *counts, uint32_t tables[TABLES][UINT8_MAX + 1],
                        const pair_source *s, int64_t start, int64_t n) {
    const sdr_codes_kernels *kernels = &sdr_dispatch_active()->codes;
    uint8_t left[SDR_BLOCK_ROWS], right[SDR_BLOCK_ROWS], cells[SDR_BLOCK_ROWS];
    const uint8_t *a = byte_codes(left, &s->rows, start, n);
    const uint8_t *b = byte_codes(right, &s->columns, start, n);
    if (s->rows.domain == 2 && s->columns.domain == 2) {
        kernels->pairs(counts, a, b, n);
        return;
    }
    kernels->join(cells, a, b, (int)s->rows.domain, (int)s->columns.domain, n);
    if (s->cells <= SDR_CODES_FEW)
        kernels->few(counts, cells, n, (int)s->cells);
    else
        note_bytes(tables, cells, n);
}

/* Adds the rows [start, stop), at most SEGMENT_ROWS. */
static void count_segment(int64_t *counts, const pair_source *s, int64_t start,
                          int64_t stop) {
    uint32_t tables[TABLES][UINT8_MAX + 1];
    const bool is_small = s->cells <= BYTE_CELLS;
    const bool has_tables = is_small && s->cells > SDR_CODES_FEW;
    if (has_tables) memset(tables, 0, sizeof tables);
    for (; start < stop; start += SDR_BLOCK_ROWS) {
        int64_t n = stop - start < SDR_BLOCK_ROWS ? stop - start : SDR_BLOCK_ROWS;
        if (is_small)
            count_small(counts, tables, s, start, n);
        else
            count_wide(counts, s, start, n);
    }
    if (has_tables) count_bytes(counts, tables, s->cells);
}

typedef struct count_job {
    const pair_source *source;
    int64_t *tables; /* worker after worker */
} count_job;

static sdr_code count_segments(void *user, int64_t begin, int64_t end, int worker,
                               sdr_error *error) {
    (void)error;
    const count_job *j = user;
    const pair_source *s = j->source;
    const int64_t length = s->rows.column->length;
    for (int64_t i = begin; i < end; i++) {
        int64_t start = i * SEGMENT_ROWS, stop = start + SEGMENT_ROWS;
        count_segment(j->tables + worker * s->cells, s, start,
                      stop < length ? stop : length);
    }
    return SDR_OK;
}

static int64_t segments_of(int64_t rows, int64_t segment) {
    return (rows + segment - 1) / segment;
}

static sdr_code no_memory(int64_t cells, sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for tables of %lld cells",
                         (long long)cells);
}

/* counts: zeros, to which the group's are added. */
static sdr_code count_group(int64_t *counts, const pair_source *s,
                            const sdr_context *context, sdr_error *error) {
    const int64_t n = segments_of(s->rows.column->length, SEGMENT_ROWS);
    const size_t cost = (size_t)SEGMENT_ROWS * 2 * COUNT_BYTES;
    const int workers = sdr_parallel_workers(context, n, cost);
    count_job j = {s, counts};
    if (workers == 1)
        return sdr_parallel_for(context, n, cost, count_segments, &j, error);
    const size_t size = (size_t)(workers * s->cells) * sizeof *counts;
    j.tables = sdr_allocate(size);
    if (j.tables == NULL) return no_memory(s->cells, error);
    memset(j.tables, 0, size);
    sdr_code code = sdr_parallel_for(context, n, cost, count_segments, &j, error);
    for (int w = 0; w < workers; w++)
        for (int64_t cell = 0; cell < s->cells; cell++)
            counts[cell] += j.tables[w * s->cells + cell];
    sdr_release(j.tables);
    return code;
}

/* --- sums of weights -------------------------------------------------------------- */

static sdr_code check_weights(const double *weights, int64_t n, int64_t row,
                              sdr_error *error) {
    for (int64_t i = 0; i < n; i++)
        if (!(weights[i] >= 0.0 && weights[i] < INFINITY))
            return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                                 "weights: expected finite numbers >= 0, found %g in "
                                 "row %lld of a group",
                                 weights[i], (long long)(row + i));
    return SDR_OK;
}

/* Cells of a block; s->cells where there is none. */
static void cells_of(int32_t *cells, const pair_source *s, int64_t start, int64_t n) {
    int32_t a[SDR_BLOCK_ROWS], b[SDR_BLOCK_ROWS];
    wide_codes(a, &s->rows, start, n);
    wide_codes(b, &s->columns, start, n);
    sdr_dispatch_active()->codes.join_wide(cells, a, b, (int32_t)s->rows.domain,
                                           (int32_t)s->columns.domain, n);
}

/* ((0+4) + (2+6)) + ((1+5) + (3+7)), as kernels/moments has it. */
static double sum_of_lanes(const double *x) {
    return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

static sdr_code sum_in_lanes(double *sums, const pair_source *s, const double *weights,
                             int64_t start, int64_t stop, sdr_error *error) {
    double lanes[(LANE_CELLS + 1) * LANES]; /* one cell more: rows left out */
    int32_t cells[SDR_BLOCK_ROWS];
    memset(lanes, 0, (size_t)(s->cells + 1) * LANES * sizeof *lanes);
    for (; start < stop; start += SDR_BLOCK_ROWS) {
        int64_t n = stop - start < SDR_BLOCK_ROWS ? stop - start : SDR_BLOCK_ROWS;
        SDR_TRY(check_weights(weights + start, n, start, error));
        cells_of(cells, s, start, n);
        for (int64_t i = 0; i < n; i++)
            lanes[cells[i] * LANES + i % LANES] += weights[start + i];
    }
    for (int64_t cell = 0; cell < s->cells; cell++)
        sums[cell] = sum_of_lanes(lanes + cell * LANES);
    return SDR_OK;
}

static sdr_code sum_in_order(double *sums, const pair_source *s, const double *weights,
                             int64_t start, int64_t stop, sdr_error *error) {
    int32_t cells[SDR_BLOCK_ROWS];
    memset(sums, 0, (size_t)s->cells * sizeof *sums);
    for (; start < stop; start += SDR_BLOCK_ROWS) {
        int64_t n = stop - start < SDR_BLOCK_ROWS ? stop - start : SDR_BLOCK_ROWS;
        SDR_TRY(check_weights(weights + start, n, start, error));
        cells_of(cells, s, start, n);
        for (int64_t i = 0; i < n; i++)
            if (cells[i] < s->cells) sums[cells[i]] += weights[start + i];
    }
    return SDR_OK;
}

typedef struct sum_job {
    const pair_source *source;
    const double *weights; /* of the group's rows */
    double *tables;        /* segment after segment */
    int64_t segment;       /* rows */
} sum_job;

static sdr_code sum_segments(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)worker;
    const sum_job *j = user;
    const pair_source *s = j->source;
    const int64_t length = s->rows.column->length;
    for (int64_t i = begin; i < end; i++) {
        double *sums = j->tables + i * s->cells;
        int64_t start = i * j->segment, stop = start + j->segment;
        if (stop > length) stop = length;
        if (s->cells <= LANE_CELLS)
            SDR_TRY(sum_in_lanes(sums, s, j->weights, start, stop, error));
        else
            SDR_TRY(sum_in_order(sums, s, j->weights, start, stop, error));
    }
    return SDR_OK;
}

/* Pairwise in order, as if their number were a power of two. */
static void merge_segments(double *tables, int64_t n, int64_t cells) {
    for (int64_t step = 1; step < n; step *= 2)
        for (int64_t i = 0; i + step < n; i += 2 * step)
            for (int64_t cell = 0; cell < cells; cell++)
                tables[i * cells + cell] += tables[(i + step) * cells + cell];
}

static sdr_code sum_group(double *sums, const pair_source *s, const double *weights,
                          const sdr_context *context, sdr_error *error) {
    sum_job j = {s, weights, sums, SEGMENT_ROWS};
    while (j.segment < SEGMENT_CELLS * s->cells)
        j.segment *= 2;
    const int64_t n = segments_of(s->rows.column->length, j.segment);
    const size_t cost = (size_t)j.segment * 2 * SUM_BYTES;
    const size_t size = (size_t)s->cells * sizeof *sums;
    if (n == 1) return sdr_parallel_for(context, n, cost, sum_segments, &j, error);
    j.tables = sdr_allocate((size_t)n * size);
    if (j.tables == NULL) return no_memory(s->cells, error);
    sdr_code code = sdr_parallel_for(context, n, cost, sum_segments, &j, error);
    if (code == SDR_OK) {
        merge_segments(j.tables, n, s->cells);
        memcpy(sums, j.tables, size);
    }
    sdr_release(j.tables);
    return code;
}

/* --- groups ----------------------------------------------------------------------- */

typedef struct group_job {
    int64_t *counts; /* or sums */
    double *sums;
    const double *weights; /* of all rows */
    const sdr_groups *groups;
    sdr_confusion_codes codes;
} group_job;

static sdr_code run_group(void *user, const sdr_group *group,
                          const sdr_context *context, sdr_error *error) {
    const group_job *j = user;
    const sdr_confusion_codes *c = &j->codes;
    const pair_source s = {{group->rows, c->low, c->n_rows},
                           {group->other, c->low, c->n_columns},
                           c->n_rows * c->n_columns};
    const int64_t at = group->index * s.cells;
    const bool is_null =
        group->rows->kind == SDR_KIND_NULL || group->other->kind == SDR_KIND_NULL;
    if (j->counts != NULL)
        memset(j->counts + at, 0, (size_t)s.cells * sizeof *j->counts);
    else
        memset(j->sums + at, 0, (size_t)s.cells * sizeof *j->sums);
    if (is_null || group->rows->length == 0) return SDR_OK;
    if (j->counts != NULL) return count_group(j->counts + at, &s, context, error);
    return sum_group(j->sums + at, &s, j->weights + j->groups->starts[group->index],
                     context, error);
}

static bool holds_codes(const sdr_column *column) {
    const sdr_column *values = column;
    if (column->kind == SDR_KIND_CATEGORY) {
        if (column->n_chunks == 0) return true;
        values = column->chunks[0].dictionary;
    }
    return values->kind == SDR_KIND_NULL || values->kind == SDR_KIND_BOOLEAN ||
           values->kind == SDR_KIND_INTEGER || values->kind == SDR_KIND_FLOAT;
}

static sdr_code check_column(const sdr_column *column, sdr_error *error) {
    if (holds_codes(column)) return SDR_OK;
    char name[96];
    if (sdr_column_type_name(name, sizeof name, column, NULL) != SDR_OK) name[0] = '\0';
    return sdr_error_set(error, SDR_NOT_SUPPORTED,
                         "confusion: expected columns of numbers or booleans, found %s",
                         name);
}

static sdr_code check_codes(const sdr_column *rows, const sdr_column *columns,
                            const sdr_confusion_codes *codes, sdr_error *error) {
    SDR_TRY(check_column(rows, error));
    SDR_TRY(check_column(columns, error));
    if (rows->length != columns->length)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "confusion: expected columns of equal length, found %lld "
                             "and %lld rows",
                             (long long)rows->length, (long long)columns->length);
    if (codes->n_rows < 1 || codes->n_rows > MOST_CODES || codes->n_columns < 1 ||
        codes->n_columns > MOST_CODES)
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT,
            "n_rows, n_columns: expected 1 to %d codes a side, found %lld and %lld",
            MOST_CODES, (long long)codes->n_rows, (long long)codes->n_columns);
    if (codes->low > INT64_MAX - MOST_CODES)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "low: expected at most 2^63 - %d, found %lld", MOST_CODES,
                             (long long)codes->low);
    return SDR_OK;
}

static sdr_code run(group_job *j, const sdr_column *rows, const sdr_column *columns,
                    size_t row_bytes, const sdr_context *context, sdr_error *error) {
    SDR_TRY(check_codes(rows, columns, &j->codes, error));
    const sdr_group_pass pass = {.column = rows,
                                 .other = columns,
                                 .groups = j->groups,
                                 .row_bytes = row_bytes,
                                 .body = run_group,
                                 .user = j};
    return sdr_groups_run(&pass, context, error);
}

sdr_code sdr_confusion_groups(int64_t *counts, const sdr_column *rows,
                              const sdr_column *columns, sdr_confusion_codes codes,
                              const sdr_groups *groups, const sdr_context *context,
                              sdr_error *error) {
    group_job j = {.counts = counts, .groups = groups, .codes = codes};
    return run(&j, rows, columns, 2 * (size_t)COUNT_BYTES, context, error);
}

sdr_code sdr_weighted_confusion_groups(double *sums, const double *weights,
                                       const sdr_column *rows,
                                       const sdr_column *columns,
                                       sdr_confusion_codes codes,
                                       const sdr_groups *groups,
                                       const sdr_context *context, sdr_error *error) {
    group_job j = {.sums = sums, .weights = weights, .groups = groups, .codes = codes};
    return run(&j, rows, columns, 2 * (size_t)SUM_BYTES, context, error);
}
