/* Convolutions, one number after another: the specification. */
#include "kernels/convolve/convolve.h"

static void range(double *out, int64_t from, int64_t until, const double *a, int64_t n,
                  const double *p, int64_t size) {
    for (int64_t i = from; i < until; i++) {
        double sum = 0.0;
        for (int64_t k = i < size ? 0 : i - size + 1; k < n && k <= i; k++)
            sum += a[k] * p[i - k];
        out[i] = sum;
    }
}

void sdr_convolve_fill_scalar(sdr_convolve_kernels *kernels) {
    kernels->range = range;
}
