/* One value's sines and cosines: the specification, and for vectors' odd rows. */
#ifndef SDR_KERNELS_TRIG_SUMS_VALUE_H
#define SDR_KERNELS_TRIG_SUMS_VALUE_H

#include "kernels/trig_sums/trig_sums.h"

#include <math.h>
#include <string.h>

/* 2^20: the turns stay below 2^18, so that turns * TURN_1 and * TURN_2 are exact. */
#define SDR_TRIG_LIMIT 0x1p20

/* 1 / (2 pi), and 2 pi in three parts: 33 bits, 33 bits, the rest. */
#define SDR_TURNS_A_RADIAN 0x1.45f306dc9c883p-3
#define SDR_TURN_1 0x1.921fb544p+2
#define SDR_TURN_2 0x1.0b4611a6p-32
#define SDR_TURN_3 0x1.3198a2e037073p-67
/* 1.5 * 2^52: adding and subtracting it rounds to whole numbers. */
#define SDR_WHOLE 0x1.8p52

/* fdlibm's __kernel_sin and __kernel_cos on [-pi / 4, pi / 4]. */
#define SDR_SINE                                                                       \
    {-1.66666666666666324348e-01, 8.33333333332248946124e-03,                          \
     -1.98412698298579493134e-04, 2.75573137070700676789e-06,                          \
     -2.50507602534068634195e-08, 1.58969099521155010221e-10}
#define SDR_COSINE                                                                     \
    {4.16666666666666019037e-02, -1.38888888888741095749e-03,                          \
     2.48015872894767294178e-05, -2.75573143513906633035e-07,                          \
     2.08757232129817482790e-09, -1.13596475577881948265e-11}
enum { SDR_TRIG_TERMS = 6 };

static inline double sdr_trig_polynomial(const double *terms, double w) {
    double sum = terms[SDR_TRIG_TERMS - 1];
    for (int i = SDR_TRIG_TERMS - 2; i >= 0; i--)
        sum = sum * w + terms[i];
    return sum;
}

/* From cos, sin of a to all of g. */
static inline void sdr_trig_double(double *g, double c, double s) {
    g[0] = c;
    g[1] = 1.0 - 2.0 * s * s;
    g[2] = s;
    g[3] = 2.0 * s * c;
}

/* |a| <= SDR_TRIG_LIMIT. */
static inline void sdr_trig_near(double *g, double a) {
    const double sine[] = SDR_SINE, cosine[] = SDR_COSINE;
    double turns = (a * SDR_TURNS_A_RADIAN + SDR_WHOLE) - SDR_WHOLE;
    double rest = ((a - turns * SDR_TURN_1) - turns * SDR_TURN_2) - turns * SDR_TURN_3;
    double u = rest * 0.25, w = u * u;
    double s = u + u * w * sdr_trig_polynomial(sine, w);
    double c = (1.0 - 0.5 * w) + w * w * sdr_trig_polynomial(cosine, w);
    for (int quarter = 0; quarter < 2; quarter++) {
        double twice = 2.0 * s, of_twice = twice * c;
        c = 1.0 - twice * s;
        s = of_twice;
    }
    sdr_trig_double(g, c, s);
}

static inline void sdr_trig_of(double *g, double a) {
    if (fabs(a) <= SDR_TRIG_LIMIT)
        sdr_trig_near(g, a);
    else
        sdr_trig_double(g, cos(a), sin(a));
}

/* The products, as places of g: c1, c2, s1, s2. */
static const struct {
    int left, right;
} sdr_trig_products[SDR_TRIG_BLOCK_SUMS - SDR_TRIG_FUNCTIONS] = {
    {0, 1}, {0, 3}, {1, 1}, {1, 2}, {1, 3}, {2, 3}};

/* |g| <= 1 in quanta, as the bits that 6 + g has beyond those of 6. */
#define SDR_TRIG_SIX 6.0

static inline uint64_t sdr_trig_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif
