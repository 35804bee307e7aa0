/*
 * Page-Hinkley: the sum of deviations from the running mean against its extreme (Page,
 * Continuous inspection schemes, Biometrika 41, 1954). frouros and MOA compare the sum
 * itself, and look upwards alone; MOA keeps it above 0.
 */
#include "metrics/streams/detector.h"

enum { MIN_INSTANCES, DELTA, THRESHOLD, ALPHA, MODE, CONVENTION, N };
enum { UP, DOWN, BOTH };

typedef struct state {
    sdr_stream_mean mean;
    double increase, decrease, least, greatest;
    int64_t drifted;
} state;

static int64_t words(const double *p) {
    (void)p;
    return sdr_stream_state_words(sizeof(state));
}

static void open(void *at, const double *p) {
    (void)p;
    *(state *)at = (state){.least = INFINITY, .greatest = -1.0};
}

static bool is_valid(const void *at, const double *p) {
    (void)p;
    const state *s = at;
    return sdr_stream_is_count(s->mean.n);
}

static bool step(state *s, const double *p, double value) {
    sdr_stream_mean_add(&s->mean, value);
    const double deviation = value - s->mean.mean;
    s->increase = p[ALPHA] * s->increase + deviation - p[DELTA];
    s->decrease = p[ALPHA] * s->decrease + deviation + p[DELTA];
    if (s->increase < s->least) s->least = s->increase;
    if (s->decrease > s->greatest) s->greatest = s->decrease;
    if ((double)s->mean.n < p[MIN_INSTANCES]) return false;
    const bool up = s->increase - s->least > p[THRESHOLD];
    const bool down = s->greatest - s->decrease > p[THRESHOLD];
    return (up && p[MODE] != DOWN) || (down && p[MODE] != UP);
}

static bool step_of_sum(state *s, const double *p, double value) {
    sdr_stream_mean_step(&s->mean, value);
    s->increase = p[ALPHA] * s->increase + (value - s->mean.mean - p[DELTA]);
    if (p[CONVENTION] == SDR_MOA && s->increase < 0.0) s->increase = 0.0;
    return (double)s->mean.n >= p[MIN_INSTANCES] && s->increase > p[THRESHOLD];
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state s = *(state *)at;
    for (int64_t i = 0; i < n; i++) {
        if (s.drifted) open(&s, p);
        s.drifted = p[CONVENTION] == SDR_RIVER ? step(&s, p, values[i])
                                               : step_of_sum(&s, p, values[i]);
        levels[i] = s.drifted ? SDR_STREAM_DRIFT : SDR_STREAM_STABLE;
    }
    *(state *)at = s;
}

const sdr_detector sdr_page_hinkley = {
    .name = "page_hinkley",
    .domain = SDR_STREAM_REAL,
    .n_parameters = N,
    .parameters = {{"min_instances", 1, 1e9, true},
                   {"delta", 0, 1e300, false},
                   {"threshold", 0, 1e300, false},
                   {"alpha", 0, 1, false},
                   {"mode", UP, BOTH, true},
                   SDR_CONVENTION},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
