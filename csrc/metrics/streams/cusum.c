/*
 * CUSUM: the sum of deviations from the running mean beyond a slack, kept at 0 or above
 * (Page, Continuous inspection schemes, Biometrika 41, 1954); upwards as frouros has it,
 * downwards, or both.
 */
#include "metrics/streams/detector.h"

enum { MIN_INSTANCES, DELTA, THRESHOLD, MODE, N };
enum { UP, DOWN, BOTH };

typedef struct state {
    sdr_stream_mean mean;
    double above, below;
    int64_t drifted;
} state;

static int64_t words(const double *p) {
    (void)p;
    return sdr_stream_state_words(sizeof(state));
}

static void open(void *at, const double *p) {
    (void)p;
    *(state *)at = (state){.above = 0.0};
}

static bool is_valid(const void *at, const double *p) {
    (void)p;
    const state *s = at;
    return sdr_stream_is_count(s->mean.n);
}

static double at_least_0(double value) {
    return value > 0.0 ? value : 0.0;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state s = *(state *)at;
    for (int64_t i = 0; i < n; i++) {
        if (s.drifted) open(&s, p);
        sdr_stream_mean_step(&s.mean, values[i]);
        s.above = at_least_0(s.above + values[i] - s.mean.mean - p[DELTA]);
        s.below = at_least_0(s.below - values[i] + s.mean.mean - p[DELTA]);
        const bool up = p[MODE] != DOWN && s.above > p[THRESHOLD];
        const bool down = p[MODE] != UP && s.below > p[THRESHOLD];
        s.drifted = (double)s.mean.n >= p[MIN_INSTANCES] && (up || down);
        levels[i] = s.drifted ? SDR_STREAM_DRIFT : SDR_STREAM_STABLE;
    }
    *(state *)at = s;
}

const sdr_detector sdr_cusum = {
    .name = "cusum",
    .domain = SDR_STREAM_REAL,
    .n_parameters = N,
    .parameters = {{"min_instances", 1, 1e9, true},
                   {"delta", 0, 1e300, false},
                   {"threshold", 0, 1e300, false},
                   {"mode", UP, BOTH, true}},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
