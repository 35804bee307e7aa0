/*
 * Moments: counts, extremes and central moments of one block of float64 values, the
 * same of pairs, and the read bound. scalar.c is the specification of the bits.
 *
 * Lanes: row i of a block belongs to lane i mod 8. Each lane adds in row order; the
 * eight lanes are combined as ((0+4) + (2+6)) + ((1+5) + (3+7)). Products are rounded
 * before they are added (no fused multiply-add). Every ISA therefore gives one result.
 */
#ifndef SDR_KERNELS_MOMENTS_H
#define SDR_KERNELS_MOMENTS_H

#include "simdrift/profile.h"

typedef struct sdr_moments_kernels {
    /* Profile of n <= SDR_BLOCK_ROWS values; NaN rows are counted as nan. `masked`:
     * whether NaN or infinities are expected; it changes the time, never a bit.
     * exact_integer and its fields are left zero. */
    void (*block)(sdr_profile *out, const double *values, int64_t n, bool masked);
    /* Pair profile of n <= SDR_BLOCK_ROWS rows of both. */
    void (*pair)(sdr_pair_profile *out, const double *x, const double *y, int64_t n);
    /* Sum of a buffer in 32 lanes, with prefetch. */
    double (*read_bound)(const double *values, int64_t n);
} sdr_moments_kernels;

void sdr_moments_fill_scalar(sdr_moments_kernels *kernels);
void sdr_moments_fill_avx2(sdr_moments_kernels *kernels);
void sdr_moments_fill_avx512(sdr_moments_kernels *kernels);
void sdr_moments_fill_neon(sdr_moments_kernels *kernels);

#endif
