/*
 * FHDDM: the share of ones in a sliding window against its largest value, by Hoeffding's
 * bound (Pesaranghader and Viktor, Fast Hoeffding drift detection method for evolving data
 * streams, ECML 2016); with a second, shorter window inside it where one is asked for.
 * A fall is signalled: 1 is a correct prediction.
 */
#include "metrics/streams/detector.h"

enum { WINDOW, CONFIDENCE, SHORT_WINDOW, N };

typedef struct state {
    int64_t n; /* since the last drift */
    int64_t ones, short_ones;
    double greatest, short_greatest;
    int64_t drifted;
    uint64_t bits[]; /* of the last WINDOW values */
} state;

static int64_t words(const double *p) {
    return sdr_stream_state_words(sizeof(state)) + ((int64_t)p[WINDOW] + 63) / 64;
}

static const char *refusal(const double *p) {
    return p[SHORT_WINDOW] > p[WINDOW]
               ? "short_window_size of at most sliding_window_size"
               : NULL;
}

static void open(void *at, const double *p) {
    state *s = at;
    *s = (state){.n = 0};
    for (int64_t i = 0; i < ((int64_t)p[WINDOW] + 63) / 64; i++)
        s->bits[i] = 0;
}

static bool is_valid(const void *at, const double *p) {
    const state *s = at;
    return sdr_stream_is_count(s->n) && s->ones >= 0 && s->short_ones >= 0 &&
           (double)s->ones <= p[WINDOW] && (double)s->short_ones <= p[WINDOW];
}

/* The share's fall below the largest so far. */
static double fall(double *greatest, int64_t ones, int64_t window) {
    const double share = (double)ones / (double)window;
    if (share > *greatest) *greatest = share;
    return *greatest - share;
}

static bool step(state *s, const double *p, double value) {
    const int64_t window = (int64_t)p[WINDOW], inner = (int64_t)p[SHORT_WINDOW];
    const bool one = value == 1.0;
    if (s->n >= window) s->ones -= sdr_stream_bit(s->bits, s->n % window);
    if (s->n >= inner && inner > 0)
        s->short_ones -= sdr_stream_bit(s->bits, (s->n - inner) % window);
    sdr_stream_set_bit(s->bits, s->n % window, one);
    s->ones += one;
    s->short_ones += one && inner > 0;
    s->n++;
    if (s->n < window) return false;
    const double log_of_confidence = log(1.0 / p[CONFIDENCE]);
    bool drift = fall(&s->greatest, s->ones, window) >
                 sqrt(log_of_confidence / (2.0 * (double)window));
    if (inner > 0)
        drift |= fall(&s->short_greatest, s->short_ones, inner) >
                 sqrt(log_of_confidence / (2.0 * (double)inner));
    return drift;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state *s = at;
    for (int64_t i = 0; i < n; i++) {
        if (s->drifted) open(s, p);
        s->drifted = step(s, p, values[i]);
        levels[i] = s->drifted ? SDR_STREAM_DRIFT : SDR_STREAM_STABLE;
    }
}

const sdr_detector sdr_fhddm = {
    .name = "fhddm",
    .domain = SDR_STREAM_BINARY,
    .n_parameters = N,
    .parameters = {{"sliding_window_size", 1, 1e6, true},
                   {"confidence_level", 1e-300, 1, false},
                   {"short_window_size", 0, 1e6, true}},
    .words = words,
    .refusal = refusal,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
