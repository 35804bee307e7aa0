/* One value at a time: the specification, and the tail of every vector loop. */
#ifndef SDR_KERNELS_RANKS_VALUE_H
#define SDR_KERNELS_RANKS_VALUE_H

#include "kernels/ranks/ranks.h"

/* The sums of float64, lane by lane. */
typedef struct rank_lanes {
    double darling[SDR_RANKS_LANES], energy[SDR_RANKS_LANES];
} rank_lanes;

static inline void sum_value(sdr_rank_sums *s, rank_lanes *lanes,
                             const sdr_rank_block *block, int64_t k) {
    const double i = block->passed_x[k], i_after = block->passed_x[k + 1];
    const double p = block->passed[k], p_after = block->passed[k + 1];
    const double t = p_after - p, tx = i_after - i, ty = t - tx;
    const double at_x = 2.0 * (p - i) + ty, at_y = 2.0 * i + tx;
    s->across_x += tx * at_x;
    s->across_y += ty * at_y;
    s->squares_x += (tx * at_x) * at_x;
    s->squares_y += (ty * at_y) * at_y;
    s->cubes_x += tx * (tx * tx - 1.0);
    s->cubes_y += ty * (ty * ty - 1.0);
    s->ties += t * (t * t - 1.0);
    const double a = i * block->total - p * block->n;
    const double a_after = i_after * block->total - p_after * block->n;
    s->most = a_after > s->most ? a_after : s->most;
    s->least = a_after < s->least ? a_after : s->least;
    const double d = (block->start + a) + (block->start + a_after);
    const double b = block->below2 + (p + p_after);
    const double variance = b * (2.0 * block->total - b) - block->total * t;
    lanes->darling[k % SDR_RANKS_LANES] += t * (d * (d / variance));
    const double h = i_after * block->finite_total - p_after * block->finite_n;
    const double f = (block->height + h) * block->inverse;
    lanes->energy[k % SDR_RANKS_LANES] +=
        (f * f) * (block->values[k + 1] - block->values[k]);
}

static inline double lanes_total(const double *s) {
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static inline int64_t distinct_values(double *values, int32_t *passed,
                                      int32_t *passed_x, int64_t n) {
    int64_t found = 0;
    for (int64_t k = 0; k < n; k++) {
        values[found] = values[k];
        passed[found + 1] = (int32_t)(k + 1);
        passed_x[found + 1] = passed_x[k + 1];
        found += k + 1 == n || values[k] != values[k + 1];
    }
    return found;
}

#endif
