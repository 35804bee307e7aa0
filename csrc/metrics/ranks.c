/*
 * Rank statistics of two sorted samples. See ranks.h for what they are.
 *
 * The walk goes from value to value. With i x and j y before a value, tx and ty rows at
 * it, t = tx + ty:
 *   U        += ty (i + tx / 2)
 *   CvM      the k-th of the tx has rank i + j + (t + 1) / 2 and place i + k; with
 *            c = 2 j + t + 1 four times the squares are sum_k (c - 2 k)^2
 *   AD       2 (N M - n B) = N (2 i + tx) - n (2 i + 2 j + t) =: D, so that a term is
 *            (t / N) D^2 / ((2 i + 2 j + t) (2 N - 2 i - 2 j - t) - N t)
 *   energy   ((i m - j n) / (n m))^2 times the distance to the next value
 *
 * Whole numbers are exact. The two sums of float64 run in blocks of SDR_BLOCK_ROWS
 * ranks, each from its own zero, and the blocks are added with Neumaier's correction:
 * relative error some 1e-15. Time O(n + m) after the sorts.
 */
#include "ranks.h"

#include <math.h>

#include "core/parallel.h"
#include "two_sample.h"

enum {
    POLL_BLOCKS = 64,     /* some 3 ms of walking */
    MOST_NARROW = 1 << 30 /* rows whose products of two counts stay below 2^63 */
};

static sdr_integer integer_of(sdr_int128 value) {
    return (sdr_integer){(int64_t)(value >> 64), (uint64_t)value};
}

/* A sum of blocks, with what rounding lost. */
typedef struct block_sum {
    double block, total, lost;
} block_sum;

static void close_block(block_sum *sum) {
    double total = sum->total + sum->block;
    if (fabs(sum->total) >= fabs(sum->block))
        sum->lost += (sum->total - total) + sum->block;
    else
        sum->lost += (sum->block - total) + sum->total;
    sum->total = total;
    sum->block = 0.0;
}

static double sum_of(block_sum *sum) {
    close_block(sum);
    return isfinite(sum->total) ? sum->total + sum->lost : sum->total;
}

typedef struct walk {
    const sdr_sample *x, *y;
    int64_t n, m;
    int64_t i, j;         /* passed */
    int64_t low_x, low_y; /* -infinity */
    int64_t finite_n, finite_m;
    int64_t distinct;
    bool narrow; /* every product of two counts fits 64 bits */
    sdr_int128 ties, u2, plus, minus, squares_x, squares_y;
    block_sum ad, energy;
} walk;

static bool is_below(const sdr_sample *a, int64_t i, const sdr_sample *b, int64_t j) {
    if (a->values) return a->values[i] < b->values[j];
    return sdr_sample_integer(a, i) < sdr_sample_integer(b, j);
}

