/* Rank statistics of small groups against a large prepared reference, but their sums of
 * float64: Anderson-Darling and energy are sums over all values of both sides. */
#ifndef SDR_METRICS_SMALL_RANKS_H
#define SDR_METRICS_SMALL_RANKS_H

#include "metrics/groups/small_sample.h"

/* What all groups need of the reference's own ties. */
typedef struct sdr_small_ties {
    int64_t distinct;
    sdr_int128 ties; /* sum of t^3 - t over its values */
} sdr_small_ties;

sdr_small_ties sdr_small_ties_of(const sdr_small_index *index);
/* What sdr_rank_statistics_prepared gives, with NaN for the two sums. *done false:
 * nothing was computed, the group or the reference is not for this way. */
sdr_code sdr_small_ranks(bool *done, sdr_rank_statistics *out,
                         const sdr_small_index *index, const sdr_small_ties *ties,
                         const sdr_column *rows, sdr_small_scratch *scratch,
                         sdr_error *error);

#endif
