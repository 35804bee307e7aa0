/*
 * What the wrapping sums of a bucket say: where the bucket lies, and whether and how
 * its true sums follow (columns.c says what they are for).
 *
 * A sum is known modulo 2^64 quanta, and to lie within count * width of count times an
 * anchor in the bucket; so it is known where that leaves less than 2^63.
 */
#include <math.h>

#include "kernels/buckets/value.h"
#include "metrics/drift/two_sample/stages.h"

/* Count times width in quanta, so that sums recover; values times rows, so that 128
 * bits hold totals. */
static const double MOST_SUM = 0x1p62, MOST_TOTAL = 0x1p120;

enum { ANCHOR_STEP = 1 << 16 }; /* quanta by which an anchor may miss its border */

/* Beyond the arithmetic of a border: a hundredth of the bucket,
 * and some roundings of x. */
static const double WIDTH_MARGIN = 0.01, ROUNDING = 0x1p-48;

enum { OCTAVE_SHIFT = SDR_BUCKET_SHIFT - 30 }; /* 2,048 steps */
_Static_assert(1 << OCTAVE_SHIFT == 2048, "an octave of w");

/* Buckets from the middle: of those above, and of those below. */
static int step_of(int id) {
    return id >= SDR_BUCKET_MIDDLE ? id - SDR_BUCKET_MIDDLE
                                   : SDR_BUCKET_MIDDLE - 1 - id;
}

/* |x - center| at the border of a bucket that is nearer to the center. */
static double border_of(int step, const sdr_counted *c) {
    uint64_t bits = (uint64_t)(step + SDR_BUCKET_BIAS) << SDR_BUCKET_SHIFT;
    double near;
    memcpy(&near, &bits, sizeof near);
    return (near - 1.0) * c->sums.unit;
}

static double slack_of(double width, double far, const sdr_counted *c) {
    return WIDTH_MARGIN * width + ROUNDING * (fabs(c->map.center) + far);
}

sdr_value_run sdr_bucket_range(int id, const sdr_counted *c) {
    double near = border_of(step_of(id), c), far = border_of(step_of(id) + 1, c);
    double slack = slack_of(far - near, far, c);
    bool above = id >= SDR_BUCKET_MIDDLE;
    double low = above ? c->map.center + near : c->map.center - far;
    double high = above ? c->map.center + far : c->map.center - near;
    return (sdr_value_run){low - slack, high + slack};
}

void sdr_sums_begin(sdr_counted *c) {
    c->sums.unit = 1.0 / c->map.inverse;
    c->sums.quanta = ldexp(1.0, c->map.quantum);
    double finest = 0x1p52 / c->sums.quanta; /* smaller values have finer bits */
    c->sums.fine_from = bucket_of(-finest, &c->map);
    c->sums.fine_to = bucket_of(finest, &c->map);
    double end = border_of(step_of(SDR_BUCKET_LAST), c);
    double anchor = (fabs(c->map.center) + end) * c->sums.quanta;
    bool holds = anchor * (double)(c->x.rows + c->y.rows) < MOST_TOTAL;
    for (int octave = 0; octave < SDR_BUCKET_OCTAVES; octave++) {
        double far = border_of((octave + 1) << OCTAVE_SHIFT, c);
        double width = (far + c->sums.unit) / (2 << OCTAVE_SHIFT);
        double span =
            (width + 2.0 * slack_of(width, far, c)) * c->sums.quanta + ANCHOR_STEP;
        c->sums.most_summed[octave] = holds ? MOST_SUM / span : 0.0;
    }
}

bool sdr_sums_hold(const sdr_counted *c, int id, int64_t count) {
    if (id == SDR_BUCKET_FIRST || id == SDR_BUCKET_LAST) return false;
    if (c->sums.fine_from <= id && id <= c->sums.fine_to) return false;
    return (double)count < c->sums.most_summed[step_of(id) >> OCTAVE_SHIFT];
}

/* Quanta as a whole number; finite, of at most 2^126. */
static sdr_int128 whole_of(double quanta) {
    int64_t mantissa;
    int shift = sdr_exact_split(&mantissa, quanta) - 1074;
    return (sdr_int128)mantissa * ((sdr_int128)1 << shift);
}

static sdr_int128 true_sum(const sdr_bucket *bucket, sdr_int128 anchor) {
    uint64_t wrapped = bucket->sum - (uint64_t)bucket->count * (uint64_t)anchor;
    return anchor * bucket->count + (int64_t)wrapped;
}

/* The same of an anchor in steps: a single multiplication. */
static inline sdr_int128 near_sum(const sdr_bucket *bucket, int64_t steps) {
    sdr_int128 product = (sdr_int128)steps * bucket->count * ANCHOR_STEP;
    return product + (int64_t)(bucket->sum - (uint64_t)product);
}

void sdr_sums_add(sdr_int128 *tx, sdr_int128 *ty, const sdr_counted *c, int id,
                  const sdr_bucket *x, const sdr_bucket *y, int sign) {
    double near = border_of(step_of(id), c);
    double border =
        id >= SDR_BUCKET_MIDDLE ? c->map.center + near : c->map.center - near;
    double steps = border * c->sums.quanta * (1.0 / ANCHOR_STEP);
    sdr_int128 of_x, of_y;
    if (fabs(steps) < 0x1p62) { /* cut to a whole number */
        of_x = near_sum(x, (int64_t)steps);
        of_y = near_sum(y, (int64_t)steps);
    } else {
        sdr_int128 anchor = whole_of(border * c->sums.quanta);
        of_x = true_sum(x, anchor);
        of_y = true_sum(y, anchor);
    }
    *tx -= sign > 0 ? of_x : -of_x;
    *ty += sign > 0 ? of_y : -of_y;
}
