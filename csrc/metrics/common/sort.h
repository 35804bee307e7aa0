/* Sorting of float64 and int64, and the order-preserving key of a float64. */
#ifndef SDR_METRICS_SORT_H
#define SDR_METRICS_SORT_H

#include "kernels/sort/sort.h"
#include "simdrift/context.h"

/* Ascending, in place; finite or infinite, -0.0 becomes 0.0. `scratch`: room for n
 * keys, contents lost. Serial; polls, and when cancelled leaves some of the keys, some
 * of them twice. */
sdr_code sdr_sort_doubles(double *values, sdr_key *scratch, int64_t n,
                          const sdr_context *context, sdr_error *error);

/* n keys to be sorted: float64 as above, else int64. */
typedef struct sdr_sort_job {
    sdr_key *keys, *scratch;
    int64_t n;
    bool is_float;
    int splits; /* of a range before a radix sort takes it; 0: twice the halvings of n
                 */
} sdr_sort_job;

/* Whether jobs of so many keys together are sorted at once; else one after another, and
 * they may share their scratch. */
bool sdr_sort_is_parallel(int64_t keys, const sdr_context *context);
/* Several, on all threads of the context. */
sdr_code sdr_sort_jobs(const sdr_sort_job *jobs, int n, const sdr_context *context,
                       sdr_error *error);

/* u ^ (negative ? all bits : sign bit): orders as the values do (-0.0 below 0.0). */
static inline uint64_t sdr_key_from_bits(uint64_t bits) {
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | (uint64_t)1 << 63);
}
static inline uint64_t sdr_key_to_bits(uint64_t key) {
    return key ^ (((key >> 63) - 1) | (uint64_t)1 << 63);
}

#endif
