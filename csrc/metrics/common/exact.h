/*
 * Exact sums of float64 values, and their correctly rounded quotient by an integer.
 *
 * A float64 is mantissa * 2^(e - 1074), 0 <= e <= 2045, |mantissa| < 2^53. An
 * sdr_exact_sum keeps sum(mantissa << (e mod 32)) in 128 bits for every e div 32: 84
 * bits a term, so 2^43 terms fit. An sdr_wide is one two's complement integer in units
 * of 2^-1074 that holds such sums times any int64 factor. Neither ever rounds; order
 * does not matter. Cost: one 128-bit add a value; the wide integer some 50 ns an
 * operation.
 *
 * Reference: Neal, Fast exact summation using small and large superaccumulators, 2015.
 */
#ifndef SDR_METRICS_EXACT_H
#define SDR_METRICS_EXACT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef __int128 sdr_int128;
__extension__ typedef unsigned __int128 sdr_uint128;

enum {
    SDR_EXACT_BIN_BITS = 5,     /* exponents a bin */
    SDR_EXACT_BINS = 2048 >> 5, /* 2046 exponents in bins of 32 */
    SDR_WIDE_WORDS = 38         /* 2046 + 53 bits, 43 of terms, 63 of factor, sign */
};

static inline sdr_int128 sdr_magnitude(sdr_int128 a) {
    return a < 0 ? -a : a;
}

typedef struct sdr_exact_sum {
    sdr_int128 bins[SDR_EXACT_BINS];
} sdr_exact_sum;

typedef struct sdr_wide {
    uint64_t words[SDR_WIDE_WORDS]; /* little end first, in units of 2^-1074 */
} sdr_wide;

/* value = *mantissa * 2^(result - 1074); the value must be finite. */
static inline int sdr_exact_split(int64_t *mantissa, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff);
    int64_t magnitude = (int64_t)(bits & 0xfffffffffffffu);
    if (exponent) magnitude |= (int64_t)1 << 52;
    *mantissa = bits >> 63 ? -magnitude : magnitude;
    return exponent ? exponent - 1 : 0;
}

/* sum += mantissa * 2^(exponent - 1074), |mantissa| < 2^63. */
static inline void sdr_exact_add_scaled(sdr_exact_sum *sum, int64_t mantissa,
                                        int exponent) {
    sdr_int128 term = (sdr_int128)mantissa * ((int64_t)1 << (exponent & 31));
    sum->bins[exponent >> SDR_EXACT_BIN_BITS] += term;
}

static inline void sdr_exact_add(sdr_exact_sum *sum, double value) {
    int64_t mantissa;
    int exponent = sdr_exact_split(&mantissa, value);
    sdr_exact_add_scaled(sum, mantissa, exponent);
}

/* wide += value * 2^exponent (exponent >= 0, in units of 2^-1074). */
void sdr_wide_add(sdr_wide *wide, sdr_int128 value, int exponent);
/* wide += value * factor. |factor| < 2^63. */
void sdr_wide_add_product(sdr_wide *wide, double value, int64_t factor);
/* wide += sum * factor. */
void sdr_wide_add_sum(sdr_wide *wide, const sdr_exact_sum *sum, int64_t factor);
/* wide += factor * (value * 2^exponent), value of up to 127 bits. */
void sdr_wide_add_scaled(sdr_wide *wide, sdr_int128 value, int exponent,
                         int64_t factor);
/* wide * 2^-1074 / divisor, rounded to nearest, ties to even; +-infinity where float64
 * has no such value. 0 < divisor < 2^126. */
double sdr_wide_divide(const sdr_wide *wide, sdr_uint128 divisor);
/* numerator / denominator, rounded to nearest even; both below 2^126. */
double sdr_ratio(sdr_uint128 numerator, sdr_uint128 denominator);

#endif
