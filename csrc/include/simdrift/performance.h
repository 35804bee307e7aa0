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
    double sum_error, sum_abs_error, sum_squared_error, sum_fourth_power,
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
    double least;     /* probabilities count as >= this, <= 1 less this; >= 2^-60 */
    double tolerance; /* how far from 1 the sum of a row's may be */
} sdr_scored_rows;

/* Sums over the rows whose target is a class and whose probabilities are in [0, 1]. */
typedef struct sdr_log_loss {
    int64_t n;
    int64_t outside; /* rows left out, as a probability is not in [0, 1] (NaN aside) */
    int64_t other;   /* rows left out, as the target is a number and no class */
    int64_t not_one; /* of n: rows whose probabilities do not sum to 1; one a class */
    double weight, weight_squares; /* sums of w and w^2; n without weights */
    double loss, loss_squares;     /* of w l, w l^2, l = -ln of the probability; l^2
                                    * within 1e-7 without weights */
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
/* What sdr_losses_groups sums, by weight, over the rows in which target t and prediction
 * p are finite and whose weight is above 0; e = p - t. */
typedef struct sdr_losses {
    int64_t n;
    double weight, weight_squares;
    double mean_target, m2_target, mean_error, m2_error;        /* m2: about the mean */
    double sum_abs_error, sum_squared_error, sum_signed_square; /* e |e| */
    double sum_fourth_power, max_abs_error;
    int64_t zero_targets; /* take no part in the relative errors |e / t| */
    double relative_weight, relative_weight_squares, sum_relative, sum_relative_square;
    double sum_symmetric,
        sum_symmetric_square;               /* 2 |e| / (|t| + |p|); 0 of two zeros */
    int64_t without_log;                    /* rows where t or p <= -1 */
    double sum_squared_log, sum_fourth_log; /* of log(1 + p) - log(1 + t) */
} sdr_losses;

/* --- ranking ---------------------------------------------------------------------- */

/* What is computed of a query, whose items are ranked by their scores, highest first. */
typedef enum sdr_ranking_value {
    SDR_RANKING_DCG,
    SDR_RANKING_NDCG, /* 0 where no item has a gain */
    SDR_RANKING_AVERAGE_PRECISION,
    SDR_RANKING_RECIPROCAL_RANK, /* of the first relevant item; 0 where there is none */
    SDR_RANKING_PRECISION,
    SDR_RANKING_RECALL, /* 0 where no item is relevant, as is average precision */
    SDR_RANKING_HIT,    /* whether an item is relevant */
    SDR_RANKING_FBETA,  /* 0 where no item is relevant */
    SDR_RANKING_VALUES
} sdr_ranking_value;

typedef struct sdr_ranking_options {
    int64_t k;        /* ranks that count; 0: all */
    double threshold; /* an item is relevant where its relevance is above */
    double beta;      /* of fbeta; > 0 */
    bool exponential; /* gain 2^relevance - 1, else the relevance */
    /* Items of one score: in the order of their rows; else each value is its mean over
     * all their orders (of DCG: McSherry and Najork 2008). */
    bool ignores_ties;
} sdr_ranking_options;

/* Means of the queries' values and sums of squares about them, by weight. */
typedef struct sdr_ranking {
    int64_t rows, queries;
    int64_t irrelevant; /* queries without a relevant item */
    int64_t negative;   /* rows whose relevance is below 0 */
    double weight, weight_squares;
    double mean[SDR_RANKING_VALUES], m2[SDR_RANKING_VALUES];
} sdr_ranking;

/* The query of each row as a code from 0 on, in order of first row; -1: null or NaN.
 * Of columns of any kind. */
SDR_API sdr_code sdr_query_codes(int32_t *codes, const sdr_column *column,
                                 const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
