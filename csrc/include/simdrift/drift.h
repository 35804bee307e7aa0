/*
 * Two samples of one numeric column: Kolmogorov-Smirnov and Wasserstein-1, exact; rank
 * statistics; what tests of scale and of characteristic functions take.
 *
 *   D  = max |F(t) - G(t)|, both ECDFs right-continuous; D * n * m is an integer.
 *   W1 = integral |F(t) - G(t)| dt, as a real number of the given float64 values,
 *        rounded once: no order, chunking, ISA or thread count can change a bit, and a
 *        sort of both sides gives the same bits.
 *
 * Rows that are null or NaN do not take part. Infinities take part in KS, ordered at
 * the ends; W1 is of the finite rows only (then wasserstein_n, _m are below n, m).
 */
#ifndef SIMDRIFT_DRIFT_H
#define SIMDRIFT_DRIFT_H

#include "simdrift/view.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sdr_integer {
    int64_t high;
    uint64_t low;
} sdr_integer; /* 128 bits, two's complement */

typedef struct sdr_two_sample {
    int64_t n, m;              /* reference and current rows that took part in KS */
    sdr_status status;         /* EMPTY, ALL_NULL (either side), TYPE_CHANGED, OK */
    double ks;                 /* D */
    int64_t ks_numerator_high; /* D * n * m as 128-bit integer */
    uint64_t ks_numerator_low;
    double ks_location; /* a value at which |F - G| = D, the smallest such */
    /* No value is shared by more rows of both sides; 1: none is tied, 0: KS was not
     * wanted. Large columns that are counted by buckets know a bound of it. */
    int64_t most_tied;
    int ks_sign; /* +1: F > G there (current is larger), -1: F < G, 0: D = 0 */
    int64_t wasserstein_n, wasserstein_m;
    sdr_status
        wasserstein_status; /* OK, or OVERFLOW where W1 is not finite in float64 */
    double wasserstein;
} sdr_two_sample;

typedef enum sdr_two_sample_flags {
    SDR_TWO_SAMPLE_KS = 1,
    SDR_TWO_SAMPLE_WASSERSTEIN = 2
} sdr_two_sample_flags;

/* Counts of both samples for a histogram of them, over bins (-inf, c0), [c0, c1), ...,
 * [c_last, inf). The cut points lie at equal distances between two quantiles of the
 * reference, or are those that it was cut at before. Large columns are counted for a
 * tenth of what sdr_quantiles and sdr_histogram take; `done` false: ask those. */
enum { SDR_TWO_SAMPLE_POINTS = 31 };
typedef struct sdr_two_sample_histogram {
    int points;       /* cut points, 2 to SDR_TWO_SAMPLE_POINTS */
    double low, high; /* the quantiles between which they lie, in [0, 1] */
    int n_cuts;       /* 0: they are to be found; else known, strictly increasing */
    double cuts[SDR_TWO_SAMPLE_POINTS];           /* equal ones once */
    int64_t reference[SDR_TWO_SAMPLE_POINTS + 1]; /* 0 where it is prepared */
    int64_t current[SDR_TWO_SAMPLE_POINTS + 1];
    bool done;
} sdr_two_sample_histogram;

/* Quantiles of one of the sides, and the rows of the reference (0) and of the current column
 * (1) that lie below each of them, and at it or below. */
enum { SDR_TWO_SAMPLE_LEVELS = 64 };
typedef struct sdr_two_sample_quantiles {
    int n; /* levels, ascending, in [0, 1] */
    double levels[SDR_TWO_SAMPLE_LEVELS];
    double values[SDR_TWO_SAMPLE_LEVELS]; /* as sdr_quantiles gives them */
    int64_t below[2][SDR_TWO_SAMPLE_LEVELS], upto[2][SDR_TWO_SAMPLE_LEVELS];
    bool done; /* false: ask sdr_quantiles and sdr_histogram */
} sdr_two_sample_quantiles;

/* Of both sides: the SDR_EXTREMES smallest finite values, then the as many largest, as
 * sdr_extremes_groups gives them. */
enum { SDR_EXTREMES = 16 };
typedef struct sdr_two_sample_ends {
    double values[2][2 * SDR_EXTREMES];
    bool done; /* false: ask sdr_extremes_groups */
} sdr_two_sample_ends;

