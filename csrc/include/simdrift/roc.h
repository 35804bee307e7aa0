/*
 * A score against a target of two labels, over many groups of rows: how well the score
 * ranks the positives above the negatives.
 *
 * A row takes part where its target is a positive or a negative and its score is a
 * number; infinities are numbers. The same bits for every ISA, number of threads and
 * chunking.
 */
#ifndef SIMDRIFT_ROC_H
#define SIMDRIFT_ROC_H

#include "simdrift/groups.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Columns of equal length. A target equal to `positive` is a positive, another from
 * `low` to `high` a negative: 1, 0, 0 for truth values; k, 0, INFINITY for code k
 * against the rest. weights: NULL, or a finite weight >= 0 a row of the columns; rows
 * of weight 0 take no part. */
typedef struct sdr_ranked {
    const sdr_column *target, *score;
    double positive, low, high;
    const double *weights;
} sdr_ranked;

/* NaN where there is no value: without a positive or without a negative all but
 * average_precision, which only needs a positive. */
typedef struct sdr_roc {
    int64_t positives, negatives;
    double positive_size, negative_size; /* Kish's effective sizes of both */
    double prevalence;                   /* share of the positives */
    double auc;               /* P(positive above negative) + P(tie) / 2: the integer of
                                 Mann and Whitney over its largest, rounded once */
    double auc_variance;      /* DeLong's; NaN where a side has one row */
    double average_precision; /* sum of precision times the step of recall */
    double average_precision_variance; /* sum of squared influences of the rows */
} sdr_roc;

SDR_API sdr_code sdr_roc_groups(sdr_roc *out, const sdr_ranked *rows,
                                const sdr_groups *groups, const sdr_context *context,
                                sdr_error *error);

/* Two scores of the same rows, those in which both are numbers. DeLong, DeLong and
 * Clarke-Pearson, Biometrics 1988. */
typedef struct sdr_roc_pair {
    int64_t positives, negatives;
    double auc, other_auc;
    double variance, other_variance, covariance;
} sdr_roc_pair;

/* Unweighted. */
SDR_API sdr_code sdr_roc_pair_groups(sdr_roc_pair *out, const sdr_ranked *rows,
                                     const sdr_column *other, const sdr_groups *groups,
                                     const sdr_context *context, sdr_error *error);

/* The distinct scores of all rows, descending, and how much weight (without weights:
 * how many rows) of positives and negatives has that score or more. */
typedef struct sdr_rank_curve {
    double *thresholds, *positives, *negatives;
    int64_t n, rows;
} sdr_rank_curve;

SDR_API sdr_code sdr_rank_curve_new(sdr_rank_curve *out, const sdr_ranked *rows,
                                    const sdr_context *context, sdr_error *error);
SDR_API void sdr_rank_curve_reset(sdr_rank_curve *curve);

/* Resamples in which every row counts a number of times that is Poisson of mean 1:
 * auc[group * n + i], average_precision[group * n + i], NaN where a resample lacks what
 * they need. The numbers of resample i are a function of `seed`, i and a row's place in
 * the order of the scores. Unweighted. */
SDR_API sdr_code sdr_roc_bootstrap_groups(double *auc, double *average_precision,
                                          int64_t n, uint64_t seed,
                                          const sdr_ranked *rows,
                                          const sdr_groups *groups,
                                          const sdr_context *context, sdr_error *error);
/* The same of the mean of a column's finite values, by place of the row in its group.
 * weights: NULL or one a row. */
SDR_API sdr_code sdr_mean_bootstrap_groups(double *out, int64_t n, uint64_t seed,
                                           const sdr_column *column,
                                           const double *weights,
                                           const sdr_groups *groups,
                                           const sdr_context *context,
                                           sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
