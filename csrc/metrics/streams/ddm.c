/*
 * DDM: the rate of errors against its lowest value plus two or three deviations (Gama,
 * Medas, Castillo, Rodrigues, Learning with drift detection, SBIA 2004). The peers differ
 * in the first row that is judged, in ties of the minimum, and in rounding.
 */
#include "metrics/streams/detector.h"

enum { WARM_START, WARNING, DRIFT, CONVENTION, N };

typedef struct state {
    sdr_stream_mean rate;
    double least_rate, least_deviation, least_sum;
    int64_t drifted;
} state;

static int64_t words(const double *p) {
    (void)p;
    return sdr_stream_state_words(sizeof(state));
}

static void open(void *at, const double *p) {
    (void)p;
    *(state *)at = (state){
        .least_rate = INFINITY, .least_deviation = INFINITY, .least_sum = INFINITY};
}

static bool is_valid(const void *at, const double *p) {
    (void)p;
    const state *s = at;
    return sdr_stream_is_count(s->rate.n);
}

/* Rows before the first that is judged; MOA takes the minimum one row earlier. */
static int64_t rows_of_start(const double *p) {
    const int64_t start = (int64_t)p[WARM_START];
    return p[CONVENTION] == SDR_RIVER ? start : start - 1;
}

static uint8_t step(state *s, const double *p, double value) {
    if (p[CONVENTION] == SDR_RIVER)
        sdr_stream_mean_add(&s->rate, value);
    else
        sdr_stream_mean_step(&s->rate, value);
    const int64_t start = rows_of_start(p);
    if (s->rate.n <= start && !(p[CONVENTION] == SDR_MOA && s->rate.n == start))
        return SDR_STREAM_STABLE;
    const double rate = s->rate.mean;
    const double deviation = sqrt(rate * (1.0 - rate) / (double)s->rate.n);
    const double sum = rate + deviation;
    if (p[CONVENTION] == SDR_FROUROS ? sum < s->least_sum : sum <= s->least_sum) {
        s->least_rate = rate;
        s->least_deviation = deviation;
        s->least_sum = sum;
    }
    if (s->rate.n > start && sum > s->least_rate + p[DRIFT] * s->least_deviation)
        return SDR_STREAM_DRIFT;
    return sum > s->least_rate + p[WARNING] * s->least_deviation ? SDR_STREAM_WARNING
                                                                 : SDR_STREAM_STABLE;
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

const sdr_detector sdr_ddm = {
    .name = "ddm",
    .domain = SDR_STREAM_BINARY,
    .n_parameters = N,
    .parameters = {{"warm_start", 1, 1e9, true},
                   {"warning_threshold", 0, 1e300, false},
                   {"drift_threshold", 0, 1e300, false},
                   SDR_CONVENTION},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
