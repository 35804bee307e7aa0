/*
 * Lattice paths from (0, 0) to (n, m) and the band |i*m - j*n| < limit that they have not
 * left: what the exact laws of the Kolmogorov-Smirnov statistic share.
 */
#ifndef SDR_METRICS_KS_PATHS_H
#define SDR_METRICS_KS_PATHS_H

#include "core/parallel.h"
#include "metrics/common/exact.h"
#include "simdrift/drift.h"

enum { SDR_KS_POLL_PLACES = 1 << 22 }; /* some 10 ms */

static inline int64_t sdr_larger_of(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static inline int64_t sdr_smaller_of(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* A mean over the two places that a path can come from: the places low to high of the
 * diagonal i + j = sum out of the one before it. place[j] is j; places without an i or j
 * have weight 0. */
static inline void sdr_ks_advance(double *restrict next, const double *restrict row,
                                  const double *restrict place, int64_t sum,
                                  int64_t low, int64_t high) {
    double total = (double)sum, share = 1.0 / total;
    for (int64_t j = low; j <= high; j++)
        next[j] = (total - place[j]) * share * row[j] + place[j] * share * row[j - 1];
}

/* Paths whose places are tested only where i + j is one of the ends. */
typedef struct sdr_ks_paths {
    int64_t n, m; /* m <= n: the diagonals are short */
    int64_t limit;
    const int64_t *ends; /* ascending, the last n + m; NULL: every i + j is one */
    int64_t n_ends;
} sdr_ks_paths;

/* Refuses sizes out of range and ends that do not ascend to n + m. *trivial: p is 1 or 0,
 * and *p is set. */
sdr_code sdr_ks_paths_init(sdr_ks_paths *out, double *p, bool *trivial,
                           const sdr_ks_case *of, sdr_error *error);

static inline int64_t sdr_ks_floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* First and last j of the diagonal i + j = sum inside of the band; no path at all where
 * the first is behind the last. */
static inline int64_t sdr_ks_first(const sdr_ks_paths *p, int64_t sum) {
    int64_t first = sdr_ks_floor_divide(sum * p->m - p->limit, p->n + p->m) + 1;
    return sdr_larger_of(sdr_larger_of(first, sum - p->n), 0);
}

static inline int64_t sdr_ks_last(const sdr_ks_paths *p, int64_t sum) {
    int64_t last = sdr_ks_floor_divide(sum * p->m + p->limit - 1, p->n + p->m);
    return sdr_smaller_of(sdr_smaller_of(last, sum), p->m);
}

static inline int64_t sdr_ks_end(const sdr_ks_paths *p, int64_t place) {
    return p->ends == NULL ? place + 1 : p->ends[place];
}

#endif
