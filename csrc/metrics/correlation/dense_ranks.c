/*
 * Dense ranks of a column: correlation.h.
 *
 * Rows get an unsigned key of their value's order. What is sorted is one word a row: the
 * first bits of the key less the smallest, then the row. Where the word holds all of the
 * key, runs of equal keys are values; else rows whose first bits agree are looked at,
 * and sorted again by their rest: at most three times, for each holds 32 bits or more.
 *
 * Time: one sort of 64-bit words, one store a row out of order. Memory: 24 bytes a row.
 */
#include "simdrift/correlation.h"

#include <math.h>
#include <string.h>

#include "metrics/common/blocks.h"
#include "metrics/common/sort.h"

enum {
    WORD_BITS = 63 /* words are sorted as int64 */,
    FEW = 32,
    AHEAD = 16 /* stores */
};

typedef struct ranker {
    int32_t *out;
    uint64_t *keys;           /* of all rows */
    sdr_key *words, *scratch; /* of those that are not missing */
    int64_t rows, n, level;
    int row_bits;
    const sdr_context *context;
    sdr_error *error;
} ranker;

/* --- keys --- */

static void load_floats(ranker *r, const sdr_column *column, int64_t at, int64_t i,
                        int64_t n) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *values = sdr_column_load_f64(column, at, n, 0, scratch, &nulls);
    for (int64_t k = 0; k < n; k++) {
        double value = values[k] + 0.0; /* -0.0 becomes 0.0 */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        r->keys[i + k] = sdr_key_from_bits(bits);
        r->out[i + k] = -1;
        r->words[r->n] = (uint64_t)(i + k);
        r->n += !isnan(value);
    }
}

static void load_integers(ranker *r, const sdr_column *column, int64_t at, int64_t i,
                          int64_t n) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    const int64_t *values = sdr_column_load_i64(column, at, n, scratch, valid, &nulls);
    for (int64_t k = 0; k < n; k++) {
        r->keys[i + k] = (uint64_t)values[k] ^ UINT64_C(1) << 63;
        r->out[i + k] = -1;
        r->words[r->n] = (uint64_t)(i + k);
        r->n += valid[k] != 0;
    }
}

static void load_keys(ranker *r, const sdr_column *column, int64_t start) {
    const bool is_whole =
        column->kind == SDR_KIND_INTEGER || column->kind == SDR_KIND_TEMPORAL;
    for (int64_t i = 0; i < r->rows; i += SDR_BLOCK_ROWS) {
        int64_t n = r->rows - i < SDR_BLOCK_ROWS ? r->rows - i : SDR_BLOCK_ROWS;
        if (is_whole)
            load_integers(r, column, start + i, i, n);
        else
            load_floats(r, column, start + i, i, n);
    }
}

/* --- order --- */

static int64_t row_of(const ranker *r, sdr_key word) {
    return (int64_t)(word & ((UINT64_C(1) << r->row_bits) - 1));
}

static uint64_t key_at(const ranker *r, const sdr_key *word) {
    return r->keys[row_of(r, *word)];
}

/* Rows of a run get their levels: the words are in order of their keys. */
static void take_levels(ranker *r, const sdr_key *words, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && key_at(r, &words[i]) != key_at(r, &words[i - 1])) r->level++;
        r->out[row_of(r, words[i])] = (int32_t)r->level;
    }
    r->level++;
}

static void sort_few(const ranker *r, sdr_key *words, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        sdr_key word = words[i];
        uint64_t key = key_at(r, &word);
        int64_t k = i;
        for (; k > 0 && key_at(r, &words[k - 1]) > key; k--)
            words[k] = words[k - 1];
        words[k] = word;
    }
}

static sdr_code rank_words(ranker *r, sdr_key *words, int64_t n);

/* Rows whose words agree in their first bits, which do not hold the whole keys. */
static sdr_code rank_run(ranker *r, sdr_key *words, int64_t n) {
    if (n > FEW) return rank_words(r, words, n);
    if (n > 1) sort_few(r, words, n);
    take_levels(r, words, n);
    return SDR_OK;
}

/* Words of rows in any order: by key. */
static sdr_code rank_words(ranker *r, sdr_key *words, int64_t n) {
    uint64_t least = UINT64_MAX, most = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = key_at(r, &words[i]);
        least = key < least ? key : least;
        most = key > most ? key : most;
    }
    int bits = least == most ? 0 : 64 - __builtin_clzll(most - least);
    int dropped = bits + r->row_bits - WORD_BITS; /* last bits of the keys */
    if (dropped < 0) dropped = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t row = (uint64_t)row_of(r, words[i]);
        words[i] = (r->keys[row] - least) >> dropped << r->row_bits | row;
    }
    const sdr_sort_job job = {.keys = words, .scratch = r->scratch, .n = n};
    SDR_TRY(sdr_sort_jobs(&job, 1, r->context, r->error));
    for (int64_t i = 0, end; i < n; i = end) {
        uint64_t first = words[i] >> r->row_bits;
        for (end = i + 1; end < n && words[end] >> r->row_bits == first;)
            end++;
        if (dropped > 0) {
            if (i + AHEAD < n)
                __builtin_prefetch(&r->out[row_of(r, words[i + AHEAD])], 1);
            SDR_TRY(rank_run(r, words + i, end - i));
            continue;
        }
        for (int64_t k = i; k < end; k++) {
            if (k + AHEAD < n)
                __builtin_prefetch(&r->out[row_of(r, words[k + AHEAD])], 1);
            r->out[row_of(r, words[k])] = (int32_t)r->level;
        }
        r->level++;
    }
    return SDR_OK;
}

/* --- a column --- */

static sdr_code check(const sdr_column *column, int64_t start, int64_t stop,
                      sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_dense_ranks", error));
    if (0 <= start && start <= stop && stop <= column->length &&
        stop - start <= INT32_MAX)
        return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "start, stop: expected a range of the %lld rows, 2^31 - 1 of "
                         "them at most, found %lld and %lld",
                         (long long)column->length, (long long)start, (long long)stop);
}

sdr_code sdr_dense_ranks(int32_t *out, int64_t *levels, const sdr_column *column,
                         int64_t start, int64_t stop, const sdr_context *context,
                         sdr_error *error) {
    SDR_TRY(check(column, start, stop, error));
    ranker r = {.out = out, .rows = stop - start, .context = context, .error = error};
    *levels = 0;
    while (r.row_bits < WORD_BITS && (int64_t)1 << r.row_bits < r.rows)
        r.row_bits++;
    /* one more word each: a missing row is written, then written over */
    uint64_t *block = sdr_allocate(3 * (size_t)(r.rows + 1) * sizeof *block);
    if (block == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld ranks",
                             (long long)r.rows);
    r.keys = block;
    r.words = block + (r.rows + 1);
    r.scratch = r.words + (r.rows + 1);
    load_keys(&r, column, start);
    sdr_code code = r.n == 0 ? SDR_OK : rank_words(&r, r.words, r.n);
    if (code == SDR_OK) *levels = r.level;
    sdr_release(block);
    return code;
}
