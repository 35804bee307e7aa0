/*
 * Weighted samples: a radix sort of rows with their weights, and a walk of two sorted
 * samples from value to value. weighted.h says what the sums are.
 *
 * In shares of the weights, with n and m effective rows: Anderson and Darling's term of
 * rank_walk.c, D = 2 n m (F- - G-), is 4 n^2 m^2 / N^2 times `darling`'s.
 */
#include "simdrift/weighted.h"

#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "core/two_sum.h"
#include "metrics/common/sort.h"

enum {
    DIGIT_BITS = 8,
    DIGITS = 64 / DIGIT_BITS,
    BUCKETS = 1 << DIGIT_BITS,
    POLL_ROWS = 1 << 20 /* some 10 ms of work */
};

typedef struct weighted_row {
    uint64_t key;
    double weight;
} weighted_row;

static uint64_t key_of(double value) {
    uint64_t bits;
    value += 0.0; /* -0.0 becomes 0.0 */
    memcpy(&bits, &value, sizeof bits);
    return sdr_key_from_bits(bits);
}

static double value_of(uint64_t key) {
    double value;
    const uint64_t bits = sdr_key_to_bits(key);
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The rows that take part; -1: a weight was refused. */
static int64_t rows_of(weighted_row *out, const double *values, const double *weights,
                       int64_t n, sdr_error *error) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        const double w = weights[i];
        if (!(w >= 0.0 && w < INFINITY)) {
            sdr_error_set(error, SDR_INVALID_ARGUMENT,
                          "weights[%lld] is %g; expected finite weights >= 0",
                          (long long)i, w);
            return -1;
        }
        out[found] = (weighted_row){key_of(values[i]), w};
        found += w > 0.0 && !isnan(values[i]);
    }
    return found;
}

static void count_digits(int64_t counts[DIGITS][BUCKETS], const weighted_row *rows,
                         int64_t n) {
    memset(counts, 0, DIGITS * sizeof *counts);
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            counts[d][rows[i].key >> (d * DIGIT_BITS) & (BUCKETS - 1)]++;
}

static sdr_code scatter(weighted_row *to, const weighted_row *from, int64_t n,
                        const int64_t *counts, int shift, const sdr_context *context,
                        sdr_error *error) {
    int64_t next[BUCKETS], sum = 0;
    for (int b = 0; b < BUCKETS; b++) {
        next[b] = sum;
        sum += counts[b];
    }
    for (int64_t i = 0; i < n;) {
        const int64_t stop = n - i < POLL_ROWS ? n : i + POLL_ROWS;
        SDR_TRY(sdr_poll(context, i, n, error));
        for (; i < stop; i++)
            to[next[from[i].key >> shift & (BUCKETS - 1)]++] = from[i];
    }
    return SDR_OK;
}

/* Ascending and stable; *rows is where they are then, *scratch the other. Digits in
 * which all agree are skipped. */
static sdr_code sort_rows(weighted_row **rows, weighted_row **scratch, int64_t n,
                          const sdr_context *context, sdr_error *error) {
    int64_t counts[DIGITS][BUCKETS];
    count_digits(counts, *rows, n);
    for (int d = 0; d < DIGITS && n > 0; d++) {
        const int shift = d * DIGIT_BITS;
        if (counts[d][(*rows)[0].key >> shift & (BUCKETS - 1)] == n) continue;
        SDR_TRY(scatter(*scratch, *rows, n, counts[d], shift, context, error));
        weighted_row *swap = *rows;
        *rows = *scratch;
        *scratch = swap;
    }
    return SDR_OK;
}

static void join_values(sdr_weighted *out, const weighted_row *rows, int64_t n) {
    sdr_sum cubes = {0};
    for (int64_t i = 0; i < n;) {
        const uint64_t key = rows[i].key;
        sdr_sum weight = {0}, square = {0};
        for (; i < n && rows[i].key == key; i++) {
            const double w = rows[i].weight;
            sdr_sum_add(&weight, w);
            sdr_sum_add(&square, w * w);
            sdr_sum_add(&cubes, w * w * w);
        }
        out->values[out->n] = value_of(key);
        out->weights[out->n] = sdr_sum_value(&weight);
        out->squares[out->n++] = sdr_sum_value(&square);
    }
    out->cubes = sdr_sum_value(&cubes);
    out->rows = n;
}

static sdr_code no_memory(int64_t n, sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld weighted rows",
                         (long long)n);
}

static sdr_code sort_and_join(sdr_weighted *out, weighted_row *rows,
                              weighted_row *scratch, int64_t n,
                              const sdr_context *context, sdr_error *error) {
    SDR_TRY(sort_rows(&rows, &scratch, n, context, error));
    int64_t different = n > 0;
    for (int64_t i = 1; i < n; i++)
        different += rows[i].key != rows[i - 1].key;
    const size_t bytes = (size_t)different * sizeof(double);
    out->values = sdr_allocate(bytes);
    out->weights = sdr_allocate(bytes);
    out->squares = sdr_allocate(bytes);
    if (!out->values || !out->weights || !out->squares) {
        sdr_weighted_reset(out);
        return no_memory(n, error);
    }
    join_values(out, rows, n);
    return SDR_OK;
}

