/*
 * Smirnov's sum, P(D+ >= x) = x sum_j C(n,j) (x + j/n)^(j-1) (1 - x - j/n)^(n-j) over
 * 0 <= j < n (1 - x).
 *
 * With u = j / n a term is a binomial probability divided by u + x, in Loader's
 * saddle-point form: exp(-n K(u)) times factors that hardly change, where K(u) is the
 * Kullback-Leibler divergence of u from u + x. K is convex, so the terms have one peak;
 * terms below e^-CUT of it are left out. Where many terms remain, the sum is the
 * integral over real j to rounding (the trapezoidal rule of a function that vanishes at
 * both ends), if it does, and with
 *
 *     j = n (1 - x) (1 + tanh s) / 2
 *
 * the integrand is like exp(-A cosh 2s), for which POINTS points give the same integral
 * to rounding, whatever n. Else the terms are summed one by one.
 *
 * Loader, Fast and accurate computation of binomial probabilities, 2000; Smirnov 1944.
 */
#include "metrics/drift/smirnov.h"

#include <math.h>
#include <stdbool.h>

#define TWO_PI 6.28318530717958647693

enum { POINTS = 32, SUMMED = 192 };
static const double CUT = 38.0; /* e^-38: an eighth of a float64's rounding */

typedef struct tail {
    double n, x;
    double top;         /* n (1 - x): the terms end before it */
    double peak, depth; /* the largest term is about exp(-depth), at j = peak */
} tail;

/* --- pieces of a term ------------------------------------------------------------- */

double sdr_stirling_error(double k) {
    double lift = 0.0; /* the series holds from 8 on */
    for (; k < 8.0; k += 1.0)
        lift += (k + 0.5) * log1p(1.0 / k) - 1.0;
    static const double series[] = {1.0 / 12.0,    -1.0 / 360.0,      1.0 / 1260.0,
                                    -1.0 / 1680.0, 1.0 / 1188.0,      -691.0 / 360360.0,
                                    1.0 / 156.0,   -3617.0 / 122400.0};
    double r = 1.0 / k, r2 = r * r, sum = 0.0;
    for (int i = 7; i >= 0; i--)
        sum = sum * r2 + series[i];
    return sum * r + lift;
}

/* By the series of the inverse hyperbolic tangent. */
double sdr_minus_log1p(double u) {
    static const double series[] = {
        1.0 / 3.0,  1.0 / 5.0,  1.0 / 7.0,  1.0 / 9.0,  1.0 / 11.0,
        1.0 / 13.0, 1.0 / 15.0, 1.0 / 17.0, 1.0 / 19.0, 1.0 / 21.0,
        1.0 / 23.0, 1.0 / 25.0, 1.0 / 27.0, 1.0 / 29.0, 1.0 / 31.0,
    };
    double r = u / (2.0 + u), r2 = r * r, sum = 0.0;
    if (!(r2 < 0.08)) return u - log1p(u);
    for (int i = r2 < 0.004 ? 6 : 14; i >= 0; i--)
        sum = sum * r2 + series[i];
    return r * (u - 2.0 * r2 * sum);
}

/* n K(j / n). */
static double depth_at(const tail *a, double j) {
    double t = a->n * a->x, rest = a->n - j;
    return j * sdr_minus_log1p(t / j) + rest * sdr_minus_log1p(-t / rest);
}

/* The term at j > 0, times exp(a->depth). */
static double term(const tail *a, double error_of_n, double j) {
    double rest = a->n - j;
    if (!(rest > a->n * a->x)) return 0.0;
    double errors = error_of_n - sdr_stirling_error(j) - sdr_stirling_error(rest);
    double scale = sqrt(a->n / (TWO_PI * j * rest)) * a->x / (a->x + j / a->n);
    return scale * exp(errors - (depth_at(a, j) - a->depth));
}

/* --- where the terms are ---------------------------------------------------------- */

