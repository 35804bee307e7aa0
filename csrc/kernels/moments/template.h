/*
 * Moments on any ISA with eight lanes; compiled by avx2.c, avx512.c and neon.c.
 * scalar.c says what it computes, finish.h how.
 *
 * A block is taken in runs of RUN_ROWS rows that stay in the first-level cache: one
 * pass for the powers, one for the extremes and signs, and one for the order, as long
 * as there is one. Where there are registers enough the first two are one. Each lane
 * adds its rows in order in all of them, so the split changes no bit.
 *
 * Signs are looked at only once a row <= 0 was seen: first by the upper halves of the
 * rows (lanes_signs), which is right as long as no row is zero; a run that may have one
 * is counted again by comparing, and so are the runs after it.
 *
 * Clean blocks are assumed: a NaN or an infinity makes the first power sum not finite,
 * and the block is then computed again with masks. A mask adds +0.0 instead of a row,
 * which leaves a sum that began at +0.0 as it is.
 */
#include "kernels/lanes.h"
#include "kernels/moments/finish.h"
#include "kernels/moments/pair.h"

enum { RUN_ROWS = 1024 };

/* Loops are inlined with what is constant in them. */
#define INLINE static inline __attribute__((always_inline))

typedef struct powers {
    lanes s1, s2, s3, s4;
    lanes_counter finite; /* with masks, and of the tail */
} powers;

typedef struct extremes {
    lanes min, max;
} extremes;

typedef struct signs {
    lanes_counter zeros, negatives; /* of the runs that were compared */
} signs;

typedef struct state {
    powers p;
    extremes e;
    signs s;
    int64_t negatives; /* of runs without zeros */
    bool has_zeros;    /* signs are counted by comparing */
} state;

/* How a run's signs are counted. */
typedef enum signs_way { SIGNS_NOT_YET, SIGNS_PACKED, SIGNS_COMPARED } signs_way;

INLINE void add_powers(powers *p, lanes d) {
    lanes d2 = lanes_mul(d, d);
    p->s1 = lanes_add(p->s1, d);
    p->s2 = lanes_add(p->s2, d2);
    p->s3 = lanes_add(p->s3, lanes_mul(d2, d));
    p->s4 = lanes_add(p->s4, lanes_mul(d2, d2));
}

INLINE void add_rows(powers *p, lanes x, lanes anchor, bool masked) {
    lanes d = lanes_sub(x, anchor);
    if (masked) {
        lanes_mask finite = lanes_finite(x);
        p->finite = lanes_count(p->finite, finite);
        d = lanes_where(finite, d);
    }
    add_powers(p, d);
}

INLINE void add_extremes(extremes *e, lanes x) {
    e->min = lanes_lesser(x, e->min);
    e->max = lanes_greater(x, e->max);
}

/* Two rows a lane in one step of the chain; without masks there is no NaN to lose. */
INLINE void add_extremes_of(extremes *e, lanes x, lanes next, bool masked) {
    if (masked) {
        add_extremes(e, x);
        add_extremes(e, next);
    } else {
        e->min = lanes_lesser(lanes_lesser(x, next), e->min);
        e->max = lanes_greater(lanes_greater(x, next), e->max);
    }
}

/* The extremes know of the first rows, so that signs are looked at from the start. */
static inline state state_new(const double *values, int64_t n) {
    lanes zero = lanes_all(0.0);
    lanes_counter none = lanes_counter_zero();
    state s = {.p = {zero, zero, zero, zero, none},
               .e = {lanes_all(INFINITY), lanes_all(-INFINITY)},
               .s = {none, none}};
    for (int64_t i = 0; i < SDR_ANCHOR_ROWS && i + SDR_LANES <= n; i += SDR_LANES)
        add_extremes(&s.e, lanes_load(values + i));
    return s;
}

INLINE void add_signs(signs *s, lanes x) {
    s->zeros = lanes_count(s->zeros, lanes_equal(x, lanes_all(0.0)));
    s->negatives = lanes_count(s->negatives, lanes_less(x, lanes_all(0.0)));
}

