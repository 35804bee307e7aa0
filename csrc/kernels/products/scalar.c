/* Sums of products, the specification. */
#include "kernels/products/products.h"

#include "kernels/moments/finish.h"

static double product(const double *a, const double *b, int64_t n) {
    double sums[SDR_LANES] = {0};
    for (int64_t i = 0; i < n; i++)
        sums[i % SDR_LANES] += a[i] * b[i];
    return sdr_lanes_sum(sums);
}

static void sums(double *out, const double *a, int64_t n_a, const double *b,
                 int64_t n_b, int64_t n, bool upper) {
    for (int64_t i = 0; i < n_a; i++)
        for (int64_t j = upper ? i : 0; j < n_b; j++)
            out[i * n_b + j] +=
                product(a + i * SDR_PRODUCT_ROWS, b + j * SDR_PRODUCT_ROWS, n);
}

void sdr_products_fill_scalar(sdr_products_kernels *kernels) {
    kernels->sums = sums;
}
