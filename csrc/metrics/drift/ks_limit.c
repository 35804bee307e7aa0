/*
 * P(D >= x) of the two-sided Kolmogorov-Smirnov statistic of one sample of n rows,
 * which is the limit law of two samples at their effective size. The plan is that of
 * Simard and L'Ecuyer, Computing the two-sided Kolmogorov-Smirnov distribution, 2011:
 * Durbin's matrix for small arguments, Pelz and Good's series in the middle, and the
 * tail as twice Smirnov's one-sided sum.
 */
#include "core/parallel.h"
#include "metrics/drift/smirnov.h"
#include "simdrift/drift.h"

#include <math.h>
#include <string.h>

#define TWO_PI 6.28318530717958647693
#define PI2 9.86960440108935861883
#define LOG_2 0.69314718055994530942

/* Up to SMALL rows Durbin's matrix serves wherever twice the one-sided tail does not;
 * above SERIES the series of Pelz and Good is right to 1e-12 down to P(D < x) = 0. */
static const double SMALL = 140.0, SERIES = 10000.0;
static const double ONE_VALUE = 0.145; /* n x^2 */
enum { SIZE_MAX_OF_MATRIX = 64, FACTORIALS = 24, STEPS = 16 };
enum { VALUE_BYTES = 4096 }; /* a value takes some 200 ns */

/* Whether twice the one-sided tail is the two-sided one to float64. */
static bool is_tail(double n, double x) {
    return x >= 0.5 || n * x >= n - 1.0 || n * x * x >= (n <= SMALL ? 4.0 : 2.2);
}

/* log(n! (e/n)^n). */
static double log_stirling_root(double n) {
    return 0.5 * log(TWO_PI * n) + sdr_stirling_error(n);
}

/* --- Durbin's matrix -------------------------------------------------------------- */

/* H of Marsaglia, Tsang and Wang (2003) by what it is made of: 1/i! on its diagonals,
 * another first column, which is the last row from right to left. */
typedef struct matrix {
    int size;
    double inverse[FACTORIALS]; /* 1/i!; later ones are below 1e-23 */
    double first[SIZE_MAX_OF_MATRIX];
} matrix;

static void matrix_set(matrix *h, int k, double gap) {
    int size = h->size = 2 * k - 1;
    double power = 1.0, inverse = 1.0;
    h->inverse[0] = 1.0;
    for (int i = 1; i < FACTORIALS; i++)
        h->inverse[i] = h->inverse[i - 1] / i;
    for (int i = 0; i < size; i++) {
        power *= gap;
        inverse /= i + 1;
        h->first[i] = (1.0 - power) * inverse;
    }
    double corner = 1.0 - 2.0 * power + pow(fmax(2.0 * gap - 1.0, 0.0), size);
    h->first[size - 1] = corner * inverse;
}

/* out = H v. */
static void matrix_times(double *restrict out, const matrix *h,
                         const double *restrict v) {
    int size = h->size;
    double last = 0.0;
    for (int j = 0; j < size; j++)
        last += h->first[size - 1 - j] * v[j];
    for (int i = 0; i < size - 1; i++)
        out[i] = h->first[i] * v[0];
    for (int j = 1; j < size; j++) {
        int n = size - j < FACTORIALS ? size - j : FACTORIALS;
        double *to = out + (j - 1);
        for (int i = 0; i < n; i++)
            to[i] += h->inverse[i] * v[j];
    }
    out[size - 1] = last;
}

/* v to a length near 1; the power of two that it lost. */
static int rescaled(double *v, int size) {
    double most = 0.0;
    int exponent;
    for (int i = 0; i < size; i++)
        most = fmax(most, v[i]);
    (void)frexp(most, &exponent);
    for (int i = 0; i < size; i++)
        v[i] = ldexp(v[i], -exponent);
    return exponent;
}

/* v = H^steps v; the power of two that it lost. */
static int matrix_power(double *v, const matrix *h, int64_t steps) {
    double other[SIZE_MAX_OF_MATRIX];
    int exponent = 0;
    for (int64_t i = 0; i < steps; i++) {
        matrix_times(other, h, v);
        memcpy(v, other, (size_t)h->size * sizeof *v);
        if (i % STEPS == 0) exponent += rescaled(v, h->size);
    }
    return exponent;
}

