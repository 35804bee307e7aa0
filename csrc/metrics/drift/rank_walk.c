/*
 * A walk of two sorted samples from value to value. With i x and j y before a value, tx
 * and ty rows at it, t = tx + ty:
 *   U        += ty (i + tx / 2)
 *   CvM      the k-th of the tx has rank i + j + (t + 1) / 2 and place i + k; with
 *            c = 2 j + t + 1 four times the squares are sum_k (c - 2 k)^2
 *   AD       2 (N M - n B) = N (2 i + tx) - n (2 i + 2 j + t) =: D, so that a term is
 *            (t / N) D^2 / ((2 i + 2 j + t) (2 N - 2 i - 2 j - t) - N t)
 *   energy   ((i m - j n) / (n m))^2 times the distance to the next value
 *
 * Whole numbers are exact. The two sums of float64 run in blocks, each from its own
 * zero, and the blocks are added with Neumaier's correction: relative error some 1e-15.
 */
#include "metrics/drift/rank_walk.h"

#include <math.h>

enum { MOST_NARROW = 1 << 30 /* rows whose products of two counts stay below 2^63 */ };

void sdr_block_sum_close(sdr_block_sum *sum) {
    double total = sum->total + sum->block;
    if (fabs(sum->total) >= fabs(sum->block))
        sum->lost += (sum->total - total) + sum->block;
    else
        sum->lost += (sum->block - total) + sum->total;
    sum->total = total;
    sum->block = 0.0;
}

static bool is_below(const sdr_sample *a, int64_t i, const sdr_sample *b, int64_t j) {
    if (a->values) return a->values[i] < b->values[j];
    return sdr_sample_integer(a, i) < sdr_sample_integer(b, j);
}

static bool is_same(const sdr_sample *s, int64_t i, int64_t k) {
    return s->values ? s->values[i] == s->values[k] : s->keys[i] == s->keys[k];
}

/* Rows from i on that equal row i: doubling steps, then halves. */
static int64_t run_from(const sdr_sample *s, int64_t i) {
    int64_t step = 1;
    while (i + step < s->n && is_same(s, i, i + step))
        step *= 2;
    int64_t same = i + step / 2, end = i + step < s->n ? i + step : s->n;
    while (end - same > 1) {
        int64_t middle = same + (end - same) / 2;
        if (is_same(s, i, middle))
            same = middle;
        else
            end = middle;
    }
    return end - i;
}

/* Sum over k = 1 ... t of (c - 2 k)^2. */
static sdr_int128 squares(int64_t c, int64_t t) {
    if (t == 1 && c < MOST_NARROW) return (c - 2) * (c - 2);
    sdr_int128 wide = c, rows = t;
    return rows * wide * wide - 2 * wide * rows * (rows + 1) +
           2 * rows * (rows + 1) * (2 * rows + 1) / 3;
}

/* (t / N) D^2 / variance, D and variance as wide as they need be: the same numbers. */
static void add_darling(sdr_rank_walk *w, int64_t tx, int64_t t) {
    const int64_t total = w->n + w->m, below2 = 2 * (w->i + w->j) + t;
    double d, variance;
    if (w->narrow) {
        d = (double)(total * (2 * w->i + tx) - w->n * below2);
        variance = (double)(below2 * (2 * total - below2) - total * t);
    } else {
        d = (double)((sdr_int128)total * (2 * w->i + tx) - (sdr_int128)w->n * below2);
        variance =
            (double)((sdr_int128)below2 * (2 * total - below2) - (sdr_int128)total * t);
    }
    w->ad.block += (double)t / (double)total * (d * (d / variance));
}

/* 128-bit numbers become float64 slowly. */
static double difference(const sdr_rank_walk *w, int64_t i, int64_t m, int64_t j,
                         int64_t n) {
    if (w->narrow) return (double)(i * m - j * n);
    return (double)((sdr_int128)i * m - (sdr_int128)j * n);
}

/* From value `a` of one side to the next value `b`, after i and j were passed. */
static void add_energy(sdr_rank_walk *w, double step) {
    double height =
        difference(w, w->i - w->low_x, w->finite_m, w->j - w->low_y, w->finite_n);
    double f = height / ((double)w->finite_n * (double)w->finite_m);
    w->energy.block += f * f * step;
}

