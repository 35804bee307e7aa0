/*
 * What the order of a group's numbers tells, from one ordering: quantiles, the median
 * deviation, the most frequent value, how many distinct ones there are.
 *
 * An ordering is the sorted rows, or, of many rows with few distinct values, those
 * values with the ranks at which each ends: whole numbers of a narrow range are counted
 * in an array, others in a table of at most SDR_DISTINCT_EXACT values. A quantile is
 * read at its ranks. Distances from the median fall on its left and rise on its right,
 * so that the one of a rank is found by halving: fabs(x - center) is monotone in
 * floating point, too. All values have the bits of the calls that compute them alone.
 *
 * Integers beyond 2^53 are sorted as integers, and what is defined over float64 (the
 * most frequent value, the median deviation) is left to those calls.
 *
 * Time O(rows) for few distinct values, else that of a sort; memory 16 bytes a row.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/common/blocks.h"
#include "metrics/common/quantile.h"
#include "metrics/common/samples.h"
#include "metrics/groups/groups.h"

enum {
    COUNTED_FROM_ROWS = SDR_DISTINCT_EXACT + 1, /* fewer are sorted sooner */
    DENSE_RANGE = 1 << 16,                      /* of 64-bit counts, in L2 */
    SORT_BYTES = 64
};

typedef struct ordering {
    int64_t n, k;   /* rows; values */
    double *values; /* ascending: of each row, or (with ends) each distinct one once */
    int64_t *ends;  /* ends[i]: the rank behind the last row of value i; or NULL */
} ordering;

