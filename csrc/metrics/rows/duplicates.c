/*
 * Rows that occur more than once, over several columns: rows.h.
 *
 * Each row gets a hash of 128 bits. The rows are dealt into parts by the hash's first
 * bits, so that a part's table fits into a core's cache; in a part, a row whose hash is
 * there already points to the first row with it. Then every such pair is compared, column
 * by column. Should two rows that differ share a hash, all is done anew with another
 * seed. Equal rows share every hash, so the count is exact.
 *
 * Time O(rows * columns), memory 48 bytes a row of the group and 16 more while pairs are
 * compared.
 */
#include "simdrift/rows.h"

#include <stdatomic.h>
#include <string.h>

#include "metrics/common/blocks.h"
#include "metrics/groups/groups.h"
#include "metrics/rows/row_hash.h"

enum { PART_ROWS = 8192, MOST_PARTS = 1 << 14, SEEDS = 16, CELL_BYTES = 8 };

typedef struct entry {
    sdr_row_hash hash;
    int64_t row; /* of the group */
} entry;

typedef struct table {
    const sdr_row_column *columns;
    int64_t n_columns;
    int64_t start, rows;
    uint64_t seed;
    sdr_row_hash *hashes;
    entry *entries; /* by part */
    int64_t *ends;  /* of the parts: n_parts */
    int64_t *first; /* of each row: the first row that is equal, or the row itself */
    int64_t n_parts;
    int shift; /* part of a hash = high >> shift */
    atomic_llong empty, duplicates;
    atomic_bool differs;
} table;

/* --- hashes --- */

