/*
 * HDDM_A: the mean of all values against the mean up to the lowest (or highest) point so
 * far, by Hoeffding's bound (Frias-Blanco and others, Online and non-parametric drift
 * detection methods based on Hoeffding's bounds, IEEE TKDE 27, 2015).
 */
#include "metrics/streams/detector.h"

enum { DRIFT, WARNING, TWO_SIDED, N };

typedef struct state {
    sdr_stream_mean all, lowest, highest;
    int64_t drifted;
} state;

static int64_t words(const double *p) {
    (void)p;
    return sdr_stream_state_words(sizeof(state));
}

static void open(void *at, const double *p) {
    (void)p;
    *(state *)at = (state){.drifted = false};
}

static bool is_valid(const void *at, const double *p) {
    (void)p;
    const state *s = at;
    return sdr_stream_is_count(s->all.n) && s->lowest.n >= 0 && s->highest.n >= 0 &&
           s->lowest.n <= s->all.n && s->highest.n <= s->all.n;
}

static double bound(int64_t n, double log_of_confidence) {
    return sqrt(1.0 / (double)(2 * n) * log_of_confidence);
}

/* Whether the mean has left the mean of its first part by more than chance. */
static bool has_moved(const state *s, const sdr_stream_mean *part, double difference,
                      double log_of_confidence) {
    if (part->n == s->all.n) return false;
    const double n = (double)s->all.n, first = (double)part->n;
    const double m = (n - first) / first * (1.0 / n);
    return difference >= sqrt(m / 2.0 * log_of_confidence);
}

typedef struct logs {
    double cut, drift, warning;
} logs;

static uint8_t level_of(const state *s, const sdr_stream_mean *part, double difference,
                        const logs *l) {
    if (has_moved(s, part, difference, l->drift)) return SDR_STREAM_DRIFT;
    return has_moved(s, part, difference, l->warning) ? SDR_STREAM_WARNING
                                                      : SDR_STREAM_STABLE;
}

static uint8_t step(state *s, const double *p, const logs *l, double value) {
    sdr_stream_mean_add(&s->all, value);
    if (s->lowest.n == 0) s->lowest = s->all;
    if (s->highest.n == 0) s->highest = s->all;
    const double width = bound(s->all.n, l->cut), mean = s->all.mean;
    if (s->lowest.mean + bound(s->lowest.n, l->cut) >= mean + width) s->lowest = s->all;
    if (s->highest.mean - bound(s->highest.n, l->cut) <= mean - width)
        s->highest = s->all;
    const uint8_t up = level_of(s, &s->lowest, mean - s->lowest.mean, l);
    if (p[TWO_SIDED] == 0.0) return up;
    const uint8_t down = level_of(s, &s->highest, s->highest.mean - mean, l);
    return up > down ? up : down;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state s = *(state *)at;
    const logs l = {log(1.0 / p[DRIFT]), log(2.0 / p[DRIFT]), log(2.0 / p[WARNING])};
    for (int64_t i = 0; i < n; i++) {
        if (s.drifted) open(&s, p);
        levels[i] = step(&s, p, &l, values[i]);
        s.drifted = levels[i] == SDR_STREAM_DRIFT;
    }
    *(state *)at = s;
}

const sdr_detector sdr_hddm_a = {
    .name = "hddm_a",
    .domain = SDR_STREAM_UNIT,
    .n_parameters = N,
    .parameters = {{"drift_confidence", 1e-300, 1, false},
                   {"warning_confidence", 1e-300, 1, false},
                   {"two_sided_test", 0, 1, true}},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
