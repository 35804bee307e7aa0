/* Finding one value's bin, and its bucket: what plan,
 * scalar and vector kernels share. */
#ifndef SDR_KERNELS_HISTOGRAM_SEARCH_H
#define SDR_KERNELS_HISTOGRAM_SEARCH_H

#include "kernels/histogram/histogram.h"
#include "kernels/prefetch.h"

/* How many of the n edges are <= x: a branch-free binary search. It keeps the half that
 * holds the answer: ceil(log2(n + 1)) steps, none of them a guess. */
static inline int64_t sdr_histogram_bin(const double *edges, int64_t n, double x) {
    int64_t bin = 0;
    while (n > 0) {
        int64_t half = (n + 1) / 2;
        bin += edges[bin + half - 1] <= x ? half : 0;
        n -= half;
    }
    return bin;
}

static inline void sdr_histogram_search(int64_t *counts, const sdr_histogram_plan *plan,
                                        const double *values, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (values[i] == values[i])
            counts[sdr_histogram_bin(plan->edges, plan->n_edges, values[i])]++;
}

/* Bucket of a grid: monotone in x; NaN is in bucket 0 (also inf * 0: then all are). */
static inline int32_t sdr_histogram_bucket(const sdr_histogram_plan *plan, double x) {
    double t = (x - plan->low) * plan->scale;
    t = t > 0.0 ? t : 0.0;
    return (int32_t)(t < plan->last_bucket ? t : plan->last_bucket);
}

#endif
