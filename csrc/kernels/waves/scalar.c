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
        for (int i = 0, at = SDR_WAVES; i < SDR_WAVES; i++)
            for (int j = i; j < SDR_WAVES; j++)
                out->sums[at++] += quanta_of(g[i] * g[j]);
    }
}

void sdr_waves_fill_scalar(sdr_waves_kernels *kernels) {
    kernels->block = block;
}
