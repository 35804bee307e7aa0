/*
 * EDDM: the distance between errors, its mean plus two deviations against the largest
 * value of that (Baena-Garcia and others, Early drift detection method, 2006). river
 * divides the variance by n - 1 and keeps a warning until the next error; frouros divides
 * by n and judges from the 30th row and error on.
 */
#include "metrics/streams/detector.h"

enum { WARM_START, ALPHA, BETA, CONVENTION, N };

typedef struct state {
    sdr_stream_mean distance; /* between errors */
    double squares, greatest;
    int64_t n, last_error, level;
} state;

static int64_t words(const double *p) {
    (void)p;
    return sdr_stream_state_words(sizeof(state));
}

static void open(void *at, const double *p) {
    (void)p;
    *(state *)at = (state){.greatest = -1.0};
}

static bool is_valid(const void *at, const double *p) {
    (void)p;
    const state *s = at;
    return sdr_stream_is_count(s->n) && sdr_stream_is_count(s->distance.n) &&
           sdr_stream_is_count(s->last_error) && s->level >= SDR_STREAM_STABLE &&
           s->level <= SDR_STREAM_DRIFT;
}

static const char *refusal(const double *p) {
    return p[BETA] > p[ALPHA] ? "alpha of at least beta" : NULL;
}

static double deviation_of(const state *s, bool is_frouros) {
    const double n = (double)s->distance.n;
    if (is_frouros) return sqrt(s->squares / n);
    return n > 1.0 ? sqrt(s->squares / (n - 1.0)) : 0.0;
}

static void read_error(state *s, const double *p) {
    const bool is_frouros = p[CONVENTION] == SDR_FROUROS;
    const double distance = (double)(s->n - s->last_error), before = s->distance.mean;
    const int64_t start = (int64_t)p[WARM_START] - is_frouros;
    if (is_frouros)
        sdr_stream_mean_step(&s->distance, distance);
    else
        sdr_stream_mean_add(&s->distance, distance);
    s->squares += (distance - before) * (distance - s->distance.mean);
    s->last_error = s->n;
    if (s->n <= start) return;
    const double sum = s->distance.mean + 2.0 * deviation_of(s, is_frouros);
    if (sum > s->greatest) {
        s->greatest = sum;
        if (is_frouros) s->level = SDR_STREAM_STABLE;
    } else if (s->distance.n > start) {
        const double share = sum / s->greatest;
        s->level = share < p[BETA]    ? SDR_STREAM_DRIFT
                   : share < p[ALPHA] ? SDR_STREAM_WARNING
                                      : SDR_STREAM_STABLE;
    }
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state s = *(state *)at;
    for (int64_t i = 0; i < n; i++) {
        if (s.level == SDR_STREAM_DRIFT) open(&s, p);
        s.n++;
        if (values[i] == 1.0)
            read_error(&s, p);
        else if (p[CONVENTION] == SDR_FROUROS)
            s.level = SDR_STREAM_STABLE;
        levels[i] = (uint8_t)s.level;
    }
    *(state *)at = s;
}

const sdr_detector sdr_eddm = {
    .name = "eddm",
    .domain = SDR_STREAM_BINARY,
    .n_parameters = N,
    .parameters = {{"warm_start", 1, 1e9, true},
                   {"alpha", 0, 1, false},
                   {"beta", 0, 1, false},
                   {"convention", SDR_RIVER, SDR_FROUROS, true}},
    .words = words,
    .refusal = refusal,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
