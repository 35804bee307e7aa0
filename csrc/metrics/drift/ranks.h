/* The walk behind rank statistics, on sorted samples of one domain. */
#ifndef SDR_METRICS_RANKS_H
#define SDR_METRICS_RANKS_H

#include "metrics/common/samples.h"
#include "simdrift/drift.h"

/* Zero and NaN, and the status that follows from the types. */
void sdr_ranks_begin(sdr_rank_statistics *out, const sdr_column *reference,
                     const sdr_column *current);
/* Fills everything but the status; both samples have rows. */
sdr_code sdr_ranks_walk(sdr_rank_statistics *out, const sdr_sample *x,
                        const sdr_sample *y, const sdr_context *context,
                        sdr_error *error);

#endif
