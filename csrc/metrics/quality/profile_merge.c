/*
 * Two profiles as one, and what their moments say.
 *
 * With delta = mean_b - mean_a, a = n_a, b = n_b, n = a + b (Pebay 2008, eqs 2.1, 3.1):
 *
 *   m2 = m2_a + m2_b + delta^2 ab/n
 *   m3 = m3_a + m3_b + delta^3 ab(a-b)/n^2 + 3 delta (a m2_b - b m2_a)/n
 *   m4 = m4_a + m4_b + delta^4 ab(a^2-ab+b^2)/n^3 + 6 delta^2 (a^2 m2_b + b^2 m2_a)/n^2
 *        + 4 delta (a m3_b - b m3_a)/n
 *
 * Means are carried in twice the precision: at mean/sd = 1e8 the rounding of a float64
 * mean alone would cost delta half of its digits.
 *
 *   variance = m2 / (n-1)    g1 = sqrt(n) m3 / m2^1.5    g2 = n m4 / m2^2 - 3
 */
#include "core/two_sum.h"
#include "metrics/common/exact.h"
#include "simdrift/quality.h"

#include <float.h>
#include <math.h>

static void merge_means(sdr_profile *out, const sdr_profile *l, const sdr_profile *r,
                        double delta, double share) {
    if (!isfinite(delta)) { /* the means lie further apart than float64 reaches */
        out->mean = l->mean * (1.0 - share) + r->mean * share;
        out->mean_low = 0.0;
        return;
    }
    sdr_two_sum(l->mean, l->mean_low + delta * share, &out->mean, &out->mean_low);
}

/* The same moments in units of 2^exponent. */
static sdr_profile at_exponent(const sdr_profile *p, int exponent) {
    sdr_profile scaled = *p;
    int step = p->exponent - exponent;
    if (step == 0) return scaled;
    scaled.exponent = exponent;
    scaled.m2 = ldexp(p->m2, 2 * step);
    scaled.m3 = ldexp(p->m3, 3 * step);
    scaled.m4 = ldexp(p->m4, 4 * step);
    return scaled;
}

static void merge_moments(sdr_profile *out, const sdr_profile *left,
                          const sdr_profile *right) {
    int exponent = left->exponent > right->exponent ? left->exponent : right->exponent;
    sdr_profile ours = at_exponent(left, exponent),
                theirs = at_exponent(right, exponent);
    const sdr_profile *l = &ours, *r = &theirs;
    double a = (double)l->finite, b = (double)r->finite, n = a + b;
    double step = (r->mean - l->mean) + (r->mean_low - l->mean_low);
    double delta = exponent == 0 ? step : ldexp(step, -exponent);
    double d2 = delta * delta, ra = a / n, rb = b / n;
    double m2 = (l->m2 + r->m2) + d2 * (ra * b);
    double m3 = ((l->m3 + r->m3) + d2 * delta * (ra * rb * (a - b))) +
                3.0 * delta * (ra * r->m2 - rb * l->m2);
    double m4 =
        (((l->m4 + r->m4) + d2 * d2 * (ra * rb) * ((a * ra - a * rb) + b * rb)) +
         6.0 * d2 * (ra * ra * r->m2 + rb * rb * l->m2)) +
        4.0 * delta * (ra * r->m3 - rb * l->m3);
    merge_means(out, l, r, step, rb);
    out->exponent = exponent;
    out->m2 = m2;
    out->m3 = m3;
    out->m4 = m4;
}

static bool took_part(const sdr_profile *p) {
    return p->rows - p->nulls - p->nan > 0;
}

static void merge_order(sdr_profile *out, const sdr_profile *l, const sdr_profile *r) {
    bool exact = l->exact_integer && r->exact_integer;
    bool tie = l->last == r->first;
    /* among equal float64 values unsigned order is the order of int64 and of uint64 */
    uint64_t last = (uint64_t)l->last_i64, first = (uint64_t)r->first_i64;
    bool above = l->last > r->first || (tie && exact && last > first);
    bool below = l->last < r->first || (tie && exact && last < first);
    out->increasing = l->increasing && r->increasing && !above;
    out->decreasing = l->decreasing && r->decreasing && !below;
    out->strict = l->strict && r->strict && (above || below) &&
                  (out->increasing || out->decreasing);
    out->last = r->last;
    out->last_i64 = r->last_i64;
}

static void merge_extremes(sdr_profile *out, const sdr_profile *r) {
    uint64_t min = (uint64_t)r->min_i64, max = (uint64_t)r->max_i64;
    if (r->min < out->min || (r->min == out->min && min < (uint64_t)out->min_i64)) {
        out->min = r->min;
        out->min_i64 = r->min_i64;
    }
    if (r->max > out->max || (r->max == out->max && max > (uint64_t)out->max_i64)) {
        out->max = r->max;
        out->max_i64 = r->max_i64;
    }
}

