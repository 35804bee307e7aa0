/* Sorting of 64-bit keys, and the order-preserving key of a float64. */
#ifndef SDR_METRICS_SORT_H
#define SDR_METRICS_SORT_H

#include "simdrift/context.h"

/* Keys may lie in memory that held float64 values. */
typedef uint64_t __attribute__((may_alias)) sdr_key;

/* Ascending. `scratch`: room for n keys, contents lost. Serial; polls, and when
 * cancelled leaves some order of the keys, or of part of them. */
sdr_code sdr_sort_keys(sdr_key *keys, sdr_key *scratch, int64_t n,
                       const sdr_context *context, sdr_error *error);
/* Ascending, in place; finite or infinite, -0.0 becomes 0.0. `scratch`: room for n. */
sdr_code sdr_sort_doubles(double *values, sdr_key *scratch, int64_t n,
                          const sdr_context *context, sdr_error *error);

/* u ^ (negative ? all bits : sign bit): orders as the values do (-0.0 below 0.0). */
static inline uint64_t sdr_key_from_bits(uint64_t bits) {
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | (uint64_t)1 << 63);
}
static inline uint64_t sdr_key_to_bits(uint64_t key) {
    return key ^ (((key >> 63) - 1) | (uint64_t)1 << 63);
}

#endif