/* What is found in the same passes; NULL where it is not wanted. */
typedef struct sdr_two_sample_more {
    sdr_two_sample_histogram *histogram;
    sdr_two_sample_quantiles *quantiles; /* of the reference */
    sdr_two_sample_quantiles
        *current;                   /* of the current column, where it has more rows */
    sdr_two_sample_quantiles *tied; /* only where values may hold much of the rows */
    double tied_share;              /* from this share of the rows on */
    sdr_two_sample_ends *ends;
} sdr_two_sample_more;

/* A reference prepared once: its sorted values (null and NaN left out), the bucket map
 * and the reference's counts and sums per bucket. Immutable, may be shared between
 * threads. */
typedef struct sdr_prepared sdr_prepared;

SDR_API sdr_code sdr_prepared_new(sdr_prepared **out, const sdr_column *reference,
                                  const sdr_context *context, sdr_error *error);
/* Two columns that are compared, sorted at once on all threads, as one domain wants it;
 * for rank statistics and quantiles of both. SDR_NOT_SUPPORTED where one is no number.
 */
SDR_API sdr_code sdr_prepared_both(sdr_prepared **x, sdr_prepared **y,
                                   const sdr_column *reference,
                                   const sdr_column *current,
                                   const sdr_context *context, sdr_error *error);
SDR_API void sdr_prepared_free(sdr_prepared *prepared);
/* Sorted values. FLOAT (and everything exact in float64): as float64,
 * *is_integer = false. Integers beyond 2^53: int64 sort keys (uint64: minus 2^63),
 * *is_integer = true. */
SDR_API int64_t sdr_prepared_values(const sdr_prepared *prepared, const void **values,
                                    bool *is_integer, bool *is_unsigned);
/* From values as sdr_prepared_values gave them (a loaded file): refused where not
 * sorted. */
SDR_API sdr_code sdr_prepared_from_sorted(sdr_prepared **out, const void *values,
                                          int64_t n, bool is_integer, bool is_unsigned,
                                          const sdr_context *context, sdr_error *error);
/* Exact quantiles (type 7) of the prepared values. */
SDR_API sdr_code sdr_prepared_quantiles(double *out, const double *q, int64_t n_q,
                                        const sdr_prepared *prepared, sdr_error *error);
/* Exact quantiles (type 7) of the finite values of both, as float64. */
SDR_API sdr_code sdr_prepared_pooled_quantiles(double *out, const double *q,
                                               int64_t n_q, const sdr_prepared *x,
                                               const sdr_prepared *y, sdr_error *error);

/* Unprepared: neither side is sorted. `more`: NULL, or filled in the same passes. */
SDR_API sdr_code sdr_two_sample_columns(sdr_two_sample *out,
                                        const sdr_two_sample_more *more,
                                        const sdr_column *reference,
                                        const sdr_column *current, int flags,
                                        const sdr_context *context, sdr_error *error);
/* A histogram's cut points have to be known: sdr_prepared_quantiles gives them. */
SDR_API sdr_code sdr_two_sample_prepared(sdr_two_sample *out,
                                         const sdr_two_sample_more *more,
                                         const sdr_prepared *reference,
                                         const sdr_column *current, int flags,
                                         const sdr_context *context, sdr_error *error);

/* What the law of W1 of exchanged rows is read from: the pooled sample of each group, at
 * both ends row by row, between them by quantiles of the larger side. */
typedef struct sdr_exchanges {
    int64_t n_groups;
    int n_ends, n_levels;         /* at most SDR_EXTREMES, SDR_TWO_SAMPLE_LEVELS */
    const double *reference_ends; /* the n_ends smallest, then the as many largest */
    const double *current_ends;   /* the same of each group */
    /* n_levels quantiles, as many pooled shares of rows below each, and up to each. */
    const double *middle;
    bool reference_per_group, middle_per_group; /* false: the same of all groups */
    const double *n, *m;                        /* rows of both sides, of each group */
} sdr_exchanges;

/* In `unit`, a power of two, so that cubes neither overflow nor vanish: mean, standard
 * deviation and skewness of W1, half of a step of it, and, where single rows of the tails
 * matter, the law of the other rows. */
typedef struct sdr_exchange_law {
    double unit, mean, std, skewness, half_step;
    bool has_jumps;
    double jump_mean, jump_std, jump_skewness, share;
} sdr_exchange_law;

