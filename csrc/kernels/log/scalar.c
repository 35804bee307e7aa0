/* Logarithms and losses, one row after another: the specification. */
#include <stdbool.h>

#include "kernels/log/value.h"

static void values(double *out, const double *x, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = 0.0 - log_loss_of(x[i]);
}

static bool is_probability(double p) {
    return p >= 0.0 && p <= 1.0;
}

/* A row that takes part. */
static void add_row(sdr_log_lanes *sums, int lane, const double *weight, double loss,
                    double brier) {
    const double w = weight == NULL ? 1.0 : *weight;
    const double loss_part = w * loss, brier_part = w * brier;
    sums->n++;
    sums->loss[lane] += loss_part;
    sums->loss_squares[lane] += loss_part * loss;
    sums->brier[lane] += brier_part;
    sums->brier_squares[lane] += brier_part * brier;
    if (weight == NULL) return;
    sums->weight[lane] += w;
    sums->weight_squares[lane] += w * w;
}

static void binary(sdr_log_lanes *sums, const double *targets, const double *p,
                   const double *weights, int64_t n, double least) {
    for (int64_t i = 0; i < n; i++) {
        const double *weight = weights == NULL ? NULL : weights + i;
        if (!(targets[i] == 0.0 || targets[i] == 1.0) || !is_probability(p[i]))
            continue;
        if (weight != NULL && !(*weight > 0.0)) continue;
        const double q = fabs(p[i] - (1.0 - targets[i])), error = targets[i] - p[i];
        add_row(sums, (int)(i % SDR_LOG_LANES), weight, log_loss_of(log_held(q, least)),
                error * error);
    }
}

static void add_class(sdr_log_strip *strip, const double *targets, const double *p,
                      int64_t n, double code) {
    for (int64_t i = 0; i < n; i++) {
        const bool came_true = targets[i] == code;
        const double error = p[i] - (came_true ? 1.0 : 0.0);
        strip->picked[i] += came_true ? p[i] : 0.0;
        strip->total[i] += p[i];
        strip->brier[i] += error * error;
        strip->within[i] += is_probability(p[i]) ? 1.0 : 0.0;
    }
}

static void add_strip(sdr_log_lanes *sums, const sdr_log_strip *strip,
                      const double *targets, const double *weights, int64_t n,
                      double classes, double least, double tolerance) {
    for (int64_t i = 0; i < n; i++) {
        const double *weight = weights == NULL ? NULL : weights + i;
        if (!(targets[i] >= 0.0 && targets[i] < classes)) continue;
        if (strip->within[i] != classes) continue;
        if (weight != NULL && !(*weight > 0.0)) continue;
        sums->not_one += fabs(strip->total[i] - 1.0) > tolerance;
        add_row(sums, (int)(i % SDR_LOG_LANES), weight,
                log_loss_of(log_held(strip->picked[i], least)), strip->brier[i]);
    }
}

void sdr_log_fill_scalar(sdr_log_kernels *kernels) {
    kernels->values = values;
    kernels->binary = binary;
    kernels->add_class = add_class;
    kernels->add_strip = add_strip;
}
