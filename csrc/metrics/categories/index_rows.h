/*
 * Rows as small indices: dictionaries (into their values), booleans (0, 1) and integers
 * whose range is small (the value less the least one).
 */
#ifndef SDR_METRICS_INDEX_ROWS_H
#define SDR_METRICS_INDEX_ROWS_H

#include "simdrift/context.h"
#include "simdrift/view.h"

typedef struct sdr_index_source {
    const sdr_view *view;
    sdr_type type;   /* of the rows as they lie: a dictionary's index_type */
    uint64_t offset; /* index = row - offset, modulo 2^64 */
    int64_t domain;  /* 0 <= index < domain */
} sdr_index_source;

/* Integers of a column: whether their range is small enough to be indices. */
typedef struct sdr_index_range {
    uint64_t offset;
    int64_t domain; /* 0: no */
} sdr_index_range;

/* Whether rows of this column are indices by their type: dictionaries, booleans, 8-bit
 * integers. */
bool sdr_index_applies(const sdr_column *column);

/* The range of integers and times, one pass that ends where it is too large. */
sdr_code sdr_index_range_of(sdr_index_range *out, const sdr_column *column,
                            const sdr_context *context, sdr_error *error);

/* `range` is not read where sdr_index_applies. */
sdr_index_source sdr_index_source_of(const sdr_view *view, sdr_index_range range);

/* A missing row among bytes: more than any index. */
enum { SDR_INDEX_BYTES = 255 };

/* Rows [start, start + n) as bytes, SDR_INDEX_BYTES where null; n <= SDR_BLOCK_ROWS.
 * For domain <= SDR_INDEX_BYTES, one more where no row is null. Either the rows
 * themselves or `scratch`. */
const uint8_t *sdr_index_load_bytes(const sdr_index_source *source, int64_t start,
                                    int64_t n, uint8_t *scratch);
/* As integers, `domain` where null. */
const int32_t *sdr_index_load(const sdr_index_source *source, int64_t start, int64_t n,
                              int32_t *scratch);

/* The label of an index; numbers are written into `text` (SDR_LABEL_BYTES). False where
 * the dictionary's value is null or NaN. */
bool sdr_index_label(sdr_string *label, char *text, const sdr_index_source *source,
                     int64_t index);

#endif