/* jumps: NULL, or of each group the sizes of jumps at its 2 * n_ends + n_levels - 1 gaps,
 * then how many rows make each. */
SDR_API sdr_code sdr_exchange_laws(sdr_exchange_law *out, double *jumps,
                                   const sdr_exchanges *exchanges,
                                   const sdr_context *context, sdr_error *error);

/* Exact two-sided p-value of the two-sample KS statistic d = numerator / lcm-free n *
 * m without ties, by counting lattice paths. O(n * m) at most: SDR_INVALID_ARGUMENT
 * above SDR_KS_EXACT_LIMIT. */
#define SDR_KS_EXACT_LIMIT 100000000
SDR_API sdr_code sdr_ks_exact_p(double *p, int64_t n, int64_t m, int64_t numerator_high,
                                uint64_t numerator_low, const sdr_context *context,
                                sdr_error *error);

/* A statistic and what its exact law depends on. */
typedef struct sdr_ks_case {
    int64_t n, m;          /* 1 to SDR_KS_MOST_ROWS */
    sdr_integer numerator; /* D * n * m */
    /* How many rows of both samples lie at or below each of their values, ascending, the
     * last n + m; NULL: no value is tied. */
    const int64_t *ends;
    int64_t n_ends;
} sdr_ks_case;
#define SDR_KS_MOST_ROWS INT64_C(1000000000)

/* The same with ties: given the values of both samples, their order being drawn at random.
 * Any size; sdr_ks_ties_cost says what it takes, in nanoseconds or so. */
SDR_API sdr_code sdr_ks_ties_p(double *p, const sdr_ks_case *of,
                               const sdr_context *context, sdr_error *error);
SDR_API double sdr_ks_ties_cost(const sdr_ks_case *of);
/* Its natural logarithm, however small p is. With ties and more than SDR_KS_EXACT_LIMIT
 * pairs an upper bound that is close where p is small; without ties there
 * SDR_INVALID_ARGUMENT, unless n = m or D = 1. */
SDR_API sdr_code sdr_ks_exact_log_p(double *log_p, const sdr_ks_case *of,
                                    const sdr_context *context, sdr_error *error);

/* The limit law of the same: P(D >= d[i]) of the one-sample statistic of n[i] rows, which
 * is the effective size n m / (n + m), rounded, of two samples; 1 where it is 0. And its
 * natural logarithm, also where p is 0. p or log_p: NULL where it is not wanted. */
SDR_API sdr_code sdr_ks_limit_p(double *p, double *log_p, const double *n,
                                const double *d, int64_t n_values,
                                const sdr_context *context, sdr_error *error);

/* The limit law of the same where many rows are tied (metrics/drift/ks_steps.c), of each
 * group. Values that hold SDR_KS_STEPS_LARGE of the rows are steps of their own. */
#define SDR_KS_STEPS_LARGE 0.04
#define SDR_KS_STEPS_CELLS 4096
typedef struct sdr_ks_steps {
    int64_t n_groups, n_cells;
    const double *shares; /* of the pooled rows, in n_cells cells of each group; the odd
                           * ones of one value each; >= 0, with a sum of 1 */
    /* sqrt(n m / (n + m)) D of each group: less half a place, up to which paths are
     * summed at the end of a step; moved by the overshoot, which ends them within one. */
    const double *inner, *passed;
} sdr_ks_steps;

typedef struct sdr_ks_steps_law {
    double p;        /* P(D >= d) */
    double variance; /* the largest one of the bridge at the end of a step */
} sdr_ks_steps_law;

SDR_API sdr_code sdr_ks_steps_p(sdr_ks_steps_law *out, const sdr_ks_steps *of,
                                const sdr_context *context, sdr_error *error);

/* --- rank statistics -------------------------------------------------------------- */

/* What the tests of Mann and Whitney, Cramer and von Mises, Anderson and Darling,
 * Kuiper, and the energy distance are made of: one sort of each side and one walk give
 * all of them. x: reference, n rows; y: current, m rows; N = n + m. Null and NaN rows
 * take no part, infinities are ordered at the ends. Ties share their mean rank. */
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

/* |x - center| of the finite rows, for tests of scale. */
typedef struct sdr_deviations {
    int64_t n;
    double mean, variance, std; /* ddof 1; NaN below two rows. A variance may be out of
                                   float64's range where std is not */
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
