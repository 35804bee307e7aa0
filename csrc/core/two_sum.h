/* An error-free sum: what a + b loses by rounding; sums that keep it. */
#ifndef SDR_CORE_TWO_SUM_H
#define SDR_CORE_TWO_SUM_H

#include <math.h>

/* a + b = *high + *low, exactly, *high the rounded sum (Knuth, TAOCP 2, 4.2.2). */
static inline void sdr_two_sum(double a, double b, double *high, double *low) {
    double sum = a + b, part = sum - a;
    *low = (a - (sum - part)) + (b - part);
    *high = sum;
}

/* A sum, with what rounding lost. */
typedef struct sdr_sum {
    double high, low;
} sdr_sum;

static inline void sdr_sum_add(sdr_sum *s, double term) {
    double lost;
    sdr_two_sum(s->high, term, &s->high, &lost);
    s->low += lost;
}

static inline double sdr_sum_value(const sdr_sum *s) {
    return isfinite(s->high) ? s->high + s->low : s->high;
}

#endif
