/*
 * Rows to sorted records: a radix sort that keeps the order of rows with one score.
 *
 * Time: 8 passes at most, 4 where most scores differ in 32 bits; few rows are sorted by
 * insertion.
 */
#include "metrics/performance/rank_records.h"
#include "core/parallel.h"
#include "metrics/common/sort.h"

#include <math.h>
#include <string.h>

enum {
    DIGIT_BITS = 8,
    DIGITS = 64 / DIGIT_BITS,
    BUCKETS = 1 << DIGIT_BITS,
    SORTED = 4, /* digits of a sort: most scores differ in 32 bits */
    FEW = 48,
    POLL_ROWS = 1 << 20 /* some 10 ms of work */
};
#define SIGN (UINT64_C(1) << 63)

static uint64_t key_of(double score) {
    uint64_t bits;
    score += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &score, sizeof bits);
    return sdr_key_from_bits(bits);
}

double sdr_rank_score(uint64_t key, const sdr_rank_source *source) {
    if (source->domain.integer) {
        const bool is_unsigned = source->score->type == SDR_TYPE_UINT64;
        return is_unsigned ? (double)key : (double)(int64_t)(key ^ SIGN);
    }
    double score;
    const uint64_t bits = sdr_key_to_bits(key);
    memcpy(&score, &bits, sizeof score);
    return score + (double)source->domain.base;
}

/* --- loading --- */

/* Keys of a block's scores; false in `valid` where one is missing. */
static void load_keys(uint64_t *keys, uint8_t *valid, const sdr_rank_source *s,
                      int64_t at, int64_t n) {
    int64_t nulls;
    if (s->domain.integer) {
        int64_t scratch[SDR_BLOCK_ROWS];
        const int64_t *scores =
            sdr_column_load_i64(s->score, at, n, scratch, valid, &nulls);
        for (int64_t i = 0; i < n; i++)
            keys[i] = (uint64_t)scores[i] ^ SIGN;
        return;
    }
    double scratch[SDR_BLOCK_ROWS];
    const double *scores =
        sdr_column_load_f64(s->score, at, n, s->domain.base, scratch, &nulls);
    for (int64_t i = 0; i < n; i++) {
        keys[i] = key_of(scores[i]);
        valid[i] = scores[i] == scores[i];
    }
}

static sdr_code check_weight(double weight, int64_t row, sdr_error *error) {
    if (weight >= 0.0 && weight < INFINITY) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "weights[%lld] is %g; expected finite weights >= 0",
                         (long long)row, weight);
}

static sdr_code add_block(sdr_rank_records *out, const sdr_rank_source *s,
                          const double *weights, int64_t at, int64_t n,
                          sdr_error *error) {
    double scratch[SDR_BLOCK_ROWS];
    uint64_t keys[SDR_BLOCK_ROWS];
    uint8_t valid[SDR_BLOCK_ROWS];
    int64_t nulls;
    const sdr_binary b = s->binary;
    const double *targets = sdr_column_load_f64(s->target, at, n, 0, scratch, &nulls);
    load_keys(keys, valid, s, at, n);
    for (int64_t i = 0; i < n; i++) {
        const double weight = weights == NULL ? 1.0 : weights[at + i];
        SDR_TRY(check_weight(weight, at + i, error));
        const bool is_positive = targets[i] == b.positive;
        const bool is_negative = targets[i] >= b.low && targets[i] <= b.high;
        if (!valid[i] || weight == 0.0 || !(is_positive || is_negative)) continue;
        out->all[out->n++] = (sdr_rank_record){keys[i], is_positive ? weight : -weight};
    }
    return SDR_OK;
}

void sdr_rank_records_scale(sdr_rank_records *records) {
    double most = 0.0;
    int exponent;
    for (int64_t i = 0; i < records->n; i++) {
        const double weight = fabs(records->all[i].weight);
        most = weight > most ? weight : most;
    }
    frexp(most, &exponent);
    const double half = ldexp(1.0, -exponent / 2); /* in two steps: neither overflows */
    const double rest = ldexp(1.0, -exponent - -exponent / 2);
    for (int64_t i = 0; i < records->n; i++)
        records->all[i].weight = records->all[i].weight * half * rest;
}

/* --- sorting --- */

static void sort_few(sdr_rank_record *all, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        const sdr_rank_record own = all[i];
        int64_t j = i;
        for (; j > 0 && all[j - 1].key > own.key; j--)
            all[j] = all[j - 1];
        all[j] = own;
    }
}