/* n!/n^n * value * 2^exponent. */
static double unscaled(double n, double value, int exponent) {
    if (n <= 600.0) /* e^-n is a normal number: no logarithms, no lost digits */
        return fmin(1.0,
                    ldexp(value * (exp(log_stirling_root(n)) * exp(-n)), exponent));
    return fmin(1.0, exp(log(value) + exponent * LOG_2 + (log_stirling_root(n) - n)));
}

/* P(D < x): n!/n^n times the k-th element of the diagonal of H^n (Durbin 1968). H is
 * the same about its other diagonal, so row k of a power is column k from back to
 * front, and half of the steps are enough. */
static double durbin(double n, double x) {
    matrix h;
    double v[SIZE_MAX_OF_MATRIX] = {0.0}, w[SIZE_MAX_OF_MATRIX], value = 0.0;
    int64_t rows = (int64_t)n;
    int k = (int)ceil(n * x);
    matrix_set(&h, k, k - n * x);
    v[k - 1] = 1.0;
    int exponent = matrix_power(v, &h, rows / 2);
    memcpy(w, v, sizeof w);
    exponent = 2 * exponent + matrix_power(w, &h, rows % 2);
    for (int i = 0; i < h.size; i++)
        value += v[i] * w[h.size - 1 - i];
    return unscaled(n, value, exponent);
}

/* The vector with (H - root) v = 0 in all rows but the last, and its derivative by the
 * root: each element follows from those before it. The last row of (H - root) v, over
 * its derivative, is Newton's step towards an eigenvalue. */
static double eigen_step(double *v, double *slope, const matrix *h, double root) {
    int last = h->size - 1;
    v[0] = 1.0, slope[0] = 0.0;
    for (int i = 0; i < last; i++) {
        int from = i + 2 > FACTORIALS ? i + 2 - FACTORIALS : 1;
        double next = root * v[i] - h->first[i] * v[0];
        double next_slope = v[i] + root * slope[i];
        for (int j = from; j <= i; j++) {
            next -= h->inverse[i - j + 1] * v[j];
            next_slope -= h->inverse[i - j + 1] * slope[j];
        }
        v[i + 1] = next, slope[i + 1] = next_slope;
    }
    double rest = root * v[last], rest_slope = v[last] + root * slope[last];
    for (int j = 0; j <= last; j++) {
        rest -= h->first[last - j] * v[j];
        rest_slope -= h->first[last - j] * slope[j];
    }
    return rest / rest_slope;
}

/* The same where x is so small that only the largest eigenvalue of H counts: the power
 * of the next one is smaller by about exp(-3 pi^2 / (8 n x^2)) and hardly seen in the
 * middle, so that it changes nothing above 1e-15 up to ONE_VALUE. */
static double durbin_small(double n, double x) {
    matrix h;
    double v[SIZE_MAX_OF_MATRIX], slope[SIZE_MAX_OF_MATRIX], product = 0.0;
    int k = (int)ceil(n * x);
    double about = n * x + 1.0 / 6.0, root = exp(1.0 - PI2 / (8.0 * about * about));
    matrix_set(&h, k, k - n * x);
    for (int i = 0; i < 20; i++) {
        double step = eigen_step(v, slope, &h, root);
        root -= step;
        if (fabs(step) < 1e-15 * root) break;
    }
    for (int i = 0; i < h.size; i++)
        product += v[i] * v[h.size - 1 - i];
    double power = n * (log(root) - 1.0), share = v[k - 1] * v[k - 1] / product;
    return fmin(1.0, share * exp(log_stirling_root(n) + power));
}

/* --- Pelz and Good's series ------------------------------------------------------- */

/* The sums over odd k of polynomials in k^2 times exp(-k^2 pi^2 / (8 z^2)). */
static void odd_sums(double sums[4], double z, double z2) {
    double z4 = z2 * z2, z6 = z2 * z2 * z2;
    int end = 1 + 2 * (int)ceil(16.0 * z / sqrt(PI2));
    for (int k = 1; k < end; k += 2) {
        double s = k * k * PI2, q = exp(-s / (8 * z2));
        sums[0] += q;
        sums[1] += q * (s / 4 - z2);
        sums[2] += q * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * s / 4 +
                        (1 - 2 * z2) * s * s / 16);
        sums[3] +=
            q * (-30 * z6 - 90 * z6 * z2 + (135 * z4 - 96 * z6) * s / 4 +
                 (212 * z4 - 60 * z2) * s * s / 16 + (5 - 30 * z2) * s * s * s / 64);
        if (q < 1e-40) break;
    }
}

