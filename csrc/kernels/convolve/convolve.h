/*
 * Kernel family "convolve": the law of a sum out of two laws of whole numbers,
 *
 *     out[i] = sum over k = 0 to n - 1 of a[k] p[i - k],    from <= i < until,
 *
 * added in the order of k. p is 0 but from 0 to size - 1, and can be read from -n - 8 to
 * until + 8; out is written up to 7 places behind `until`. Eight i are added side by
 * side, each in its own order: the bits do not depend on how many.
 */
#ifndef SDR_KERNELS_CONVOLVE_H
#define SDR_KERNELS_CONVOLVE_H

#include <stdint.h>

enum { SDR_CONVOLVE_LANES = 8 };

typedef struct sdr_convolve_kernels {
    void (*range)(double *out, int64_t from, int64_t until, const double *a, int64_t n,
                  const double *p, int64_t size);
} sdr_convolve_kernels;

void sdr_convolve_fill_scalar(sdr_convolve_kernels *kernels);
void sdr_convolve_fill_avx2(sdr_convolve_kernels *kernels);
void sdr_convolve_fill_avx512(sdr_convolve_kernels *kernels);
void sdr_convolve_fill_neon(sdr_convolve_kernels *kernels);

#endif
