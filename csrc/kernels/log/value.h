/*
 * ln(x) of a normal number above 0: the specification and the constants that every ISA
 * uses.
 *
 *   x = 2^k m,  m in [sqrt 1/2, sqrt 2),  f = m - 1,  s = f / (2 + f),  z = s^2
 *   ln m = 2 artanh s = f - s (f - z q(z)),         ln x = k ln 2 + ln m
 *
 * k and m come from the bits: with the distance from sqrt 1/2 to 1 added, the exponent
 * is that of k, and the rest lies as far above sqrt 1/2. q is the best polynomial of
 * degree 6 for (2 artanh(s) / s - 2) / z on the interval (Remez, 2.5e-18 of the result).
 * ln 2 is two numbers, the first with 21 zeros at its end, so that k times it is exact.
 * Within one ulp (0.85 is the most found).
 *
 * A sum of losses needs no logarithm a row: the product of the probabilities, its
 * exponent taken off after every LOG_FACTORS factors, has the sum for its logarithm, and
 * a factor adds at most 2^-53 to the error. What the squares of losses are summed of is
 * a logarithm with a q of degree 2 (Remez, 1.3e-7 of the result): they only say how
 * certain the mean is.
 */
#ifndef SDR_KERNELS_LOG_VALUE_H
#define SDR_KERNELS_LOG_VALUE_H

#include <math.h>
#include <string.h>

#include "kernels/log/log.h"

#define LOG_ROOT_HALF UINT64_C(0x3fe6a09e667f3bcd)            /* sqrt 1/2 */
#define LOG_UP (UINT64_C(0x3ff0000000000000) - LOG_ROOT_HALF) /* from there to 1 */
#define LOG_REST UINT64_C(0x000fffffffffffff)                 /* of 52 bits */
#define LOG_WHOLE UINT64_C(0x4330000000000000)                /* 2^52 */
#define LOG_BIAS (0x1p52 + 1023.0)
#define LOG_LN2_HIGH 0x1.62e42feep-1
#define LOG_LN2_LOW 0x1.a39ef35793c76p-33

enum { LOG_TERMS = 7 };
static const double log_terms[LOG_TERMS] = {0x1.5555555555592p-1, 0x1.999999997fd77p-2,
                                            0x1.24924941f4f9ap-2, 0x1.c71c5206090c9p-3,
                                            0x1.74663fa1fa5f3p-3, 0x1.39a1a6faa1df0p-3,
                                            0x1.2f06346bb211dp-3};

static const double log_rough_terms[] = {0x1.000001fa5f0e1p+1, 0x1.55427583d639ep-1,
                                         0x1.a6dc2071064d2p-2};
#define LOG_LN2 0x1.62e42fefa39efp-1

/* Factors of a product: none is below LOG_LEAST, so that it is a normal number. */
enum { LOG_FACTORS = 16 };
#define LOG_LEAST 0x1p-60

static inline double log_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* x = 2^k m */
static inline void log_split(double *k, double *m, double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += LOG_UP;
    *k = log_of_bits(bits >> 52 | LOG_WHOLE) - LOG_BIAS;
    *m = log_of_bits((bits & LOG_REST) + LOG_ROOT_HALF);
}

/* -ln(2^k m) */
static inline double log_loss_of_parts(double k, double m) {
    const double f = m - 1.0;
    const double s = f / (2.0 + f), z = s * s, w = z * z;
    const double odd = w * (log_terms[1] + w * (log_terms[3] + w * log_terms[5]));
    const double even =
        z * (log_terms[0] + w * (log_terms[2] + w * (log_terms[4] + w * log_terms[6])));
    const double part = (s * (f - (odd + even)) - k * LOG_LN2_LOW) - f;
    return part - k * LOG_LN2_HIGH;
}

/* -ln x */
static inline double log_loss_of(double x) {
    double k, m;
    log_split(&k, &m, x);
    return log_loss_of_parts(k, m);
}

/* -ln x, about */
static inline double log_rough_loss_of(double x) {
    double k, m;
    log_split(&k, &m, x);
    const double f = m - 1.0;
    const double s = f / (2.0 + f), z = s * s;
    const double curve =
        log_rough_terms[0] + z * (log_rough_terms[1] + z * log_rough_terms[2]);
    return k * -LOG_LN2 - s * curve;
}

/* A probability, held away from 0 and 1. */
static inline double log_held(double q, double least) {
    const double most = 1.0 - least;
    q = q > least ? q : least;
    return q < most ? q : most;
}

#endif
