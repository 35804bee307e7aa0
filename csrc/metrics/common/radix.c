/*
 * A radix sort of unsigned keys that skips the digits in which all keys agree; few keys
 * are sorted by insertion and merging.
 *
 * Time: at most 8 passes over n keys; O(n log n) for up to SMALL keys.
 */
#include "metrics/common/radix.h"

#include <string.h>

#include "core/parallel.h"

enum {
    RUN = 16,            /* keys sorted by insertion */
    SMALL = 256,         /* below this the histograms cost more than merging */
    POLL_KEYS = 1 << 21, /* some 10 ms of work; fewer keys are sorted without a look */
    DIGIT_BITS = 8,
    DIGITS = 64 / DIGIT_BITS,
    BUCKETS = 1 << DIGIT_BITS
};

static void sort_by_insertion(sdr_key *keys, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        int64_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) {
            keys[j] = keys[j - 1];
        }
        keys[j] = key;
    }
}

static void merge_runs(sdr_key *out, const sdr_key *left, int64_t n_left,
                       const sdr_key *right, int64_t n_right) {
    int64_t i = 0, j = 0;
    while (i < n_left && j < n_right) {
        int from_right = right[j] < left[i];
        *out++ = from_right ? right[j] : left[i];
        i += !from_right;
        j += from_right;
    }
    memcpy(out, left + i, (size_t)(n_left - i) * sizeof *out);
    memcpy(out + (n_left - i), right + j, (size_t)(n_right - j) * sizeof *out);
}

static void sort_by_merging(sdr_key *keys, sdr_key *scratch, int64_t n) {
    for (int64_t i = 0; i < n; i += RUN) {
        sort_by_insertion(keys + i, n - i < RUN ? n - i : RUN);
    }
    sdr_key *from = keys, *to = scratch;
    for (int64_t run = RUN; run < n; run *= 2) {
        for (int64_t i = 0; i < n; i += 2 * run) {
            int64_t left = n - i < run ? n - i : run;
            int64_t right = n - i - left < run ? n - i - left : run;
            merge_runs(to + i, from + i, left, from + i + left, right);
        }
        sdr_key *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys) memcpy(keys, from, (size_t)n * sizeof *keys);
}

/* Where a radix sort stands, for the caller's poll. */
typedef struct progress {
    const sdr_context *context;
    sdr_error *error;
    int64_t done, total; /* keys read, of all passes */
} progress;

/* Counts `keys` as read; true where the caller wants to stop. */
static bool cancelled(progress *p, int64_t keys) {
    p->done += keys;
    return keys >= POLL_KEYS &&
           sdr_poll(p->context, p->done, p->total, p->error) != SDR_OK;
}

static bool scatter(sdr_key *to, const sdr_key *from, int64_t n, const int64_t *counts,
                    int shift, progress *p) {
    int64_t next[BUCKETS], sum = 0;
    for (int b = 0; b < BUCKETS; b++) {
        next[b] = sum;
        sum += counts[b];
    }
    for (int64_t i = 0; i < n;) {
        int64_t stop = n - i < POLL_KEYS ? n : i + POLL_KEYS;
        if (cancelled(p, stop - i)) return false;
        for (; i < stop; i++)
            to[next[from[i] >> shift & (BUCKETS - 1)]++] = from[i];
    }
    return true;
}

static bool count_digits(int64_t counts[DIGITS][BUCKETS], const sdr_key *keys,
                         int64_t n, progress *p) {
    for (int64_t i = 0; i < n;) {
        int64_t stop = n - i < POLL_KEYS ? n : i + POLL_KEYS;
        if (cancelled(p, stop - i)) return false;
        for (; i < stop; i++)
            for (int d = 0; d < DIGITS; d++)
                counts[d][keys[i] >> (d * DIGIT_BITS) & (BUCKETS - 1)]++;
    }
    return true;
}

/* False where the caller stopped it. */
static bool sort_by_radix(sdr_key *keys, sdr_key *scratch, int64_t n, progress *p) {
    int64_t counts[DIGITS][BUCKETS] = {{0}};
    if (!count_digits(counts, keys, n, p)) return false;
    sdr_key *from = keys, *to = scratch;
    for (int d = 0; d < DIGITS; d++) {
        int shift = d * DIGIT_BITS;
        if (counts[d][keys[0] >> shift & (BUCKETS - 1)] == n) continue;
        if (!scatter(to, from, n, counts[d], shift, p)) return false;
        sdr_key *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys) memcpy(keys, from, (size_t)n * sizeof *keys);
    return true;
}

sdr_code sdr_radix_sort(sdr_key *keys, sdr_key *scratch, int64_t n,
                        const sdr_context *context, sdr_error *error) {
    if (n < SMALL) {
        sort_by_merging(keys, scratch, n);
        return SDR_OK;
    }
    progress p = {.context = context, .error = error, .total = (DIGITS + 1) * n};
    return sort_by_radix(keys, scratch, n, &p) ? SDR_OK : SDR_CANCELLED;
}
