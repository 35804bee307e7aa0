/* What a prepared reference holds: prepared.c makes it, the ways of comparing read it.
 */
#ifndef SDR_METRICS_PREPARED_H
#define SDR_METRICS_PREPARED_H

#include "metrics/drift/prefix.h"
#include "metrics/drift/two_sample/two_sample.h"

struct sdr_prepared {
    sdr_sample sample;          /* sorted */
    sdr_prefix prefix;          /* of float64 values */
    sdr_buckets_sorted buckets; /* of many float64 values, else without a table */
    int64_t most_tied;          /* rows that share a value */
    int64_t rows;               /* of the column, null and NaN too */
    sdr_kind kind;
    sdr_type type;
    sdr_unit unit;
};

/* A column without rows of the reference's type. */
sdr_column sdr_prepared_like(const sdr_prepared *reference);

#endif