static sdr_code hash_rows(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    (void)worker;
    table *t = user;
    sdr_row_values *values = sdr_allocate(sizeof *values);
    int64_t empty = 0, stop = end * SDR_BLOCK_ROWS;
    if (values == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for rows");
    if (stop > t->rows) stop = t->rows;
    for (int64_t i = begin * SDR_BLOCK_ROWS; i < stop; i += SDR_ROWS_AT_ONCE) {
        int64_t n = stop - i < SDR_ROWS_AT_ONCE ? stop - i : SDR_ROWS_AT_ONCE;
        sdr_row_hash_block(t->hashes + i, &empty, t->columns, t->n_columns,
                           t->start + i, n, t->seed, values);
    }
    atomic_fetch_add(&t->empty, empty);
    sdr_release(values);
    return SDR_OK;
}

static int64_t blocks_of(int64_t rows) {
    return (rows + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
}

/* --- parts --- */

static int64_t part_of(const table *t, sdr_row_hash hash) {
    return t->n_parts == 1 ? 0 : (int64_t)(hash.high >> t->shift);
}

/* Rows of a part stay in order. */
static void deal(table *t) {
    memset(t->ends, 0, (size_t)t->n_parts * sizeof *t->ends);
    for (int64_t i = 0; i < t->rows; i++)
        t->ends[part_of(t, t->hashes[i])]++;
    for (int64_t p = 0, before = 0; p < t->n_parts; p++) {
        int64_t count = t->ends[p];
        t->ends[p] = before;
        before += count;
    }
    for (int64_t i = 0; i < t->rows; i++)
        t->entries[t->ends[part_of(t, t->hashes[i])]++] = (entry){t->hashes[i], i};
}

/* Slots hold 1 + an entry's place; 0 is free. At most half of them are used. */
static int64_t join_part(table *t, entry *entries, int64_t n, uint32_t *slots,
                         uint64_t mask) {
    int64_t duplicates = 0;
    for (int64_t i = 0; i < n; i++) {
        const sdr_row_hash hash = entries[i].hash;
        uint64_t at = hash.low & mask;
        t->first[entries[i].row] = entries[i].row;
        for (; slots[at] != 0; at = (at + 1) & mask) {
            const entry *other = &entries[slots[at] - 1];
            if (other->hash.low != hash.low || other->hash.high != hash.high) continue;
            t->first[entries[i].row] = other->row;
            duplicates++;
            break;
        }
        if (slots[at] == 0) slots[at] = (uint32_t)(i + 1);
    }
    return duplicates;
}

static sdr_code join_parts(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)worker;
    table *t = user;
    int64_t most = 0, duplicates = 0;
    for (int64_t p = begin; p < end; p++) {
        int64_t n = t->ends[p] - (p == 0 ? 0 : t->ends[p - 1]);
        if (n > most) most = n;
    }
    uint64_t size = 16;
    while (size < 2 * (uint64_t)most)
        size *= 2;
    uint32_t *slots = sdr_allocate(size * sizeof *slots);
    if (slots == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory for rows");
    for (int64_t p = begin; p < end; p++) {
        int64_t from = p == 0 ? 0 : t->ends[p - 1];
        memset(slots, 0, size * sizeof *slots);
        duplicates +=
            join_part(t, t->entries + from, t->ends[p] - from, slots, size - 1);
    }
    atomic_fetch_add(&t->duplicates, duplicates);
    sdr_release(slots);
    return SDR_OK;
}

/* --- the pairs, compared --- */

typedef struct check {
    table *t;
    const sdr_row_column *column;
    uint64_t *words;   /* of all rows of the group */
    sdr_string *texts; /* likewise, of text */
    uint8_t *missing;
} check;

static sdr_code load_rows(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    (void)worker;
    check *c = user;
    sdr_row_values *values = sdr_allocate(sizeof *values);
    if (values == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for rows");
    int64_t stop = end * SDR_BLOCK_ROWS;
    if (stop > c->t->rows) stop = c->t->rows;
    for (int64_t i = begin * SDR_BLOCK_ROWS; i < stop; i += SDR_ROWS_AT_ONCE) {
        int64_t n = stop - i < SDR_ROWS_AT_ONCE ? stop - i : SDR_ROWS_AT_ONCE;
        sdr_row_column_load(values, c->column, c->t->start + i, n, false);
        memcpy(c->missing + i, values->missing, (size_t)n);
        if (c->texts != NULL)
            memcpy(c->texts + i, values->texts, (size_t)n * sizeof *c->texts);
        else
            memcpy(c->words + i, values->words, (size_t)n * sizeof *c->words);
    }
    sdr_release(values);
    return SDR_OK;
}

static bool is_equal(const check *c, int64_t a, int64_t b) {
    if (c->missing[a] || c->missing[b]) return c->missing[a] == c->missing[b];
    return c->texts != NULL ? sdr_texts_are_equal(c->texts[a], c->texts[b])
                            : c->words[a] == c->words[b];
}

static sdr_code compare_pairs(void *user, int64_t begin, int64_t end, int worker,
                              sdr_error *error) {
    (void)worker, (void)error;
    check *c = user;
    int64_t stop = end * SDR_BLOCK_ROWS;
    if (stop > c->t->rows) stop = c->t->rows;
    for (int64_t i = begin * SDR_BLOCK_ROWS; i < stop; i++)
        if (c->t->first[i] != i && !is_equal(c, i, c->t->first[i]))
            atomic_store(&c->t->differs, true);
    return SDR_OK;
}

static sdr_code compare_column(table *t, const sdr_row_column *column,
                               const sdr_context *context, sdr_error *error) {
    size_t rows = (size_t)t->rows;
    int64_t blocks = blocks_of(t->rows);
    check c = {.t = t, .column = column, .missing = sdr_allocate(rows)};
    void *values =
        sdr_allocate(rows * (column->is_text ? sizeof *c.texts : CELL_BYTES));
    sdr_code code = SDR_OK;
    if (column->is_text)
        c.texts = values;
    else
        c.words = values;
    if (c.missing == NULL || values == NULL)
        code = sdr_error_set(error, SDR_NO_MEMORY, "no memory for %zu rows", rows);
    size_t cost = SDR_BLOCK_ROWS * (size_t)CELL_BYTES;
    if (code == SDR_OK)
        code = sdr_parallel_for(context, blocks, cost, load_rows, &c, error);
    if (code == SDR_OK)
        code = sdr_parallel_for(context, blocks, cost, compare_pairs, &c, error);
    sdr_release(c.missing);
    sdr_release(values);
    return code;
}

/* --- a group --- */

static sdr_code find_duplicates(table *t, const sdr_context *context,
                                sdr_error *error) {
    size_t cost = SDR_BLOCK_ROWS * (size_t)(CELL_BYTES * (t->n_columns + 1));
    atomic_init(&t->empty, 0);
    atomic_init(&t->duplicates, 0);
    atomic_init(&t->differs, false);
    SDR_TRY(sdr_parallel_for(context, blocks_of(t->rows), cost, hash_rows, t, error));
    deal(t);
    SDR_TRY(sdr_parallel_for(context, t->n_parts, PART_ROWS * sizeof(entry), join_parts,
                             t, error));
    if (atomic_load(&t->duplicates) == 0) return SDR_OK;
    for (int64_t i = 0; i < t->n_columns && !atomic_load(&t->differs); i++)
        SDR_TRY(compare_column(t, &t->columns[i], context, error));
    return SDR_OK;
}

static sdr_code table_open(table *t, sdr_error *error) {
    size_t rows = (size_t)t->rows;
    t->n_parts = 1;
    t->shift = 64;
    for (; t->n_parts * PART_ROWS < t->rows && t->n_parts < MOST_PARTS; t->shift--)
        t->n_parts *= 2;
    t->hashes = sdr_allocate(rows * sizeof *t->hashes);
    t->entries = sdr_allocate(rows * sizeof *t->entries);
    t->ends = sdr_allocate((size_t)t->n_parts * sizeof *t->ends);
    t->first = sdr_allocate(rows * sizeof *t->first);
    if (t->hashes == NULL || t->entries == NULL || t->ends == NULL || t->first == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %zu rows", rows);
    return SDR_OK;
}

static void table_close(table *t) {
    sdr_release(t->hashes);
    sdr_release(t->entries);
    sdr_release(t->ends);
    sdr_release(t->first);
}

typedef struct job {
    sdr_row_counts *out;
    const sdr_row_column *columns;
    int64_t n_columns;
    const sdr_groups *groups;
} job;

static sdr_code count_group(const job *j, int64_t i, const sdr_context *context,
                            sdr_error *error) {
    table t = {.columns = j->columns,
               .n_columns = j->n_columns,
               .start = j->groups->starts[i],
               .rows = j->groups->stops[i] - j->groups->starts[i]};
    sdr_code code = table_open(&t, error);
    bool is_exact = false;
    for (; code == SDR_OK && !is_exact && t.seed < SEEDS; t.seed++) {
        code = find_duplicates(&t, context, error);
        is_exact = !atomic_load(&t.differs);
    }
    if (code == SDR_OK && !is_exact)
        code = sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "rows: expected no %d hashes that are all shared by "
                             "different rows, found such rows",
                             SEEDS);
    j->out[i] =
        (sdr_row_counts){t.rows, atomic_load(&t.duplicates), atomic_load(&t.empty)};
    table_close(&t);
    return code;
}

static sdr_code count_shared(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    static const sdr_context serial = {.threads = 1};
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        SDR_TRY(count_group(user, i, &serial, error));
    return SDR_OK;
}

/* Many groups are shared among the threads, each of a few is computed by all. */
static sdr_code count_groups(const job *j, const sdr_context *context,
                             sdr_error *error) {
    int64_t n = j->groups->n, rows = 0;
    for (int64_t i = 0; i < n; i++)
        rows += j->groups->stops[i] - j->groups->starts[i];
    if (n >= 4 * sdr_context_threads(context)) {
        size_t cost = (size_t)(rows / n + 1) * (size_t)(CELL_BYTES * j->n_columns + 64);
        return sdr_parallel_for(context, n, cost, count_shared, (void *)j, error);
    }
    for (int64_t i = 0; i < n; i++)
        SDR_TRY(count_group(j, i, context, error));
    return SDR_OK;
}

/* --- columns --- */

static sdr_code check_columns(const sdr_column *const *columns, int64_t n,
                              sdr_error *error) {
    for (int64_t i = 1; i < n; i++)
        if (columns[i]->length != columns[0]->length)
            return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                                 "columns: expected %lld rows in each, found %lld",
                                 (long long)columns[0]->length,
                                 (long long)columns[i]->length);
    if (n > 0) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "columns: expected one at least, found none");
}

static void columns_close(sdr_row_column *columns, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        sdr_row_column_close(&columns[i]);
    sdr_release(columns);
}

static sdr_code columns_open(sdr_row_column **out, const sdr_column *const *columns,
                             int64_t n, sdr_error *error) {
    *out = NULL;
    SDR_TRY(check_columns(columns, n, error));
    *out = sdr_allocate((size_t)n * sizeof **out);
    if (*out == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for columns");
    memset(*out, 0, (size_t)n * sizeof **out);
    sdr_code code = SDR_OK;
    for (int64_t i = 0; i < n && code == SDR_OK; i++)
        code = sdr_row_column_open(&(*out)[i], columns[i], error);
    if (code != SDR_OK) {
        columns_close(*out, n);
        *out = NULL;
    }
    return code;
}

sdr_code sdr_row_counts_groups(sdr_row_counts *out, const sdr_column *const *columns,
                               int64_t n_columns, const sdr_groups *groups,
                               const sdr_context *context, sdr_error *error) {
    job j = {.out = out, .n_columns = n_columns, .groups = groups};
    sdr_row_column *opened;
    SDR_TRY(columns_open(&opened, columns, n_columns, error));
    sdr_code code = sdr_groups_check(groups, columns[0], error);
    j.columns = opened;
    if (code == SDR_OK) code = count_groups(&j, context, error);
    columns_close(opened, n_columns);
    return code;
}

sdr_code sdr_row_hashes(uint64_t *out, const sdr_column *const *columns,
                        int64_t n_columns, const sdr_context *context,
                        sdr_error *error) {
    sdr_row_column *opened;
    SDR_TRY(columns_open(&opened, columns, n_columns, error));
    table t = {.columns = opened,
               .n_columns = n_columns,
               .rows = columns[0]->length,
               .hashes = (sdr_row_hash *)(void *)out};
    atomic_init(&t.empty, 0);
    sdr_code code = sdr_parallel_for(context, blocks_of(t.rows),
                                     SDR_BLOCK_ROWS * (size_t)(CELL_BYTES * n_columns),
                                     hash_rows, &t, error);
    columns_close(opened, n_columns);
    return code;
}
