/* The values of one query; ranking.c takes their means. */
#ifndef SDR_METRICS_RANKING_QUERY_H
#define SDR_METRICS_RANKING_QUERY_H

#include "simdrift/performance.h"

/* The discounts 1 / log2(rank + 1) of the first n ranks. */
typedef struct sdr_discounts {
    double *values;
    int64_t n;
} sdr_discounts;

/* Makes it hold n at least. */
sdr_code sdr_discounts_reach(sdr_discounts *discounts, int64_t n, sdr_error *error);

/* Bytes of scratch for queries of up to n items. */
size_t sdr_ranking_scratch(int64_t n);

typedef struct sdr_ranking_query {
    const double *relevance, *score; /* finite, and not NaN */
    int64_t n;                       /* > 0 */
    int64_t relevant, negative;      /* results, as are the values */
    double values[SDR_RANKING_VALUES];
} sdr_ranking_query;

sdr_code sdr_ranking_query_run(sdr_ranking_query *query,
                               const sdr_ranking_options *options,
                               const double *discounts, void *scratch,
                               sdr_error *error);

#endif
