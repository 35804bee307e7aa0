/* Quantiles of sorted samples: NumPy's default (Hyndman-Fan type 7), to the bit. */
#ifndef SDR_METRICS_QUANTILE_H
#define SDR_METRICS_QUANTILE_H

#include "metrics/common/samples.h"

/* Where a quantile lies: between ranks low and low + 1 (0-based), weight t of the
 * upper one. */
typedef struct sdr_quantile_rank {
    int64_t low, high;
    double t;
} sdr_quantile_rank;

sdr_quantile_rank sdr_quantile_rank_of(double q, int64_t n);
/* a + (b - a) * t, from the nearer end, as numpy.quantile computes it. */
double sdr_quantile_between(double a, double b, double t);
/* NaN where the sample is empty. */
double sdr_quantile_sorted(const sdr_sample *sample, double q);
/* Refuses a q that is not in [0, 1]. */
sdr_code sdr_quantiles_check(const double *q, int64_t n_q, sdr_error *error);

/* Of the finite values of both sorted samples together. */
void sdr_quantiles_of_both(double *out, const double *q, int64_t n_q,
                           const sdr_sample *x, const sdr_sample *y);

#endif
