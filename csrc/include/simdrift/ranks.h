/*
 * Rank statistics of two samples: what the tests of Mann and Whitney, Cramer and von
 * Mises, Anderson and Darling, Kuiper, and the energy distance are made of. One sort of
 * each side and one walk give all of them.
 *
 * x: reference, n rows; y: current, m rows; N = n + m. Null and NaN rows take no part,
 * infinities are ordered at the ends. Ties share their mean rank.
 */
#ifndef SIMDRIFT_RANKS_H
#define SIMDRIFT_RANKS_H

#include "simdrift/drift.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sdr_integer {
    int64_t high;
    uint64_t low;
} sdr_integer; /* 128 bits, two's complement */

typedef struct sdr_rank_statistics {
    int64_t n, m;
    sdr_status status;          /* EMPTY, ALL_NULL (either side), TYPE_CHANGED, OK */
    int64_t distinct;           /* values of both samples */
    sdr_integer ties;           /* sum of t^3 - t over them, t: rows of a value */
    sdr_integer ties_x, ties_y; /* the same of the rows of one sample */
    sdr_integer u2;             /* 2 #(x < y) + #(x = y) over all pairs */
    sdr_integer plus, minus;    /* max of A and of -A, A = i m - j n with i x and j y
                                 * passed: D+ n m and D- n m */
    /* 4 (n sum_i (r_i - i)^2 + m sum_j (s_j - j)^2), r and s the mean ranks of the
     * sorted x and y among all: exact for N up to 2e9. */
    sdr_integer cramer_von_mises;
    /* sum over values (t/N) (N M - n B)^2 / (B (N - B) - N t / 4), with M and B the x
     * and the rows below the value and half of those at it (Scholz and Stephens 1987,
     * equation 7, of one sample); NaN where there is one value. */
    double anderson_darling;
    int64_t finite_n, finite_m; /* rows of the integral */
    double energy; /* integral (F - G)^2 dt of the finite rows; infinite: no float64 */
} sdr_rank_statistics;

SDR_API sdr_code sdr_rank_statistics_columns(sdr_rank_statistics *out,
                                             const sdr_column *reference,
                                             const sdr_column *current,
                                             const sdr_context *context,
                                             sdr_error *error);
SDR_API sdr_code sdr_rank_statistics_prepared(sdr_rank_statistics *out,
                                              const sdr_prepared *reference,
                                              const sdr_column *current,
                                              const sdr_context *context,
                                              sdr_error *error);
/* Of two that sdr_prepared_both sorted: no more than the walk. */
SDR_API sdr_code sdr_rank_statistics_sorted(sdr_rank_statistics *out,
                                            const sdr_prepared *reference,
                                            const sdr_prepared *current,
                                            const sdr_context *context,
                                            sdr_error *error);

/* |x - center| of the finite rows, for tests of spread. */
typedef struct sdr_deviations {
    int64_t n;
    double mean, variance; /* ddof 1; NaN below two rows */
} sdr_deviations;

SDR_API sdr_code sdr_deviation_profile(sdr_deviations *out, const sdr_column *column,
                                       double center, const sdr_context *context,
                                       sdr_error *error);

/* The empirical characteristic function at t and 2 t, as the test of Epps and Singleton
 * takes it. Of g = (cos tz, cos 2tz, sin tz, sin 2tz) with z = x / scale over the rows
 * whose z is finite: means[4] and the biased covariance [4 * 4], row by row; absolute
 * errors some 1e-15. |t| <= 1. */
SDR_API sdr_code sdr_characteristic(int64_t *n, double *means, double *covariance,
                                    const sdr_column *column, double t, double scale,
                                    const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
