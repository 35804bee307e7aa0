/* Counting rows that are small indices: no row is hashed. */
#ifndef SDR_METRICS_CATEGORY_INDEX_H
#define SDR_METRICS_CATEGORY_INDEX_H

#include "metrics/categories/index_rows.h"

typedef struct sdr_index_counts {
    int64_t *counts; /* by index */
    int64_t *order;  /* the n indices that occur, by first row */
    int32_t *codes;  /* by index, for the caller */
    int64_t n, missing;
} sdr_index_counts;

sdr_code sdr_index_count(sdr_index_counts *out, const sdr_index_source *source,
                         const sdr_context *context, sdr_error *error);
void sdr_index_counts_reset(sdr_index_counts *counts);

/* codes[row] = map[index of the row], -1 where it is null. */
void sdr_index_recode(int32_t *codes, const sdr_index_source *source,
                      const int32_t *map);

#endif
