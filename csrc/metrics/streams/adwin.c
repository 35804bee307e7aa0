/*
 * ADWIN: a window over the last values that is cut where the means of its two parts differ
 * by more than chance (Bifet and Gavalda, Learning from time-changing data with adaptive
 * windowing, SDM 2007).
 *
 * The window is kept as buckets: row r holds up to max_buckets + 1 sums of 2^r values,
 * oldest first, and the rows' end holds the oldest values. Every `clock` values the cuts
 * between buckets are tried, oldest first, until none is left that differs.
 *
 * Conventions: river begins anew after a drift; frouros leaves the last bucket of every row
 * out of the cuts, asks for one value more in each part and divides by two less; MOA asks
 * for two values more, and keeps its window after a drift.
 */
#include "metrics/streams/detector.h"

#include <string.h>

enum { DELTA, CLOCK, MAX_BUCKETS, MIN_LENGTH, GRACE, CONVENTION, N };
enum { ROWS = 53 }; /* a window of 2^53 values and more is not counted */

typedef struct row {
    int64_t n;       /* buckets */
    double values[]; /* sums, then sums of squared deviations: MAX_BUCKETS + 1 each */
} row;

typedef struct state {
    double width, total, squares; /* squares: of deviations from the mean */
    int64_t tick, detections, n_rows;
    int64_t drifted;
    uint64_t rows[];
} state;

static int64_t row_words(const double *p) {
    return 1 + 2 * ((int64_t)p[MAX_BUCKETS] + 1);
}

static int64_t words(const double *p) {
    return sdr_stream_state_words(sizeof(state)) + ROWS * row_words(p);
}

static row *row_at(state *s, const double *p, int64_t r) {
    return (row *)(void *)(s->rows + r * row_words(p));
}

/* Sums of squared deviations of a row's buckets. */
static double *squares_of(row *r, const double *p) {
    return r->values + (int64_t)p[MAX_BUCKETS] + 1;
}

static void open(void *at, const double *p) {
    state *s = at;
    memset(s, 0, (size_t)words(p) * 8);
    s->n_rows = 1;
}

static bool is_valid(const void *at, const double *p) {
    const state *s = at;
    if (!sdr_stream_is_count(s->tick) || !sdr_stream_is_count(s->detections) ||
        s->n_rows < 1 || s->n_rows > ROWS)
        return false;
    for (int64_t r = 0; r < ROWS; r++) {
        const int64_t n = ((const row *)(const void *)(s->rows + r * row_words(p)))->n;
        if (n < 0 || (double)n > p[MAX_BUCKETS] || (r >= s->n_rows && n != 0))
            return false;
    }
    return true;
}

/* --- the window --- */

static void push(row *r, const double *p, double total, double squares) {
    r->values[r->n] = total;
    squares_of(r, p)[r->n] = squares;
    r->n++;
}

static void drop(row *r, const double *p, int64_t n) {
    double *squares = squares_of(r, p);
    r->n -= n;
    memmove(r->values, r->values + n, (size_t)r->n * sizeof *r->values);
    memmove(squares, squares + n, (size_t)r->n * sizeof *squares);
}

/* Joins the two oldest buckets of every row that has one too many. */
static void compress(state *s, const double *p) {
    for (int64_t i = 0; i < ROWS - 1; i++) {
        row *r = row_at(s, p, i);
        if ((double)r->n <= p[MAX_BUCKETS]) return;
        const double size = ldexp(1.0, (int)i);
        const double apart = r->values[0] / size - r->values[1] / size;
        const double between = size * size * apart * apart / (size + size);
        const double *squares = squares_of(r, p);
        if (i + 1 == s->n_rows) s->n_rows++;
        push(row_at(s, p, i + 1), p, r->values[0] + r->values[1],
             squares[0] + squares[1] + between);
        drop(r, p, 2);
    }
}

static void insert(state *s, const double *p, double value) {
    push(row_at(s, p, 0), p, value, 0.0);
    s->width += 1.0;
    if (s->width > 1.0) {
        const double n = s->width - 1.0, apart = value - s->total / n;
        s->squares += n * apart * apart / s->width;
    }
    s->total += value;
    compress(s, p);
}

