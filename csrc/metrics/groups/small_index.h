/* Where values lie in a prepared reference: how many rows are below each. */
#ifndef SDR_METRICS_SMALL_INDEX_H
#define SDR_METRICS_SMALL_INDEX_H

#include "metrics/drift/prepared.h"

/* An array of the reference's values, ascending, and a table of the buckets of a
 * monotone map that says where in it a value lies, give or take a few places. */
typedef struct sdr_small_index {
    const sdr_prepared *reference; /* NULL: none serves */
    const double *values;          /* the distinct ones where `ranks` is set */
    int64_t n_values;
    uint32_t *ranks; /* rows below each value, then all; NULL: its place */
    sdr_bucket_map map;
    uint32_t *starts; /* values before each bucket, then all; NULL: a search of all */
    uint16_t *codes;  /* the bucket and its part of each value, their last 16 bits */
    uint16_t *padded; /* memory of `codes`, with one more at either end */
    int bits;         /* of a part */
    int64_t window;   /* codes about a guess that are searched: 8, 16, ... */
    double *own;      /* memory of `values`, or NULL */
} sdr_small_index;

/* `rows`: of all groups, which decide whether an index is worth its pass. */
sdr_code sdr_small_index_init(sdr_small_index *out, const sdr_prepared *reference,
                              int64_t rows, const sdr_context *context,
                              sdr_error *error);
void sdr_small_index_reset(sdr_small_index *index);

/* Of m ascending, finite values y: below[j] rows of the reference are below y[j]; and,
 * where it returns true, upto[j] rows are not above it. False: no row is equal to a
 * value. */
bool sdr_small_index_locate(uint32_t *below, uint32_t *upto,
                            const sdr_small_index *index, const double *y, int64_t m);

#endif
