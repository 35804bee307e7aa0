/*
 * One row at a time: the specification, and the constants that every ISA uses.
 *
 *   x = k pi/2 + r, |r| <= pi/4      cos and sin of x are those of r, by k mod 4
 *
 * k comes from adding 1.5 * 2^52 (kernels/rbf says how). pi/2 is three numbers, the
 * first two of 33 bits, so that k times them is exact for k < 2^20; what is left of r
 * is known to 2^-54. The polynomials are those of FreeBSD's msun (k_sin.c, k_cos.c;
 * Sun Microsystems 1993), below 2^-58 off. All roundings together: 1.5e-16, a sixth of
 * a quantum.
 *
 * A quantum is 2^-50: that is the last bit of numbers from 4 to 8, so adding 6 rounds,
 * and the sum's bits less those of 6 are the quanta.
 */
#ifndef SDR_KERNELS_WAVES_VALUE_H
#define SDR_KERNELS_WAVES_VALUE_H

#include <math.h>
#include <string.h>

#include "waves.h"

#define WAVES_FAR 1e6
#define WAVES_ROUND 0x1.8p52
#define WAVES_TWO_BY_PI 0x1.45f306dc9c883p-1
#define WAVES_HALF_PI_1 0x1.921fb544p+0
#define WAVES_HALF_PI_2 0x1.0b4611a6p-34
#define WAVES_HALF_PI_3 0x1.3198a2e037073p-69
#define WAVES_SIX 6.0

enum { WAVES_TERMS = 6 };
static const double waves_sines[WAVES_TERMS] = {
    -1.66666666666666324348e-01, 8.33333333332248946124e-03,
    -1.98412698298579493134e-04, 2.75573137070700676789e-06,
    -2.50507602534068634195e-08, 1.58969099521155010221e-10};
static const double waves_cosines[WAVES_TERMS] = {
    4.16666666666666019037e-02, -1.38888888888741095749e-03,
    2.48015872894767294178e-05, -2.75573143513906633035e-07,
    2.08757232129817482790e-09, -1.13596475577881948265e-11};

static inline uint64_t waves_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* x, its sign turned where bit 1 of k is set. */
static inline double waves_turned(double x, uint64_t k) {
    uint64_t bits = waves_bits(x) ^ (k << 62 & UINT64_C(1) << 63);
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double waves_polynomial(const double *terms, double x) {
    double sum = terms[WAVES_TERMS - 1];
    for (int i = WAVES_TERMS - 2; i >= 0; i--)
        sum = sum * x + terms[i];
    return sum;
}

static inline void waves_of(double *cosine, double *sine, double x) {
    if (!(fabs(x) <= WAVES_FAR)) {
        *cosine = cos(x);
        *sine = sin(x);
        return;
    }
    double shifted = x * WAVES_TWO_BY_PI + WAVES_ROUND, k = shifted - WAVES_ROUND;
    double r = ((x - k * WAVES_HALF_PI_1) - k * WAVES_HALF_PI_2) - k * WAVES_HALF_PI_3;
    double r2 = r * r;
    double s = r + r * (r2 * waves_polynomial(waves_sines, r2));
    double c = (1.0 - 0.5 * r2) + r2 * r2 * waves_polynomial(waves_cosines, r2);
    uint64_t turn = waves_bits(shifted);
    *cosine = waves_turned(turn & 1 ? s : c, waves_bits(shifted + 1.0));
    *sine = waves_turned(turn & 1 ? c : s, turn);
}

static inline int64_t waves_quanta(double value) {
    return (int64_t)(waves_bits(value + WAVES_SIX) - waves_bits(WAVES_SIX));
}

/* Whether the row takes part. */
static inline int waves_add_row(int64_t *sums, double value, const double *points,
                                int k, double scale) {
    double g[SDR_WAVES_MOST], z = value / scale;
    if (!isfinite(z)) return 0;
    for (int i = 0; i < k; i++)
        waves_of(&g[i], &g[k + i], points[i] * z);
    for (int i = 0; i < 2 * k; i++)
        *sums++ += waves_quanta(g[i]);
    for (int i = 0; i < 2 * k; i++)
        for (int j = i; j < 2 * k; j++)
            *sums++ += waves_quanta(g[i] * g[j]);
    return 1;
}

#endif
