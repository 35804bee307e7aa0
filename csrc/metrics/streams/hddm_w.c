/*
 * HDDM_W: two weighted moving averages, before and after the point where the bound was
 * lowest (or highest), by McDiarmid's bound (Frias-Blanco and others, Online and
 * non-parametric drift detection methods based on Hoeffding's bounds, IEEE TKDE 27, 2015).
 */
#include "metrics/streams/detector.h"

enum { DRIFT, WARNING, LAMBDA, TWO_SIDED, N };

typedef struct sample {
    double average, bound; /* bound: sum of the squared weights */
    int64_t n;
} sample;

typedef struct state {
    sample all, before_up, after_up, before_down, after_down;
    double lowest, highest;
    int64_t drifted;
} state;

static const sample no_sample = {.bound = 1.0};

static int64_t words(const double *p) {
    (void)p;
    return sdr_stream_state_words(sizeof(state));
}

static void open(void *at, const double *p) {
    (void)p;
    *(state *)at = (state){no_sample, no_sample, no_sample, no_sample,
                           no_sample, INFINITY,  -INFINITY, false};
}

static bool is_valid(const void *at, const double *p) {
    (void)p;
    const state *s = at;
    return sdr_stream_is_count(s->all.n) && sdr_stream_is_count(s->after_up.n) &&
           sdr_stream_is_count(s->after_down.n);
}

static void add(sample *self, double lambda, double value) {
    self->average =
        self->n == 0 ? value : lambda * value + (1.0 - lambda) * self->average;
    self->bound = lambda * lambda + (1.0 - lambda) * (1.0 - lambda) * self->bound;
    self->n++;
}

static bool exceeds(const sample *low, const sample *high, double log_of_confidence) {
    if (low->n == 0 || high->n == 0) return false;
    const double bound = low->bound + high->bound;
    return high->average - low->average > sqrt(bound * log_of_confidence / 2.0);
}

typedef struct logs {
    double drift, warning;
} logs;

static uint8_t level_of(const sample *low, const sample *high, const logs *l) {
    if (exceeds(low, high, l->drift)) return SDR_STREAM_DRIFT;
    return exceeds(low, high, l->warning) ? SDR_STREAM_WARNING : SDR_STREAM_STABLE;
}

static uint8_t step(state *s, const double *p, const logs *l, double value) {
    add(&s->all, p[LAMBDA], value);
    const double width = sqrt(s->all.bound * l->drift / 2.0);
    if (s->all.average + width < s->lowest) {
        s->lowest = s->all.average + width;
        s->before_up = s->all;
        s->after_up = no_sample;
    } else {
        add(&s->after_up, p[LAMBDA], value);
    }
    if (s->all.average - width > s->highest) {
        s->highest = s->all.average - width;
        s->before_down = s->all;
        s->after_down = no_sample;
    } else {
        add(&s->after_down, p[LAMBDA], value);
    }
    const uint8_t up = level_of(&s->before_up, &s->after_up, l);
    if (p[TWO_SIDED] == 0.0) return up;
    const uint8_t down = level_of(&s->after_down, &s->before_down, l);
    return up > down ? up : down;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state s = *(state *)at;
    const logs l = {log(1.0 / p[DRIFT]), log(1.0 / p[WARNING])};
    for (int64_t i = 0; i < n; i++) {
        if (s.drifted) open(&s, p);
        levels[i] = step(&s, p, &l, values[i]);
        s.drifted = levels[i] == SDR_STREAM_DRIFT;
    }
    *(state *)at = s;
}

const sdr_detector sdr_hddm_w = {
    .name = "hddm_w",
    .domain = SDR_STREAM_UNIT,
    .n_parameters = N,
    .parameters = {{"drift_confidence", 1e-300, 1, false},
                   {"warning_confidence", 1e-300, 1, false},
                   {"lambda_val", 0, 1, false},
                   {"two_sided_test", 0, 1, true}},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
