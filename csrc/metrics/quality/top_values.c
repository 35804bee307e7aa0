/*
 * The most frequent numbers of a column with few distinct ones.
 *
 * Each worker counts into an open hash table keyed by the value's bits (-0.0 as 0.0);
 * counts are integers, so the tables' sum does not depend on who took which rows. A
 * table that fills up beyond SDR_DISTINCT_EXACT ends the search: the answer is then
 * "too many", whatever the rest holds.
 *
 * Time O(rows) with one probe of an L2-sized table each; memory 256 KiB a worker at
 * most.
 */
#include "metrics/common/blocks.h"
#include "simdrift/quality.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MAXIMUM_SLOTS = 4 * SDR_DISTINCT_EXACT };

typedef struct slot {
    double value;
    int64_t count; /* 0: free */
} slot;

typedef struct table {
    slot *slots;
    uint32_t mask; /* slots - 1, a power of two */
    int64_t used;
} table;

static slot *find(const table *t, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    /* Fibonacci hashing: multiples of 2^64 / golden ratio spread over the high bits */
    uint64_t hash = bits * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t i = (uint32_t)((hash ^ hash >> 32) >> 16) & t->mask;
    while (t->slots[i].count != 0 && t->slots[i].value != value)
        i = (i + 1) & t->mask;
    return &t->slots[i];
}

/* False where that was one distinct value too many. */
static bool add(table *t, double value, int64_t count) {
    value += 0.0; /* -0.0 becomes 0.0 */
    slot *s = find(t, value);
    if (s->count == 0) {
        if (t->used == SDR_DISTINCT_EXACT) return false;
        s->value = value;
        t->used++;
    }
    s->count += count;
    return true;
}

typedef struct source {
    const sdr_column *column;
    table *tables; /* one for each worker */
    atomic_bool overflow;
} source;

static bool add_rows(table *t, const double *values, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (!isnan(values[i]) && !add(t, values[i], 1)) return false;
    return true;
}

static sdr_code count_groups(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)error;
    source *s = user;
    int64_t start = begin * SDR_GROUP_ROWS, stop = end * SDR_GROUP_ROWS, nulls;
    if (stop > s->column->length) stop = s->column->length;
    double scratch[SDR_BLOCK_ROWS];
    for (; start < stop && !atomic_load(&s->overflow); start += SDR_BLOCK_ROWS) {
        int64_t n = stop - start < SDR_BLOCK_ROWS ? stop - start : SDR_BLOCK_ROWS;
        const double *values =
            sdr_column_load_f64(s->column, start, n, 0, scratch, &nulls);
        if (!add_rows(&s->tables[worker], values, n)) atomic_store(&s->overflow, true);
    }
    return SDR_OK;
}

/* Adds every table to the first. */
static bool join_tables(table *tables, int workers) {
    for (int worker = 1; worker < workers; worker++) {
        const table *t = &tables[worker];
        for (uint32_t i = 0; i <= t->mask; i++)
            if (t->slots[i].count > 0 &&
                !add(&tables[0], t->slots[i].value, t->slots[i].count))
                return false;
    }
    return true;
}

/* More frequent first, then smaller first. */
static int by_frequency(const void *a, const void *b) {
    const slot *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? 1 : -1;
    return (x->value > y->value) - (x->value < y->value);
}

static int64_t take_top(double *values, int64_t *counts, int64_t k, table *t) {
    qsort(t->slots, (size_t)t->mask + 1, sizeof *t->slots, by_frequency);
    int64_t n = k < t->used ? k : t->used;
    for (int64_t i = 0; i < n; i++) {
        values[i] = t->slots[i].value;
        counts[i] = t->slots[i].count;
    }
    return n;
}

/* Slots: at most half of them are ever used. */
static uint32_t slots_for(int64_t rows) {
    uint32_t slots = 16;
    while (slots < MAXIMUM_SLOTS && slots < 2 * rows)
        slots *= 2;
    return slots;
}

/* Tables of `slots` each in one block of memory, empty. */
static table *tables_new(int workers, uint32_t slots) {
    size_t table_bytes = slots * sizeof(slot), head = (size_t)workers * sizeof(table);
    char *block = sdr_allocate((size_t)workers * table_bytes + head);
    if (block == NULL) return NULL;
    memset(block, 0, (size_t)workers * table_bytes);
    table *tables = (table *)(void *)(block + (size_t)workers * table_bytes);
    for (int i = 0; i < workers; i++)
        tables[i] = (table){.slots = (slot *)(void *)(block + (size_t)i * table_bytes),
                            .mask = slots - 1};
    return tables;
}

sdr_code sdr_top_values(double *values, int64_t *counts, int64_t k, int64_t *n_out,
                        const sdr_column *column, const sdr_context *context,
                        sdr_error *error) {
    *n_out = 0;
    SDR_TRY(sdr_require_numeric(column, "sdr_top_values", error));
    if (k < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_top_values: expected k >= 0, found %lld",
                             (long long)k);
    if (column->length == 0 || column->kind == SDR_KIND_NULL) return SDR_OK;
    int64_t n_groups = sdr_group_count(column->length);
    size_t cost = SDR_GROUP_ROWS * sizeof(double);
    int workers = sdr_parallel_workers(context, n_groups, cost);
    source s = {.column = column,
                .tables = tables_new(workers, slots_for(column->length))};
    if (s.tables == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %d tables", workers);
    sdr_code code = sdr_parallel_for(context, n_groups, cost, count_groups, &s, error);
    if (code == SDR_OK && !atomic_load(&s.overflow) && join_tables(s.tables, workers))
        *n_out = take_top(values, counts, k, &s.tables[0]);
    sdr_release(s.tables[0].slots);
    return code;
}
