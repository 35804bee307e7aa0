/*
 * Many groups of rows of one column in one call.
 *
 * A group is the rows [start, stop) of a column; groups may overlap and may be empty.
 * Every function gives one value a group, with the bits that the function of a single
 * column gives for those rows alone. Many groups are shared among the threads; a large
 * group is computed by all of them.
 *
 * Every function refuses groups that do not lie within the column
 * (SDR_INVALID_ARGUMENT).
 */
#ifndef SIMDRIFT_GROUPS_H
#define SIMDRIFT_GROUPS_H

#include "simdrift/categories.h"
#include "simdrift/drift.h"
#include "simdrift/performance.h"
#include "simdrift/quality.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sdr_groups {
    const int64_t *starts, *stops; /* 0 <= start <= stop <= rows of the column */
    int64_t n;
} sdr_groups;

/* What sdr_profile and sdr_moments say of a group; extremes and sum are float64, those
 * of integers the exact ones, rounded once. */
typedef struct sdr_group_profile {
    int64_t rows, nulls, nan, pos_inf, neg_inf, zeros, negatives, finite;
    double min, max, sum, mean, mean_low;
    double variance, std, skewness, kurtosis;
    sdr_status variance_status, std_status, skewness_status, kurtosis_status;
    bool increasing, decreasing, strict;
} sdr_group_profile;

SDR_API sdr_code sdr_profile_groups(sdr_group_profile *out, const sdr_column *column,
                                    const sdr_groups *groups,
                                    const sdr_context *context, sdr_error *error);
SDR_API sdr_code sdr_text_profile_groups(sdr_text_profile *out,
                                         const sdr_column *column,
                                         const sdr_groups *groups,
                                         const sdr_context *context, sdr_error *error);
/* Rows that are null or NaN, of columns of any kind. */
SDR_API sdr_code sdr_missing_groups(int64_t *out, const sdr_column *column,
                                    const sdr_groups *groups,
                                    const sdr_context *context, sdr_error *error);
SDR_API sdr_code sdr_distinct_groups(int64_t *counts, double *standard_errors,
                                     const sdr_column *column, const sdr_groups *groups,
                                     const sdr_context *context, sdr_error *error);
/* out[group * n_q + i]: the quantile q[i]. */
SDR_API sdr_code sdr_quantiles_groups(double *out, const double *q, int64_t n_q,
                                      const sdr_column *column,
                                      const sdr_groups *groups,
                                      const sdr_context *context, sdr_error *error);
/* out[group * 2 * SDR_EXTREMES + i]: the SDR_EXTREMES smallest finite values, then the
 * as many largest, ascending; +inf behind the first and -inf before the last where a
 * group has fewer rows. */
SDR_API sdr_code sdr_extremes_groups(double *out, const sdr_column *column,
                                     const sdr_groups *groups,
                                     const sdr_context *context, sdr_error *error);
/* centers: one a group. */
SDR_API sdr_code sdr_median_deviation_groups(double *out, const double *centers,
                                             const sdr_column *column,
                                             const sdr_groups *groups,
                                             const sdr_context *context,
                                             sdr_error *error);
SDR_API sdr_code sdr_deviation_profile_groups(
    sdr_deviations *out, const double *centers, const sdr_column *column,
    const sdr_groups *groups, const sdr_context *context, sdr_error *error);
/* What one ordering of a group's numbers tells: out[group * (SDR_ORDER_FIELDS + n_q) + i]
 * is for i below SDR_ORDER_FIELDS one of these, then the quantiles. */
enum {
    SDR_ORDER_DEVIATION, /* sdr_median_deviation from the median; NaN without a finite
                            one */
    SDR_ORDER_TOP,       /* the most frequent number, of equally frequent ones the
                            smallest; NaN beyond SDR_DISTINCT_EXACT distinct ones where
                            none has 1 % of the rows */
    SDR_ORDER_TOP_ROWS,  /* its rows; 0 without it */
    SDR_ORDER_DISTINCT,  /* how many distinct numbers, exactly */
    SDR_ORDER_FIELDS
};
SDR_API sdr_code sdr_order_groups(double *out, const double *q, int64_t n_q,
                                  const sdr_column *column, const sdr_groups *groups,
                                  const sdr_context *context, sdr_error *error);
