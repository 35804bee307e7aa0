/* KS and Wasserstein-1 of small groups against a large prepared reference. */
#ifndef SDR_METRICS_SMALL_SAMPLE_H
#define SDR_METRICS_SMALL_SAMPLE_H

#include "kernels/histogram/histogram.h"
#include "metrics/drift/prepared.h"

enum { SDR_SMALL_ROWS = 65536 }; /* larger groups are compared by buckets */

/* Where values lie among the reference's: its buckets, each with the number of values
 * before it. */
typedef struct sdr_small_index {
    const sdr_prepared *reference; /* NULL: none serves */
    sdr_bucket_map map;
    uint32_t *starts; /* SDR_BUCKETS + 1; NULL: all values are searched */
} sdr_small_index;

/* `rows`: of all groups, which decide whether an index is worth its pass. */
sdr_code sdr_small_index_init(sdr_small_index *out, const sdr_prepared *reference,
                              int64_t rows, const sdr_context *context,
                              sdr_error *error);
void sdr_small_index_reset(sdr_small_index *index);

/* Memory of one worker, which grows with its groups. */
typedef struct sdr_small_scratch {
    double *values; /* capacity, and as much for sorting them */
    int64_t capacity;
} sdr_small_scratch;

void sdr_small_scratch_reset(sdr_small_scratch *scratch);

/* What sdr_two_sample_prepared gives, to the bit, and counts of the rows by `plan`
 * (NULL: none). *done false: nothing was computed, the group or the reference is not
 * for this way. */
sdr_code sdr_small_sample(bool *done, sdr_two_sample *out, int64_t *counts,
                          const sdr_histogram_plan *plan, const sdr_small_index *index,
                          const sdr_column *rows, int flags, sdr_small_scratch *scratch,
                          sdr_error *error);

#endif
