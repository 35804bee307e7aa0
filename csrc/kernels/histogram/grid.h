/*
 * Histogram of many edges through the plan's grid, in C that compilers vectorize.
 *
 * Buckets of RUN values at a time, with vectors; then a value's bin is its bucket's
 * first edge plus how many of the next `compares` edges it reaches: no branch depends
 * on the data. Edges of later buckets are > x and add nothing, as do the NaN behind the
 * last edge. NaN values reach no edge: each is one too many in the bin where bucket 0
 * starts, which is bin 0.
 */
#ifndef SDR_KERNELS_HISTOGRAM_GRID_H
#define SDR_KERNELS_HISTOGRAM_GRID_H

#include "kernels/histogram/search.h"

enum { SDR_GRID_RUN = 256 };

static inline int64_t sdr_grid_buckets(int32_t *buckets, const sdr_histogram_plan *plan,
                                       const double *values, int64_t n) {
    sdr_histogram_plan p = {
        .low = plan->low, .scale = plan->scale, .last_bucket = plan->last_bucket};
    int64_t nan = 0;
    for (int64_t i = 0; i < n; i++) {
        buckets[i] = sdr_histogram_bucket(&p, values[i]);
        nan += values[i] != values[i];
    }
    return nan;
}

static inline void sdr_grid_count(int64_t *counts, const sdr_histogram_plan *plan,
                                  const double *values, int64_t n, int compares) {
    const uint32_t *starts = plan->starts;
    for (int64_t begin = 0; begin < n; begin += SDR_GRID_RUN) {
        int64_t rows = n - begin < SDR_GRID_RUN ? n - begin : SDR_GRID_RUN;
        int32_t buckets[SDR_GRID_RUN];
        const double *run = values + begin;
        counts[0] -= sdr_grid_buckets(buckets, plan, run, rows);
        for (int64_t i = 0; i < rows; i++) {
            if (i % 8 == 0) sdr_prefetch(run + i);
            uint32_t start = starts[buckets[i]], bin = start;
            for (int k = 0; k < compares; k++)
                bin += plan->edges[start + (uint32_t)k] <= run[i];
            counts[bin]++;
        }
    }
}

static inline void sdr_histogram_grid(int64_t *counts, const sdr_histogram_plan *plan,
                                      const double *values, int64_t n) {
    switch (plan->compares) { /* a constant in each */
    case 1:
        sdr_grid_count(counts, plan, values, n, 1);
        break;
    case 2:
        sdr_grid_count(counts, plan, values, n, 2);
        break;
    case 3:
    case 4:
        sdr_grid_count(counts, plan, values, n, SDR_HISTOGRAM_COMPARES);
        break;
    default:
        sdr_histogram_search(counts, plan, values, n);
    }
}

#endif