/* Rows from i on that equal row i. */
static int64_t run_from(const sdr_sample *s, int64_t i) {
    int64_t end = i + 1;
    if (s->values) {
        while (end < s->n && s->values[end] == s->values[i])
            end++;
    } else {
        while (end < s->n && s->keys[end] == s->keys[i])
            end++;
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

/* (t / N) D^2 / spread, D and spread as wide as they need be: the same numbers. */
static void add_darling(walk *w, int64_t tx, int64_t t) {
    const int64_t total = w->n + w->m, below2 = 2 * (w->i + w->j) + t;
    double d, spread;
    if (w->narrow) {
        d = (double)(total * (2 * w->i + tx) - w->n * below2);
        spread = (double)(below2 * (2 * total - below2) - total * t);
    } else {
        d = (double)((sdr_int128)total * (2 * w->i + tx) - (sdr_int128)w->n * below2);
        spread =
            (double)((sdr_int128)below2 * (2 * total - below2) - (sdr_int128)total * t);
    }
    w->ad.block += (double)t / (double)total * (d * (d / spread));
}

/* 128-bit numbers become float64 slowly. */
static double difference(const walk *w, int64_t i, int64_t m, int64_t j, int64_t n) {
    if (w->narrow) return (double)(i * m - j * n);
    return (double)((sdr_int128)i * m - (sdr_int128)j * n);
}

/* From value `a` of one side to the next value `b`, after i and j were passed. */
static void add_energy(walk *w, double step) {
    double height =
        difference(w, w->i - w->low_x, w->finite_m, w->j - w->low_y, w->finite_n);
    double f = height / ((double)w->finite_n * (double)w->finite_m);
    w->energy.block += f * f * step;
}

static void pass_value(walk *w, int64_t tx, int64_t ty) {
    int64_t t = tx + ty;
    w->distinct++;
    if (t > 1) w->ties += (sdr_int128)t * t * t - t;
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
static double step_from(const walk *w, const sdr_sample *s, int64_t i) {
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

static void walk_value(walk *w) {
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

static sdr_code walk_all(walk *w, const sdr_context *context, sdr_error *error) {
    const int64_t total = w->n + w->m;
    for (int64_t block = 0; w->i + w->j < total; block++) {
        if (block % POLL_BLOCKS == 0)
            SDR_TRY(sdr_poll(context, w->i + w->j, total, error));
        while (w->i + w->j < total && w->i + w->j < (block + 1) * SDR_BLOCK_ROWS)
            walk_value(w);
        close_block(&w->ad);
        close_block(&w->energy);
    }
    return SDR_OK;
}

sdr_code sdr_ranks_walk(sdr_rank_statistics *out, const sdr_sample *x,
                        const sdr_sample *y, const sdr_context *context,
                        sdr_error *error) {
    walk w = {.x = x, .y = y, .n = x->n, .m = y->n};
    w.narrow = w.n + w.m <= MOST_NARROW;
    w.low_x = count_at(x, -INFINITY);
    w.low_y = count_at(y, -INFINITY);
    w.finite_n = w.n - w.low_x - count_at(x, INFINITY);
    w.finite_m = w.m - w.low_y - count_at(y, INFINITY);
    SDR_TRY(walk_all(&w, context, error));
    out->n = w.n;
    out->m = w.m;
    out->distinct = w.distinct;
    out->ties = integer_of(w.ties);
    out->u2 = integer_of(w.u2);
    out->plus = integer_of(w.plus);
    out->minus = integer_of(w.minus);
    out->cramer_von_mises = integer_of(w.n * w.squares_x + w.m * w.squares_y);
    out->anderson_darling = w.distinct > 1 ? sum_of(&w.ad) : NAN;
    out->finite_n = w.finite_n;
    out->finite_m = w.finite_m;
    out->energy = w.finite_n > 0 && w.finite_m > 0 ? sum_of(&w.energy) : NAN;
    return SDR_OK;
}

void sdr_ranks_begin(sdr_rank_statistics *out, const sdr_column *reference,
                     const sdr_column *current) {
    memset(out, 0, sizeof *out);
    out->status = sdr_samples_agree(reference, current);
    out->anderson_darling = out->energy = NAN;
}

sdr_code sdr_rank_statistics_columns(sdr_rank_statistics *out,
                                     const sdr_column *reference,
                                     const sdr_column *current,
                                     const sdr_context *context, sdr_error *error) {
    sdr_ranks_begin(out, reference, current);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, reference, current, context, error));
    sdr_sample x = {0}, y = {0};
    sdr_code code = sdr_sample_load_sorted(&x, reference, domain, context, error);
    if (code == SDR_OK)
        code = sdr_sample_load_sorted(&y, current, domain, context, error);
    if (code == SDR_OK) {
        out->n = x.n;
        out->m = y.n;
        out->status =
            sdr_two_sample_status(reference->length, current->length, x.n, y.n);
        if (out->status == SDR_STATUS_OK)
            code = sdr_ranks_walk(out, &x, &y, context, error);
    }
    sdr_sample_reset(&x);
    sdr_sample_reset(&y);
    return code;
}