/* K'(u) and K''(u). */
static double slope(double u, double x) {
    double a = x / u, b = x / (1.0 - u);
    return a / (1.0 + a) - log1p(a) + b / (1.0 - b) + log1p(-b);
}

static double curvature(double u, double x) {
    double a = u + x, b = 1.0 - u - x;
    return x * x * (1.0 / (u * a * a) + 1.0 / ((1.0 - u) * b * b));
}

/* u with K'(u) = 0 to some parts in a thousand; not below 1 / n. Newton's steps, which
 * halve the way where they would leave the range. */
static double peak_of(double n, double x) {
    double end = 1.0 - x, u = 0.5 * end;
    for (int step = 0; step < 64 && u * n > 1.0; step++) {
        double next = u - slope(u, x) / curvature(u, x);
        if (!(next > 0.0)) next = 0.25 * u;
        if (!(next < end)) next = 0.5 * (u + end);
        double change = fabs(next - u);
        u = next;
        if (change <= 1e-3 * fmin(u, end - u)) break;
    }
    return fmax(u, fmin(1.0 / n, 0.5 * end));
}

static double j_of(const tail *a, double s) {
    return a->top / (1.0 + exp(-2.0 * s));
}

/* The first s from `from` on, in steps from `width` on, beyond which terms are left out
 * or there are none. side: -1 or 1. */
static double end_of(const tail *a, double from, double width, double side) {
    for (int step = 0; step < 64; step++) {
        double s = from + side * width, j = j_of(a, s);
        bool is_past = side < 0 ? j < 1.0 : a->top - j < 1.0;
        if (is_past || depth_at(a, j) - a->depth >= 0.9 * CUT) return s;
        width *= 1.25;
    }
    return from + side * width;
}

/* --- the sum ---------------------------------------------------------------------- */

static double sum_one_by_one(const tail *a, double low, double high) {
    double error_of_n = sdr_stirling_error(a->n), sum = 0.0;
    if (low < 1.0) sum = exp(a->n * log1p(-a->x) + a->depth);
    for (double j = fmax(low, 1.0); j <= high; j += 1.0)
        sum += term(a, error_of_n, j);
    return sum;
}

static double sum_of_points(const tail *a, double first, double last) {
    double error_of_n = sdr_stirling_error(a->n), sum = 0.0;
    double step = (last - first) / POINTS;
    for (int i = 0; i < POINTS; i++) {
        double j = j_of(a, first + (i + 0.5) * step);
        sum += term(a, error_of_n, j) * (2.0 * j * (1.0 - j / a->top));
    }
    return sum * step;
}

sdr_smirnov_tail sdr_smirnov(double n, double x) {
    tail a = {.n = n, .x = x, .top = n * (1.0 - x)};
    if (a.top <= 1.0) return (sdr_smirnov_tail){1.0, -n * log1p(-x)};
    double u = peak_of(n, x);
    a.peak = n * u;
    a.depth = depth_at(&a, a.peak);
    if (a.top <= SUMMED)
        return (sdr_smirnov_tail){sum_one_by_one(&a, 0.0, a.top), a.depth};
    double v = a.peak / a.top, pace = 2.0 * a.peak * (1.0 - v); /* dj / ds */
    double width = 0.5 * acosh(1.0 + 4.0 * CUT * n / (curvature(u, x) * pace * pace));
    double from = 0.5 * log(v / (1.0 - v));
    double first = end_of(&a, from, width, -1.0), last = end_of(&a, from, width, 1.0);
    double low = j_of(&a, first), high = j_of(&a, last);
    bool is_cut = low >= 1.0 && a.top - high >= 1.0;
    double sum = high - low <= SUMMED || !is_cut
                     ? sum_one_by_one(&a, floor(low), fmin(ceil(high), a.top))
                     : sum_of_points(&a, first, last);
    return (sdr_smirnov_tail){sum, a.depth};
}
