/*
 * A small group against a large prepared reference; see small_sample.h.
 *
 * The group's m values are sorted. Between two of them G is constant and F rises, so
 * the walk of merge.h takes a step for each distinct value of the group, not for each
 * value of the reference: with A = i*m - j*n, KS: A is largest before a value of the
 * group, or just after it; W1: reference values that A passes with one sign count with
 * one sign. Their sums are differences of prefix sums, read only where the sign
 * changes: a run of any number of steps costs two of them. i is found without a search
 * over the reference: the bucket of a monotone map says between which few values it lies
 * (kernels/buckets), for all values of the group at once.
 *
 * Everything is an integer until the one rounding, so the bits are those of the walk.
 * Time O(m log m + m * log(values of a bucket) + sqrt(m)); the reference is not read
 * otherwise.
 */
#include "metrics/groups/small_sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/dispatch.h"
#include "metrics/common/sort.h"

enum {
    PART_ROWS = 512, /* located at a time */
    AHEAD = 16       /* searches whose memory is on its way */
};

/* --- the index --- */

static void fill_starts(uint32_t *starts, const sdr_bucket *table) {
    uint32_t before = 0;
    for (int id = 0; id < SDR_BUCKETS; id++) {
        starts[id] = before;
        before += id == SDR_BUCKET_MISSING ? 0 : (uint32_t)table[id].count;
    }
    starts[SDR_BUCKETS] = before;
}