static void drop_oldest(state *s, const double *p) {
    row *r = row_at(s, p, s->n_rows - 1);
    const double size = ldexp(1.0, (int)(s->n_rows - 1));
    s->width -= size;
    s->total -= r->values[0];
    const double apart = r->values[0] / size - s->total / s->width;
    s->squares -=
        squares_of(r, p)[0] + size * s->width * apart * apart / (size + s->width);
    drop(r, p, 1);
    while (s->n_rows > 1 && row_at(s, p, s->n_rows - 1)->n == 0)
        s->n_rows--;
}

/* --- the cuts --- */

typedef struct cuts {
    double least;       /* values in each part, at least */
    double taken;       /* from the sizes in the bound */
    double variance;    /* 2 * variance * log */
    double log_third;   /* 2 / 3 * log */
    int64_t left_alone; /* buckets at the end of each row */
} cuts;

static cuts cuts_of(const state *s, const double *p) {
    const double logarithm = log(2.0 * log(s->width) / p[DELTA]);
    const double least = p[MIN_LENGTH];
    cuts c = {.least = least,
              .taken = least - 1.0,
              .variance = 2.0 * (s->squares / s->width) * logarithm,
              .log_third = 2.0 / 3.0 * logarithm,
              .left_alone = 0};
    if (p[CONVENTION] == SDR_FROUROS) {
        c.least = least + 1.0;
        c.taken = least + 1.0;
        c.left_alone = 1;
    } else if (p[CONVENTION] == SDR_MOA) {
        c.least = least + 2.0;
    }
    return c;
}

static bool differs(const cuts *c, double n, double total, double other_n,
                    double other_total) {
    if (n < c->least || other_n < c->least) return false;
    const double apart = fabs(total / n - other_total / other_n);
    const double reciprocal = 1.0 / (n - c->taken) + 1.0 / (other_n - c->taken);
    /* The bound is at least its second term: the square root is seldom needed. */
    if (apart * apart < reciprocal * c->variance * (1.0 - 1e-12)) return false;
    return apart > sqrt(reciprocal * c->variance) + c->log_third * reciprocal;
}

static bool has_cut(state *s, const double *p) {
    const cuts c = cuts_of(s, p);
    double n = 0.0, total = 0.0, other_n = s->width, other_total = s->total;
    for (int64_t i = s->n_rows - 1; i >= 0; i--) {
        const row *r = row_at(s, p, i);
        const double size = ldexp(1.0, (int)i);
        for (int64_t k = 0; k < r->n - c.left_alone; k++) {
            n += size;
            other_n -= size;
            total += r->values[k];
            other_total -= r->values[k];
            if (i == 0 && k == r->n - 1) return false;
            if (differs(&c, n, total, other_n, other_total)) return true;
        }
    }
    return false;
}

static bool step(state *s, const double *p, double value) {
    insert(s, p, value);
    s->tick++;
    if (s->tick % (int64_t)p[CLOCK] != 0 || s->width <= p[GRACE]) return false;
    bool drift = false;
    while (s->width > 1.0 && has_cut(s, p)) {
        drop_oldest(s, p);
        drift = true;
    }
    s->detections += drift;
    return drift;
}

static void update(void *at, const double *p, const double *values, int64_t n,
                   uint8_t *levels) {
    state *s = at;
    for (int64_t i = 0; i < n; i++) {
        if (s->drifted && p[CONVENTION] != SDR_MOA) open(s, p);
        s->drifted = step(s, p, values[i]);
        levels[i] = s->drifted ? SDR_STREAM_DRIFT : SDR_STREAM_STABLE;
    }
}

const sdr_detector sdr_adwin = {
    .name = "adwin",
    .domain = SDR_STREAM_REAL,
    .n_parameters = N,
    .parameters = {{"delta", 1e-300, 1, false},
                   {"clock", 1, 1e9, true},
                   {"max_buckets", 1, 1000, true},
                   {"min_window_length", 1, 1e9, true},
                   {"grace_period", 0, 1e9, true},
                   SDR_CONVENTION},
    .words = words,
    .open = open,
    .is_valid = is_valid,
    .update = update,
};
