/*
 * A 128-bit hash of each row over several columns: equal rows have equal hashes. Rows of
 * one hash are compared before they count as equal.
 */
#ifndef SDR_METRICS_ROW_HASH_H
#define SDR_METRICS_ROW_HASH_H

#include "metrics/rows/row_values.h"

/* Of n <= SDR_ROWS_AT_ONCE rows; *empty grows by the rows that are missing in all
 * columns. `values`: to be written over. */
void sdr_row_hash_block(sdr_row_hash *out, int64_t *empty,
                        const sdr_row_column *columns, int64_t n_columns, int64_t start,
                        int64_t n, uint64_t seed, sdr_row_values *values);

#endif
