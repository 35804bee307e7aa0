/* Waves, one row after another: the specification. */
#include "value.h"

static int64_t add(int64_t *sums, const double *values, int64_t n, const double *points,
                   int k, double scale) {
    int64_t taken = 0;
    for (int64_t i = 0; i < n; i++)
        taken += waves_add_row(sums, values[i], points, k, scale);
    return taken;
}

void sdr_waves_fill_scalar(sdr_waves_kernels *kernels) {
    kernels->add = add;
}
