/*
 * Views whose rows are small indices: dictionaries (into their values), booleans (0, 1)
 * and 8-bit integers (value + 128 where signed). Counting them hashes no row.
 */
#ifndef SDR_METRICS_CATEGORY_INDEX_H
#define SDR_METRICS_CATEGORY_INDEX_H

#include "simdrift/view.h"

typedef struct sdr_index_counts {
    int64_t *counts; /* by index */
    int64_t *order;  /* the n indices that occur, by first row */
    int32_t *codes;  /* by index, for the caller */
    int64_t n, missing;
} sdr_index_counts;

/* Whether the rows of this column are such indices. */
bool sdr_index_applies(const sdr_column *column);

sdr_code sdr_index_count(sdr_index_counts *out, const sdr_view *view,
                         const sdr_context *context, sdr_error *error);
void sdr_index_counts_reset(sdr_index_counts *counts);

/* codes[row] = map[index of the row], -1 where it is null. */
void sdr_index_recode(int32_t *codes, const sdr_view *view, const int32_t *map);

/* The label of an index; numbers are written into `text` (SDR_LABEL_BYTES). False where
 * the dictionary's value is null or NaN. */
bool sdr_index_label(sdr_string *label, char *text, const sdr_view *view,
                     int64_t index);

#endif
