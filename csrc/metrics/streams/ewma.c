/*
 * EWMA chart (Roberts, Control chart tests based on geometric moving averages,
 * Technometrics 1, 1959), self-starting: each value is standardised by the mean and the
 * deviation of those before it, and the average of these is compared with its own
 * deviation, sqrt(lambda / (2 - lambda) * (1 - (1 - lambda)^(2 n))).
 */
#include "metrics/streams/detector.h"

enum { MIN_INSTANCES, LAMBDA, WARNING, DRIFT, MODE, N };
enum { UP, DOWN, BOTH };

typedef struct state {
    sdr_stream_mean mean;
    double squares;        /* of deviations from the mean */
    double average, share; /* share: (1 - lambda)^(2 n) */
    int64_t drifted;
} state;

static int64_t words(const double *p) {
    (void)p;
    return sdr_stream_state_words(sizeof(state));
}

static void open(void *at, const double *p) {
    (void)p;
    *(state *)at = (state){.share = 1.0};
}

static bool is_valid(const void *at, const double *p) {
    (void)p;
    const state *s = at;
    return sdr_stream_is_count(s->mean.n);
}

/* 0 where the values before are too few, or all equal to this one. */
static double standardised(const state *s, double value) {
    if (s->mean.n < 2) return 0.0;
    const double n = (double)s->mean.n, deviation = value - s->mean.mean;
    if (deviation == 0.0) return 0.0;
    return deviation / sqrt(s->squares / (n - 1.0) * (n + 1.0) / n);
}

static uint8_t step(state *s, const double *p, double value) {
    const double z = standardised(s, value), before = s->mean.mean;
    const double bounded = z > 1e6 ? 1e6 : z < -1e6 ? -1e6 : z;
    sdr_stream_mean_step(&s->mean, value);
    s->squares += (value - before) * (value - s->mean.mean);
    s->average += p[LAMBDA] * (bounded - s->average);
    s->share *= (1.0 - p[LAMBDA]) * (1.0 - p[LAMBDA]);
    if ((double)s->mean.n < p[MIN_INSTANCES]) return SDR_STREAM_STABLE;
    const double deviation = sqrt(p[LAMBDA] / (2.0 - p[LAMBDA]) * (1.0 - s->share));
    const double distance = p[MODE] == UP     ? s->average
                            : p[MODE] == DOWN ? -s->average
                                              : fabs(s->average);
    if (distance > p[DRIFT] * deviation) return SDR_STREAM_DRIFT;
    return distance > p[WARNING] * deviation ? SDR_STREAM_WARNING : SDR_STREAM_STABLE;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state s = *(state *)at;
    for (int64_t i = 0; i < n; i++) {
        if (s.drifted) open(&s, p);
        levels[i] = step(&s, p, values[i]);
        s.drifted = levels[i] == SDR_STREAM_DRIFT;
    }
    *(state *)at = s;
}

const sdr_detector sdr_ewma = {
    .name = "ewma",
    .domain = SDR_STREAM_REAL,
    .n_parameters = N,
    .parameters = {{"min_instances", 1, 1e9, true},
                   {"lambda_val", 1e-9, 1, false},
                   {"warning_threshold", 0, 1e300, false},
                   {"drift_threshold", 0, 1e300, false},
                   {"mode", UP, BOTH, true}},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
