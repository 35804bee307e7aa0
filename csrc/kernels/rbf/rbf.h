/*
 * Kernel family "rbf": values of the Gaussian kernel k(a, b) = exp(-gamma |a - b|^2) of
 * eight rows with 64 columns, and their sums under many labelings at once.
 *
 * A labeling is one bit a column. Its bits are kept in fours: with the sums of four
 * values under all 16 patterns at hand, for eight rows side by side, a labeling takes
 * one addition of eight lanes for 32 pairs of a row and a column. What a permutation
 * test costs is that: each exponential is computed once, whatever the permutations.
 *
 * Accuracy: |a - b|^2 from differences, in the order of the features; exp within one
 * ulp, see value.h; below exp(-707) = 9e-308 it is 0.
 */
#ifndef SDR_KERNELS_RBF_H
#define SDR_KERNELS_RBF_H

#include <stdint.h>

enum {
    SDR_RBF_ROWS = 8,
    SDR_RBF_COLUMNS = 64,
    SDR_RBF_FOURS = SDR_RBF_COLUMNS / 4,
    SDR_RBF_PATTERNS = 16 /* of four bits */
};

typedef struct sdr_rbf_kernels {
    /* values[8 j + r] = k(row r, column j), 0 <= j < 64; d >= 0 features.
     * rows[8 f + r]: feature f of row r; columns[d j + f]: feature f of column j. */
    void (*tile)(double *values, const double *rows, const double *columns, int64_t d,
                 double gamma);
    /* For each labeling p: sums[8 p + r] += the sum of values[8 j + r] over the columns
     * j that are labelled. Bit i of patterns[p * stride + c]: the label of column 4 c +
     * i; 0 <= c < 16. Four values are added as (0 + 1) + (2 + 3), fours in order. */
    void (*add)(double *sums, const double *values, const uint8_t *patterns,
                int64_t stride, int64_t n_labelings);
} sdr_rbf_kernels;

void sdr_rbf_fill_scalar(sdr_rbf_kernels *kernels);
void sdr_rbf_fill_avx2(sdr_rbf_kernels *kernels);
void sdr_rbf_fill_avx512(sdr_rbf_kernels *kernels);
void sdr_rbf_fill_neon(sdr_rbf_kernels *kernels);

#endif
