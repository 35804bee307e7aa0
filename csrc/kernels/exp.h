/*
 * exp(x) for x <= 0, the specification and the constants that every ISA uses.
 *
 *   x = k ln 2 + r, |r| <= ln 2 / 2,      exp(x) = 2^k (1 + (r + r^2 q(r)))
 *
 * k comes from adding 1.5 * 2^52, which rounds to an integer and leaves it in the last
 * bits of the sum. ln 2 is two numbers, the first with 13 zeros at its end, so that k
 * times it is exact. q is the best polynomial of degree 10 for (e^r - 1 - r) / r^2 on
 * the interval (Remez, 1.6e-19 of e^r); its roundings count less than a quarter of
 * those of r, and r's less than half of the result's: within one ulp (0.92 is the most
 * found).
 *
 * 2^k is an addition to the exponent's bits. Below LOWEST it would leave the normal
 * numbers, and the result is 0.
 */
#ifndef SDR_KERNELS_EXP_H
#define SDR_KERNELS_EXP_H

#include <stdint.h>
#include <string.h>

#define EXP_LOWEST -707.0
#define EXP_LOG2_E 0x1.71547652b82fep+0
#define EXP_ROUND 0x1.8p52
#define EXP_LN2_HIGH 0x1.62e42fefa2000p-1
#define EXP_LN2_LOW 0x1.9ef35793c7673p-41

enum { EXP_TERMS = 11 };
static const double exp_terms[EXP_TERMS] = {
    0x1.0000000000000p-1,  0x1.5555555555557p-3,  0x1.5555555555558p-5,
    0x1.11111111100dbp-7,  0x1.6c16c16c151fcp-10, 0x1.a01a01abe8206p-13,
    0x1.a01a01acfae99p-16, 0x1.71de023137276p-19, 0x1.27e4cccda6fcfp-22,
    0x1.af4dea2bc3f25p-26, 0x1.1f8b4cd99e7aap-29};

static inline double exp_of(double x) {
    if (!(x >= EXP_LOWEST)) return 0.0;
    double shifted = x * EXP_LOG2_E + EXP_ROUND, k = shifted - EXP_ROUND;
    double r = (x - k * EXP_LN2_HIGH) - k * EXP_LN2_LOW;
    double q = exp_terms[EXP_TERMS - 1];
    for (int i = EXP_TERMS - 2; i >= 0; i--)
        q = q * r + exp_terms[i];
    double part = 1.0 + (r + r * r * q);
    uint64_t bits, power;
    memcpy(&bits, &part, sizeof bits);
    memcpy(&power, &shifted, sizeof power);
    bits += power << 52;
    memcpy(&part, &bits, sizeof part);
    return part;
}

#endif
