/*
 * Samples of rows that have weights: sorted, and two of them compared in one walk.
 *
 * A row of weight w takes w of the sample's total: F(t) = sum of weights up to t / sum
 * of all. Null distributions of tests need a number of rows: Kish's effective size (sum w)^2 / sum
 * w^2, n of the reference and m of the current sample, N = n + m.
 */
#ifndef SIMDRIFT_WEIGHTED_H
#define SIMDRIFT_WEIGHTED_H

#include "simdrift/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Different values, ascending, with the sums of the weights of their rows. */
typedef struct sdr_weighted {
    int64_t n;
    double *values, *weights;
    double *squares; /* of squared weights */
    double cubes;    /* of all cubed weights */
    int64_t rows;    /* that took part */
} sdr_weighted;

/* Of n rows; NaN takes no part, nor does a weight of 0; -0.0 is 0.0. Weights are finite
 * and not negative (SDR_INVALID_ARGUMENT names the first that is not). Time O(n), 8
 * passes at most; rows of one value are added in their order. */
SDR_API sdr_code sdr_weighted_sort(sdr_weighted *out, const double *values,
                                   const double *weights, int64_t n,
                                   const sdr_context *context, sdr_error *error);
SDR_API void sdr_weighted_reset(sdr_weighted *sample);

/* One side of a comparison, as sdr_weighted_sort gives it, and its effective size. */
typedef struct sdr_weighted_side {
    const double *values, *weights;
    int64_t n;
    double size;
} sdr_weighted_side;

/* With F- and G- the distribution functions at the middle of a value's step, h the
 * share of a value among both samples (n and m rows), H the share below it and half of
 * h: */
typedef struct sdr_weighted_statistics {
    int64_t distinct;   /* values of both samples */
    double plus, minus; /* max F - G, max G - F */
    double auc;         /* P(x < y) + P(x = y) / 2 */
    double mises;       /* sum h (F- - G-)^2 */
    double darling;     /* sum h (F- - G-)^2 / (4 H (1 - H) - h) */
    double ties;        /* sum h^3 */
    double wasserstein; /* integral |F - G| */
    double energy;      /* integral (F - G)^2; a step from or to an infinity is none */
} sdr_weighted_statistics;

/* Of two samples that are not empty, with total weights and sizes above 0. Sums carry
 * what rounding lost: relative error some 1e-15. Serial; polls. */
SDR_API sdr_code sdr_weighted_compare(sdr_weighted_statistics *out,
                                      const sdr_weighted_side *reference,
                                      const sdr_weighted_side *current,
                                      const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
