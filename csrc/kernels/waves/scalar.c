/* Waves, the specification: one value after another. waves.h says what it computes. */
#include "kernels/waves/value.h"

static int64_t quanta_of(double g) {
    return (int64_t)(sdr_wave_bits(SDR_WAVE_SIX + g) - sdr_wave_bits(SDR_WAVE_SIX));
}

static void block(sdr_wave_sums *out, const double *values, int64_t n, double point,
                  double scale) {
    double g[SDR_WAVES];
    memset(out, 0, sizeof *out);
    for (int64_t row = 0; row < n; row++) {
        double a = point * (values[row] / scale);
        if (!isfinite(a)) continue;
        sdr_wave_of(g, a);
        out->n++;
        for (int i = 0; i < SDR_WAVES; i++)
            out->sums[i] += quanta_of(g[i]);
        for (int p = 0; p < SDR_WAVE_SUMS - SDR_WAVES; p++)
            out->sums[SDR_WAVES + p] +=
                quanta_of(g[sdr_wave_products[p].left] * g[sdr_wave_products[p].right]);
    }
}

void sdr_waves_fill_scalar(sdr_waves_kernels *kernels) {
    kernels->block = block;
}