sdr_code sdr_weighted_sort(sdr_weighted *out, const double *values,
                           const double *weights, int64_t n, const sdr_context *context,
                           sdr_error *error) {
    *out = (sdr_weighted){0};
    weighted_row *rows = sdr_allocate((size_t)(n + 1) * sizeof *rows);
    weighted_row *scratch = sdr_allocate((size_t)(n + 1) * sizeof *scratch);
    sdr_code code = SDR_OK;
    if (!rows || !scratch) {
        code = no_memory(n, error);
    } else {
        const int64_t found = rows_of(rows, values, weights, n, error);
        code = found < 0 ? SDR_INVALID_ARGUMENT
                         : sort_and_join(out, rows, scratch, found, context, error);
    }
    sdr_release(rows);
    sdr_release(scratch);
    return code;
}

void sdr_weighted_reset(sdr_weighted *sample) {
    sdr_release(sample->values);
    sdr_release(sample->weights);
    sdr_release(sample->squares);
    *sample = (sdr_weighted){0};
}

/* --- two samples ------------------------------------------------------------------ */

/* A side on the way: the weight that was passed. */
typedef struct passed {
    const sdr_weighted_side *side;
    int64_t at;
    double total;
    sdr_sum before;
} passed;

static passed begin(const sdr_weighted_side *side) {
    sdr_sum total = {0};
    for (int64_t i = 0; i < side->n; i++)
        sdr_sum_add(&total, side->weights[i]);
    return (passed){.side = side, .total = sdr_sum_value(&total)};
}

static inline bool has_more(const passed *p) {
    return p->at < p->side->n;
}

static inline double share_before(const passed *p) {
    return has_more(p) ? sdr_sum_value(&p->before) / p->total : 1.0;
}

/* Passes the value where the side has it; the share it has. */
static inline double pass(passed *p, double value) {
    if (!has_more(p) || p->side->values[p->at] != value) return 0.0;
    const double weight = p->side->weights[p->at++];
    sdr_sum_add(&p->before, weight);
    return weight / p->total;
}

typedef struct sums {
    sdr_sum auc, mises, darling, ties, wasserstein, energy;
} sums;

/* One value: what of it each sample has, and the distance to the next one. */
static void add_value(sdr_weighted_statistics *out, sums *s, passed *x, passed *y,
                      double value) {
    const double n = x->side->size, m = y->side->size, rows = n + m;
    const double f = share_before(x), g = share_before(y);
    const double p = pass(x, value), q = pass(y, value);
    const double f_after = share_before(x), g_after = share_before(y);
    const double middle = 0.5 * ((f - g) + (f_after - g_after));
    const double h = (n * p + m * q) / rows;
    const double below = (n * (f + f_after) + m * (g + g_after)) / (2.0 * rows);
    const double variance = 4.0 * below * (1.0 - below) - h;
    out->distinct++;
    sdr_sum_add(&s->auc, q * 0.5 * (f + f_after));
    sdr_sum_add(&s->mises, h * (middle * middle));
    if (variance > 0.0) sdr_sum_add(&s->darling, h * (middle * (middle / variance)));
    sdr_sum_add(&s->ties, h * h * h);
    const double difference = f_after - g_after;
    if (difference > out->plus) out->plus = difference;
    if (-difference > out->minus) out->minus = -difference;
    if (!has_more(x) && !has_more(y)) return;
    double next = has_more(x) ? x->side->values[x->at] : INFINITY;
    if (has_more(y) && y->side->values[y->at] < next) next = y->side->values[y->at];
    if (isinf(value) || isinf(next)) return;
    sdr_sum_add(&s->wasserstein, fabs(difference) * (next - value));
    sdr_sum_add(&s->energy, difference * difference * (next - value));
}

sdr_code sdr_weighted_compare(sdr_weighted_statistics *out,
                              const sdr_weighted_side *reference,
                              const sdr_weighted_side *current,
                              const sdr_context *context, sdr_error *error) {
    *out = (sdr_weighted_statistics){0};
    passed x = begin(reference), y = begin(current);
    sums s = {0};
    while (has_more(&x) || has_more(&y)) {
        if (out->distinct % POLL_ROWS == 0)
            SDR_TRY(sdr_poll(context, x.at + y.at, reference->n + current->n, error));
        double value = has_more(&x) ? reference->values[x.at] : current->values[y.at];
        if (has_more(&y) && current->values[y.at] < value)
            value = current->values[y.at];
        add_value(out, &s, &x, &y, value);
    }
    out->auc = sdr_sum_value(&s.auc);
    out->mises = sdr_sum_value(&s.mises);
    out->darling = sdr_sum_value(&s.darling);
    out->ties = sdr_sum_value(&s.ties);
    out->wasserstein = sdr_sum_value(&s.wasserstein);
    out->energy = sdr_sum_value(&s.energy);
    return SDR_OK;
}