/* counts[group * (n_edges + 1) + i]. */
SDR_API sdr_code sdr_histogram_groups(int64_t *counts, const double *edges,
                                      int64_t n_edges, const sdr_column *column,
                                      const sdr_groups *groups,
                                      const sdr_context *context, sdr_error *error);
SDR_API sdr_code sdr_pair_profile_groups(sdr_pair_profile *out, const sdr_column *x,
                                         const sdr_column *y, const sdr_groups *groups,
                                         const sdr_context *context, sdr_error *error);

/* How often each pair of codes of two columns of numbers or booleans occurs. The code
 * of a row is its value less `low`, a whole number >= 0 and below n_rows (of `rows`) or
 * n_columns; at most 32,767 of either. Rows that are null, NaN or have no code on either
 * side are left out. counts[(group * n_rows + row's code) * n_columns + column's code]
 */
typedef struct sdr_confusion_codes {
    int64_t n_rows, n_columns, low;
} sdr_confusion_codes;
SDR_API sdr_code sdr_confusion_groups(int64_t *counts, const sdr_column *rows,
                                      const sdr_column *columns,
                                      sdr_confusion_codes codes,
                                      const sdr_groups *groups,
                                      const sdr_context *context, sdr_error *error);
/* The same with sums of weights, one a row of the columns, finite and >= 0 in every row
 * of a group. */
SDR_API sdr_code sdr_weighted_confusion_groups(
    double *sums, const double *weights, const sdr_column *rows,
    const sdr_column *columns, sdr_confusion_codes codes, const sdr_groups *groups,
    const sdr_context *context, sdr_error *error);
SDR_API sdr_code sdr_log_loss_groups(sdr_log_loss *out, const sdr_scored_rows *rows,
                                     const sdr_groups *groups,
                                     const sdr_context *context, sdr_error *error);
/* out[group * n_bins + i]: probabilities (a, b] between inner edges a and b, of which
 * there are n_bins - 1, ascending; has_own_edges: as many for each group. One column
 * of probabilities, of the label 1. */
SDR_API sdr_code sdr_calibration_groups(sdr_calibration_bin *out,
                                        const sdr_scored_rows *rows,
                                        const double *edges, int64_t n_bins,
                                        bool has_own_edges, const sdr_groups *groups,
                                        const sdr_context *context, sdr_error *error);
/* weights: one a row of the columns, finite and not negative; NULL: all alike. logs: the
 * members about logarithms and the weights alone; else all others. */
SDR_API sdr_code sdr_losses_groups(sdr_losses *out, const sdr_column *target,
                                   const sdr_column *prediction, const double *weights,
                                   bool logs, const sdr_groups *groups,
                                   const sdr_context *context, sdr_error *error);
/* out[3 * group]: the median of |prediction - target| over the rows of sdr_losses, and
 * the ends of its 95 % interval; NaN where there is none. */
SDR_API sdr_code sdr_median_error_groups(double *out, const sdr_column *target,
                                         const sdr_column *prediction,
                                         const double *weights,
                                         const sdr_groups *groups,
                                         const sdr_context *context, sdr_error *error);

/* The items of a query are the rows of one code; they need not lie together. A row takes
 * part where its relevance is finite, its score not NaN, its code >= 0 and its weight,
 * if there are weights, above 0. `codes` and `weights` (NULL: all alike) hold one entry
 * a row of the columns; weights are finite and not negative. A query weighs the mean of
 * its rows' weights. */
SDR_API sdr_code sdr_ranking_groups(sdr_ranking *out, const sdr_column *relevance,
                                    const sdr_column *score, const int32_t *codes,
                                    const double *weights,
                                    const sdr_ranking_options *options,
                                    const sdr_groups *groups,
                                    const sdr_context *context, sdr_error *error);

/* Values and two codes a row. A row counts where its value is finite, its code in `rows`
 * is one of 0 .. n_rows - 1, and that in `columns` one of 0 .. n_columns - 1. */
typedef struct sdr_code_columns {
    const sdr_column *values, *rows, *columns; /* of equal length */
    int64_t n_rows, n_columns;                 /* at least 1, their product <= 2^24 */
} sdr_code_columns;

