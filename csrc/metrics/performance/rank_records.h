/* Rows with weights, and a curve's rows: sorted records of a score and a weight. */
#ifndef SDR_METRICS_RANK_RECORDS_H
#define SDR_METRICS_RANK_RECORDS_H

#include "metrics/performance/rank_rows.h"

/* A row: its score's order-preserving key; a weight above 0, negated of a negative. */
typedef struct sdr_rank_record {
    uint64_t key;
    double weight;
} sdr_rank_record;

/* Records by score, ascending, those of one score in the order of their rows; memory
 * that grows, a worker's own. */
typedef struct sdr_rank_records {
    sdr_rank_record *all;
    int64_t n;
    sdr_rank_record *memory;
    int64_t capacity;
} sdr_rank_records;

/* weights: NULL for 1 each, else those of the whole column. */
sdr_code sdr_rank_records_sort(sdr_rank_records *out, const sdr_rank_source *source,
                               const double *weights, int64_t start, int64_t stop,
                               const sdr_context *context, sdr_error *error);
/* Scales the weights by a power of two, so that no square is out of range. */
void sdr_rank_records_scale(sdr_rank_records *records);
void sdr_rank_records_reset(sdr_rank_records *records);
/* Those of so many workers. */
sdr_code sdr_rank_records_new(sdr_rank_records **out, int workers, sdr_error *error);
void sdr_rank_records_free(sdr_rank_records *records, int workers);
/* The score of a key, as float64. */
double sdr_rank_score(uint64_t key, const sdr_rank_source *source);

sdr_code sdr_roc_weighted_groups(sdr_roc *out, const sdr_ranked *rows,
                                 const sdr_groups *groups, const sdr_context *context,
                                 sdr_error *error);

#endif