/* Powers of full lanes alone: where registers are few. */
INLINE void run_powers(state *s, const double *values, int64_t n, lanes anchor,
                       bool masked) {
    powers p = s->p;
    for (int64_t i = 0; i < n; i += SDR_LANES) {
        sdr_prefetch(values + i);
        add_rows(&p, lanes_load(values + i), anchor, masked);
    }
    s->p = p;
}

/* Extremes and signs, and the powers where registers are many; the last eight rows of
 * an odd number of lanes are paired with ones, which no minimum of signs notices. */
INLINE void run_rest(state *s, const double *values, int64_t n, lanes anchor,
                     bool masked, signs_way way) {
    powers p = s->p;
    extremes e = s->e;
    signs compared = s->s;
    lanes_signs packed = lanes_signs_new();
    int64_t pairs = n / (2 * SDR_LANES) * (2 * SDR_LANES);
    for (int64_t i = 0; i < pairs; i += 2 * SDR_LANES) {
        lanes x = lanes_load(values + i), next = lanes_load(values + i + SDR_LANES);
        if (LANES_WIDE) {
            sdr_prefetch(values + i);
            sdr_prefetch(values + i + SDR_LANES);
            add_rows(&p, x, anchor, masked);
            add_rows(&p, next, anchor, masked);
        }
        add_extremes_of(&e, x, next, masked);
        if (way == SIGNS_PACKED) lanes_signs_add(&packed, x, next);
        if (way == SIGNS_COMPARED) add_signs(&compared, x);
        if (way == SIGNS_COMPARED) add_signs(&compared, next);
    }
    if (pairs < n) {
        lanes x = lanes_load(values + pairs);
        if (LANES_WIDE) add_rows(&p, x, anchor, masked);
        add_extremes(&e, x);
        if (way == SIGNS_PACKED) lanes_signs_add(&packed, x, lanes_all(1.0));
        if (way == SIGNS_COMPARED) add_signs(&compared, x);
    }
    if (LANES_WIDE) s->p = p;
    s->e = e;
    s->s = compared;
    if (way != SIGNS_PACKED) return;
    s->has_zeros = lanes_signs_zero(&packed);
    if (!s->has_zeros) s->negatives += lanes_signs_counted(&packed);
}

static void run_signs(state *s, const double *values, int64_t n) {
    signs found = s->s;
    for (int64_t i = 0; i < n; i += SDR_LANES)
        add_signs(&found, lanes_load(values + i));
    s->s = found;
}

/* Whether a lane has seen a row <= 0. */
static inline bool has_signs(const state *s) {
    return lanes_any(lanes_not_above(s->e.min, lanes_all(0.0)));
}

static inline void add_tail(state *s, const double *values, int k, lanes anchor) {
    lanes x = lanes_load_part(values, k);
    add_extremes(&s->e, x);
    add_rows(&s->p, x, anchor, true);
    add_signs(&s->s, x);
}

INLINE void run(state *s, const double *values, int64_t n, lanes anchor, bool masked) {
    if (!LANES_WIDE) run_powers(s, values, n, anchor, masked);
    if (!has_signs(s)) {
        run_rest(s, values, n, anchor, masked, SIGNS_NOT_YET);
        if (has_signs(s)) run_signs(s, values, n);
    } else if (masked || s->has_zeros) {
        run_rest(s, values, n, anchor, masked, SIGNS_COMPARED);
    } else {
        run_rest(s, values, n, anchor, masked, SIGNS_PACKED);
        if (s->has_zeros) run_signs(s, values, n);
    }
}

/* Order of rows [start, start + n], the last of them the next run's first; no NaN. */
static inline void run_order(sdr_block_moments *out, const double *values, int64_t n) {
    bool up = out->increasing, down = out->decreasing, strict = out->strict;
    int64_t i = 0;
    for (; i + SDR_LANES <= n && (up || down); i += SDR_LANES) {
        lanes x = lanes_load(values + i), next = lanes_load(values + i + 1);
        up = up && !lanes_any(lanes_less(next, x));
        down = down && !lanes_any(lanes_less(x, next));
        strict = strict && !lanes_any(lanes_equal(x, next));
    }
    for (; i < n && (up || down); i++) {
        up = up && values[i] <= values[i + 1];
        down = down && values[i] >= values[i + 1];
        strict = strict && values[i] != values[i + 1];
    }
    out->increasing = up;
    out->decreasing = down;
    out->strict = strict && (up || down);
}

