/*
 * Isotonic regression: the nondecreasing values nearest to given ones by weighted
 * squares. Pool adjacent violators: a block whose mean is not above that of the block
 * before is pooled with it; each value is pooled once at most, so time is linear.
 */
#include "simdrift/performance.h"

#include "simdrift/context.h"

typedef struct pool {
    double sum, weight; /* of w y, and of w */
    int64_t n;
} pool;

static inline bool is_above(const pool *later, const pool *earlier) {
    return later->sum / later->weight > earlier->sum / earlier->weight;
}

sdr_code sdr_isotonic_fit(double *values, const double *weights, int64_t n,
                          sdr_error *error) {
    pool *pools = sdr_allocate((size_t)(n + 1) * sizeof *pools);
    if (pools == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)n);
    int64_t last = -1;
    for (int64_t i = 0; i < n; i++) {
        pools[++last] = (pool){values[i] * weights[i], weights[i], 1};
        while (last > 0 && !is_above(&pools[last], &pools[last - 1])) {
            pools[last - 1].sum += pools[last].sum;
            pools[last - 1].weight += pools[last].weight;
            pools[last - 1].n += pools[last].n;
            last--;
        }
    }
    for (int64_t k = 0, i = 0; k <= last; k++)
        for (int64_t stop = i + pools[k].n; i < stop; i++)
            values[i] = pools[k].sum / pools[k].weight;
    sdr_release(pools);
    return SDR_OK;
}
