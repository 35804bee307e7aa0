/* NEON is aarch64's baseline: the compiler vectorises the specification's loops, and no
 * operation in them rounds otherwise than the scalar one. */
#include "kernels/buckets/value.h"

static void map_fixed(uint16_t *ids, uint64_t *fixed, const double *values, int64_t n,
                      const sdr_bucket_map *map) {
    map_values(ids, values, n, map);
    fix_values(fixed, values, n, map);
}

void sdr_buckets_fill_neon(sdr_buckets_kernels *kernels) {
    kernels->map = map_values;
    kernels->map_fixed = map_fixed;
    kernels->parts = part_values;
    kernels->place = place_codes;
    kernels->select = select_values;
    kernels->between = values_between;
}