static sdr_int128 cubed(int64_t t) {
    return (sdr_int128)t * t * t - t;
}

static void pass_value(sdr_rank_walk *w, int64_t tx, int64_t ty) {
    int64_t t = tx + ty;
    w->distinct++;
    if (t > 1) {
        w->ties += cubed(t);
        w->ties_x += cubed(tx);
        w->ties_y += cubed(ty);
    }
    w->u2 += (sdr_int128)ty * (2 * w->i + tx);
    if (tx > 0) w->squares_x += squares(2 * w->j + t + 1, tx);
    if (ty > 0) w->squares_y += squares(2 * w->i + t + 1, ty);
    add_darling(w, tx, t);
    w->i += tx;
    w->j += ty;
    sdr_int128 a = (sdr_int128)w->i * w->m - (sdr_int128)w->j * w->n;
    if (a > w->plus) w->plus = a;
    if (-a > w->minus) w->minus = -a;
}

/* Distance from the value at (s, i) to the next one of both samples; 0 where there is
 * none, or one of the two is infinite. */
static double step_from(const sdr_rank_walk *w, const sdr_sample *s, int64_t i) {
    bool more_x = w->i < w->n, more_y = w->j < w->m;
    if (!more_x && !more_y) return 0.0;
    bool from_x = more_x && (!more_y || is_below(w->x, w->i, w->y, w->j));
    const sdr_sample *next = from_x ? w->x : w->y;
    int64_t at = from_x ? w->i : w->j;
    if (!s->values)
        return (double)(sdr_sample_integer(next, at) - sdr_sample_integer(s, i));
    double low = s->values[i], high = next->values[at];
    return isinf(low) || isinf(high) ? 0.0 : high - low;
}

void sdr_rank_walk_value(sdr_rank_walk *w) {
    bool more_x = w->i < w->n, more_y = w->j < w->m;
    bool x_first = more_x && (!more_y || !is_below(w->y, w->j, w->x, w->i));
    bool y_first = more_y && (!more_x || !is_below(w->x, w->i, w->y, w->j));
    const sdr_sample *s = x_first ? w->x : w->y;
    int64_t at = x_first ? w->i : w->j;
    pass_value(w, x_first ? run_from(w->x, w->i) : 0,
               y_first ? run_from(w->y, w->j) : 0);
    add_energy(w, step_from(w, s, at));
}

static int64_t count_at(const sdr_sample *s, double value) {
    int64_t count = 0;
    if (!s->values) return 0;
    if (value < 0.0) {
        while (count < s->n && s->values[count] == value)
            count++;
    } else {
        while (count < s->n && s->values[s->n - 1 - count] == value)
            count++;
    }
    return count;
}

void sdr_rank_walk_init(sdr_rank_walk *w, const sdr_sample *x, const sdr_sample *y) {
    *w = (sdr_rank_walk){.x = x, .y = y, .n = x->n, .m = y->n};
    w->narrow = w->n + w->m <= MOST_NARROW;
    w->low_x = count_at(x, -INFINITY);
    w->low_y = count_at(y, -INFINITY);
    w->finite_n = w->n - w->low_x - count_at(x, INFINITY);
    w->finite_m = w->m - w->low_y - count_at(y, INFINITY);
}

static void add_blocks(sdr_block_sum *sum, const sdr_block_sum *part) {
    sum->block = part->total;
    sdr_block_sum_close(sum);
    sum->lost += part->lost;
}

void sdr_rank_walk_add(sdr_rank_walk *w, const sdr_rank_walk *part) {
    w->distinct += part->distinct;
    w->ties += part->ties;
    w->ties_x += part->ties_x;
    w->ties_y += part->ties_y;
    w->u2 += part->u2;
    w->squares_x += part->squares_x;
    w->squares_y += part->squares_y;
    if (part->plus > w->plus) w->plus = part->plus;
    if (part->minus > w->minus) w->minus = part->minus;
    add_blocks(&w->ad, &part->ad);
    add_blocks(&w->energy, &part->energy);
}
