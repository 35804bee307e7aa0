/* Where the pooled value of two samples changes: what laws of ranks with ties are given. */
#ifndef SDR_METRICS_POOLED_ENDS_H
#define SDR_METRICS_POOLED_ENDS_H

#include "metrics/common/samples.h"
#include "simdrift/drift.h"

/* How many rows of both samples lie at or below each of their values, ascending. */
typedef struct sdr_pooled_ends {
    int64_t *ends; /* NULL where a side has no rows */
    int64_t n_ends;
    int64_t n, m;
} sdr_pooled_ends;

/* Of sorted samples of one domain. */
sdr_code sdr_pooled_ends_sorted(sdr_pooled_ends *out, const sdr_sample *x,
                                const sdr_sample *y, sdr_error *error);
sdr_code sdr_pooled_ends_columns(sdr_pooled_ends *out, const sdr_column *reference,
                                 const sdr_column *current, const sdr_context *context,
                                 sdr_error *error);
sdr_code sdr_pooled_ends_prepared(sdr_pooled_ends *out, const sdr_prepared *reference,
                                  const sdr_column *current, const sdr_context *context,
                                  sdr_error *error);
void sdr_pooled_ends_reset(sdr_pooled_ends *ends);

#endif