/* [(group * n_rows + row) * n_columns + column]: of the rows with these codes. */
typedef struct sdr_code_sums {
    int64_t *counts;
    double *sums, *squares; /* of the values, and of their squares */
} sdr_code_sums;

SDR_API sdr_code sdr_sums_by_code_groups(sdr_code_sums out,
                                         const sdr_code_columns *columns,
                                         const sdr_groups *groups,
                                         const sdr_context *context, sdr_error *error);

/* A reference is prepared, or is a column: the other pointer is NULL. */
typedef struct sdr_group_reference {
    const sdr_prepared *prepared;
    const sdr_column *column;
} sdr_group_reference;

/* flags: of sdr_two_sample_flags. histogram[group * (n_edges + 1) + i], NULL where it
 * is not wanted: counts of the group's rows over the edges; zeros where the column
 * holds no numbers. ends[group * 2 * SDR_EXTREMES + i], NULL likewise: as
 * sdr_extremes_groups gives them; of numbers. */
SDR_API sdr_code sdr_two_sample_groups(sdr_two_sample *out, double *ends,
                                       int64_t *histogram, const double *edges,
                                       int64_t n_edges, sdr_group_reference reference,
                                       const sdr_column *column,
                                       const sdr_groups *groups, int flags,
                                       const sdr_context *context, sdr_error *error);
/* sums: whether anderson_darling and energy are wanted, which take a walk over all of
 * the reference for each group; else they are NaN, and a small group takes a search of
 * a prepared reference for each of its values. */
SDR_API sdr_code sdr_rank_statistics_groups(
    sdr_rank_statistics *out, sdr_group_reference reference, const sdr_column *column,
    const sdr_groups *groups, bool sums, const sdr_context *context, sdr_error *error);
/* p[i] = sdr_ks_exact_p of the i-th n, m and numerator. */
SDR_API sdr_code sdr_ks_exact_p_groups(double *p, const int64_t *n, const int64_t *m,
                                       const int64_t *numerator_high,
                                       const uint64_t *numerator_low, int64_t n_groups,
                                       const sdr_context *context, sdr_error *error);

/* p[i] = sdr_ks_ties_p of the group's rows and the reference's, with the i-th numerator;
 * NaN where sdr_ks_ties_cost is above most_cost or a side has no rows. log_p: their
 * logarithms, however small p is. p or log_p: NULL where it is not wanted. */
SDR_API sdr_code sdr_ks_ties_p_groups(double *p, double *log_p,
                                      const int64_t *numerator_high,
                                      const uint64_t *numerator_low, double most_cost,
                                      sdr_group_reference reference,
                                      const sdr_column *column,
                                      const sdr_groups *groups,
                                      const sdr_context *context, sdr_error *error);

/* SDR_DIGEST_BYTES a group: a fingerprint of its rows, the same for any layout, chunks
 * and encoding. Numbers by their float64, integers and times by their 64-bit integer,
 * text and values of a dictionary by their bytes; nulls, which are no value and no NaN;
 * and the number of rows. Not the kind of the values. It finds accidental changes and
 * is no defence against somebody who looks for two groups with one fingerprint. */
enum { SDR_DIGEST_BYTES = 16 };
SDR_API sdr_code sdr_digest_groups(uint8_t *out, const sdr_column *column,
                                   const sdr_groups *groups, const sdr_context *context,
                                   sdr_error *error);

/* The codes of all rows that lie in a group. */
typedef struct sdr_group_codes sdr_group_codes;

/* Adds the labels that are new, in order of the first row of the column that lies in a
 * group. *overflow: more than the table's maximum; then nothing may be counted. */
SDR_API sdr_code sdr_group_codes_new(sdr_group_codes **out, sdr_categories *categories,
                                     bool *overflow, const sdr_column *column,
                                     const sdr_groups *groups,
                                     const sdr_context *context, sdr_error *error);
SDR_API void sdr_group_codes_free(sdr_group_codes *codes);
/* With K labels in the table, `known` of which were there before:
 * counts[group * K + code], nulls[group], and first[group * (K - known) + code -
 * known], the first row of the group, counted from its start, with that code, or -1. */
SDR_API sdr_code sdr_group_codes_count(int64_t *counts, int64_t *nulls, int64_t *first,
                                       const sdr_group_codes *codes,
                                       const sdr_groups *groups,
                                       const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
