/*
 * RDDM: DDM that forgets (Barros and others, RDDM: Reactive drift detection method, Expert
 * Systems with Applications 90, 2017). The last min_concept_size errors are kept; after a
 * drift, or when a concept grows too old, the rates are computed anew from these. Too
 * many rows of warning in a row are a drift.
 *
 * frouros does not count the first row after that in the divisor of the deviation.
 */
#include "metrics/streams/detector.h"

enum {
    WARM_START,
    WARNING,
    DRIFT,
    MAX_CONCEPT,
    MIN_CONCEPT,
    WARNING_LIMIT,
    CONVENTION,
    N
};

typedef struct state {
    sdr_stream_mean rate;
    double least_rate, least_deviation;
    int64_t n; /* rows of the concept: rate.n but for frouros' convention */
    int64_t warnings;
    int64_t renew, drifted;
    int64_t first, kept; /* in the ring of bits */
    uint64_t bits[];
} state;

static int64_t words(const double *p) {
    return sdr_stream_state_words(sizeof(state)) + ((int64_t)p[MIN_CONCEPT] + 63) / 64;
}

static void begin(state *s) {
    s->rate = (sdr_stream_mean){0, 0.0};
    s->least_rate = s->least_deviation = INFINITY;
    s->n = s->warnings = s->renew = 0;
}

static void open(void *at, const double *p) {
    state *s = at;
    *s = (state){.first = 0};
    begin(s);
    for (int64_t i = 0; i < ((int64_t)p[MIN_CONCEPT] + 63) / 64; i++)
        s->bits[i] = 0;
}

static bool is_valid(const void *at, const double *p) {
    const state *s = at;
    const int64_t size = (int64_t)p[MIN_CONCEPT];
    return sdr_stream_is_count(s->rate.n) && sdr_stream_is_count(s->n) &&
           sdr_stream_is_count(s->warnings) && s->first >= 0 && s->first < size &&
           s->kept >= 0 && s->kept <= size;
}

static double deviation_of(const state *s) {
    const double rate = s->rate.mean;
    return sqrt(rate * (1.0 - rate) / (double)s->n);
}

static void lower(state *s, double deviation) {
    if (s->rate.mean + deviation >= s->least_rate + s->least_deviation) return;
    s->least_rate = s->rate.mean;
    s->least_deviation = deviation;
}

static void renew(state *s, const double *p) {
    const int64_t size = (int64_t)p[MIN_CONCEPT];
    begin(s);
    for (int64_t i = 0; i < s->kept; i++) {
        const bool error = sdr_stream_bit(s->bits, (s->first + i) % size);
        sdr_stream_mean_step(&s->rate, error ? 1.0 : 0.0);
        s->n++;
        if (s->drifted && (double)s->n >= p[WARM_START]) lower(s, deviation_of(s));
    }
}

static void keep(state *s, const double *p, bool error) {
    const int64_t size = (int64_t)p[MIN_CONCEPT];
    sdr_stream_set_bit(s->bits, (s->first + s->kept) % size, error);
    if (s->kept < size)
        s->kept++;
    else
        s->first = (s->first + 1) % size;
}

static void keep_last(state *s, const double *p) {
    s->first = (s->first + s->kept - 1) % (int64_t)p[MIN_CONCEPT];
    s->kept = 1;
}

static uint8_t judge(state *s, const double *p) {
    const double deviation = deviation_of(s), sum = s->rate.mean + deviation;
    lower(s, deviation);
    if (sum > s->least_rate + p[DRIFT] * s->least_deviation) {
        if (s->warnings == 0) keep_last(s, p);
        return SDR_STREAM_DRIFT;
    }
    if (sum > s->least_rate + p[WARNING] * s->least_deviation) {
        if ((double)s->warnings >= p[WARNING_LIMIT]) {
            keep_last(s, p);
            return SDR_STREAM_DRIFT;
        }
        s->warnings++;
        return SDR_STREAM_WARNING;
    }
    s->warnings = 0;
    if ((double)s->n >= p[MAX_CONCEPT]) s->renew = true;
    return SDR_STREAM_STABLE;
}

static uint8_t step(state *s, const double *p, double value) {
    const bool renewed = s->renew || s->drifted;
    if (renewed) renew(s, p);
    s->drifted = false;
    keep(s, p, value == 1.0);
    sdr_stream_mean_step(&s->rate, value);
    if (!(renewed && p[CONVENTION] == SDR_FROUROS && s->n > 0)) s->n++;
    if ((double)s->n < p[WARM_START]) return SDR_STREAM_STABLE;
    return judge(s, p);
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state *s = at;
    for (int64_t i = 0; i < n; i++) {
        levels[i] = step(s, p, values[i]);
        s->drifted = levels[i] == SDR_STREAM_DRIFT;
    }
}

const sdr_detector sdr_rddm = {
    .name = "rddm",
    .domain = SDR_STREAM_BINARY,
    .n_parameters = N,
    .parameters = {{"warm_start", 1, 1e9, true},
                   {"warning_threshold", 0, 1e300, false},
                   {"drift_threshold", 0, 1e300, false},
                   {"max_concept_size", 1, 1e9, true},
                   {"min_concept_size", 1, 1e6, true},
                   {"warning_limit", 0, 1e9, true},
                   SDR_CONVENTION},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
