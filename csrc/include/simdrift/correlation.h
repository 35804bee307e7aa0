/*
 * Correlations of columns: sums of products of all pairs, ranks, and what the ranks of
 * two columns give.
 */
#ifndef SIMDRIFT_CORRELATION_H
#define SIMDRIFT_CORRELATION_H

#include "simdrift/view.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of n columns, n * n entries each, [i * n + j], over the rows in which both are finite,
 * of d = (value - center) * scale. `products` is filled for i <= j alone. */
typedef struct sdr_product_sums {
    int64_t *rows;
    double *sums;     /* of column i */
    double *squares;  /* of column i */
    double *products; /* of i and j */
} sdr_product_sums;

/* Rows [start, stop) of columns of numbers, equally long; centers and scales are finite.
 * The same bits for every ISA and number of threads. Time O(rows * n^2 / 2) where all is
 * finite, and five times that where each column misses rows; memory 256 n^2 bytes. */
SDR_API sdr_code sdr_product_sums_of(const sdr_product_sums *out,
                                     const sdr_column *const *columns,
                                     const double *centers, const double *scales,
                                     int64_t n, int64_t start, int64_t stop,
                                     const sdr_context *context, sdr_error *error);

/* out[i]: of row start + i the number of distinct smaller values, -1 where it is missing
 * (null or NaN); infinities are ordered at the ends. *levels: distinct values. Numbers,
 * at most 2^31 - 1 rows. Time: one sort. */
SDR_API sdr_code sdr_dense_ranks(int32_t *out, int64_t *levels,
                                 const sdr_column *column, int64_t start, int64_t stop,
                                 const sdr_context *context, sdr_error *error);

/* Over the rows in which neither rank is missing. Pairs of rows are counted once. */
typedef struct sdr_rank_pair {
    int64_t n;
    double spearman, kendall; /* rho; tau-b; NaN where the status says so */
    int64_t discordant;
    int64_t ties_x, ties_y, ties_both; /* pairs that are equal in x, in y, in both */
    sdr_status spearman_status, kendall_status;
} sdr_rank_pair;

/* Of dense ranks of two columns, n rows. kendall: else its fields are 0 and NaN. Rho is
 * the correlation of average ranks, its sums exact integers. */
SDR_API sdr_code sdr_rank_pair_of(sdr_rank_pair *out, const int32_t *x,
                                  const int32_t *y, int64_t n, bool kendall,
                                  const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
