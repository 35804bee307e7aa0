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

#include <stdbool.h>
#include <stdint.h>

/* Counts, extremes and central moments of one block. */
typedef struct sdr_block_moments {
    int64_t rows, finite, nan, pos_inf, neg_inf;
    int64_t zeros, negatives;    /* -0.0 and -inf too */
    double min, max;             /* infinities take part; NaN where no row does */
    double sum, mean, mean_low;  /* of finite rows; mean + mean_low: the mean */
    double m2, m3, m4;           /* sums of powers of (x - mean) over finite rows */
    double first, last;          /* that are not NaN */
    bool increasing, decreasing; /* non-strictly, over rows that are not NaN */
    bool strict;                 /* and no two neighbours equal */
} sdr_block_moments;

/* The same of the pairs of a block whose two sides are finite; error = y - x. */
typedef struct sdr_block_pairs {
    int64_t n;
    double mean_x, mean_y, m2_x, m2_y, c_xy;
    double sum_error, sum_abs_error, sum_squared_error, sum_fourth_power;
    double max_abs_error;
} sdr_block_pairs;

typedef struct sdr_moments_kernels {
    /* Of n <= 4,096 values. `masked`: whether NaN or infinities are expected; it
     * changes the time, never a bit. */
    void (*block)(sdr_block_moments *out, const double *values, int64_t n, bool masked);
    /* Of n <= 4,096 rows of both. */
    void (*pair)(sdr_block_pairs *out, const double *x, const double *y, int64_t n);
    /* Sum of a buffer in 32 lanes, with prefetch. */
    double (*read_bound)(const double *values, int64_t n);
} sdr_moments_kernels;

void sdr_moments_fill_scalar(sdr_moments_kernels *kernels);
void sdr_moments_fill_avx2(sdr_moments_kernels *kernels);
void sdr_moments_fill_avx512(sdr_moments_kernels *kernels);
void sdr_moments_fill_neon(sdr_moments_kernels *kernels);

#endif
