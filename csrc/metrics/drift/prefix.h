/*
 * Exact prefix sums of sorted values, and the walk of KS and Wasserstein-1 that they
 * allow: between two current values G is constant and F rises, so the signs of F - G
 * over all reference values there change at most once, at an index found by division;
 * their exact sums are differences of prefix sums.
 */
#ifndef SDR_METRICS_PREFIX_H
#define SDR_METRICS_PREFIX_H

#include "metrics/drift/merge.h"
#include "simdrift/context.h"

enum { SDR_PREFIX_STRIDE = 8 }; /* values between two stored sums: 2 bytes a value */

/* Sums of the first i * 8 values, in units of 2^(exponent - 1074). */
typedef struct sdr_prefix {
    sdr_int128 *sums; /* NULL: values too far apart for 128 bits, or infinite */
    int exponent;
} sdr_prefix;

/* Builds the sums of n ascending values; leaves sums NULL where they do not fit. */
sdr_code sdr_prefix_init(sdr_prefix *out, const double *values, int64_t n,
                         sdr_error *error);
void sdr_prefix_reset(sdr_prefix *prefix);
/* The sum of the first i of the values that the sums are of. */
sdr_int128 sdr_prefix_sum(const sdr_prefix *prefix, const double *values, int64_t i);

/* Has what that sum reads sent from memory. */
static inline void sdr_prefix_prefetch(const sdr_prefix *prefix, const double *values,
                                       int64_t i) {
    __builtin_prefetch(prefix->sums + i / SDR_PREFIX_STRIDE);
    __builtin_prefetch(values + i / SDR_PREFIX_STRIDE * SDR_PREFIX_STRIDE);
}
/* The value in the units of the sums, which hold it exactly. */
sdr_int128 sdr_prefix_value(const sdr_prefix *prefix, double value);

/* What sdr_merge_walk does of x[0, merge->n) and y[0, merge->m), all finite, in O(m log
 * n). *sum_x: like merge->x, in the prefix's units, beside what is in `merge`. */
void sdr_prefix_walk(sdr_merge *merge, sdr_int128 *sum_x, const sdr_prefix *prefix,
                     const double *x, const double *y);

#endif
