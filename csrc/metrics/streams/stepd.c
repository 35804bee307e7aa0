/*
 * STEPD: the rate of errors of the last rows against that of the rows before them, by the
 * test of equal proportions with a correction for continuity (Nishida and Yamauchi,
 * Detecting concept drift using statistical testing, Discovery Science 2007). A rise is
 * signalled, by the two-sided p-value; frouros signals both ways, by one tail.
 */
#include "metrics/streams/detector.h"

enum { WINDOW, DRIFT, WARNING, CONVENTION, N };

typedef struct state {
    int64_t n, errors, recent; /* recent: errors of the last WINDOW rows */
    int64_t drifted;
    uint64_t bits[];
} state;

static int64_t words(const double *p) {
    return sdr_stream_state_words(sizeof(state)) + ((int64_t)p[WINDOW] + 63) / 64;
}

static const char *refusal(const double *p) {
    return p[DRIFT] > p[WARNING] ? "alpha_warning of at least alpha_drift" : NULL;
}

static void open(void *at, const double *p) {
    state *s = at;
    *s = (state){.n = 0};
    for (int64_t i = 0; i < ((int64_t)p[WINDOW] + 63) / 64; i++)
        s->bits[i] = 0;
}

static bool is_valid(const void *at, const double *p) {
    const state *s = at;
    return sdr_stream_is_count(s->n) && s->errors >= 0 && s->errors <= s->n &&
           s->recent >= 0 && (double)s->recent <= p[WINDOW];
}

static double p_value(const state *s, const double *p) {
    const double n = (double)s->n, recent = p[WINDOW], before = n - recent;
    const double rate = (double)s->errors / n, sizes = 1.0 / before + 1.0 / recent;
    const double rise =
        (double)s->recent / recent - (double)(s->errors - s->recent) / before;
    const double deviation = sqrt(rate * (1.0 - rate) * sizes);
    const double z = (fabs(rise) - 0.5 * sizes) / deviation;
    if (deviation == 0.0) return 1.0;
    if (p[CONVENTION] == SDR_FROUROS) return 0.5 * erfc(fabs(z) * sqrt(0.5));
    return rise > 0.0 && z > 0.0 ? erfc(z * sqrt(0.5)) : 1.0;
}

static uint8_t step(state *s, const double *p, double value) {
    const int64_t window = (int64_t)p[WINDOW], at = s->n % window;
    const bool error = value == 1.0;
    if (s->n >= window) s->recent -= sdr_stream_bit(s->bits, at);
    sdr_stream_set_bit(s->bits, at, error);
    s->recent += error;
    s->errors += error;
    s->n++;
    if (s->n < 2 * window) return SDR_STREAM_STABLE;
    const double value_of_p = p_value(s, p);
    if (value_of_p < p[DRIFT]) return SDR_STREAM_DRIFT;
    return value_of_p < p[WARNING] ? SDR_STREAM_WARNING : SDR_STREAM_STABLE;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state *s = at;
    for (int64_t i = 0; i < n; i++) {
        if (s->drifted) open(s, p);
        levels[i] = step(s, p, values[i]);
        s->drifted = levels[i] == SDR_STREAM_DRIFT;
    }
}

const sdr_detector sdr_stepd = {
    .name = "stepd",
    .domain = SDR_STREAM_BINARY,
    .n_parameters = N,
    .parameters = {{"window_size", 1, 1e6, true},
                   {"alpha_drift", 1e-300, 1, false},
                   {"alpha_warning", 1e-300, 1, false},
                   SDR_CONVENTION},
    .words = words,
    .refusal = refusal,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
