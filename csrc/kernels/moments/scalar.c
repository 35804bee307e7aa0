/*
 * Moments, the specification: one lane after another in plain C. The other ISAs give
 * these bits. See finish.h for the formulas.
 */
#include "kernels/moments/finish.h"
#include "kernels/moments/pair.h"

static void lanes_init(sdr_lanes *lanes) {
    *lanes = (sdr_lanes){{0}, {0}, {0}, {0}, {0}, {0}};
    for (int i = 0; i < SDR_LANES; i++) {
        lanes->min[i] = INFINITY;
        lanes->max[i] = -INFINITY;
    }
}

/* Adds a row to its lane; whether it is finite. NaN leaves the extremes as they are. */
static bool add_row(sdr_lanes *lanes, int lane, double x, double anchor) {
    if (x < lanes->min[lane]) lanes->min[lane] = x;
    if (x > lanes->max[lane]) lanes->max[lane] = x;
    if (!isfinite(x)) return false;
    double d = x - anchor, d2 = d * d;
    lanes->s1[lane] += d;
    lanes->s2[lane] += d2;
    lanes->s3[lane] += d2 * d;
    lanes->s4[lane] += d2 * d2;
    return true;
}

static void block(sdr_block_moments *out, const double *values, int64_t n,
                  bool masked) {
    (void)masked;
    sdr_lanes lanes;
    lanes_init(&lanes);
    *out = (sdr_block_moments){0};
    double anchor = sdr_anchor(values, n);
    int64_t finite = 0;
    for (int64_t i = 0; i < n; i++) {
        finite += add_row(&lanes, (int)(i % SDR_LANES), values[i], anchor);
        out->zeros += values[i] == 0.0;
        out->negatives += values[i] < 0.0;
    }
    sdr_finish_block(out, &lanes, finite, anchor, values, n);
    sdr_finish_order(out, values, n);
}

static void add_pair(sdr_pair_lanes *lanes, int lane, double x, double y,
                     const sdr_pair_anchor *anchor) {
    double dx = x - anchor->x, dy = y - anchor->y, error = y - x;
    double size = fabs(error), square = error * error;
    lanes->x[lane] += dx;
    lanes->y[lane] += dy;
    lanes->xx[lane] += dx * dx;
    lanes->yy[lane] += dy * dy;
    lanes->xy[lane] += dx * dy;
    lanes->error[lane] += error;
    lanes->abs_error[lane] += size;
    lanes->squared_error[lane] += square;
    lanes->fourth_power[lane] += square * square;
    if (size > lanes->max_abs_error[lane]) lanes->max_abs_error[lane] = size;
}

static void pair(sdr_block_pairs *out, const double *x, const double *y, int64_t n) {
    sdr_pair_anchor anchor = sdr_pair_anchor_of(x, y, n);
    sdr_pair_lanes lanes = {0};
    int64_t taken = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) continue;
        add_pair(&lanes, (int)(i % SDR_LANES), x[i], y[i], &anchor);
        taken++;
    }
    sdr_pair_finish(out, &lanes, taken, &anchor);
}

enum { BOUND_LANES = 32 };

static double read_bound(const double *values, int64_t n) {
    double lanes[BOUND_LANES] = {0}, sum = 0.0;
    int64_t i = 0;
    for (; i + BOUND_LANES <= n; i += BOUND_LANES)
        for (int lane = 0; lane < BOUND_LANES; lane++)
            lanes[lane] += values[i + lane];
    for (int lane = 0; lane < SDR_LANES; lane++)
        lanes[lane] =
            (lanes[lane] + lanes[lane + 8]) + (lanes[lane + 16] + lanes[lane + 24]);
    sum = sdr_lanes_sum(lanes);
    for (; i < n; i++)
        sum += values[i];
    return sum;
}

void sdr_moments_fill_scalar(sdr_moments_kernels *kernels) {
    kernels->block = block;
    kernels->pair = pair;
    kernels->read_bound = read_bound;
}
