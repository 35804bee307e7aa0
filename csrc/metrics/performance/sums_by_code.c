/*
 * Sums of a column by code: rows, sum and sum of squares of the values that have each
 * combination of two codes.
 *
 * A row goes to the cell of its codes; a row without a cell, or whose value is not
 * finite, to one more cell that nobody reads, so that the loop has no branch. Codes of
 * int32 are read where they lie. A block of
 * SDR_BLOCK_ROWS rows is summed in the order of rows, SDR_GROUP_BLOCKS blocks are added
 * in their order, and those items in theirs: the same bits for any number of threads and
 * any chunks. Items are summed WAVE at a time, so memory does not grow with the rows.
 */
#include <math.h>
#include <string.h>

#include "metrics/common/blocks.h"
#include "metrics/groups/groups.h"

enum {
    WAVE = 64,
    ROW_BYTES = 32, /* about what a row costs, as bytes read */
    CELLS_MAX = 1 << 24
};

typedef struct cell {
    int64_t n;
    double sum, squares;
} cell;

typedef struct job {
    const sdr_code_columns *columns;
    const sdr_groups *groups;
    int64_t n_cells; /* without the one for rows that have none */
    sdr_code_sums out;
} job;

/* Rows [start, start + count) of codes, null and what is no int32 as -1: a pointer into
 * a contiguous column of int32 without nulls, else `scratch`. */
