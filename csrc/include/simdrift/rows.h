/*
 * Rows as wholes, over several columns: those that occur more than once, hashes of
 * them, and rows in which two columns agree.
 *
 * Missing values, null or NaN, equal each other and nothing else; -0.0 is 0.0;
 * categories are what they stand for; integers and times are compared exactly, within
 * one unit. Columns of one call are equally long.
 */
#ifndef SIMDRIFT_ROWS_H
#define SIMDRIFT_ROWS_H

#include "simdrift/groups.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sdr_row_counts {
    int64_t rows;
    int64_t duplicates; /* rows that equal one before them in every column */
    int64_t empty;      /* rows that are missing in every column */
} sdr_row_counts;

/* Exact: rows of one hash are compared. One column at least. Memory: some 64 bytes a row
 * of the largest group. */
SDR_API sdr_code sdr_row_counts_groups(sdr_row_counts *out,
                                       const sdr_column *const *columns,
                                       int64_t n_columns, const sdr_groups *groups,
                                       const sdr_context *context, sdr_error *error);
/* out[2 * row], out[2 * row + 1]: 128 bits, the same for equal rows of columns that hold
 * numbers, or text, alike. */
SDR_API sdr_code sdr_row_hashes(uint64_t *out, const sdr_column *const *columns,
                                int64_t n_columns, const sdr_context *context,
                                sdr_error *error);
/* Rows in which both columns have the same value or none. Text in both or in neither;
 * integers equal integers, floats equal floats. */
SDR_API sdr_code sdr_equal_rows_groups(int64_t *out, const sdr_column *x,
                                       const sdr_column *y, const sdr_groups *groups,
                                       const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
