/*
 * Two columns row by row: a model's output and what came true.
 *
 * Blocks of SDR_BLOCK_ROWS rows are merged pairwise in a fixed tree: the same bits for
 * every ISA, number of threads and chunking.
 */
#ifndef SIMDRIFT_PERFORMANCE_H
#define SIMDRIFT_PERFORMANCE_H

#include "simdrift/view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Pairs (x_i, y_i) of two columns of equal length;
 * only rows in which both are finite. */
typedef struct sdr_pair_profile {
    int64_t n;
    double mean_x, mean_y, m2_x, m2_y, c_xy; /* central sums */
    double sum_error, sum_abs_error, sum_squared_error,
        max_abs_error; /* error = y - x */
} sdr_pair_profile;
SDR_API sdr_code sdr_pair_profile_columns(sdr_pair_profile *out, const sdr_column *x,
                                          const sdr_column *y,
                                          const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
