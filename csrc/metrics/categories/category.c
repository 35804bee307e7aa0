/*
 * Category counts and codes.
 *
 * Two ways in. Columns whose rows are small indices (dictionaries, booleans, integers
 * of a small range) are counted by index: no row is hashed, each index that occurs is
 * labelled once. All others are tallied by hash, each worker its own rows. Either way
 * the values that occurred enter the table in order of their first row in the column,
 * so codes do not depend on threads.
 *
 * Time O(rows); one pass, for integers one more for their range, and for indices the
 * rows again in which one occurs first.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "core/parallel.h"
#include "metrics/categories/category_index.h"
#include "metrics/categories/category_table.h"
#include "metrics/categories/category_tally.h"

/* --- what occurred, into the table ------------------------------------------------ */

/* Where counts and codes of one call go. */
typedef struct target {
    sdr_categories *categories;
    int64_t *counts; /* by code; NULL: not wanted */
    int32_t *codes;  /* by row; NULL: not wanted */
    int64_t missing;
    bool overflow;
} target;

/* Adds a label and its rows; *code -1 where that is one category too many. */
static sdr_code settle(target *to, sdr_string label, int64_t rows, int64_t *code,
                       sdr_error *error) {
    SDR_TRY(sdr_categories_add(to->categories, label, code, error));
    if (*code < 0) {
        to->overflow = true;
    } else if (to->counts != NULL) {
        to->counts[*code] += rows;
    }
    return SDR_OK;
}

/* --- by hash ---------------------------------------------------------------------- */

typedef struct hash_job {
    const sdr_column *column;
    sdr_tally *tallies; /* one a worker */
    int32_t *codes;     /* of rows, a worker's own entries until they are settled */
    uint16_t *owners;   /* worker of each block, where codes are wanted */
    atomic_bool full;
} hash_job;

static sdr_code hash_blocks(void *user, int64_t begin, int64_t end, int worker,
                            sdr_error *error) {
    hash_job *job = user;
    int32_t ids[SDR_BLOCK_ROWS];
    for (int64_t block = begin; block < end && !atomic_load(&job->full); block++) {
        int64_t start = block * SDR_BLOCK_ROWS, count = job->column->length - start;
        if (count > SDR_BLOCK_ROWS) count = SDR_BLOCK_ROWS;
        bool full;
        int32_t *to = job->codes != NULL ? job->codes + start : ids;
        SDR_TRY(sdr_tally_rows(&job->tallies[worker], &full, to, job->column, start,
                               count, error));
        if (full) atomic_store(&job->full, true);
        if (job->owners != NULL) job->owners[block] = (uint16_t)worker;
    }
    return SDR_OK;
}

/* An entry of some worker; settled in order of first row. */
typedef struct occurrence {
    const sdr_tally_entry *entry;
    int64_t code; /* before it is settled: its place among all workers' entries */
} occurrence;

static int by_first_row(const void *a, const void *b) {
    const occurrence *x = a, *y = b;
    return (x->entry->first_row > y->entry->first_row) -
           (x->entry->first_row < y->entry->first_row);
}

static sdr_code settle_entry(target *to, occurrence *o, const sdr_column *column,
                             sdr_error *error) {
    char text[SDR_LABEL_BYTES];
    sdr_string label = o->entry->key.text;
    if (label.data == NULL)
        label = (sdr_string){(const uint8_t *)text,
                             sdr_key_label(text, o->entry->key.text.size, column)};
    return settle(to, label, o->entry->count, &o->code, error);
}