/* Which of the values a row of that rank has. */
static int64_t place_of(const ordering *o, int64_t rank) {
    if (o->ends == NULL) return rank;
    int64_t low = 0, high = o->k - 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (o->ends[middle] > rank)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static double value_at(const ordering *o, int64_t rank) {
    return o->values[place_of(o, rank)];
}

/* Rows below a value. */
static int64_t rank_of(const ordering *o, double value) {
    int64_t low = 0, high = o->k;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (o->values[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return o->ends == NULL || low == 0 ? low : o->ends[low - 1];
}

static double quantile_at(const ordering *o, double q) {
    if (o->n == 0) return NAN;
    sdr_quantile_rank rank = sdr_quantile_rank_of(q, o->n);
    return sdr_quantile_between(value_at(o, rank.low), value_at(o, rank.high), rank.t);
}

/* --- the median deviation --- */

/* Distances from a center, ascending on each side: `left` rows before rank `split`,
 * `right` from there on. */
typedef struct sides {
    const ordering *order;
    double center;
    int64_t split, left, right;
} sides;

static double left_at(const sides *s, int64_t i) {
    return fabs(value_at(s->order, s->split - 1 - i) - s->center);
}

static double right_at(const sides *s, int64_t i) {
    return fabs(value_at(s->order, s->split + i) - s->center);
}

/* The distance of a rank of both sides: i of those before it are of the left. */
static double distance_at(const sides *s, int64_t rank) {
    int64_t low = rank > s->right ? rank - s->right : 0;
    int64_t high = rank < s->left ? rank : s->left;
    while (low < high) {
        int64_t i = low + (high - low) / 2;
        if (left_at(s, i) < right_at(s, rank - i - 1))
            low = i + 1;
        else
            high = i;
    }
    int64_t j = rank - low;
    if (low == s->left) return right_at(s, j);
    if (j == s->right) return left_at(s, low);
    return fmin(left_at(s, low), right_at(s, j));
}

/* Of finite rows, and finite distances; NaN where the center is not finite. */
static double median_deviation(const ordering *o, double center) {
    if (!isfinite(center)) return NAN;
    sides s = {o, center, rank_of(o, center), 0, 0};
    s.left = s.split;
    s.right = o->n - s.split;
    while (s.left > 0 && isinf(left_at(&s, s.left - 1)))
        s.left--;
    while (s.right > 0 && isinf(right_at(&s, s.right - 1)))
        s.right--;
    if (s.left + s.right == 0) return NAN;
    sdr_quantile_rank rank = sdr_quantile_rank_of(0.5, s.left + s.right);
    return sdr_quantile_between(distance_at(&s, rank.low), distance_at(&s, rank.high),
                                rank.t);
}

/* --- runs of equal values --- */

typedef struct runs {
    int64_t distinct, longest;
    double value; /* of the longest run, of equally long ones the first */
} runs;

static void runs_add(runs *r, double value, int64_t rows) {
    r->distinct++;
    if (rows <= r->longest) return;
    r->longest = rows;
    r->value = value;
}

static runs runs_of(const ordering *o) {
    runs found = {0, 0, NAN};
    int64_t first = 0;
    for (int64_t i = 0; i < o->k; i++) {
        if (o->ends == NULL && i + 1 < o->k && o->values[i + 1] == o->values[i])
            continue;
        int64_t end = o->ends == NULL ? i + 1 : o->ends[i];
        runs_add(&found, o->values[i], end - first);
        first = end;
    }
    return found;
}

/* A value is named that has 1 % of the rows, however many there are. */
static bool is_named(const runs *r, int64_t n) {
    return r->distinct <= SDR_DISTINCT_EXACT || r->longest >= (n + 99) / 100;
}

/* --- counting --- */

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory to order values");
}

static sdr_code ordering_new(ordering *o, int64_t k, sdr_error *error) {
    o->values = sdr_allocate(((size_t)k + 1) * sizeof *o->values);
    o->ends = sdr_allocate(((size_t)k + 1) * sizeof *o->ends);
    return o->values == NULL || o->ends == NULL ? no_memory(error) : SDR_OK;
}

static void ordering_reset(ordering *o) {
    sdr_release(o->values);
    sdr_release(o->ends);
}

static void ordering_add(ordering *o, double value, int64_t rows) {
    o->values[o->k] = value;
    o->ends[o->k++] = o->n += rows;
}

typedef void (*block_body)(void *user, const double *values, int64_t rows);

static void each_block(const sdr_column *column, block_body body, void *user) {
    double scratch[SDR_BLOCK_ROWS];
    for (int64_t start = 0; start < column->length; start += SDR_BLOCK_ROWS) {
        int64_t rows = column->length - start, nulls;
        if (rows > SDR_BLOCK_ROWS) rows = SDR_BLOCK_ROWS;
        body(user, sdr_column_load_f64(column, start, rows, 0, scratch, &nulls), rows);
    }
}

typedef struct dense {
    double min, max;
    int64_t *counts; /* of min, min + 1, ...; the last of missing rows */
} dense;

static void extend(void *user, const double *values, int64_t rows) {
    dense *d = user;
    double min = d->min, max = d->max;
    for (int64_t i = 0; i < rows; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    d->min = min;
    d->max = max;
}

static void count_dense(void *user, const double *values, int64_t rows) {
    dense *d = user;
    for (int64_t i = 0; i < rows; i++) {
        double place = values[i] - d->min;
        d->counts[place == place ? (int32_t)place : DENSE_RANGE]++;
    }
}

/* Of whole numbers; nothing where their range is too wide. */
static sdr_code order_dense(ordering *o, bool *done, const sdr_column *rows,
                            sdr_error *error) {
    dense d = {INFINITY, -INFINITY, NULL};
    each_block(rows, extend, &d);
    if (!(d.max - d.min < DENSE_RANGE)) return SDR_OK;
    const size_t size = (DENSE_RANGE + 1) * sizeof *d.counts;
    d.counts = sdr_allocate(size);
    if (d.counts == NULL) return no_memory(error);
    memset(d.counts, 0, size);
    each_block(rows, count_dense, &d);
    int64_t range = d.max >= d.min ? (int64_t)(d.max - d.min) + 1 : 0;
    sdr_code code = ordering_new(o, range, error);
    for (int64_t i = 0; code == SDR_OK && i < range; i++)
        if (d.counts[i] > 0) ordering_add(o, d.min + (double)i, d.counts[i]);
    *done = code == SDR_OK;
    sdr_release(d.counts);
    return code;
}

typedef struct counted {
    double value;
    int64_t rows;
} counted;

static int by_value(const void *a, const void *b) {
    const counted *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* By a table; nothing where there are too many distinct values. */
static sdr_code order_counted(ordering *o, bool *done, const sdr_column *rows,
                              const sdr_context *context, sdr_error *error) {
    enum { MOST = SDR_DISTINCT_EXACT };
    double *values = sdr_allocate(MOST * sizeof *values);
    int64_t *counts = sdr_allocate(MOST * sizeof *counts), n = 0;
    counted *found = sdr_allocate(MOST * sizeof *found);
    sdr_code code = SDR_OK;
    if (values == NULL || counts == NULL || found == NULL)
        code = no_memory(error);
    else
        code = sdr_top_values(values, counts, MOST, &n, rows, context, error);
    if (code == SDR_OK && n > 0) code = ordering_new(o, n, error);
    if (code == SDR_OK && n > 0) {
        for (int64_t i = 0; i < n; i++)
            found[i] = (counted){values[i], counts[i]};
        qsort(found, (size_t)n, sizeof *found, by_value);
        for (int64_t i = 0; i < n; i++)
            ordering_add(o, found[i].value, found[i].rows);
        *done = true;
    }
    sdr_release(values);
    sdr_release(counts);
    sdr_release(found);
    return code;
}

/* --- one group --- */

static sdr_code order_sorted(ordering *o, const sdr_column *rows,
                             const sdr_context *context, sdr_error *error) {
    sdr_sample sample = {0};
    const sdr_domain domain = {.integer = false};
    sdr_code code = sdr_sample_load_sorted(&sample, rows, domain, context, error);
    *o = (ordering){sample.n, sample.n, sample.values, NULL};
    return code;
}

static sdr_code order_rows(ordering *o, const sdr_column *rows,
                           const sdr_context *context, sdr_error *error) {
    bool done = false;
    if (rows->length >= COUNTED_FROM_ROWS && rows->kind != SDR_KIND_NULL) {
        if (rows->kind != SDR_KIND_FLOAT) SDR_TRY(order_dense(o, &done, rows, error));
        if (!done) SDR_TRY(order_counted(o, &done, rows, context, error));
    }
    return done ? SDR_OK : order_sorted(o, rows, context, error);
}

typedef struct order_job {
    double *out;
    const double *q;
    int64_t n_q;
} order_job;

static sdr_code order_doubles(double *out, const order_job *j, const sdr_column *rows,
                              const sdr_context *context, sdr_error *error) {
    ordering o = {0};
    sdr_code code = order_rows(&o, rows, context, error);
    if (code == SDR_OK) {
        const runs found = runs_of(&o);
        const bool named = is_named(&found, o.n);
        out[SDR_ORDER_DEVIATION] = median_deviation(&o, quantile_at(&o, 0.5));
        out[SDR_ORDER_TOP] = named ? found.value : NAN;
        out[SDR_ORDER_TOP_ROWS] = named ? (double)found.longest : 0.0;
        out[SDR_ORDER_DISTINCT] = (double)found.distinct;
        for (int64_t i = 0; i < j->n_q; i++)
            out[SDR_ORDER_FIELDS + i] = quantile_at(&o, j->q[i]);
    }
    ordering_reset(&o);
    return code;
}

static int64_t steps_of(const sdr_sample *sorted) {
    int64_t steps = sorted->n > 0;
    for (int64_t i = 1; i < sorted->n; i++)
        steps += sorted->keys[i] != sorted->keys[i - 1];
    return steps;
}

/* Sorted as integers; the most frequent value is that of float64, where it is named. */
static sdr_code order_integers(double *out, const order_job *j, const sdr_column *rows,
                               const sdr_context *context, sdr_error *error) {
    const double middle = 0.5;
    ordering o = {0};
    double center;
    sdr_sample sample = {0};
    const sdr_domain domain = {.integer = true};
    sdr_code code = order_sorted(&o, rows, context, error);
    const runs found = code == SDR_OK ? runs_of(&o) : (runs){0, 0, NAN};
    const bool named = is_named(&found, o.n);
    ordering_reset(&o);
    out[SDR_ORDER_TOP] = named ? found.value : NAN;
    out[SDR_ORDER_TOP_ROWS] = named ? (double)found.longest : 0.0;
    if (code == SDR_OK)
        code = sdr_sample_load_sorted(&sample, rows, domain, context, error);
    if (code == SDR_OK) {
        center = sdr_quantile_sorted(&sample, middle);
        out[SDR_ORDER_DISTINCT] = (double)steps_of(&sample);
        for (int64_t i = 0; i < j->n_q; i++)
            out[SDR_ORDER_FIELDS + i] = sdr_quantile_sorted(&sample, j->q[i]);
        code = sdr_median_deviation(&out[SDR_ORDER_DEVIATION], center, rows, context,
                                    error);
    }
    sdr_sample_reset(&sample);
    return code;
}

static sdr_code order_group(void *user, const sdr_group *group,
                            const sdr_context *context, sdr_error *error) {
    const order_job *j = user;
    double *out = j->out + group->index * (SDR_ORDER_FIELDS + j->n_q);
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, group->rows, NULL, context, error));
    if (domain.integer || domain.base != 0)
        return order_integers(out, j, group->rows, context, error);
    return order_doubles(out, j, group->rows, context, error);
}

sdr_code sdr_order_groups(double *out, const double *q, int64_t n_q,
                          const sdr_column *column, const sdr_groups *groups,
                          const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_order_groups", error));
    SDR_TRY(sdr_quantiles_check(q, n_q, error));
    order_job j = {out, q, n_q};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = order_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}
