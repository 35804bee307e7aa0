/* An error-free sum: what a + b loses by rounding. */
#ifndef SDR_CORE_TWO_SUM_H
#define SDR_CORE_TWO_SUM_H

/* a + b = *high + *low, exactly, *high the rounded sum (Knuth, TAOCP 2, 4.2.2). */
static inline void sdr_two_sum(double a, double b, double *high, double *low) {
    double sum = a + b, part = sum - a;
    *low = (a - (sum - part)) + (b - part);
    *high = sum;
}

#endif
