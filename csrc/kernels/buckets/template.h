/*
 * The buckets, eight values at a time: the loops. An ISA's file defines, before it
 * includes this,
 *   eight                          the vector of eight doubles
 *   eight_load(p)                  a load
 *   eight_buckets(x, map)            stores eight ids
 *   eight_parts(x, map, bits)      stores eight parts
 *   eight_fixed(x, map)            stores eight fixed-point values
 *   eight_between(x, low, high)    bit i: the i-th value lies in the run
 *   eight_pick(out, x, bits)       stores the values of those bits; may write eight
 *   before_of_8(codes, part)       how many of eight codes are before the part's last
 *                                  16 bits; likewise _16 and _32
 *   batch_matches(ids, run)        bit i * BATCH_BITS: the i-th of BATCH ids lies in
 *                                  the run
 */
#include "kernels/prefetch.h"

enum { EIGHT = 8 };

static void map_ids(uint16_t *ids, const double *values, int64_t n,
                    const sdr_bucket_map *map) {
    const bucket_constants constants = bucket_constants_of(map);
    int64_t i = 0;
    for (; i + EIGHT <= n; i += EIGHT) {
        sdr_prefetch(values + i);
        eight_buckets(ids + i, eight_load(values + i), &constants);
    }
    map_values(ids + i, values + i, n - i, map);
}

static void map_parts(uint32_t *parts, const double *values, int64_t n,
                      const sdr_bucket_map *map, int bits) {
    const bucket_constants constants = bucket_constants_of(map);
    int64_t i = 0;
    for (; i + EIGHT <= n; i += EIGHT)
        eight_parts(parts + i, eight_load(values + i), &constants, bits);
    part_values(parts + i, values + i, n - i, map, bits);
}

static void map_fixed(uint16_t *ids, uint64_t *fixed, const double *values, int64_t n,
                      const sdr_bucket_map *map) {
    const bucket_constants constants = bucket_constants_of(map);
    int64_t i = 0;
    for (; i + EIGHT <= n; i += EIGHT) {
        sdr_prefetch(values + i);
        eight x = eight_load(values + i);
        eight_buckets(ids + i, x, &constants);
        eight_fixed(fixed + i, x, &constants);
    }
    map_values(ids + i, values + i, n - i, map);
    fix_values(fixed + i, values + i, n - i, map);
}

/* The count's window is a constant in each loop. */
static void place_in_windows(uint32_t *places, const uint16_t *codes,
                             const uint32_t *windows, const uint32_t *parts, int64_t n,
                             int64_t window) {
    for (int64_t i = 0; window == 8 && i < n; i++)
        places[i] = windows[i] + (uint32_t)before_of_8(codes + windows[i], parts[i]);
    for (int64_t i = 0; window == 16 && i < n; i++)
        places[i] = windows[i] + (uint32_t)before_of_16(codes + windows[i], parts[i]);
    for (int64_t i = 0; window == 32 && i < n; i++)
        places[i] = windows[i] + (uint32_t)before_of_32(codes + windows[i], parts[i]);
}

/* Wanted values are rare: most batches have none and cost a compare a run. */
static int64_t select_runs(double *out, const uint16_t *ids, const double *values,
                           int64_t n, const sdr_bucket_run *runs, int n_runs) {
    int64_t i = 0, found = 0;
    for (; i + BATCH <= n; i += BATCH) {
        uint32_t matches = 0;
        for (int r = 0; r < n_runs; r++)
            matches |= batch_matches(ids + i, runs[r]);
        for (; matches != 0; matches &= matches - 1)
            out[found++] = values[i + __builtin_ctz(matches) / BATCH_BITS];
    }
    return found + select_values(out + found, ids + i, values + i, n - i, runs, n_runs);
}

/* Thirty-two values that have none of the wanted cost a branch, others none more. */
static int64_t select_between(double *out, const double *values, int64_t n,
                              sdr_value_run run) {
    enum { GROUP = 4 };
    const eight low = eight_all(run.low), high = eight_all(run.high);
    int64_t i = 0, found = 0;
    for (; i + GROUP * EIGHT <= n; i += GROUP * EIGHT) {
        uint32_t bits[GROUP];
        for (int g = 0; g < GROUP; g++) {
            sdr_prefetch(values + i + g * EIGHT);
            bits[g] = eight_between(eight_load(values + i + g * EIGHT), low, high);
        }
        if ((bits[0] | bits[1] | bits[2] | bits[3]) == 0) continue;
        for (int g = 0; g < GROUP; g++) {
            eight_pick(out + found, eight_load(values + i + g * EIGHT), bits[g]);
            found += __builtin_popcount(bits[g]);
        }
    }
    return found + values_between(out + found, values + i, n - i, run);
}
