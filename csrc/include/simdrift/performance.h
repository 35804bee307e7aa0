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

/* Rows with probabilities of what they are of; read by the calls over groups. */
typedef struct sdr_scored_rows {
    const sdr_column *target; /* codes of classes: 0, 1, ...; others take no part */
    const sdr_column *const *probabilities; /* one a class; of a single one, of 1 */
    int64_t n_probabilities;
    const double *weights; /* finite, one a row: 0 takes no part; NULL: none */
    double least;          /* probabilities count as between this and 1 less this */
    double tolerance;      /* how far from 1 the sum of a row's may be */
} sdr_scored_rows;

/* Sums over the rows whose target is a class and whose probabilities are in [0, 1]. */
typedef struct sdr_log_loss {
    int64_t n;
    int64_t outside; /* rows left out, as a probability is not in [0, 1] (NaN aside) */
    int64_t other;   /* rows left out, as the target is a number and no class */
    int64_t not_one; /* of n: rows whose probabilities do not sum to 1; one a class */
    double weight, weight_squares; /* sums of w and w^2; n without weights */
    double loss, loss_squares;     /* of w l and w l^2, l = -ln of the probability */
    double brier, brier_squares;   /* likewise of the Brier score */
} sdr_log_loss;

/* A bin of probabilities: rows, and sums of w, w p, w y. */
typedef struct sdr_calibration_bin {
    int64_t n;
    double weight, sum_p, sum_y;
} sdr_calibration_bin;

/* In place, the nondecreasing values nearest by weighted squares; weights above 0. */
SDR_API sdr_code sdr_isotonic_fit(double *values, const double *weights, int64_t n,
                                  sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
