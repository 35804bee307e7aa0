/*
 * Passes over a column by bucket: what lies between two buckets of a monotone map is
 * counted and summed exactly, and only the buckets that matter are collected and
 * sorted.
 *
 * Determinism: counts and wrapping sums are integers, and collected values are sorted
 * by who asked for them, so neither threads nor ISA nor the sample behind the map can
 * change a bit.
 */
#ifndef SDR_METRICS_BUCKETS_H
#define SDR_METRICS_BUCKETS_H

#include "kernels/buckets/buckets.h"
#include "simdrift/view.h"

/* Which rows of a column are taken, and as what. */
typedef enum sdr_bucket_rows {
    SDR_BUCKET_ROWS_ALL,      /* that are neither null nor NaN */
    SDR_BUCKET_ROWS_FINITE,   /* nor infinite */
    SDR_BUCKET_ROWS_DEVIATION /* |row - center|, where finite */
} sdr_bucket_rows;

/* Rows of a column as float64 less `base`; the others are missing. */
typedef struct sdr_bucket_source {
    const sdr_column *column;
    int64_t base;
    sdr_bucket_rows rows;
    double center;
} sdr_bucket_source;

/* Whether a sample repeats values: some of them, so that buckets may well hold a single
 * one, or so many that nearly all buckets do. */
typedef enum sdr_bucket_ties {
    SDR_BUCKET_TIES_FEW,
    SDR_BUCKET_TIES_SOME,
    SDR_BUCKET_TIES_MOST
} sdr_bucket_ties;

/* Rows [start, start + n), n <= SDR_BLOCK_ROWS, the missing ones NaN: in scratch, or
 * where the column has them. */
const double *sdr_bucket_source_load(const sdr_bucket_source *source, int64_t start,
                                     int64_t n, double *scratch);

typedef struct sdr_bucket {
    uint64_t sum; /* of values in fixed point, modulo 2^64 */
    int64_t count;
} sdr_bucket;

typedef struct sdr_bucket_set {
    uint64_t words[SDR_BUCKETS / 64];
} sdr_bucket_set;

static inline bool sdr_bucket_set_has(const sdr_bucket_set *set, int id) {
    return set->words[id >> 6] >> (id & 63) & 1;
}
static inline void sdr_bucket_set_add(sdr_bucket_set *set, int id) {
    set->words[id >> 6] |= UINT64_C(1) << (id & 63);
}

/* The set as runs; false where it has more than SDR_BUCKET_RUNS. */
bool sdr_bucket_set_runs(sdr_bucket_run *runs, int *n_runs, const sdr_bucket_set *set);

/* A run of buckets as its smallest and largest value;
 * none where no value has its buckets. */
sdr_value_run sdr_bucket_run_values(sdr_bucket_run run, const sdr_bucket_map *map);

/* Rows in ascending order, NaN left out, and what counting them gave: made once. */
typedef struct sdr_buckets_sorted {
    const double *values;
    int64_t n;
    sdr_bucket_map map;
    sdr_bucket_ties ties;
    sdr_bucket *table; /* counts and sums */
} sdr_buckets_sorted;

/* Bits that all values of a bucket share: a bucket holds one value where all == any. */
typedef struct sdr_bucket_bits {
    uint64_t all, any; /* AND and OR of the values' bits; all > any: no value */
} sdr_bucket_bits;

/* Of SDR_BUCKETS buckets without a value. */
sdr_code sdr_bucket_bits_new(sdr_bucket_bits **out, sdr_error *error);

/* A map for these columns, from a sample of each: center and scale from its quartiles,
 * quantum so that sums of some `rows` rows stay in their bounds. */
sdr_code sdr_buckets_choose(sdr_bucket_map *map, sdr_bucket_ties *ties,
                            const sdr_bucket_source *sources, int n, sdr_error *error);
/* Counts (and, where with_sums, sums) by bucket into table[SDR_BUCKETS], which is
 * zeroed here. */
sdr_code sdr_buckets_count(sdr_bucket *table, bool with_sums,
                           const sdr_bucket_source *source, const sdr_bucket_map *map,
                           const sdr_context *context, sdr_error *error);
/* Counts by bucket, and adds the values of all buckets to bits[SDR_BUCKETS]: one
 * pass, and fast where the ties are most. A bucket of several values gets bits that
 * differ. */
sdr_code sdr_buckets_count_ties(sdr_bucket *table, sdr_bucket_bits *bits,
                                const sdr_bucket_source *source,
                                const sdr_bucket_map *map, const sdr_context *context,
                                sdr_error *error);
/* Counts `values`, sorted, which must outlive it, with a map of their own. */
sdr_code sdr_buckets_sorted_init(sdr_buckets_sorted *out, const double *values,
                                 int64_t n, const sdr_context *context,
                                 sdr_error *error);
void sdr_buckets_sorted_reset(sdr_buckets_sorted *sorted);
/* Adds the values of the buckets in `wanted` to bits[SDR_BUCKETS]. */
sdr_code sdr_buckets_share(sdr_bucket_bits *bits, const sdr_bucket_set *wanted,
                           const sdr_bucket_source *source, const sdr_bucket_map *map,
                           const sdr_context *context, sdr_error *error);
/* The same of sorted rows, of all buckets: the first and the last of each tell. */
void sdr_buckets_share_sorted(sdr_bucket_bits *bits, const sdr_buckets_sorted *sorted);
/* The values in the buckets of `wanted`, in any order: as many as were counted, `room`,
 * else the rows have changed, SDR_INVALID_COLUMN. `few`: hardly any row is wanted. */
sdr_code sdr_buckets_collect(double *out, int64_t room, const sdr_bucket_set *wanted,
                             bool few, const sdr_bucket_source *source,
                             const sdr_bucket_map *map, const sdr_context *context,
                             sdr_error *error);

#endif
