/*
 * Null laws of distances and tests on 2 x K tables of counts: both samples' rows are
 * exchanged at random, the rows of a cell (category, bin) and of a side stay as many.
 *
 * The statistic is a sum over cells. Where cells expect few rows its law is not
 * chi-square: its moments follow from the hypergeometric law of each cell, which is the
 * same for all cells of as many rows; its tail is counted over random exchanges.
 */
#ifndef SIMDRIFT_COUNTS_H
#define SIMDRIFT_COUNTS_H

#include "simdrift/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* With c, d rows of a cell, n, m of the sides, p = c / n, q = d / m, r = c + d,
 * N = n + m; in PSI and KL p, q after `smoothing` rows more a cell. */
typedef enum sdr_count_statistic {
    SDR_COUNT_CHI_SQUARE,     /* sum (c m - d n)^2 / (r n m) */
    SDR_COUNT_G,              /* 2 sum c ln(c N / (r n)) + d ln(d N / (r m)) */
    SDR_COUNT_JENSEN_SHANNON, /* sum (p lb(2 p / (p + q)) + q lb(2 q / (p + q))) / 2 */
    SDR_COUNT_HELLINGER,      /* sum (sqrt p - sqrt q)^2 / 2 */
    SDR_COUNT_PSI,            /* sum (p - q) ln(p / q) */
    SDR_COUNT_KL,             /* sum p ln(p / q) */
    SDR_COUNT_VARIATION,      /* sum |p - q| / 2 */
    SDR_COUNT_STATISTICS
} sdr_count_statistic;

typedef struct sdr_count_tables {
    int64_t n_tables, n_cells;
    const int64_t *rows;    /* table after table: rows of both sides in each cell, >= 0;
                             * at most 2^53 a table */
    const int64_t *current; /* of each table: rows of the current side, above 0 and
                             * below those of the table */
    const double *observed; /* of each table: the statistic; NaN: no exchanges */
    sdr_count_statistic statistic;
    double smoothing; /* of PSI and KL: rows added to each cell, >= 0 */
    int64_t most;     /* exchanges of a table; 0: none */
    int64_t enough;   /* >= 1: exchanges end once so many reach the observed one */
} sdr_count_tables;

typedef struct sdr_count_law {
    double mean;     /* exact; not finite where the statistic may be infinite */
    double variance; /* with the third central moment: up to 1 / min(n, m)^2 */
    double third;
    double p_value;    /* NaN without exchanges */
    int64_t exchanges; /* 0 where every table was counted, as of two cells */
} sdr_count_law;

/* out[i] of table i. The p-value is h / L where exchange L is the h-th of `enough` that
 * reaches the observed value (Besag and Clifford, Biometrika 78, 1991), else (1 + h) /
 * (1 + most): valid as it is, whatever the counts. O(sum of the standard deviations of
 * different r) time for the moments, O(n_cells) or O(min(n, m)) an exchange. Seeded: the
 * same bits for every number of threads, and those of a table alone. */
SDR_API sdr_code sdr_count_laws(sdr_count_law *out, const sdr_count_tables *tables,
                                const sdr_context *context, sdr_error *error);

/* out[i]: log of Fisher's two-sided p-value, the probability of all 2 x 2 tables no
 * likelier than the one with a[i] of its n[i] rows among the k[i] of total[i];
 * 0 <= a <= n, k <= total, n + k - a <= total. Relative accuracy 1e-12 or so. */
SDR_API sdr_code sdr_fisher_log_p(double *out, const int64_t *a, const int64_t *n,
                                  const int64_t *k, const int64_t *total, int64_t count,
                                  const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
