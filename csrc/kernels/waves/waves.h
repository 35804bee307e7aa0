/*
 * Kernel family "waves": sums of cosines, sines and their products over a block, for
 * the empirical characteristic function.
 *
 *   g = (cos(t_1 z), ..., cos(t_k z), sin(t_1 z), ..., sin(t_k z)),  z = value / scale
 *
 * Each g and each product of two is rounded to a multiple of 2^-50 and summed as an
 * integer: the order of rows, the ISA and the number of threads don't matter.
 *
 * Accuracy: cosines and sines within 1.5e-16 where |t z| <= 1e6, see value.h; libm's
 * beyond.
 */
#ifndef SDR_KERNELS_WAVES_H
#define SDR_KERNELS_WAVES_H

#include <stdint.h>

enum {
    SDR_WAVES_POINTS = 4,
    SDR_WAVES_MOST = 2 * SDR_WAVES_POINTS,
    SDR_WAVES_SUMS = SDR_WAVES_MOST + SDR_WAVES_MOST * (SDR_WAVES_MOST + 1) / 2,
    SDR_WAVES_BITS = 50, /* of a quantum; 4,096 rows of them fit into 63 bits */
    SDR_WAVES_ROWS_MOST = 4096
};

typedef struct sdr_waves_kernels {
    /* Adds to sums: 2 k of g, then those of the products g_i g_j, i <= j, in quanta.
     * Rows whose z is not finite take no part; returns how many do. n <=
     * SDR_WAVES_ROWS_MOST, 1 <= k <= SDR_WAVES_POINTS. */
    int64_t (*add)(int64_t *sums, const double *values, int64_t n, const double *points,
                   int k, double scale);
} sdr_waves_kernels;

void sdr_waves_fill_scalar(sdr_waves_kernels *kernels);
void sdr_waves_fill_avx2(sdr_waves_kernels *kernels);
void sdr_waves_fill_avx512(sdr_waves_kernels *kernels);
void sdr_waves_fill_neon(sdr_waves_kernels *kernels);

#endif