INLINE void run_block(sdr_block_moments *out, state *s, const double *values, int64_t n,
                      lanes anchor, bool masked) {
    int64_t full = n - n % SDR_LANES;
    out->increasing = out->decreasing = out->strict = true;
    for (int64_t start = 0; start < full; start += RUN_ROWS) {
        int64_t rows = full - start < RUN_ROWS ? full - start : RUN_ROWS;
        run(s, values + start, rows, anchor, masked);
        if (masked || !(out->increasing || out->decreasing)) continue;
        run_order(out, values + start, start + rows < n ? rows : rows - 1);
    }
    if (full == n) return;
    add_tail(s, values + full, (int)(n - full), anchor);
    if (!masked) run_order(out, values + full, n - full - 1);
}

static inline void state_store(sdr_lanes *out, const state *s) {
    lanes_store(out->s1, s->p.s1);
    lanes_store(out->s2, s->p.s2);
    lanes_store(out->s3, s->p.s3);
    lanes_store(out->s4, s->p.s4);
    lanes_store(out->min, s->e.min);
    lanes_store(out->max, s->e.max);
}

static bool block_clean(sdr_block_moments *out, const double *values, int64_t n,
                        double anchor) {
    sdr_lanes lanes_out;
    state s = state_new(values, n);
    run_block(out, &s, values, n, lanes_all(anchor), false);
    state_store(&lanes_out, &s);
    bool clean_tail = lanes_counted(s.p.finite) == n % SDR_LANES;
    if (!clean_tail || !isfinite(sdr_lanes_sum(lanes_out.s1))) return false;
    out->zeros = lanes_counted(s.s.zeros);
    out->negatives = lanes_counted(s.s.negatives) + s.negatives;
    sdr_finish_block(out, &lanes_out, n, anchor, values, n);
    return true;
}

static void block_masked(sdr_block_moments *out, const double *values, int64_t n,
                         double anchor) {
    sdr_lanes lanes_out;
    state s = state_new(values, n);
    run_block(out, &s, values, n, lanes_all(anchor), true);
    state_store(&lanes_out, &s);
    out->zeros = lanes_counted(s.s.zeros);
    out->negatives = lanes_counted(s.s.negatives);
    sdr_finish_block(out, &lanes_out, lanes_counted(s.p.finite), anchor, values, n);
    sdr_finish_order(out, values, n);
}

/* sdr_anchor, with lanes where the first rows are enough and there. */
static double anchor_of(const double *values, int64_t n) {
    if (n < SDR_ANCHOR_ROWS) return sdr_anchor(values, n);
    lanes sum = lanes_all(0.0), min = lanes_all(INFINITY), max = lanes_all(-INFINITY);
    lanes_counter count = lanes_counter_zero();
    for (int i = 0; i < SDR_ANCHOR_ROWS; i += SDR_LANES) {
        lanes x = lanes_load(values + i);
        lanes_mask finite = lanes_finite(x);
        count = lanes_count(count, finite);
        sum = lanes_add(sum, lanes_where(finite, x));
        min = lanes_lesser(x, min);
        max = lanes_greater(x, max);
    }
    double sums[SDR_LANES], mins[SDR_LANES], maxs[SDR_LANES];
    lanes_store(sums, sum);
    lanes_store(mins, min);
    lanes_store(maxs, max);
    double least = sdr_lanes_min(mins), most = sdr_lanes_max(maxs);
    int64_t finite = lanes_counted(count);
    /* infinities would have to be left out of the extremes; none finite: go on */
    if (finite == 0 || least == -INFINITY || most == INFINITY)
        return sdr_anchor(values, n);
    return sdr_anchor_round(sdr_lanes_sum(sums) / (double)finite, least, most);
}

static void block(sdr_block_moments *out, const double *values, int64_t n,
                  bool masked) {
    *out = (sdr_block_moments){0};
    double anchor = anchor_of(values, n);
    if (!masked && block_clean(out, values, n, anchor)) return;
    block_masked(out, values, n, anchor);
}

/* --- Pairs ------------------------------------------------------------------------ */

typedef struct pair_state {
    lanes x, y, xx, yy, xy, error, abs_error, squared_error, fourth_power,
        max_abs_error;
    lanes_counter taken;
} pair_state;

