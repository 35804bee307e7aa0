/*
 * From lane sums to a block's profile; shared by every ISA, so written once.
 *
 * Central moments by sums of powers about an anchor a, d = x - a:
 *
 *   r  = S1 / n                     mean = a + r
 *   m2 = S2 - r S1
 *   m3 = S3 - 3 r S2 + 2 r^2 S1
 *   m4 = S4 - 4 r S3 + 6 r^2 S2 - 3 r^3 S1
 *
 * The anchor is about the mean of the first 64 rows (of the first group of 64 that
 * holds a finite row), rounded to a sixteenth of their range, in binary: then r is
 * small against the spread and nothing cancels, d of integers stays exact, and so do S1
 * and the sum. Those 64 rows are part of the block, so |r| is at most 8 standard
 * deviations of the block and the worst case costs 6 bits of m2. One pass over the data
 * does.
 *
 * Reference: Pebay, "Formulas for robust, one-pass parallel computation of covariances
 * and arbitrary-order statistical moments", Sandia SAND2008-6212.
 */
#ifndef SDR_KERNELS_MOMENTS_FINISH_H
#define SDR_KERNELS_MOMENTS_FINISH_H

#include "core/two_sum.h"
#include "kernels/moments/moments.h"

#include <math.h>
#include <string.h>

enum { SDR_LANES = 8, SDR_ANCHOR_ROWS = 64 };

/* What the lanes hold at the end of a block. */
typedef struct sdr_lanes {
    double s1[SDR_LANES], s2[SDR_LANES], s3[SDR_LANES], s4[SDR_LANES];
    double min[SDR_LANES], max[SDR_LANES];
} sdr_lanes;

/* The one order in which eight lanes are added. */
static inline double sdr_lanes_sum(const double *s) {
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static inline double sdr_lanes_min(const double *s) {
    double least = s[0];
    for (int i = 1; i < SDR_LANES; i++)
        least = s[i] < least ? s[i] : least;
    return least + 0.0; /* -0.0 becomes 0.0 */
}

static inline double sdr_lanes_max(const double *s) {
    double most = s[0];
    for (int i = 1; i < SDR_LANES; i++)
        most = s[i] > most ? s[i] : most;
    return most + 0.0;
}

static inline double sdr_double_of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* `mean` rounded to range / 16 in binary; see the head of the file. */
static inline double sdr_anchor_round(double mean, double min, double max) {
    double range = max - min;
    if (!isfinite(mean)) return 0.0;    /* the sum of 64 rows overflowed */
    if (range == 0.0) return min + 0.0; /* constant: every difference is exactly 0 */
    uint64_t bits;
    memcpy(&bits, &range, sizeof bits);
    int64_t grid = (int64_t)(bits >> 52) - 4; /* biased exponent of the grid */
    if (grid < 1 || grid + 52 > 2046) return mean;
    double limit = sdr_double_of_bits((uint64_t)(grid + 50) << 52);
    if (fabs(mean) > limit) return mean; /* its own last bit is as coarse */
    /* 1.5 * 2^52 grid steps: adding it leaves no bit below the grid */
    double magic = sdr_double_of_bits((uint64_t)(grid + 52) << 52 | UINT64_C(1) << 51);
    return (mean + magic) - magic;
}

/* Anchor of a block: values[0 .. n). 0 where no row is finite. */
static inline double sdr_anchor(const double *values, int64_t n) {
    for (int64_t start = 0; start < n; start += SDR_ANCHOR_ROWS) {
        int64_t rows = n - start < SDR_ANCHOR_ROWS ? n - start : SDR_ANCHOR_ROWS;
        double sum[SDR_LANES] = {0}, min = INFINITY, max = -INFINITY;
        int64_t finite = 0;
        for (int64_t i = 0; i < rows; i++) {
            double x = values[start + i];
            if (!isfinite(x)) continue;
            sum[i % SDR_LANES] += x;
            min = x < min ? x : min;
            max = x > max ? x : max;
            finite++;
        }
        if (finite > 0)
            return sdr_anchor_round(sdr_lanes_sum(sum) / (double)finite, min, max);
    }
    return 0.0;
}

/* Sums overflowed although every row is finite: the mean from scaled rows,
 * no moments. */
static inline void sdr_finish_overflow(sdr_block_moments *out, const double *values,
                                       int64_t n) {
    const double down = 0x1p-64, up = 0x1p64;
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(values[i])) sum += values[i] * down;
    out->sum = sum * up;
    out->mean = sum / (double)out->finite * up;
    out->mean_low = 0.0;
    out->m2 = out->m3 = out->m4 = INFINITY;
}

