/*
 * Kernel family "codes": rows to small numbers, how often each of a few occurs, alone
 * and in pairs, and the range of integers. Counts and extremes of integers do not depend on order: every ISA
 * gives the same.
 */
#ifndef SDR_KERNELS_CODES_H
#define SDR_KERNELS_CODES_H

#include "simdrift/view.h"

enum {
    SDR_CODES_FEW = 16,        /* values that are counted by comparing */
    SDR_CODES_ROWS_MOST = 4096 /* of one call */
};

typedef struct sdr_codes_kernels {
    /* counts[k] += rows equal to k, 0 <= k < n_values <= SDR_CODES_FEW; rows of other
     * values are not counted. n <= SDR_CODES_ROWS_MOST. */
    void (*few)(int64_t *counts, const uint8_t *rows, int64_t n, int n_values);
    /* out[i] = the last byte of row i (1, 2, 4 or 8 bytes wide, at any address), less
     * the offset. */
    void (*narrow)(uint8_t *out, const void *rows, int width, uint8_t offset,
                   int64_t n);
    /* out[i] = row i less the offset modulo 2^64, `domain` where that is more; domain <
     * 2^31. Types: (u)int8 to 64, and what lies in memory like them. */
    void (*widen)(int32_t *out, const void *rows, sdr_type type, uint64_t offset,
                  int64_t domain, int64_t n);
    /* *low = min(*low, rows), *high = max(*high, rows). */
    void (*range)(int64_t *low, int64_t *high, const int64_t *rows, int64_t n);
    /* out[i] = the last byte of row i less the offset; true where each difference,
     * modulo 2^64, is below 2^8. Types as of widen. */
    bool (*fit)(uint8_t *out, const void *rows, sdr_type type, uint64_t offset,
                int64_t n);
    /* out[i] = row i less the offset where that is a whole number below `domain` and no
     * less than 0, else `domain`. Types: float32, float64. |offset| <= 2^53. */
    void (*whole)(int32_t *out, const void *rows, sdr_type type, double offset,
                  int64_t domain, int64_t n);
    /* counts[2 * a[i] + b[i]] += 1 for rows in which both are 0 or 1. n <=
     * SDR_CODES_ROWS_MOST. */
    void (*pairs)(int64_t *counts, const uint8_t *a, const uint8_t *b, int64_t n);
    /* out[i] = a[i] * n_b + b[i] where a[i] < n_a and b[i] < n_b, else 255; n_a * n_b <
     * 256. */
    void (*join)(uint8_t *out, const uint8_t *a, const uint8_t *b, int n_a, int n_b,
                 int64_t n);
    /* The same of wide codes, none below 0, else n_a * n_b, which is below 2^31. */
    void (*join_wide)(int32_t *out, const int32_t *a, const int32_t *b, int32_t n_a,
                      int32_t n_b, int64_t n);
} sdr_codes_kernels;

void sdr_codes_fill_scalar(sdr_codes_kernels *kernels);
void sdr_codes_fill_avx2(sdr_codes_kernels *kernels);
void sdr_codes_fill_avx512(sdr_codes_kernels *kernels);
void sdr_codes_fill_neon(sdr_codes_kernels *kernels);

#endif
