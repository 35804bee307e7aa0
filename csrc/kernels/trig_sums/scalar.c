/* Trig sums, the specification: one value after another. trig_sums.h says what it
 * computes. */
#include "kernels/trig_sums/value.h"

static int64_t quanta_of(double g) {
    return (int64_t)(sdr_trig_bits(SDR_TRIG_SIX + g) - sdr_trig_bits(SDR_TRIG_SIX));
}

static void block(sdr_trig_block_sums *out, const double *values, int64_t n,
                  double point, double scale) {
    double g[SDR_TRIG_FUNCTIONS];
    memset(out, 0, sizeof *out);
    for (int64_t row = 0; row < n; row++) {
        double a = point * (values[row] / scale);
        if (!isfinite(a)) continue;
        sdr_trig_of(g, a);
        out->n++;
        for (int i = 0; i < SDR_TRIG_FUNCTIONS; i++)
            out->sums[i] += quanta_of(g[i]);
        for (int p = 0; p < SDR_TRIG_BLOCK_SUMS - SDR_TRIG_FUNCTIONS; p++)
            out->sums[SDR_TRIG_FUNCTIONS + p] +=
                quanta_of(g[sdr_trig_products[p].left] * g[sdr_trig_products[p].right]);
    }
}

void sdr_trig_sums_fill_scalar(sdr_trig_sums_kernels *kernels) {
    kernels->block = block;
}
