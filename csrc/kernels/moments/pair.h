/*
 * From lane sums of pairs to a block's pair profile; shared by every ISA.
 *
 * Central sums about an anchor for each side (see finish.h), r = S1 / n:
 *
 *   m2_x = Sxx - rx Sx     m2_y = Syy - ry Sy     c_xy = Sxy - rx Sy
 */
#ifndef SDR_KERNELS_MOMENTS_PAIR_H
#define SDR_KERNELS_MOMENTS_PAIR_H

#include "kernels/moments/finish.h"

typedef struct sdr_pair_lanes {
    double x[SDR_LANES], y[SDR_LANES];
    double xx[SDR_LANES], yy[SDR_LANES], xy[SDR_LANES];
    double error[SDR_LANES], abs_error[SDR_LANES], squared_error[SDR_LANES];
    double fourth_power[SDR_LANES]; /* of the error */
    double max_abs_error[SDR_LANES];
} sdr_pair_lanes;

typedef struct sdr_pair_anchor {
    double x, y;
} sdr_pair_anchor;

/* Each side's own anchor: rows that only one side lacks move it a little, no more. */
static inline sdr_pair_anchor sdr_pair_anchor_of(const double *x, const double *y,
                                                 int64_t n) {
    return (sdr_pair_anchor){sdr_anchor(x, n), sdr_anchor(y, n)};
}

static inline void sdr_pair_finish(sdr_block_pairs *out, const sdr_pair_lanes *lanes,
                                   int64_t n, const sdr_pair_anchor *anchor) {
    *out = (sdr_block_pairs){.n = n};
    if (n == 0) return;
    double sx = sdr_lanes_sum(lanes->x), sy = sdr_lanes_sum(lanes->y);
    double rx = sx / (double)n, ry = sy / (double)n;
    double m2_x = sdr_lanes_sum(lanes->xx) - rx * sx;
    double m2_y = sdr_lanes_sum(lanes->yy) - ry * sy;
    out->mean_x = anchor->x + rx;
    out->mean_y = anchor->y + ry;
    out->m2_x = m2_x < 0.0 ? 0.0 : m2_x;
    out->m2_y = m2_y < 0.0 ? 0.0 : m2_y;
    out->c_xy = sdr_lanes_sum(lanes->xy) - rx * sy;
    out->sum_error = sdr_lanes_sum(lanes->error);
    out->sum_abs_error = sdr_lanes_sum(lanes->abs_error);
    out->sum_squared_error = sdr_lanes_sum(lanes->squared_error);
    out->sum_fourth_power = sdr_lanes_sum(lanes->fourth_power);
    out->max_abs_error = sdr_lanes_max(lanes->max_abs_error);
}

#endif