static void merge_sums(sdr_profile *out, const sdr_profile *r) {
    uint64_t low = out->sum_low + r->sum_low;
    uint64_t carry = low < r->sum_low;
    out->sum_high = (int64_t)((uint64_t)out->sum_high + (uint64_t)r->sum_high + carry);
    out->sum_low = low;
    out->sum += r->sum;
    if (!out->exact_integer) return;
    sdr_int128 high = (sdr_int128)out->sum_high * ((sdr_int128)1 << 64);
    out->sum = (double)(high + low);
}

static void merge_counts(sdr_profile *out, const sdr_profile *r) {
    out->rows += r->rows;
    out->nulls += r->nulls;
    out->nan += r->nan;
    out->pos_inf += r->pos_inf;
    out->neg_inf += r->neg_inf;
    out->zeros += r->zeros;
    out->negatives += r->negatives;
    out->finite += r->finite;
}

/* The values of `with`, the counts of both. */
static void keep_values_of(sdr_profile *out, const sdr_profile *with,
                           const sdr_profile *other) {
    sdr_profile result = *with;
    merge_counts(&result, other);
    *out = result;
}

void sdr_profile_merge(sdr_profile *out, const sdr_profile *left,
                       const sdr_profile *right) {
    if (!took_part(right)) {
        keep_values_of(out, left, right);
        return;
    }
    if (!took_part(left)) {
        keep_values_of(out, right, left);
        return;
    }
    sdr_profile merged = *left;
    merged.exact_integer = left->exact_integer && right->exact_integer;
    merge_order(&merged, left, right);
    merge_extremes(&merged, right);
    merge_sums(&merged, right);
    merge_counts(&merged, right);
    if (right->finite > 0 && left->finite > 0) {
        merge_moments(&merged, left, right);
    } else if (right->finite > 0) {
        merged.mean = right->mean;
        merged.mean_low = right->mean_low;
        merged.exponent = right->exponent;
        merged.m2 = right->m2;
        merged.m3 = right->m3;
        merged.m4 = right->m4;
    }
    *out = merged;
}

static sdr_status rows_status(const sdr_profile *p) {
    if (p->rows == 0) return SDR_STATUS_EMPTY;
    if (!took_part(p)) return SDR_STATUS_ALL_NULL;
    return p->finite < 2 ? SDR_STATUS_TOO_FEW_ROWS : SDR_STATUS_OK;
}

/* m2 of 0 although values differ is an underflow of their squares. */
static sdr_status shape_status(const sdr_profile *p, double divisor) {
    bool infinite = p->pos_inf + p->neg_inf > 0;
    if (p->m2 == 0.0 && (infinite || p->min == p->max)) return SDR_STATUS_CONSTANT;
    return divisor < DBL_MIN || !isfinite(divisor) ? SDR_STATUS_OVERFLOW
                                                   : SDR_STATUS_OK;
}

/* Keeps a finite value with all its digits, else makes it null with a status. */
static void settle(double *value, sdr_status *status) {
    bool is_subnormal = *value != 0.0 && fabs(*value) < DBL_MIN;
    if (*status == SDR_STATUS_OK && (!isfinite(*value) || is_subnormal))
        *status = SDR_STATUS_OVERFLOW;
    if (*status != SDR_STATUS_OK) *value = NAN;
}

void sdr_profile_moments(sdr_moments *out, const sdr_profile *profile) {
    const sdr_profile *p = profile;
    double n = (double)p->finite, m2 = p->m2;
    sdr_status status = rows_status(p);
    out->variance_status = out->std_status = status;
    out->skewness_status = out->kurtosis_status = status;
    double cube = sqrt(m2) * m2, square = m2 * m2;
    if (status == SDR_STATUS_OK) {
        out->skewness_status = shape_status(p, cube);
        out->kurtosis_status = shape_status(p, square);
    }
    out->variance = ldexp(m2 / (n - 1.0), 2 * p->exponent);
    out->std = ldexp(sqrt(m2 / (n - 1.0)), p->exponent);
    if (m2 > 0.0 && out->variance == 0.0) out->variance = INFINITY; /* below all */
    out->skewness = sqrt(n) * p->m3 / cube;
    out->kurtosis = n * p->m4 / square - 3.0;
    settle(&out->variance, &out->variance_status);
    settle(&out->std, &out->std_status);
    settle(&out->skewness, &out->skewness_status);
    settle(&out->kurtosis, &out->kurtosis_status);
}