static void count_digits(int64_t counts[DIGITS][BUCKETS], const sdr_rank_record *all,
                         int64_t n) {
    memset(counts, 0, DIGITS * sizeof *counts);
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            counts[d][all[i].key >> (d * DIGIT_BITS) & (BUCKETS - 1)]++;
}

static sdr_code scatter(sdr_rank_record *to, const sdr_rank_record *from, int64_t n,
                        const int64_t *counts, int shift, const sdr_context *context,
                        sdr_error *error) {
    int64_t next[BUCKETS], sum = 0;
    for (int b = 0; b < BUCKETS; b++) {
        next[b] = sum;
        sum += counts[b];
    }
    for (int64_t i = 0; i < n;) {
        const int64_t stop = n - i < POLL_ROWS ? n : i + POLL_ROWS;
        SDR_TRY(sdr_poll(context, i, n, error));
        for (; i < stop; i++)
            to[next[from[i].key >> shift & (BUCKETS - 1)]++] = from[i];
    }
    return SDR_OK;
}

/* The digits in which keys differ; how many there are. */
static int differing(int *digits, int64_t counts[DIGITS][BUCKETS], uint64_t key,
                     int64_t n) {
    int found = 0;
    for (int d = 0; d < DIGITS; d++)
        if (counts[d][key >> (d * DIGIT_BITS) & (BUCKETS - 1)] != n)
            digits[found++] = d;
    return found;
}

/* By the upper digits that differ; then each run that these leave equal by the others,
 * of which there are a few rows where scores are not made to share them. */
static sdr_code sort(sdr_rank_record *all, sdr_rank_record *scratch, int64_t n,
                     const sdr_context *context, sdr_error *error) {
    if (n <= FEW) {
        sort_few(all, n);
        return SDR_OK;
    }
    int64_t counts[DIGITS][BUCKETS];
    int digits[DIGITS];
    count_digits(counts, all, n);
    const int found = differing(digits, counts, all[0].key, n);
    const int first = found > SORTED ? found - SORTED : 0;
    sdr_rank_record *from = all, *to = scratch;
    for (int k = first; k < found; k++) {
        SDR_TRY(scatter(to, from, n, counts[digits[k]], digits[k] * DIGIT_BITS, context,
                        error));
        sdr_rank_record *swap = from;
        from = to;
        to = swap;
    }
    if (from != all) memcpy(all, from, (size_t)n * sizeof *all);
    if (first == 0) return SDR_OK;
    const int shift = digits[first] * DIGIT_BITS;
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && all[end].key >> shift == all[i].key >> shift;)
            end++;
        if (end - i > 1) SDR_TRY(sort(all + i, scratch + i, end - i, context, error));
    }
    return SDR_OK;
}

/* --- both --- */

static sdr_code reserve(sdr_rank_records *out, int64_t rows, sdr_error *error) {
    if (rows <= out->capacity && out->memory != NULL) return SDR_OK;
    sdr_rank_records_reset(out);
    out->memory = sdr_allocate(2 * (size_t)(rows + 1) * sizeof *out->memory);
    if (out->memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld scores",
                             (long long)rows);
    out->capacity = rows;
    return SDR_OK;
}

sdr_code sdr_rank_records_sort(sdr_rank_records *out, const sdr_rank_source *source,
                               const double *weights, int64_t start, int64_t stop,
                               const sdr_context *context, sdr_error *error) {
    SDR_TRY(reserve(out, stop - start, error));
    out->all = out->memory;
    out->n = 0;
    if (source->target->kind == SDR_KIND_NULL || source->score->kind == SDR_KIND_NULL)
        return SDR_OK;
    for (int64_t at = start; at < stop; at += SDR_BLOCK_ROWS) {
        const int64_t left = stop - at,
                      n = left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
        SDR_TRY(add_block(out, source, weights, at, n, error));
    }
    return sort(out->all, out->memory + out->capacity + 1, out->n, context, error);
}

void sdr_rank_records_reset(sdr_rank_records *records) {
    sdr_release(records->memory);
    *records = (sdr_rank_records){0};
}

sdr_code sdr_rank_records_new(sdr_rank_records **out, int workers, sdr_error *error) {
    *out = sdr_allocate((size_t)workers * sizeof **out);
    if (*out == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for groups of scores");
    for (int i = 0; i < workers; i++)
        (*out)[i] = (sdr_rank_records){0};
    return SDR_OK;
}

void sdr_rank_records_free(sdr_rank_records *records, int workers) {
    for (int i = 0; i < workers; i++)
        sdr_rank_records_reset(records + i);
    sdr_release(records);
}
