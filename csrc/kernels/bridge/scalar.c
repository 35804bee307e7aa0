/* A step of a bridge, one node after another: the specification. */
#include "kernels/bridge/value.h"

static double kept(const sdr_bridge_step *s, double x) {
    double sum[SDR_BRIDGE_LANES] = {0.0};
    const double mean = s->left * x;
    for (int64_t i = 0; i < s->n; i++) {
        const double away = s->y[i] - mean;
        const double density =
            bridge_exp(away * away * s->density_rate) * s->weights[i];
        const double cross = bridge_cross(s, x, s->y[i]);
        sum[i % SDR_BRIDGE_LANES] += density * (cross + (1.0 - cross) * s->ahead[i]);
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
           ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

void sdr_bridge_fill_scalar(sdr_bridge_kernels *kernels) {
    kernels->kept = kept;
}
