/*
 * Kernel family "products": sums of products of columns, a few rows at a time.
 *
 * Each sum is its own: row r goes to lane r mod 8, each lane adds its rows in order, the
 * lanes are added as a tree. So the shape of a tile changes no bit.
 */
#ifndef SDR_KERNELS_PRODUCTS_H
#define SDR_KERNELS_PRODUCTS_H

#include <stdbool.h>
#include <stdint.h>

enum { SDR_PRODUCT_ROWS = 512 };

typedef struct sdr_products_kernels {
    /* out[i * n_b + j] += the sum over rows of a[i] * b[j]; column i lies at a + i *
     * SDR_PRODUCT_ROWS, 64-byte aligned. n is a multiple of 8. upper: a and b are the
     * same, and of each pair but one place is wanted: i <= j; others may be written. */
    void (*sums)(double *out, const double *a, int64_t n_a, const double *b,
                 int64_t n_b, int64_t n, bool upper);
} sdr_products_kernels;

void sdr_products_fill_scalar(sdr_products_kernels *kernels);
void sdr_products_fill_avx2(sdr_products_kernels *kernels);
void sdr_products_fill_avx512(sdr_products_kernels *kernels);
void sdr_products_fill_neon(sdr_products_kernels *kernels);

#endif
