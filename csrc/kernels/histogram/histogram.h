/*
 * Histogram: counts of float64 values in the bins between arbitrary sorted edges.
 *
 *   bin(x) = how many edges are <= x, so 0 is (-inf, e0) and n_edges is [e_last, inf].
 *
 * NaN is in no bin. Counts are integers, so every order of counting gives one result.
 *
 * A plan is made from the edges once (metrics/quality/histogram_plan.c). Up to 31 edges
 * form a tree that vector kernels hold in registers. More are found through a grid: a
 * uniform one over the finite edges, which gives each bucket its first edge. bucket(x)
 * is a chain of monotone, correctly rounded operations, so edges of lower buckets are
 * <= x, edges of higher ones are > x, and only the bucket's own are compared:
 * `compares` of them.
 */
#ifndef SDR_KERNELS_HISTOGRAM_H
#define SDR_KERNELS_HISTOGRAM_H

#include "simdrift/context.h"

enum {
    SDR_HISTOGRAM_SMALL = 31, /* edges of a tree of five levels */
    SDR_HISTOGRAM_LEVELS = 5,
    SDR_HISTOGRAM_COMPARES = 4 /* most of a bucket; with more, search all edges */
};

typedef struct sdr_histogram_plan {
    const double
        *edges; /* strictly increasing, not NaN; then, for a grid, COMPARES NaN */
    int64_t n_edges;
    /* Tree: edges of level k (0 first) by the k decisions before, the first of them the
     * lowest bit; repeated to 16, NaN where there is none. */
    _Alignas(64) double level[SDR_HISTOGRAM_LEVELS][16];
    int levels;
    /* Grid; starts is NULL for a tree. */
    double low, scale, last_bucket;
    int compares;     /* 0: a bucket holds too many edges */
    uint32_t *starts; /* edges below each bucket */
    void *memory;     /* of starts and of the padded edges */
} sdr_histogram_plan;

/* Refuses edges that are not strictly increasing. */
sdr_code sdr_histogram_edges_check(const double *edges, int64_t n_edges,
                                   sdr_error *error);
/* Refers to `edges`, which must stay. SDR_NO_MEMORY only above SMALL edges. */
sdr_code sdr_histogram_plan_init(sdr_histogram_plan *out, const double *edges,
                                 int64_t n_edges, sdr_error *error);
void sdr_histogram_plan_reset(sdr_histogram_plan *plan);

typedef struct sdr_histogram_kernels {
    /* Adds n <= SDR_BLOCK_ROWS values to counts[0 .. n_edges]. */
    void (*count)(int64_t *counts, const sdr_histogram_plan *plan, const double *values,
                  int64_t n);
} sdr_histogram_kernels;

void sdr_histogram_fill_scalar(sdr_histogram_kernels *kernels);
void sdr_histogram_fill_avx2(sdr_histogram_kernels *kernels);
void sdr_histogram_fill_avx512(sdr_histogram_kernels *kernels);
void sdr_histogram_fill_neon(sdr_histogram_kernels *kernels);

#endif
