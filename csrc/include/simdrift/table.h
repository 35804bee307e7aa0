/*
 * Maximum mean discrepancy of two samples of rows, and of as many relabelings of them
 * as a permutation test asks for (Gretton et al., A kernel two-sample test, J. Mach.
 * Learn. Res. 13, 2012).
 */
#ifndef SIMDRIFT_TABLE_H
#define SIMDRIFT_TABLE_H

#include "simdrift/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sdr_mmd_rows {
    const double *values; /* row after row, n_features each; finite */
    int64_t n_rows, n_features;
    const uint8_t *labels; /* labeling after labeling, n_rows each: not 0 is a row of
                            * the reference */
    int64_t n_labelings;
    double gamma; /* of k(a, b) = exp(-gamma |a - b|^2); positive, finite */
} sdr_mmd_rows;

/* out[p] for each labeling: the unbiased estimate of E k(x, x') + E k(y, y') - 2 E k(x,
 * y) over all pairs of different rows; it may be below 0. NaN where a side has less
 * than two rows. Each k is computed once, whatever the labelings: O(n_rows^2
 * (n_features + n_labelings / 32)) time. Memory besides the arguments: n_rows
 * (n_features + n_labelings / 4) bytes or so and 100 n_labelings; never n_rows^2. The
 * same bits for every ISA and number of threads. */
SDR_API sdr_code sdr_mmd_quadratic(double *out, const sdr_mmd_rows *rows,
                                   const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