static sdr_code index_from(sdr_small_index *out, const sdr_buckets_sorted *buckets,
                           sdr_error *error) {
    out->map = buckets->map;
    out->starts = sdr_allocate((SDR_BUCKETS + 1) * sizeof *out->starts);
    if (out->starts == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for an index of buckets");
    fill_starts(out->starts, buckets->table);
    return SDR_OK;
}

sdr_code sdr_small_index_init(sdr_small_index *out, const sdr_prepared *reference,
                              int64_t rows, const sdr_context *context,
                              sdr_error *error) {
    *out = (sdr_small_index){0};
    if (reference == NULL || reference->prefix.sums == NULL) return SDR_OK;
    int64_t n = reference->sample.n;
    if (n == 0 || n > INT32_MAX) return SDR_OK;
    out->reference = reference;
    if (reference->buckets.table != NULL)
        return index_from(out, &reference->buckets, error);
    if (rows < n || rows < SDR_BUCKETS) return SDR_OK;
    sdr_buckets_sorted buckets;
    SDR_TRY(
        sdr_buckets_sorted_init(&buckets, reference->sample.values, n, context, error));
    sdr_code code = index_from(out, &buckets, error);
    sdr_buckets_sorted_reset(&buckets);
    return code;
}

void sdr_small_index_reset(sdr_small_index *index) {
    sdr_release(index->starts);
    *index = (sdr_small_index){0};
}

/* --- the walk --- */

typedef struct walk {
    const double *x;
    const sdr_prefix *prefix;
    int64_t n, m;
    int64_t i, a; /* values of x passed; A */
    int64_t best;
    double best_value;
    bool want_ks, want_w1;
    bool is_below;      /* x counts with +: A <= 0 as it passes */
    int64_t run;        /* x passed when that began */
    sdr_int128 sum_run; /* their sum */
    sdr_int128 sum_x;   /* of signed x before the run, in units of the prefix sums */
    sdr_exact_sum y;    /* of signed y */
    sdr_wide total;     /* of values at which A changes its sign, times their factor */
} walk;

static inline void note(walk *w, int64_t a, double value) {
    if (llabs(a) <= llabs(w->best)) return;
    w->best = a;
    w->best_value = value;
}

/* Ends the run of one sign before x[end], and begins the other. */
static void end_run(walk *w, int64_t end, bool is_below) {
    sdr_int128 sum = sdr_prefix_sum(w->prefix, w->x, end);
    w->sum_x += w->is_below ? sum - w->sum_run : w->sum_run - sum;
    w->is_below = is_below;
    w->run = end;
    w->sum_run = sum;
}

/* A value of x that takes A across zero: it is in no run. */
static void cross_x(walk *w, int64_t at, int64_t before) {
    end_run(w, at, false);
    sdr_wide_add_product(&w->total, w->x[at], -before - (before + w->m));
    w->run = at + 1;
    w->sum_run = sdr_prefix_sum(w->prefix, w->x, at + 1);
}

/* x[i, until): A rises by m with each. */
static inline void pass_x(walk *w, int64_t until) {
    int64_t before = w->a, after = before + (until - w->i) * w->m;
    if (w->want_w1 && until > w->i) {
        if (before >= 0) {
            if (w->is_below) end_run(w, w->i, false);
        } else {
            if (!w->is_below) end_run(w, w->i, true);
            if (after > 0) {
                int64_t turn = w->i + -before / w->m;
                int64_t at = before + (turn - w->i) * w->m;
                if (at < 0)
                    cross_x(w, turn, at);
                else
                    end_run(w, turn, false);
            }
        }
    }
    w->a = after;
    w->i = until;
}

/* `count` values of y, all equal: A falls by n with each. */
static inline void pass_y(walk *w, double value, int64_t count) {
    int64_t before = w->a, after = before - count * w->n;
    w->a = after;
    if (!w->want_w1) return;
    if (before > 0 && after < 0) {
        sdr_wide_add_product(&w->total, value, before + after);
        return;
    }
    int64_t mantissa;
    int exponent = sdr_exact_split(&mantissa, value);
    sdr_int128 term = (sdr_int128)mantissa * ((int64_t)1 << (exponent & 31));
    w->y.bins[exponent >> SDR_EXACT_BIN_BITS] += term * (before > 0 ? count : -count);
}

/* The first of x[low, high) that is not below the bound (or above it), else high. The
 * comparison is a mask: as a branch it would be guessed wrong every other time. */
static inline int64_t first_from(const double *x, int64_t low, int64_t high,
                                 double bound, bool above) {
    const double *at = x + low;
    int64_t n = high - low;
    while (n > 0) {
        int64_t half = n / 2;
        int64_t before = above ? at[half] <= bound : at[half] < bound;
        at += (half + 1) & -before;
        n = half - ((before & ~n) & 1);
    }
    return at - x;
}

/* below[j]: the first of x that is not below y[j]. Every search is on its own, so that
 * one waits for memory while others go on. */
static void locate(int64_t *below, const walk *w, const sdr_small_index *index,
                   const double *y, int64_t n) {
    uint16_t ids[PART_ROWS + AHEAD];
    if (index->starts == NULL) {
        for (int64_t j = 0; j < n; j++)
            below[j] = first_from(w->x, 0, w->n, y[j], false);
        return;
    }
    sdr_dispatch_active()->buckets.map(ids, y, n, &index->map);
    for (int64_t j = n; j < n + AHEAD; j++)
        ids[j] = ids[n - 1];
    for (int64_t j = 0; j < n; j++) {
        const uint32_t *bucket = &index->starts[ids[j]];
        const uint32_t *next = &index->starts[ids[j + AHEAD]];
        __builtin_prefetch(w->x + next[0] + (next[1] - next[0]) / 2);
        below[j] = first_from(w->x, bucket[0], bucket[1], y[j], false);
    }
}

/* The values of y[j, stop) and those equal to the last of them; where that ends. */
static int64_t walk_part(walk *w, const double *y, int64_t j, int64_t stop,
                         const int64_t *below) {
    for (int64_t first = j; j < stop;) {
        int64_t from = j, at = below[j - first], upto = at;
        double value = y[j++];
        while (j < w->m && y[j] == value)
            j++;
        if (at < w->n && w->x[at] == value)
            upto = first_from(w->x, at, w->n, value, true);
        if (w->want_ks && at > w->i) note(w, w->a + (at - w->i) * w->m, w->x[at - 1]);
        pass_x(w, upto);
        pass_y(w, value, j - from);
        if (w->want_ks) note(w, w->a, value);
    }
    return j;
}

static void walk_values(walk *w, const sdr_small_index *index, const double *y) {
    int64_t below[PART_ROWS];
    for (int64_t j = 0; j < w->m;) {
        int64_t n = w->m - j < PART_ROWS ? w->m - j : PART_ROWS;
        locate(below, w, index, y + j, n);
        j = walk_part(w, y, j, j + n, below);
    }
    pass_x(w, w->n);
    if (w->want_w1) end_run(w, w->n, false);
}

static void compare(sdr_two_sample *out, const sdr_small_index *index, const double *y,
                    int64_t m, int flags) {
    const sdr_prepared *reference = index->reference;
    walk w;
    memset(&w, 0, sizeof w);
    w.x = reference->sample.values;
    w.prefix = &reference->prefix;
    w.n = reference->sample.n;
    w.m = m;
    w.best_value = NAN;
    w.want_ks = flags & SDR_TWO_SAMPLE_KS;
    w.want_w1 = flags & SDR_TWO_SAMPLE_WASSERSTEIN;
    walk_values(&w, index, y);
    if (w.want_ks) sdr_two_sample_set_ks(out, w.best, w.best_value);
    if (!w.want_w1) return;
    sdr_wide_add_sum(&w.total, &w.y, w.n);
    sdr_wide_add_scaled(&w.total, w.sum_x, w.prefix->exponent, w.m);
    sdr_two_sample_set_wasserstein(out, &w.total, w.n, w.m);
}

/* --- a group --- */

static sdr_code reserve(sdr_small_scratch *scratch, int64_t rows, sdr_error *error) {
    if (rows <= scratch->capacity) return SDR_OK;
    int64_t capacity = 2 * rows;
    sdr_release(scratch->values);
    scratch->values = sdr_allocate(2 * (size_t)capacity * sizeof *scratch->values);
    scratch->capacity = scratch->values == NULL ? 0 : capacity;
    if (scratch->values != NULL) return SDR_OK;
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                         (long long)rows);
}