static const int32_t *load_codes(const sdr_column *codes, int64_t start, int64_t count,
                                 int32_t *scratch) {
    const int64_t chunk = sdr_column_chunk(codes, start);
    const sdr_view *v = &codes->chunks[chunk];
    const uint8_t *first = v->data + (start - codes->starts[chunk]) * v->stride;
    const bool is_plain = v->type == SDR_TYPE_INT32 && !v->swapped &&
                          v->null_count == 0 && v->stride == sizeof(int32_t) &&
                          (uintptr_t)first % _Alignof(int32_t) == 0;
    if (is_plain && start + count <= codes->starts[chunk + 1])
        return (const int32_t *)(const void *)first;
    double rows[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *x = sdr_column_load_f64(codes, start, count, 0, rows, &nulls);
    for (int64_t i = 0; i < count; i++)
        scratch[i] = x[i] >= 0.0 && x[i] < CELLS_MAX ? (int32_t)x[i] : -1;
    return scratch;
}

/* The cell of each row by its codes. */
static void find_cells(int32_t *at, const job *j, const int32_t *row,
                       const int32_t *column, int64_t count) {
    const uint32_t n_rows = (uint32_t)j->columns->n_rows;
    const uint32_t n_columns = (uint32_t)j->columns->n_columns;
    const uint32_t nowhere = (uint32_t)j->n_cells;
    for (int64_t i = 0; i < count; i++) {
        const uint32_t r = (uint32_t)row[i], c = (uint32_t)column[i];
        const bool has_cell = (r < n_rows) & (c < n_columns);
        at[i] = (int32_t)(has_cell ? r * n_columns + c : nowhere);
    }
}

static void drop_unknown(int32_t *at, const double *x, int64_t count, int64_t nowhere) {
    int unknown = 0;
    for (int64_t i = 0; i < count; i++)
        unknown |= !(fabs(x[i]) < INFINITY);
    for (int64_t i = 0; unknown && i < count; i++)
        if (!(fabs(x[i]) < INFINITY)) at[i] = (int32_t)nowhere;
}

/* Rows [start, start + count), at most a block, added to `cells`. */
static void add_block(cell *cells, const job *j, int64_t start, int64_t count) {
    const sdr_code_columns *in = j->columns;
    double scratch[SDR_BLOCK_ROWS];
    int32_t row_codes[SDR_BLOCK_ROWS], column_codes[SDR_BLOCK_ROWS], at[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *x = sdr_column_load_f64(in->values, start, count, 0, scratch, &nulls);
    find_cells(at, j, load_codes(in->rows, start, count, row_codes),
               load_codes(in->columns, start, count, column_codes), count);
    drop_unknown(at, x, count, j->n_cells);
    for (int64_t i = 0; i < count; i++) {
        cell *own = cells + at[i];
        own->n++;
        own->sum += x[i];
        own->squares += x[i] * x[i];
    }
}

static void add_cells(cell *out, const cell *cells, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        out[i].n += cells[i].n;
        out[i].sum += cells[i].sum;
        out[i].squares += cells[i].squares;
    }
}

static size_t cells_bytes(const job *j) {
    return (size_t)(j->n_cells + 1) * sizeof(cell);
}

/* Rows [start, stop), at most an item: `block` is room for the cells of a block. */
static void sum_item(cell *out, cell *block, const job *j, int64_t start,
                     int64_t stop) {
    memset(out, 0, cells_bytes(j));
    for (; start < stop; start += SDR_BLOCK_ROWS) {
        const int64_t left = stop - start;
        memset(block, 0, cells_bytes(j));
        add_block(block, j, start, left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS);
        add_cells(out, block, j->n_cells);
    }
}

/* --- the items of a group --- */

typedef struct wave {
    const job *job;
    int64_t start, stop; /* rows */
    cell *items;         /* two rooms an item: its cells, and a block's */
} wave;

static sdr_code sum_items(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    (void)worker, (void)error;
    const wave *w = user;
    for (int64_t i = begin; i < end; i++) {
        cell *out = w->items + 2 * i * (w->job->n_cells + 1);
        const int64_t start = w->start + i * SDR_GROUP_ROWS;
        const int64_t stop = start + SDR_GROUP_ROWS;
        sum_item(out, out + w->job->n_cells + 1, w->job, start,
                 stop < w->stop ? stop : w->stop);
    }
    return SDR_OK;
}

static void write_cells(const job *j, int64_t group, const cell *cells) {
    const int64_t first = group * j->n_cells;
    for (int64_t i = 0; i < j->n_cells; i++) {
        j->out.counts[first + i] = cells[i].n;
        j->out.sums[first + i] = cells[i].sum;
        j->out.squares[first + i] = cells[i].squares;
    }
}

static sdr_code sum_group(void *user, const sdr_group *group,
                          const sdr_context *context, sdr_error *error) {
    const job *j = user;
    int64_t start = j->groups->starts[group->index],
            stop = j->groups->stops[group->index];
    const int64_t items = sdr_group_count(stop - start);
    const int64_t at_once = items < WAVE ? items : WAVE;
    cell *memory = sdr_allocate((size_t)(1 + 2 * at_once) * cells_bytes(j));
    if (memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for sums of %lld codes",
                             (long long)j->n_cells);
    memset(memory, 0, cells_bytes(j));
    wave w = {.job = j, .stop = stop, .items = memory + j->n_cells + 1};
    sdr_code code = SDR_OK;
    for (; start < stop && code == SDR_OK; start += WAVE * SDR_GROUP_ROWS) {
        int64_t n = sdr_group_count(stop - start);
        n = n < WAVE ? n : WAVE;
        w.start = start;
        code = sdr_parallel_for(context, n, (size_t)SDR_GROUP_ROWS * ROW_BYTES,
                                sum_items, &w, error);
        for (int64_t i = 0; i < n && code == SDR_OK; i++)
            add_cells(memory, w.items + 2 * i * (j->n_cells + 1), j->n_cells);
    }
    if (code == SDR_OK) write_cells(j, group->index, memory);
    sdr_release(memory);
    return code;
}

/* --- all groups --- */

static sdr_code check_codes(const sdr_code_columns *in, const sdr_column *codes,
                            const char *name, int64_t n, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(codes, "sdr_sums_by_code_groups", error));
    if (codes->length != in->values->length)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "%s: expected %lld codes, one for each value, found %lld",
                             name, (long long)in->values->length,
                             (long long)codes->length);
    if (n >= 1 && n <= CELLS_MAX) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "n_%s: expected 1 to %d, found %lld", name, CELLS_MAX,
                         (long long)n);
}

sdr_code sdr_sums_by_code_groups(sdr_code_sums out, const sdr_code_columns *columns,
                                 const sdr_groups *groups, const sdr_context *context,
                                 sdr_error *error) {
    const sdr_code_columns *in = columns;
    SDR_TRY(sdr_require_numeric(in->values, "sdr_sums_by_code_groups", error));
    SDR_TRY(check_codes(in, in->rows, "rows", in->n_rows, error));
    SDR_TRY(check_codes(in, in->columns, "columns", in->n_columns, error));
    if (in->n_rows * in->n_columns > CELLS_MAX)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "n_rows * n_columns: expected at most %d, found %lld",
                             CELLS_MAX, (long long)(in->n_rows * in->n_columns));
    job j = {columns, groups, in->n_rows * in->n_columns, out};
    const sdr_group_pass pass = {.column = in->values,
                                 .groups = groups,
                                 .row_bytes = ROW_BYTES,
                                 .body = sum_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}
