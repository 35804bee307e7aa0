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

/* --- losses without weights ------------------------------------------------------- */

/* Probabilities of what came true, rows that take no part as 1; n: a multiple of 8. */
static void add_losses(sdr_log_lanes *sums, const double *q, int64_t n) {
    double k[SDR_LOG_LANES] = {0}, product[SDR_LOG_LANES];
    for (int lane = 0; lane < SDR_LOG_LANES; lane++)
        product[lane] = 1.0;
    for (int64_t i = 0; i < n; i++) {
        const int lane = (int)(i % SDR_LOG_LANES);
        const double loss = log_rough_loss_of(q[i]);
        product[lane] *= q[i];
        sums->rough[lane] += loss;
        sums->loss_squares[lane] += loss * loss;
        if (i / SDR_LOG_LANES % LOG_FACTORS != LOG_FACTORS - 1) continue;
        double power;
        log_split(&power, &product[lane], product[lane]);
        k[lane] += power;
    }
    for (int lane = 0; lane < SDR_LOG_LANES; lane++) {
        double power, m;
        log_split(&power, &m, product[lane]);
        sums->loss[lane] += log_loss_of_parts(k[lane] + power, m);
    }
}

static int64_t padded(double *q, int64_t n) {
    for (; n % SDR_LOG_LANES != 0; n++)
        q[n] = 1.0;
    return n;
}

static void add_brier(sdr_log_lanes *sums, int lane, double brier) {
    sums->n++;
    sums->brier[lane] += brier;
    sums->brier_squares[lane] += brier * brier;
}

/* --- with weights ----------------------------------------------------------------- */

/* A row that takes part. */
static void add_weighted(sdr_log_lanes *sums, int lane, double w, double loss,
                         double brier) {
    const double loss_part = w * loss, brier_part = w * brier;
    sums->n++;
    sums->weight[lane] += w;
    sums->weight_squares[lane] += w * w;
    sums->loss[lane] += loss_part;
    sums->loss_squares[lane] += loss_part * loss;
    sums->brier[lane] += brier_part;
    sums->brier_squares[lane] += brier_part * brier;
}

/* --- two classes ------------------------------------------------------------------ */

static void binary_strip(sdr_log_lanes *sums, const double *targets, const double *p,
                         int64_t n, double least) {
    double q[SDR_LOG_STRIP];
    for (int64_t i = 0; i < n; i++) {
        q[i] = 1.0;
        if (!(targets[i] == 0.0 || targets[i] == 1.0) || !is_probability(p[i]))
            continue;
        const double error = targets[i] - p[i];
        q[i] = log_held(fabs(p[i] - (1.0 - targets[i])), least);
        add_brier(sums, (int)(i % SDR_LOG_LANES), error * error);
    }
    add_losses(sums, q, padded(q, n));
}

static void weighted_binary(sdr_log_lanes *sums, const double *targets, const double *p,
                            const double *weights, int64_t n, double least) {
    for (int64_t i = 0; i < n; i++) {
        if (!(targets[i] == 0.0 || targets[i] == 1.0) || !is_probability(p[i]))
            continue;
        if (!(weights[i] > 0.0)) continue;
        const double q = fabs(p[i] - (1.0 - targets[i])), error = targets[i] - p[i];
        add_weighted(sums, (int)(i % SDR_LOG_LANES), weights[i],
                     log_loss_of(log_held(q, least)), error * error);
    }
}

static void binary(sdr_log_lanes *sums, const double *targets, const double *p,
                   const double *weights, int64_t n, double least) {
    if (weights != NULL) {
        weighted_binary(sums, targets, p, weights, n, least);
        return;
    }
    for (int64_t i = 0; i < n; i += SDR_LOG_STRIP)
        binary_strip(sums, targets + i, p + i,
                     n - i < SDR_LOG_STRIP ? n - i : SDR_LOG_STRIP, least);
}

/* --- several classes -------------------------------------------------------------- */

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
    double q[SDR_LOG_STRIP];
    for (int64_t i = 0; i < n; i++) {
        const int lane = (int)(i % SDR_LOG_LANES);
        q[i] = 1.0;
        if (!(targets[i] >= 0.0 && targets[i] < classes)) continue;
        if (strip->within[i] != classes) continue;
        if (weights != NULL && !(weights[i] > 0.0)) continue;
        sums->not_one += fabs(strip->total[i] - 1.0) > tolerance;
        q[i] = log_held(strip->picked[i], least);
        if (weights == NULL)
            add_brier(sums, lane, strip->brier[i]);
        else
            add_weighted(sums, lane, weights[i], log_loss_of(q[i]), strip->brier[i]);
    }
    if (weights == NULL) add_losses(sums, q, padded(q, n));
}

void sdr_log_fill_scalar(sdr_log_kernels *kernels) {
    kernels->values = values;
    kernels->binary = binary;
    kernels->add_class = add_class;
    kernels->add_strip = add_strip;
}
