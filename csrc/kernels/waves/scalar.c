/* Waves, the specification: one value after another. waves.h says what it computes. */
#include "kernels/waves/value.h"

static void add_row(double sums[SDR_WAVE_SUMS][SDR_LANES], int lane, const double *g,
                    const double *anchor) {
    double d[SDR_WAVES];
    int at = SDR_WAVES;
    for (int k = 0; k < SDR_WAVES; k++) {
        d[k] = g[k] - anchor[k];
        sums[k][lane] += d[k];
    }
    for (int i = 0; i < SDR_WAVES; i++)
        for (int j = i; j < SDR_WAVES; j++)
            sums[at++][lane] += d[i] * d[j];
}

static void block(sdr_wave_sums *out, const double *values, int64_t n, double point,
                  double scale) {
    double sums[SDR_WAVE_SUMS][SDR_LANES] = {{0}}, g[SDR_WAVES];
    out->n = 0;
    for (int64_t i = sdr_wave_anchor(out->anchor, values, n, point, scale); i < n;
         i++) {
        double a = point * (values[i] / scale);
        if (!isfinite(a)) continue;
        sdr_wave_of(g, a);
        add_row(sums, (int)(i % SDR_LANES), g, out->anchor);
        out->n++;
    }
    for (int k = 0; k < SDR_WAVE_SUMS; k++)
        out->sums[k] = sdr_lanes_sum(sums[k]);
}

void sdr_waves_fill_scalar(sdr_waves_kernels *kernels) {
    kernels->block = block;
}
