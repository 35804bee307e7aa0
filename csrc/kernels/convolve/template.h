/* Convolutions, eight numbers side by side. */
#include "kernels/convolve/convolve.h"
#include "kernels/lanes.h"

static void range(double *out, int64_t from, int64_t until, const double *a, int64_t n,
                  const double *p, int64_t size) {
    for (int64_t i = from; i < until; i += SDR_CONVOLVE_LANES) {
        const int64_t last = i + SDR_CONVOLVE_LANES < n ? i + SDR_CONVOLVE_LANES : n;
        lanes sum = lanes_all(0.0);
        for (int64_t k = i < size ? 0 : i - size + 1; k < last; k++)
            sum = lanes_add(sum, lanes_mul(lanes_all(a[k]), lanes_load(p + (i - k))));
        lanes_store(out + i, sum);
    }
}

#define SDR_CONVOLVE_FILL(isa)                                                         \
    void sdr_convolve_fill_##isa(sdr_convolve_kernels *kernels) {                      \
        kernels->range = range;                                                        \
    }
