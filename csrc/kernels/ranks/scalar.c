/* The sums, one value at a time: the specification that every ISA equals. */
#include "kernels/ranks/value.h"

static void sums(sdr_rank_sums *out, const sdr_rank_block *block) {
    rank_lanes lanes = {{0.0}, {0.0}};
    *out = (sdr_rank_sums){0};
    for (int64_t k = 0; k < block->count; k++)
        sum_value(out, &lanes, block, k);
    out->darling = lanes_total(lanes.darling);
    out->energy = lanes_total(lanes.energy);
}

void sdr_ranks_fill_scalar(sdr_ranks_kernels *kernels) {
    kernels->sums = sums;
    kernels->distinct = distinct_values;
}
