/* One value at a time: the specification, and the tail of every vector loop. */
#ifndef SDR_KERNELS_BUCKETS_VALUE_H
#define SDR_KERNELS_BUCKETS_VALUE_H

#include <math.h>
#include <string.h>

#include "kernels/buckets/buckets.h"

/* The first w of the end bucket: 2^7 * (1 + 2046 / 2048). */
#define SDR_BUCKET_END 255.875

/* Bucket * 2^bits + part: each bucket cut into 2^bits parts by as many further bits
 * of w; x is not NaN. bits 0: the bucket. */
static inline int64_t part_of_bucket(double x, const sdr_bucket_map *map, int bits) {
    double t = (x - map->center) * map->inverse;
    double w = fabs(t) + 1.0;
    if (!(w < SDR_BUCKET_END)) w = SDR_BUCKET_END;
    uint64_t leading;
    memcpy(&leading, &w, sizeof leading);
    int64_t step = (int64_t)(leading >> (SDR_BUCKET_SHIFT - bits)) -
                   ((int64_t)SDR_BUCKET_BIAS << bits);
    int64_t middle = (int64_t)SDR_BUCKET_MIDDLE << bits;
    return t < 0.0 ? middle - 1 - step : middle + step;
}

static inline uint16_t bucket_of(double x, const sdr_bucket_map *map) {
    return x != x ? SDR_BUCKET_MISSING : (uint16_t)part_of_bucket(x, map, 0);
}

static inline uint64_t fixed_of(double x, const sdr_bucket_map *map) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t one = UINT64_C(1) << 52;
    int shift = (int)(bits >> 52 & 0x7ff) - 1075 + map->quantum;
    uint64_t mantissa = (bits & (one - 1)) | one;
    uint64_t magnitude = shift < 0 || shift > 63 ? 0 : mantissa << shift;
    return bits >> 63 ? 0 - magnitude : magnitude;
}

static inline void map_values(uint16_t *ids, const double *values, int64_t n,
                              const sdr_bucket_map *map) {
    for (int64_t i = 0; i < n; i++)
        ids[i] = bucket_of(values[i], map);
}

static inline void part_values(uint32_t *parts, const double *values, int64_t n,
                               const sdr_bucket_map *map, int bits) {
    for (int64_t i = 0; i < n; i++)
        parts[i] = (uint32_t)part_of_bucket(values[i], map, bits);
}

static inline void count_before(uint32_t *places, const uint16_t *codes,
                                const uint32_t *windows, const uint32_t *parts,
                                int64_t n, int64_t window) {
    for (int64_t i = 0; i < n; i++) {
        const uint16_t *near = codes + windows[i], code = (uint16_t)parts[i];
        uint32_t before = 0;
        for (int64_t k = 0; k < window; k++)
            before += (uint16_t)(near[k] - code) >> 15;
        places[i] = windows[i] + before;
    }
}

/* With a constant window, so that its loop unrolls. */
static inline void place_codes(uint32_t *places, const uint16_t *codes,
                               const uint32_t *windows, const uint32_t *parts,
                               int64_t n, int64_t window) {
    if (window == 8)
        count_before(places, codes, windows, parts, n, 8);
    else if (window == 16)
        count_before(places, codes, windows, parts, n, 16);
    else
        count_before(places, codes, windows, parts, n, 32);
}

static inline void fix_values(uint64_t *fixed, const double *values, int64_t n,
                              const sdr_bucket_map *map) {
    for (int64_t i = 0; i < n; i++)
        fixed[i] = fixed_of(values[i], map);
}

static inline int64_t select_values(double *out, const uint16_t *ids,
                                    const double *values, int64_t n,
                                    const sdr_bucket_run *runs, int n_runs) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        for (int r = 0; r < n_runs; r++)
            if ((uint16_t)(ids[i] - runs[r].low) <= runs[r].width) {
                out[found++] = values[i];
                break;
            }
    return found;
}

static inline int64_t values_between(double *out, const double *values, int64_t n,
                                     sdr_value_run run) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        if (values[i] >= run.low && values[i] <= run.high) out[found++] = values[i];
    return found;
}

#endif
