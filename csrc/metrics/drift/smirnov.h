/* The tail of the Kolmogorov-Smirnov statistic of one sample. */
#ifndef SDR_METRICS_SMIRNOV_H
#define SDR_METRICS_SMIRNOV_H

/* log(k!) - log(sqrt(2 pi k) (k/e)^k) for real k > 0. */
double sdr_stirling_error(double k);

/* u - log(1 + u) without cancellation; infinite at -1. */
double sdr_minus_log1p(double u);

/* P(D+ >= x) of the one-sided statistic of n rows is sum * exp(-depth); n x > 1, n (1 -
 * x) > 0. */
typedef struct sdr_smirnov_tail {
    double sum, depth;
} sdr_smirnov_tail;

sdr_smirnov_tail sdr_smirnov(double n, double x);

#endif