/* Settles every worker's entries; codes[worker's entries before + i] is entry i's. */
static sdr_code settle_tallies(target *to, const hash_job *job, int workers,
                               int32_t *codes, sdr_error *error) {
    int64_t n = 0;
    for (int w = 0; w < workers; w++)
        n += job->tallies[w].n;
    occurrence *all = sdr_allocate((size_t)n * sizeof *all);
    if (all == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory to merge");
    int64_t k = 0;
    for (int w = 0; w < workers; w++) {
        for (int64_t i = 0; i < job->tallies[w].n; i++, k++)
            all[k] = (occurrence){&job->tallies[w].entries[i], k};
        to->missing += job->tallies[w].missing;
    }
    qsort(all, (size_t)n, sizeof *all, by_first_row);
    sdr_code code = SDR_OK;
    for (int64_t i = 0; i < n && code == SDR_OK && !to->overflow; i++) {
        int64_t place = all[i].code;
        code = settle_entry(to, &all[i], job->column, error);
        if (codes != NULL) codes[place] = (int32_t)all[i].code;
    }
    sdr_release(all);
    return code;
}

/* Each row's entry of its worker becomes the table's code. */
static void recode(const hash_job *job, const int32_t *codes) {
    int64_t blocks = (job->column->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
    for (int64_t block = 0; block < blocks; block++) {
        const int32_t *map = codes;
        for (int w = 0; w < job->owners[block]; w++)
            map += job->tallies[w].n;
        int64_t start = block * SDR_BLOCK_ROWS, stop = start + SDR_BLOCK_ROWS;
        if (stop > job->column->length) stop = job->column->length;
        for (int64_t row = start; row < stop; row++)
            if (job->codes[row] >= 0) job->codes[row] = map[job->codes[row]];
    }
}

static sdr_code settle_rows(target *to, const hash_job *job, int workers,
                            sdr_error *error) {
    if (to->codes == NULL) return settle_tallies(to, job, workers, NULL, error);
    int64_t n = 0;
    for (int w = 0; w < workers; w++)
        n += job->tallies[w].n;
    int32_t *codes = sdr_allocate((size_t)n * sizeof *codes);
    if (codes == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory to merge");
    sdr_code code = settle_tallies(to, job, workers, codes, error);
    if (code == SDR_OK && !to->overflow) recode(job, codes);
    sdr_release(codes);
    return code;
}

enum { HASH_COST_BYTES = SDR_BLOCK_ROWS * 16 };

static sdr_code by_hash(target *to, const sdr_column *column,
                        const sdr_context *context, sdr_error *error) {
    int64_t blocks = (column->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
    int workers = sdr_parallel_workers(context, blocks, HASH_COST_BYTES), ready = 0;
    hash_job job = {.column = column, .codes = to->codes};
    atomic_init(&job.full, false);
    job.tallies = sdr_allocate((size_t)workers * sizeof *job.tallies);
    if (to->codes != NULL)
        job.owners = sdr_allocate((size_t)blocks * sizeof *job.owners);
    sdr_code code = SDR_OK;
    if (job.tallies == NULL || (to->codes != NULL && job.owners == NULL))
        code = sdr_error_set(error, SDR_NO_MEMORY, "no memory to count categories");
    int64_t limit = sdr_categories_maximum(to->categories);
    for (; code == SDR_OK && ready < workers; ready++)
        code = sdr_tally_init(&job.tallies[ready], limit, error);
    if (code == SDR_OK)
        code = sdr_parallel_for(context, blocks, HASH_COST_BYTES, hash_blocks, &job,
                                error);
    to->overflow = atomic_load(&job.full);
    if (code == SDR_OK && !to->overflow) code = settle_rows(to, &job, workers, error);
    for (int w = 0; job.tallies != NULL && w < ready; w++)
        sdr_tally_reset(&job.tallies[w]);
    sdr_release(job.tallies);
    sdr_release(job.owners);
    return code;
}

/* --- by index --------------------------------------------------------------------- */

static sdr_code settle_index(target *to, const sdr_index_source *source, int64_t index,
                             int64_t rows, int64_t *code, sdr_error *error) {
    char text[SDR_LABEL_BYTES];
    sdr_string label;
    if (!sdr_index_label(&label, text, source, index)) {
        to->missing += rows; /* the dictionary's value is null or NaN */
        *code = -1;
        return SDR_OK;
    }
    return settle(to, label, rows, code, error);
}

static sdr_code index_view(target *to, const sdr_index_source *source, int32_t *codes,
                           const sdr_context *context, sdr_error *error) {
    sdr_index_counts found;
    SDR_TRY(sdr_index_count(&found, source, context, error));
    to->missing += found.missing;
    sdr_code code = SDR_OK;
    for (int64_t i = 0; i < found.n && code == SDR_OK && !to->overflow; i++) {
        int64_t index = found.order[i], settled;
        code = settle_index(to, source, index, found.counts[index], &settled, error);
        found.codes[index] = (int32_t)settled;
    }
    if (code == SDR_OK && codes != NULL && !to->overflow)
        sdr_index_recode(codes, source, found.codes);
    sdr_index_counts_reset(&found);
    return code;
}

static sdr_code by_index(target *to, const sdr_column *column, sdr_index_range range,
                         const sdr_context *context, sdr_error *error) {
    for (int64_t chunk = 0; chunk < column->n_chunks && !to->overflow; chunk++) {
        int32_t *codes = to->codes != NULL ? to->codes + column->starts[chunk] : NULL;
        sdr_index_source source = sdr_index_source_of(&column->chunks[chunk], range);
        SDR_TRY(index_view(to, &source, codes, context, error));
    }
    return SDR_OK;
}

/* --- public ----------------------------------------------------------------------- */

static sdr_code run(target *to, const sdr_column *column, const sdr_context *context,
                    sdr_error *error) {
    if (column->length == 0) return SDR_OK;
    if (column->kind == SDR_KIND_NULL) {
        to->missing = column->length;
        for (int64_t row = 0; to->codes != NULL && row < column->length; row++)
            to->codes[row] = -1;
        return SDR_OK;
    }
    sdr_index_range range = {0};
    bool is_index = sdr_index_applies(column);
    if (!is_index) SDR_TRY(sdr_index_range_of(&range, column, context, error));
    if (is_index || range.domain > 0)
        return by_index(to, column, range, context, error);
    return by_hash(to, column, context, error);
}

sdr_code sdr_categories_count(sdr_categories *categories, int64_t *counts,
                              int64_t capacity, int64_t *nulls, bool *overflow,
                              const sdr_column *column, const sdr_context *context,
                              sdr_error *error) {
    int64_t maximum = sdr_categories_maximum(categories);
    if (capacity < maximum)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "capacity: expected at least maximum = %lld, found %lld",
                             (long long)maximum, (long long)capacity);
    target to = {.categories = categories, .counts = counts};
    SDR_TRY(run(&to, column, context, error));
    *nulls = to.missing;
    *overflow = to.overflow;
    return SDR_OK;
}

sdr_code sdr_categories_encode(sdr_categories *categories, int32_t *codes,
                               bool *overflow, const sdr_column *column,
                               const sdr_context *context, sdr_error *error) {
    target to = {.categories = categories, .codes = codes};
    SDR_TRY(run(&to, column, context, error));
    *overflow = to.overflow;
    return SDR_OK;
}
