/*
 * Histogram: counts of float64 values in the cells between arbitrary sorted edges.
 *
 *   cell(x) = how many edges are <= x, so 0 is (-inf, e0) and n_edges is [e_last, inf].
 *
 * NaN is in no cell. Counts are integers, so every order of counting gives one result.
 */
#ifndef SDR_KERNELS_HISTOGRAM_H
#define SDR_KERNELS_HISTOGRAM_H

#include "simdrift/profile.h"

/* Up to this many edges are held in vector registers. */
#define SDR_HISTOGRAM_SMALL 31

typedef struct sdr_histogram_kernels {
    /* Adds to counts[0 .. n_edges]. Edges are strictly increasing and not NaN;
     * n_edges <= SDR_HISTOGRAM_SMALL, n <= SDR_BLOCK_ROWS. */
    void (*small)(int64_t *counts, const double *edges, int64_t n_edges,
                  const double *values, int64_t n);
    /* The same for any number of edges. */
    void (*large)(int64_t *counts, const double *edges, int64_t n_edges,
                  const double *values, int64_t n);
} sdr_histogram_kernels;

void sdr_histogram_fill_scalar(sdr_histogram_kernels *kernels);
void sdr_histogram_fill_avx2(sdr_histogram_kernels *kernels);
void sdr_histogram_fill_avx512(sdr_histogram_kernels *kernels);
void sdr_histogram_fill_neon(sdr_histogram_kernels *kernels);

#endif
