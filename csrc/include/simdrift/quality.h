/*
 * The fused column profile: one pass, every counting and moment statistic of a column.
 * Definitions: section 5 of the metric catalogue (docs/metrics.md).
 *
 * Determinism: a state is a function of the column's values in order only; blocks of
 * SDR_BLOCK_ROWS are merged pairwise in a fixed tree, so threads, ISA and chunking give
 * the same bits.
 */
#ifndef SIMDRIFT_QUALITY_H
#define SIMDRIFT_QUALITY_H

#include "simdrift/view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Moments and counts of the rows seen. Kinds: BOOLEAN, INTEGER, FLOAT, TEMPORAL, and
 * CATEGORY over numbers. Rows that are null or NaN take part in nothing but the counts.
 */
typedef struct sdr_profile {
    int64_t rows;
    int64_t nulls; /* by bitmap, mask or NaT */
    int64_t nan;   /* NaN among the rows that are not null */
    int64_t pos_inf;
    int64_t neg_inf;
    int64_t zeros;            /* -0.0 too */
    int64_t negatives;        /* < 0, -inf too */
    int64_t finite;           /* rows - nulls - nan - pos_inf - neg_inf */
    double min, max;          /* infinities take part; NaN where no row does */
    bool exact_integer;       /* INTEGER and TEMPORAL: the four below hold */
    int64_t min_i64, max_i64; /* uint64: bit patterns, to be read as uint64_t */
    int64_t sum_high;         /* sum as 128-bit two's complement */
    uint64_t sum_low;
    double sum;      /* of finite rows */
    double mean;     /* of finite rows */
    double mean_low; /* mean + mean_low: the mean in twice the precision */
    /* Sums of powers of (x - mean) * 2^-exponent over finite rows; exponent is 0 unless
     * the squares of what values differ by would leave float64's range. */
    double m2, m3, m4;
    int exponent;
    bool increasing, decreasing; /* non-strictly, over rows that are not null or NaN */
    bool strict;                 /* and no two neighbours equal */
    double first,
        last; /* first and last row that took part, for merging `increasing` */
    int64_t first_i64, last_i64; /* the same where exact_integer; uint64 as above */
} sdr_profile;

SDR_API sdr_code sdr_profile_column(sdr_profile *out, const sdr_column *column,
                                    const sdr_context *context, sdr_error *error);
/* left, then right: as if one column had held the rows of both (moments by Pebay). */
SDR_API void sdr_profile_merge(sdr_profile *out, const sdr_profile *left,
                               const sdr_profile *right);

/* variance (ddof 1), std, skewness, kurtosis (excess; both population forms g1, g2)
 * with a status each: TOO_FEW_ROWS, CONSTANT, OVERFLOW (a variance below float64's
 * smallest normal number, too), ALL_NULL, EMPTY. */
typedef struct sdr_moments {
    double variance, std, skewness, kurtosis;
    sdr_status variance_status, std_status, skewness_status, kurtosis_status;
} sdr_moments;
SDR_API void sdr_profile_moments(sdr_moments *out, const sdr_profile *profile);

/* Text columns: over rows that are not null. Lengths in bytes and in code points. */
typedef struct sdr_text_profile {
    int64_t rows, nulls, empty, blank /* only ASCII white space, or empty */,
        invalid_utf8;
    int64_t length_min, length_max, length_sum; /* code points; of valid UTF-8 rows */
} sdr_text_profile;
SDR_API sdr_code sdr_profile_text(sdr_text_profile *out, const sdr_column *column,
                                  const sdr_context *context, sdr_error *error);

/* Distinct values (null and NaN are none; -0.0 is 0.0): exact up to SDR_DISTINCT_EXACT
 * of them, else HyperLogLog, p = 14; *standard_error is 0 where exact, else 1.04 /
 * sqrt(2^14). All kinds, text too. */
#define SDR_DISTINCT_EXACT 4096
SDR_API sdr_code sdr_distinct_count(int64_t *out, double *standard_error,
                                    const sdr_column *column,
                                    const sdr_context *context, sdr_error *error);

/* Exact quantiles, linear interpolation (NumPy's default, Hyndman-Fan type 7), of the
 * rows that are neither null nor NaN; infinities are ordered at the ends. q in [0, 1].
 * Input is untouched; not a sort: only the buckets that hold a wanted rank are
 * collected. NaN where no row takes part. */
SDR_API sdr_code sdr_quantiles(double *out, const double *q, int64_t n_q,
                               const sdr_column *column, const sdr_context *context,
                               sdr_error *error);
/* Of the finite rows of both columns together, as float64. */
SDR_API sdr_code sdr_pooled_quantiles(double *out, const double *q, int64_t n_q,
                                      const sdr_column *a, const sdr_column *b,
                                      const sdr_context *context, sdr_error *error);
/* Median of |x - center| over rows that are not null, NaN or infinite. */
SDR_API sdr_code sdr_median_deviation(double *out, double center,
                                      const sdr_column *column,
                                      const sdr_context *context, sdr_error *error);

/* The `k` most frequent numbers (ties: the smaller first) where the column has at most
 * SDR_DISTINCT_EXACT distinct ones; *n_out = 0 where it has more. */
SDR_API sdr_code sdr_top_values(double *values, int64_t *counts, int64_t k,
                                int64_t *n_out, const sdr_column *column,
                                const sdr_context *context, sdr_error *error);

/* Histogram over bins (-inf, e0), [e0, e1), ..., [e_last, +inf): n_edges + 1 counts;
 * bin of x = how many edges are <= x. Edges finite or infinite, strictly increasing.
 * Null and NaN are not counted. Integers are compared exactly with the edges after
 * conversion to float64 (rounded to nearest). */
SDR_API sdr_code sdr_histogram(int64_t *counts, const double *edges, int64_t n_edges,
                               const sdr_column *column, const sdr_context *context,
                               sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
