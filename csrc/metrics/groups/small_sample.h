/* KS and Wasserstein-1 of small groups against a large prepared reference. */
#ifndef SDR_METRICS_SMALL_SAMPLE_H
#define SDR_METRICS_SMALL_SAMPLE_H

#include "kernels/histogram/histogram.h"
#include "metrics/groups/small_index.h"

enum { SDR_SMALL_ROWS = 65536 }; /* larger groups are compared by buckets */

/* Memory of one worker, which grows with its groups. */
typedef struct sdr_small_scratch {
    double *values;         /* capacity, and as much for sorting them */
    uint32_t *below, *upto; /* capacity of each */
    int64_t capacity;
} sdr_small_scratch;

void sdr_small_scratch_reset(sdr_small_scratch *scratch);

/* Whether the rows may be compared this way; their values are not looked at. */
bool sdr_small_serves(const sdr_small_index *index, const sdr_column *rows);
/* The m values of the rows that are neither null nor NaN, ascending, in the scratch;
 * *m 0 where there are none, or infinite ones. And counts of the rows by `plan`, unless
 * that is NULL. */
sdr_code sdr_small_load(int64_t *m, int64_t *counts, const sdr_histogram_plan *plan,
                        const sdr_column *rows, sdr_small_scratch *scratch,
                        sdr_error *error);
/* What sdr_two_sample_prepared gives, to the bit, and counts of the rows by `plan`
 * (NULL: none). *done false: nothing was computed, the group or the reference is not
 * for this way. */
sdr_code sdr_small_sample(bool *done, sdr_two_sample *out, int64_t *counts,
                          const sdr_histogram_plan *plan, const sdr_small_index *index,
                          const sdr_column *rows, int flags, sdr_small_scratch *scratch,
                          sdr_error *error);

#endif
