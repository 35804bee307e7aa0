/*
 * Exact quantiles and the median deviation.
 *
 * Type 7: virtual index (n - 1) * q, linear between its two neighbours; the arithmetic
 * is numpy.quantile's, so the bits are too, wherever that is finite.
 */
#include <math.h>

#include "quantile.h"
#include "simdrift/profile.h"

sdr_code sdr_quantiles_check(const double *q, int64_t n_q, sdr_error *error) {
    for (int64_t i = 0; i < n_q; i++) {
        if (q[i] >= 0 && q[i] <= 1) continue;
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "quantiles: expected q in [0, 1], found %g", q[i]);
    }
    return SDR_OK;
}

sdr_quantile_rank sdr_quantile_rank_of(double q, int64_t n) {
    double index = (double)(n - 1) * q, low = floor(index);
    int64_t rank = (int64_t)low;
    if (rank >= n - 1) return (sdr_quantile_rank){n - 1, n - 1, 0};
    return (sdr_quantile_rank){rank, rank + 1, index - low};
}

double sdr_quantile_between(double a, double b, double t) {
    if (a == b || t == 0) return a;
    double distance = b - a;
    if (isinf(distance) && isfinite(a) && isfinite(b)) return a * (1 - t) + b * t;
    return t >= 0.5 ? b - distance * (1 - t) : a + distance * t;
}

double sdr_quantile_sorted(const sdr_sample *sample, double q) {
    if (!sample->n) return NAN;
    sdr_quantile_rank rank = sdr_quantile_rank_of(q, sample->n);
    if (sample->keys) {
        return sdr_quantile_between((double)sdr_sample_integer(sample, rank.low),
                                    (double)sdr_sample_integer(sample, rank.high),
                                    rank.t);
    }
    return sdr_quantile_between(sample->values[rank.low], sample->values[rank.high],
                                rank.t);
}

sdr_code sdr_quantiles(double *out, const double *q, int64_t n_q,
                       const sdr_column *column, const sdr_context *context,
                       sdr_error *error) {
    SDR_TRY(sdr_quantiles_check(q, n_q, error));
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, column, NULL, context, error));
    if (domain.base) domain = (sdr_domain){true, 0};
    sdr_sample sample = {0};
    sdr_code code = sdr_sample_load(&sample, column, domain, context, error);
    if (code == SDR_OK) code = sdr_sample_sort(&sample, context, error);
    for (int64_t i = 0; code == SDR_OK && i < n_q; i++) {
        out[i] = sdr_quantile_sorted(&sample, q[i]);
    }
    sdr_sample_reset(&sample);
    return code;
}

sdr_code sdr_median_deviation(double *out, double center, const sdr_column *column,
                              const sdr_context *context, sdr_error *error) {
    sdr_sample sample = {0};
    sdr_code code =
        sdr_sample_load(&sample, column, (sdr_domain){false, 0}, context, error);
    if (code == SDR_OK) {
        int64_t kept = 0;
        for (int64_t i = 0; i < sample.n; i++) {
            sample.values[kept] = fabs(sample.values[i] - center);
            kept += isfinite(sample.values[i]) != 0;
        }
        sample.n = kept;
        code = sdr_sample_sort(&sample, context, error);
    }
    if (code == SDR_OK) *out = sdr_quantile_sorted(&sample, 0.5);
    sdr_sample_reset(&sample);
    return code;
}