void sdr_small_scratch_reset(sdr_small_scratch *scratch) {
    sdr_release(scratch->values);
    *scratch = (sdr_small_scratch){0};
}

/* Values that are neither null nor NaN, counted by the plan on the way. */
static int64_t load(double *out, int64_t *counts, const sdr_histogram_plan *plan,
                    const sdr_column *rows) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t m = 0, nulls;
    for (int64_t start = 0; start < rows->length; start += SDR_BLOCK_ROWS) {
        int64_t n = rows->length - start;
        if (n > SDR_BLOCK_ROWS) n = SDR_BLOCK_ROWS;
        const double *values = sdr_column_load_f64(rows, start, n, 0, scratch, &nulls);
        if (plan != NULL)
            sdr_dispatch_active()->histogram.count(counts, plan, values, n);
        for (int64_t i = 0; i < n; i++) {
            out[m] = values[i];
            m += values[i] == values[i];
        }
    }
    return m;
}

static bool are_finite(const double *sorted, int64_t n) {
    return isfinite(sorted[0]) && isfinite(sorted[n - 1]);
}

sdr_code sdr_small_sample(bool *done, sdr_two_sample *out, int64_t *counts,
                          const sdr_histogram_plan *plan, const sdr_small_index *index,
                          const sdr_column *rows, int flags, sdr_small_scratch *scratch,
                          sdr_error *error) {
    const sdr_prepared *reference = index->reference;
    *done = false;
    if (reference == NULL || rows->length == 0 || rows->length >= SDR_SMALL_ROWS)
        return SDR_OK;
    sdr_column like = sdr_prepared_like(reference);
    sdr_two_sample_begin(out, &like, rows);
    if (out->status != SDR_STATUS_OK || rows->kind == SDR_KIND_NULL) return SDR_OK;
    if ((sdr_int128)reference->sample.n * rows->length > INT64_MAX / 4) return SDR_OK;
    SDR_TRY(reserve(scratch, rows->length, error));
    double *values = scratch->values;
    if (plan != NULL) memset(counts, 0, (size_t)(plan->n_edges + 1) * sizeof *counts);
    int64_t m = load(values, counts, plan, rows);
    sdr_key *room = (sdr_key *)(void *)(values + scratch->capacity);
    SDR_TRY(sdr_sort_doubles(values, room, m, NULL, error));
    if (m == 0 || !are_finite(values, m)) return SDR_OK;
    out->n = reference->sample.n;
    out->m = m;
    compare(out, index, values, m, flags);
    *done = true;
    return SDR_OK;
}
