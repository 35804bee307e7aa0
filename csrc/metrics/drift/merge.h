/*
 * Walks two sorted samples once, in order of value, and keeps what KS and Wasserstein
 * need of it - exactly.
 *
 * With i of n values of x and j of m values of y passed, A = i*m - j*n, an integer, and
 * F - G = A / (n*m).
 *   KS: D * n * m = max |A| over the places between distinct values.
 *   W1: W1 * n * m = sum of v * (|A before| - |A after|) over values v, in any order
 *       within ties: Abel summation of the integral of |F - G|. A value of x that keeps
 *       A >= 0 counts -m times, one that keeps A <= 0 counts +m times, a y likewise
 *       +-n; only where A changes its sign is the factor another one.
 *
 * Walks may be cut anywhere between distinct values: a cut carries A on.
 * Time O(nx + ny).
 */
#ifndef SDR_METRICS_MERGE_H
#define SDR_METRICS_MERGE_H

#include "metrics/common/exact.h"

typedef struct sdr_merge {
    int64_t n, m; /* all values of the sides, also those that no walk passes */
    sdr_int128 a; /* A where the next walk begins */
    bool want_ks, want_w1;
    sdr_int128 best;    /* A with the largest |A| so far, the first of equals */
    int64_t most_tied;  /* the most rows of both sides that share a value */
    double best_value;  /* the value after which it holds; NaN while best is 0 */
    sdr_exact_sum x, y; /* sum of -sign(A) * x, of sign(A) * y */
    sdr_wide crossed;   /* sum of v * factor where A changes sign */
} sdr_merge;

void sdr_merge_init(sdr_merge *merge, int64_t n, int64_t m);
/* A at a place between `value` and the next distinct value. */
void sdr_merge_note(sdr_merge *merge, sdr_int128 a, double value);
/* Passes sorted, finite x[0, nx) and y[0, ny): all of the values of an interval. */
void sdr_merge_walk(sdr_merge *merge, const double *x, int64_t nx, const double *y,
                    int64_t ny);
/* total += what the walks gave to W1 * n * m. */
void sdr_merge_add_to(const sdr_merge *merge, sdr_wide *total);

#endif