/* The sums over all k of s exp(-s / (2 z^2)) and of that times 3 z^2 - s, s = k^2 pi^2.
 */
static void whole_sums(double sums[2], double z2) {
    for (int k = 1; k < 100; k++) {
        double s = k * k * PI2, q = s * exp(-s / (2 * z2));
        sums[0] += q;
        sums[1] += q * (3 * z2 - s);
        if (q < 1e-40) break;
    }
}

/* P(D >= x) by four terms in n^(-1/2) (Pelz and Good 1976), in the form of Simard and
 * L'Ecuyer, section 2.4. */
static double pelz_good(double n, double x) {
    double z = sqrt(n) * x, z2 = z * z;
    if (PI2 / (8 * z2) > 700.0) return 1.0;
    double k[4] = {0.0}, r[2] = {0.0};
    odd_sums(k, z, z2);
    whole_sums(r, z2);
    double k2 = k[2] / (72 * pow(z, 7.0)) - r[0] / (36 * pow(z, 3.0));
    double k3 = k[3] / (6480 * pow(z, 10.0)) + r[1] / (216 * pow(z, 6.0));
    double total =
        k[0] / z + k[1] / (6 * pow(z, 4.0)) / sqrt(n) + k2 / n + k3 / pow(n, 1.5);
    return fmin(1.0, fmax(0.0, 1.0 - sqrt(TWO_PI) * total));
}

/* --- the law ---------------------------------------------------------------------- */

/* P(D >= x) below the tail, n x > 1/2. */
static double body(double n, double x) {
    double t = n * x;
    if (t <= 1.0) return 1.0 - exp((log_stirling_root(n) - n) + n * log(2.0 * t - 1.0));
    if (n <= SMALL || (n <= SERIES && n * pow(x, 1.5) <= 1.4))
        return 1.0 - (n * x * x <= ONE_VALUE ? durbin_small(n, x) : durbin(n, x));
    return pelz_good(n, x);
}

static void limit_p(double *p, double *log_p, double n, double x) {
    bool has_tail = n * x > 1.0 && x < 1.0 && is_tail(n, x);
    bool is_zero = x >= 1.0 || n * x * x >= 370.0;
    double probability = 0.0, logarithm = -INFINITY;
    if (!(n * x > 0.5)) {
        probability = isnan(n * x) ? n * x : 1.0;
        logarithm = isnan(n * x) ? n * x : 0.0;
    } else if (has_tail && (log_p || !is_zero)) {
        sdr_smirnov_tail tail = sdr_smirnov(n, x);
        probability = fmin(1.0, 2.0 * tail.sum * exp(-tail.depth));
        logarithm = fmin(0.0, LOG_2 + log(tail.sum) - tail.depth);
    } else if (!is_zero) {
        probability = body(n, x);
        logarithm = log(probability);
    }
    if (p) *p = is_zero && n * x > 0.5 ? 0.0 : probability;
    if (log_p) *log_p = logarithm;
}

typedef struct limit_job {
    double *p, *log_p;
    const double *n, *x;
} limit_job;

static sdr_code limit_items(void *user, int64_t begin, int64_t end, int worker,
                            sdr_error *error) {
    (void)worker;
    (void)error;
    const limit_job *j = user;
    for (int64_t i = begin; i < end; i++)
        limit_p(j->p ? &j->p[i] : NULL, j->log_p ? &j->log_p[i] : NULL, j->n[i],
                j->x[i]);
    return SDR_OK;
}

sdr_code sdr_ks_limit_p(double *p, double *log_p, const double *n, const double *d,
                        int64_t n_values, const sdr_context *context,
                        sdr_error *error) {
    limit_job j = {p, log_p, n, d};
    return sdr_parallel_groups(context, n_values, VALUE_BYTES, limit_items, &j, error);
}
