/*
 * BOCD: the distribution of the time since the last change, given all values so far
 * (Adams and MacKay, Bayesian online changepoint detection, arXiv:0710.3742), for normal
 * values of known variance whose mean has a normal prior. A drift is signalled where the
 * most likely time is not the time since the detector began.
 *
 * Times from max_run_length on are one: their probabilities add up.
 */
#include "metrics/streams/detector.h"

enum { HAZARD, PRIOR_MEAN, PRIOR_VARIANCE, VARIANCE, MIN_INSTANCES, MAX_RUN, N };

typedef struct state {
    int64_t n, most_likely, drifted;
    /* Of each time 0 to MAX_RUN: log of its probability; mean of the values since;
     * 1 / (2 * variance) and log of the density's factor of the next value. */
    double words[];
} state;

static int64_t words(const double *p) {
    return sdr_stream_state_words(sizeof(state)) + 4 * ((int64_t)p[MAX_RUN] + 1);
}

typedef struct times {
    double *logs, *means, *scales, *factors;
} times;

static times times_of(state *s, const double *p) {
    const int64_t size = (int64_t)p[MAX_RUN] + 1;
    return (times){s->words, s->words + size, s->words + 2 * size, s->words + 3 * size};
}

static double precision(const double *p, int64_t time) {
    return 1.0 / p[PRIOR_VARIANCE] + (double)time / p[VARIANCE];
}

static void begin(state *s, const double *p) {
    const times t = times_of(s, p);
    s->n = s->most_likely = s->drifted = 0;
    t.logs[0] = 0.0;
    t.means[0] = p[PRIOR_MEAN];
}

static void open(void *at, const double *p) {
    state *s = at;
    const times t = times_of(s, p);
    for (int64_t r = 0; r <= (int64_t)p[MAX_RUN]; r++) {
        const double variance = 1.0 / precision(p, r) + p[VARIANCE];
        t.logs[r] = -INFINITY;
        t.means[r] = p[PRIOR_MEAN];
        t.scales[r] = 0.5 / variance;
        t.factors[r] = -0.5 * log(2.0 * 3.14159265358979323846 * variance);
    }
    begin(s, p);
}

static bool is_valid(const void *at, const double *p) {
    const state *s = at;
    return s->n >= 0 && (double)s->n <= p[MAX_RUN] && s->most_likely >= 0 &&
           s->most_likely <= s->n;
}

/* logs[r] += log density of the value; their largest. */
static double weigh(const times *t, int64_t n, double value) {
    double most = -INFINITY;
    for (int64_t r = 0; r <= n; r++) {
        const double apart = value - t->means[r];
        t->logs[r] += t->factors[r] - t->scales[r] * apart * apart;
        if (t->logs[r] > most) most = t->logs[r];
    }
    return most;
}

/* The last two times, of which one has no room, become one at `last`. */
static void join(const times *t, int64_t last) {
    const double a = t->logs[last - 1], b = t->logs[last], most = a > b ? a : b;
    const double x = exp(a - most), y = exp(b - most);
    t->means[last - 1] = (x * t->means[last - 1] + y * t->means[last]) / (x + y);
    t->logs[last - 1] = most + log(x + y);
}

/* Every time grows by one value; time 0 has the hazard's share. */
static void grow(state *s, const times *t, const double *p, double value, double norm) {
    const double stays = log(1.0 - p[HAZARD]) - norm;
    for (int64_t r = s->n; r >= 0; r--) {
        const double before = precision(p, r), after = precision(p, r + 1);
        t->logs[r + 1] = t->logs[r] + stays;
        t->means[r + 1] = (t->means[r] * before + value / p[VARIANCE]) / after;
    }
    t->logs[0] = log(p[HAZARD]);
    t->means[0] = p[PRIOR_MEAN];
    s->n++;
}

static bool step(state *s, const double *p, double value) {
    const times t = times_of(s, p);
    const double most = weigh(&t, s->n, value);
    double sum = 0.0;
    for (int64_t r = 0; r <= s->n; r++)
        sum += exp(t.logs[r] - most);
    if ((double)s->n == p[MAX_RUN]) {
        join(&t, s->n);
        s->n--;
    }
    grow(s, &t, p, value, most + log(sum));
    s->most_likely = 0;
    for (int64_t r = 1; r <= s->n; r++)
        if (t.logs[r] > t.logs[s->most_likely]) s->most_likely = r;
    return s->most_likely != s->n;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state *s = at;
    for (int64_t i = 0; i < n; i++) {
        if (s->drifted) begin(s, p);
        const bool changed = step(s, p, values[i]);
        s->drifted = changed && (double)s->n >= p[MIN_INSTANCES];
        levels[i] = s->drifted ? SDR_STREAM_DRIFT : SDR_STREAM_STABLE;
    }
}

static const char *refusal(const double *p) {
    return p[MIN_INSTANCES] > p[MAX_RUN] ? "max_run_length of at least min_instances"
                                         : NULL;
}

const sdr_detector sdr_bocd = {
    .name = "bocd",
    .domain = SDR_STREAM_REAL,
    .n_parameters = N,
    .parameters = {{"hazard", 1e-300, 0.9999999999, false},
                   {"prior_mean", -1e300, 1e300, false},
                   {"prior_var", 1e-300, 1e300, false},
                   {"data_var", 1e-300, 1e300, false},
                   {"min_instances", 1, 1e6, true},
                   {"max_run_length", 2, 1e6, true}},
    .words = words,
    .refusal = refusal,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
