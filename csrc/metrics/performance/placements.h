/* Variances of placements: sums of integers, exact but for one division. */
#ifndef SDR_METRICS_PLACEMENTS_H
#define SDR_METRICS_PLACEMENTS_H

#include "metrics/common/exact.h"

/* sum of x y - sum of x * sum of y / n. */
static inline double sdr_central_product(sdr_int128 products, sdr_int128 x,
                                         sdr_int128 y, int64_t n) {
    const sdr_int128 mean = x / n, rest = x % n, other = y / n, other_rest = y % n;
    const sdr_int128 whole = products - mean * y - other * rest;
    return (double)whole - (double)rest * ((double)other_rest / (double)n);
}

/* The variance of the mean of n placements among so many others, in halves of one: with
 * the sum of their squares and their sum. n > 1. */
static inline double sdr_placement_variance(sdr_int128 squares, sdr_int128 sum,
                                            int64_t n, int64_t others) {
    const double scale = 2.0 * (double)others;
    return sdr_central_product(squares, sum, sum, n) / (double)(n - 1) / (double)n /
           scale / scale;
}

#endif