static inline void add_pairs(pair_state *s, lanes x, lanes y, lanes ax, lanes ay) {
    lanes_mask both = lanes_both(lanes_finite(x), lanes_finite(y));
    lanes dx = lanes_where(both, lanes_sub(x, ax));
    lanes dy = lanes_where(both, lanes_sub(y, ay));
    lanes error = lanes_where(both, lanes_sub(y, x)), size = lanes_abs(error);
    lanes square = lanes_mul(error, error);
    s->taken = lanes_count(s->taken, both);
    s->x = lanes_add(s->x, dx);
    s->y = lanes_add(s->y, dy);
    s->xx = lanes_add(s->xx, lanes_mul(dx, dx));
    s->yy = lanes_add(s->yy, lanes_mul(dy, dy));
    s->xy = lanes_add(s->xy, lanes_mul(dx, dy));
    s->error = lanes_add(s->error, error);
    s->abs_error = lanes_add(s->abs_error, size);
    s->squared_error = lanes_add(s->squared_error, square);
    s->fourth_power = lanes_add(s->fourth_power, lanes_mul(square, square));
    s->max_abs_error = lanes_greater(size, s->max_abs_error);
}

static inline void pair_store(sdr_pair_lanes *out, const pair_state *s) {
    lanes_store(out->x, s->x);
    lanes_store(out->y, s->y);
    lanes_store(out->xx, s->xx);
    lanes_store(out->yy, s->yy);
    lanes_store(out->xy, s->xy);
    lanes_store(out->error, s->error);
    lanes_store(out->abs_error, s->abs_error);
    lanes_store(out->squared_error, s->squared_error);
    lanes_store(out->fourth_power, s->fourth_power);
    lanes_store(out->max_abs_error, s->max_abs_error);
}

static void pair(sdr_block_pairs *out, const double *x, const double *y, int64_t n) {
    sdr_pair_anchor anchor = {anchor_of(x, n), anchor_of(y, n)};
    lanes ax = lanes_all(anchor.x), ay = lanes_all(anchor.y), zero = lanes_all(0.0);
    pair_state s = {zero,
                    zero,
                    zero,
                    zero,
                    zero,
                    zero,
                    zero,
                    zero,
                    zero,
                    zero,
                    lanes_counter_zero()};
    int64_t i = 0;
    for (; i + SDR_LANES <= n; i += SDR_LANES) {
        sdr_prefetch(x + i);
        sdr_prefetch(y + i);
        add_pairs(&s, lanes_load(x + i), lanes_load(y + i), ax, ay);
    }
    int k = (int)(n - i);
    if (k > 0)
        add_pairs(&s, lanes_load_part(x + i, k), lanes_load_part(y + i, k), ax, ay);
    sdr_pair_lanes lanes_out;
    pair_store(&lanes_out, &s);
    sdr_pair_finish(out, &lanes_out, lanes_counted(s.taken), &anchor);
}

/* --- The read bound --------------------------------------------------------------- */

static double read_bound(const double *values, int64_t n) {
    enum { STREAMS = 4, STEP = STREAMS * SDR_LANES };
    lanes zero = lanes_all(0.0), a = zero, b = zero, c = zero, d = zero;
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        const double *p = values + i;
        for (int line = 0; line < STEP; line += SDR_LANES)
            sdr_prefetch(p + line);
        a = lanes_add(a, lanes_load(p));
        b = lanes_add(b, lanes_load(p + SDR_LANES));
        c = lanes_add(c, lanes_load(p + 2 * SDR_LANES));
        d = lanes_add(d, lanes_load(p + 3 * SDR_LANES));
    }
    double sums[SDR_LANES];
    lanes_store(sums, lanes_add(lanes_add(a, b), lanes_add(c, d)));
    double sum = sdr_lanes_sum(sums);
    for (; i < n; i++)
        sum += values[i];
    return sum;
}

#define SDR_MOMENTS_FILL(isa)                                                          \
    void sdr_moments_fill_##isa(sdr_moments_kernels *kernels) {                        \
        kernels->block = block;                                                        \
        kernels->pair = pair;                                                          \
        kernels->read_bound = read_bound;                                              \
    }
