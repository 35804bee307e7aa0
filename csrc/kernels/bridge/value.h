/* One node: the specification. */
#ifndef SDR_KERNELS_BRIDGE_VALUE_H
#define SDR_KERNELS_BRIDGE_VALUE_H

#include "kernels/bridge/bridge.h"
#include "kernels/exp.h"

/* exp(x) of what is 0 at most but for rounding. */
static inline double bridge_exp(double x) {
    return exp_of(x < 0.0 ? x : 0.0);
}

static inline double bridge_cross(const sdr_bridge_step *s, double x, double y) {
    double total = 0.0;
    const double apart = y - x;
    for (int k = 0; k < s->images; k++) {
        const double odd = (2 * k + 1) * s->bound, even = (2 * k + 2) * s->bound;
        const double scaled = even * s->cross_rate;
        total += bridge_exp((odd - x) * (odd - y) * s->cross_rate);
        total += bridge_exp((odd + x) * (odd + y) * s->cross_rate);
        total -= bridge_exp((even + apart) * scaled);
        total -= bridge_exp((even - apart) * scaled);
    }
    total = total < 1.0 ? total : 1.0;
    return total > 0.0 ? total : 0.0;
}

#endif
