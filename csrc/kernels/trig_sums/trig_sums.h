/*
 * Trig sums: sums of the cosines and sines of a block's values at two frequencies,
 * and of their products, for the empirical characteristic function.
 *
 *   g = (cos a, cos 2a, sin a, sin 2a),  a = point * (x / scale)
 *
 * over the rows whose a is finite. None is above 1: each is rounded to SDR_TRIG_QUANTUM
 * and summed as an integer, so that no order of rows changes a bit. (6 + g has its last
 * bit there: adding 6 rounds, and the bits beyond those of 6 are the integer.) Squares
 * and the product at one frequency follow from the sums: cos^2 a = (1 + cos 2a) / 2,
 * cos a sin a = sin 2a / 2, and the squares of one frequency add up to 1.
 *
 * Angles up to SDR_TRIG_LIMIT are reduced by whole turns in three parts of 2 pi (Cody
 * and Waite; the parts are those of fdlibm, times four), a quarter of the rest is taken
 * by fdlibm's polynomials, and the angle is doubled back: 1 - 2 s^2, 2 s c. Absolute
 * error 2e-15. Larger angles are libm's.
 */
#ifndef SDR_KERNELS_TRIG_SUMS_H
#define SDR_KERNELS_TRIG_SUMS_H

#include <stdint.h>

#define SDR_TRIG_QUANTUM 0x1p-50
/* Of g; then of c1 c2, c1 s2, c2 c2, c2 s1, c2 s2, s1 s2. */
enum { SDR_TRIG_FUNCTIONS = 4, SDR_TRIG_BLOCK_SUMS = 10 };

typedef struct sdr_trig_block_sums {
    int64_t n;
    int64_t sums[SDR_TRIG_BLOCK_SUMS];
} sdr_trig_block_sums;

typedef struct sdr_trig_sums_kernels {
    /* n <= SDR_BLOCK_ROWS values; NaN and infinite rows take no part. */
    void (*block)(sdr_trig_block_sums *out, const double *values, int64_t n,
                  double point, double scale);
} sdr_trig_sums_kernels;

void sdr_trig_sums_fill_scalar(sdr_trig_sums_kernels *kernels);
void sdr_trig_sums_fill_avx2(sdr_trig_sums_kernels *kernels);
void sdr_trig_sums_fill_avx512(sdr_trig_sums_kernels *kernels);
void sdr_trig_sums_fill_neon(sdr_trig_sums_kernels *kernels);

#endif