static inline void sdr_finish_moments(sdr_block_moments *out, const sdr_lanes *lanes,
                                      double anchor, const double *values, int64_t n) {
    if (out->finite == 0) {
        out->mean = NAN;
        return;
    }
    double s1 = sdr_lanes_sum(lanes->s1), s2 = sdr_lanes_sum(lanes->s2);
    double s3 = sdr_lanes_sum(lanes->s3), s4 = sdr_lanes_sum(lanes->s4);
    double rows = (double)out->finite;
    out->sum = rows * anchor + s1;
    if (!isfinite(out->sum)) {
        sdr_finish_overflow(out, values, n);
        return;
    }
    double r = s1 / rows;
    sdr_two_sum(anchor, r, &out->mean, &out->mean_low);
    double m2 = s2 - r * s1;
    out->m2 = m2 < 0.0 ? 0.0 : m2; /* rounding below a sum of squares */
    out->m3 = (s3 - 3.0 * r * s2) + 2.0 * (r * r) * s1;
    double m4 = ((s4 - 4.0 * r * s3) + 6.0 * (r * r) * s2) - 3.0 * (r * r * r) * s1;
    out->m4 = m4 < 0.0 ? 0.0 : m4;
}

/* First and last row that is not NaN; false where there is none. */
static inline bool sdr_finish_ends(sdr_block_moments *out, const double *values,
                                   int64_t n) {
    int64_t first = 0, last = n - 1;
    while (first < n && isnan(values[first]))
        first++;
    if (first == n) return false;
    while (isnan(values[last]))
        last--;
    out->first = values[first];
    out->last = values[last];
    return true;
}

/* Infinities are rare: counted only where an extreme is one. */
static inline void sdr_finish_infinities(sdr_block_moments *out, const double *values,
                                         int64_t n) {
    if (out->max == INFINITY)
        for (int64_t i = 0; i < n; i++)
            out->pos_inf += values[i] == INFINITY;
    if (out->min == -INFINITY)
        for (int64_t i = 0; i < n; i++)
            out->neg_inf += values[i] == -INFINITY;
}

/* Everything but zeros, negatives and order, from the lanes;
 * `finite` rows are in them. */
static inline void sdr_finish_block(sdr_block_moments *out, const sdr_lanes *lanes,
                                    int64_t finite, double anchor, const double *values,
                                    int64_t n) {
    out->rows = n;
    out->finite = finite;
    if (sdr_finish_ends(out, values, n)) {
        out->min = sdr_lanes_min(lanes->min);
        out->max = sdr_lanes_max(lanes->max);
    } else {
        out->min = out->max = out->first = out->last = NAN;
    }
    sdr_finish_infinities(out, values, n);
    out->nan = n - finite - out->pos_inf - out->neg_inf;
    sdr_finish_moments(out, lanes, anchor, values, n);
}

/* Order of the rows that are not NaN; stops where it is lost. */
static inline void sdr_finish_order(sdr_block_moments *out, const double *values,
                                    int64_t n) {
    bool up = true, down = true, strict = true;
    double previous = NAN; /* compares false with every first row */
    for (int64_t i = 0; i < n && (up || down); i++) {
        double x = values[i];
        if (isnan(x)) continue;
        up = up && !(previous > x);
        down = down && !(previous < x);
        strict = strict && previous != x;
        previous = x;
    }
    out->increasing = up;
    out->decreasing = down;
    out->strict = strict && (up || down);
}

#endif
