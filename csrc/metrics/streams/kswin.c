/*
 * KSWIN: the last stat_size values of a window against as many drawn from the rest of it,
 * by the two-sample test of Kolmogorov and Smirnov (Raab, Heusinger, Schleif, Reactive
 * soft prototype computing for concept drift streams, Neurocomputing 416, 2020).
 *
 * The window is kept sorted beside its ring, so that an update walks it once. The p-value
 * is not computed: p <= alpha is the same as a distance of at least `critical` of
 * stat_size, which depends on the parameters alone.
 */
#include "metrics/streams/detector.h"
#include "metrics/streams/mt19937.h"

#include <string.h>

enum { ALPHA, WINDOW, STAT, SEED, N };
enum { WINDOW_MAX = 4096 };

typedef struct state {
    sdr_mt19937 random;
    int64_t critical, distance; /* of the last test; -1: none yet */
    int64_t n;                  /* values in the window */
    int64_t first;              /* slot of the oldest */
    int64_t drifted;
    double
        words[]; /* of each rank: the value; then its slot; of each slot: the value */
} state;

static int64_t words(const double *p) {
    return sdr_stream_state_words(sizeof(state)) + 3 * (int64_t)p[WINDOW];
}

static const char *refusal(const double *p) {
    return 2.0 * p[STAT] > p[WINDOW] ? "window_size of at least 2 * stat_size" : NULL;
}

static double *values_of(state *s) {
    return s->words;
}
static double *slots_of(state *s, const double *p) {
    return s->words + (int64_t)p[WINDOW];
}
static double *ring_of(state *s, const double *p) {
    return s->words + 2 * (int64_t)p[WINDOW];
}

/* The exact p-value of a distance of h / n between two samples of n. */
static double p_value(double n, double h) {
    double inner = 0.0;
    for (double k = floor(n / h); k >= 1.0; k--) {
        double ratio = 1.0; /* of paths that reach k * h to those that reach less */
        for (double j = 0.0; j < h; j++)
            ratio *= (n - k * h + h - j) / (n + k * h - h + j + 1.0);
        inner = ratio * (1.0 - inner);
    }
    return 2.0 * inner;
}

/* The smallest distance, as a count, that is a drift. */
static int64_t critical_of(const double *p) {
    double h = floor(0.1 * p[STAT]) + 1.0;
    while (h <= p[STAT] && p_value(p[STAT], h) > p[ALPHA])
        h++;
    return (int64_t)h;
}

static void begin(state *s, const double *p) {
    sdr_mt19937_seed(&s->random, (uint64_t)p[SEED]);
    s->distance = -1;
    s->n = s->first = 0;
    s->drifted = false;
}

static void open(void *at, const double *p) {
    state *s = at;
    memset(s, 0, (size_t)words(p) * 8);
    s->critical = critical_of(p);
    begin(s, p);
}

static bool is_valid(const void *at, const double *p) {
    state *s = (state *)at;
    const int64_t window = (int64_t)p[WINDOW];
    const double *slots = slots_of(s, p);
    if (s->random.next < 0 || s->random.next > SDR_MT_N || s->n < 0 || s->n > window ||
        s->first < 0 || s->first >= window)
        return false;
    for (int64_t i = 0; i < s->n; i++)
        if (!(slots[i] >= 0.0 && slots[i] < p[WINDOW] && slots[i] == floor(slots[i])))
            return false;
    return true;
}

/* --- the sorted window --- */

/* Rank of the first value that is not below `value`. */
static int64_t rank_of(const double *values, int64_t n, double value) {
    int64_t low = 0;
    while (n > 0) {
        const int64_t half = n / 2;
        if (values[low + half] < value) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static void move(double *at, int64_t to, int64_t from, int64_t n) {
    memmove(at + to, at + from, (size_t)n * sizeof *at);
}

static void remove_oldest(state *s, const double *p) {
    double *values = values_of(s), *slots = slots_of(s, p);
    int64_t rank = rank_of(values, s->n - 1, ring_of(s, p)[s->first]);
    while (rank < s->n - 1 && slots[rank] != (double)s->first)
        rank++;
    s->n--;
    move(values, rank, rank + 1, s->n - rank);
    move(slots, rank, rank + 1, s->n - rank);
    s->first = (s->first + 1) % (int64_t)p[WINDOW];
}

static void append(state *s, const double *p, double value) {
    double *values = values_of(s), *slots = slots_of(s, p);
    const int64_t slot = (s->first + s->n) % (int64_t)p[WINDOW];
    const int64_t rank = rank_of(values, s->n, value);
    ring_of(s, p)[slot] = value;
    move(values, rank + 1, rank, s->n - rank);
    move(slots, rank + 1, rank, s->n - rank);
    values[rank] = value;
    slots[rank] = (double)slot;
    s->n++;
}

/* --- the test --- */

/* The largest distance of the two empirical distributions, times stat_size. */
static int64_t distance_of(state *s, const double *p) {
    const int64_t window = (int64_t)p[WINDOW], stat = (int64_t)p[STAT];
    const double *values = values_of(s), *slots = slots_of(s, p);
    int32_t pool[WINDOW_MAX], drawn[WINDOW_MAX];
    int8_t weights[WINDOW_MAX]; /* of each slot: drawn, recent, or neither */
    int64_t sum = 0, most = 0;
    memset(weights, 0, (size_t)window);
    sdr_mt19937_sample(&s->random, window - stat, stat, pool, drawn);
    for (int64_t i = 0; i < stat; i++) {
        weights[(s->first + drawn[i]) % window] = 1;
        weights[(s->first + window - stat + i) % window] = -1;
    }
    for (int64_t i = 0; i < window; i++) {
        sum += weights[(int64_t)slots[i]];
        const int64_t distance = sum < 0 ? -sum : sum;
        if (distance > most && (i + 1 == window || values[i + 1] != values[i]))
            most = distance;
    }
    return most;
}

static bool step(state *s, const double *p, double value) {
    if ((double)s->n == p[WINDOW]) remove_oldest(s, p);
    append(s, p, value);
    if ((double)s->n < p[WINDOW]) return false;
    s->distance = distance_of(s, p);
    return s->distance >= s->critical;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state *s = at;
    for (int64_t i = 0; i < n; i++) {
        if (s->drifted) begin(s, p);
        s->drifted = step(s, p, values[i]);
        levels[i] = s->drifted ? SDR_STREAM_DRIFT : SDR_STREAM_STABLE;
    }
}

const sdr_detector sdr_kswin = {
    .name = "kswin",
    .domain = SDR_STREAM_REAL,
    .n_parameters = N,
    .parameters = {{"alpha", 0, 1, false},
                   {"window_size", 2, WINDOW_MAX, true},
                   {"stat_size", 1, WINDOW_MAX / 2, true},
                   {"seed", 0, 9007199254740992.0, true}},
    .words = words,
    .refusal = refusal,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
