/*
 * A small group against a large prepared reference; see small_sample.h.
 *
 * The group's m values are sorted and located among the reference's n (small_index.h).
 * From then on the counts say it all: before y[j], A = below[j] * m - j * n (merge.h).
 *   KS: between two values of the group A only rises, so it is largest before a value
 *       of the group, or just after it.
 *   W1: values that A passes with one sign count with one sign, whichever comes first
 *       of equal ones. A run of them is looked for by counts alone; then its reference
 *       values are a difference of prefix sums, and its own are summed by exponent.
 *
 * Everything is an integer until the one rounding, so the bits are those of the walk.
 * Time O(m log m + m log(values of a bucket) + sqrt(m)) where the two are alike.
 */
#include "metrics/groups/small_sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/dispatch.h"
#include "metrics/common/sort.h"

enum { SEARCHES = 4 /* rows an edge, from which on searching beats counting them */ };

/* The sorted group among the reference's rows. */
typedef struct placed {
    const sdr_prepared *reference;
    const double *x, *y;
    int64_t n, m;
    const uint32_t *below, *upto; /* upto: `below` where no value is in both */
} placed;

enum { BLOCK = 8 }; /* rows of the group that are passed at once, where they may be */

static inline int64_t block_end(const placed *p, int64_t from) {
    return p->m - from < BLOCK ? p->m : from + BLOCK;
}

/* --- KS --- */

/* The largest |A|, the first of equals, and the value after which it holds. */
typedef struct largest {
    int64_t a, magnitude;
    const double *value; /* NULL while A is 0 */
} largest;

static inline void note(largest *best, int64_t a, const double *value) {
    *best = (largest){a, llabs(a), value};
}

/* Where no value is in both. A value that several rows of the group have takes A down
 * row by row: what is between the first and the last of them is never largest. */
static void find_largest_of(largest *best, const placed *p, int64_t from,
                            int64_t until) {
    int64_t passed = from * p->n; /* j * n */
    for (int64_t j = from; j < until; j++) {
        const int64_t before = p->below[j] * p->m - passed, after = before - p->n;
        passed += p->n;
        if (before > best->magnitude) note(best, before, &p->x[p->below[j] - 1]);
        if (-after > best->magnitude) note(best, after, &p->y[j]);
    }
}

/* By the ends of a block: `below` ascends, so that no A of it is larger. */
static void find_largest(largest *best, const placed *p) {
    for (int64_t j = 0, next; j < p->m; j = next) {
        next = block_end(p, j);
        const int64_t most = p->below[next - 1] * p->m - j * p->n;
        const int64_t least = p->below[j] * p->m - next * p->n;
        if (most > best->magnitude || -least > best->magnitude)
            find_largest_of(best, p, j, next);
    }
}

static void find_largest_tied(largest *best, const placed *p) {
    for (int64_t j = 0; j < p->m;) {
        const double *value = &p->y[j];
        const int64_t below = p->below[j], upto = p->upto[j];
        const int64_t before = below * p->m - j * p->n;
        while (j < p->m && p->y[j] == *value)
            j++;
        const int64_t after = upto * p->m - j * p->n;
        if (before > best->magnitude) note(best, before, &p->x[below - 1]);
        if (llabs(after) > best->magnitude) note(best, after, value);
    }
}

/* --- Wasserstein-1 --- */

typedef struct work {
    sdr_exact_sum y; /* of y, signed */
    sdr_int128 x;    /* of x, signed, in units of the prefix sums */
    sdr_wide turns;  /* of values at which A changes its sign, times their factor */
} work;

/* Values of y[from, until) count with `sign`. Sorted, they share their exponents. */
static void add_y(work *w, const double *y, int64_t from, int64_t until, int sign) {
    enum { MOST = 512 }; /* mantissas of 53 bits in 64 */
    while (from < until) {
        const int64_t end = until - from < MOST ? until : from + MOST;
        int64_t sum, mantissa;
        const int exponent = sdr_exact_split(&sum, y[from++]);
        for (; from < end; from++) {
            if (sdr_exact_split(&mantissa, y[from]) != exponent) break;
            sum += mantissa;
        }
        sdr_exact_add_scaled(&w->y, sign * sum, exponent);
    }
}

/* The first j from `from` on before which A is above zero; else m. */
static int64_t rises_at(const placed *p, int64_t from) {
    for (int64_t j = from, next; j < p->m; j = next) {
        next = block_end(p, j);
        if (p->below[next - 1] * p->m <= j * p->n) continue;
        for (; j < next; j++)
            if (p->below[j] * p->m > j * p->n) return j;
    }
    return p->m;
}

/* The first j from `from` on after which A is below zero; else m. */
static int64_t falls_at(const placed *p, int64_t from) {
    for (int64_t j = from, next; j < p->m; j = next) {
        next = block_end(p, j);
        if (p->below[j] * p->m >= next * p->n) continue;
        for (; j < next; j++)
            if (p->below[j] * p->m < (j + 1) * p->n) return j;
    }
    return p->m;
}

/* A stretch of A <= 0 and the stretch of A >= 0 after it: A rises above zero before y[j]
 * of the group, with x[at] of the reference; then it falls below zero with y[end], x[i]
 * not passed yet. The sums of x up to either are on their way from memory. */
typedef struct turn {
    int64_t j, at, end, i;
} turn;

enum { TURNS = 16 }; /* found at a time */

/* The turns from *j on; how many. The last one's end is m, or *j is behind its end. */
static int find_turns(turn *turns, int64_t *j, const placed *p) {
    const sdr_prefix *prefix = &p->reference->prefix;
    int n = 0;
    while (n < TURNS && *j < p->m) {
        turn t = {.j = rises_at(p, *j), .at = p->n, .end = p->m, .i = p->n};
        if (t.j < p->m) {
            t.at = t.j * p->n / p->m;
            t.end = falls_at(p, t.j);
            if (t.end < p->m) t.i = p->below[t.end];
        }
        sdr_prefix_prefetch(prefix, p->x, t.at);
        sdr_prefix_prefetch(prefix, p->x, t.i);
        turns[n++] = t;
        *j = t.end + 1;
    }
    return n;
}

/* Both stretches of a turn. The values that take A across zero are part of neither.
 * *from: the sum of x before it, then the one behind. */
static void add_turn(work *w, sdr_int128 *from, const placed *p, int64_t j,
                     const turn *t) {
    const sdr_prefix *prefix = &p->reference->prefix;
    const int64_t before = t->at * p->m - t->j * p->n;
    sdr_int128 sum = sdr_prefix_sum(prefix, p->x, t->at);
    add_y(w, p->y, j, t->j, -1);
    w->x += sum - *from;
    if (before < 0) {
        sdr_wide_add_product(&w->turns, p->x[t->at], -before - (before + p->m));
        sum += sdr_prefix_value(prefix, p->x[t->at]);
    }
    *from = sdr_prefix_sum(prefix, p->x, t->i);
    add_y(w, p->y, t->j, t->end, 1);
    w->x -= *from - sum;
    if (t->end == p->m) return;
    const int64_t after = t->i * p->m - t->end * p->n;
    sdr_wide_add_product(&w->turns, p->y[t->end], after + (after - p->n));
}

static void sum_stretches(work *w, const placed *p) {
    turn turns[TURNS];
    sdr_int128 from = 0;
    for (int64_t j = 0, next = 0; next < p->m;) {
        const int n = find_turns(turns, &next, p);
        for (int k = 0; k < n; k++) {
            add_turn(w, &from, p, j, &turns[k]);
            j = turns[k].end + 1;
        }
    }
    w->x += sdr_prefix_sum(&p->reference->prefix, p->x, p->n) - from;
}

static void add_wasserstein(sdr_two_sample *out, const placed *p) {
    const sdr_prefix *prefix = &p->reference->prefix;
    work w;
    memset(&w, 0, sizeof w);
    sum_stretches(&w, p);
    sdr_wide_add_sum(&w.turns, &w.y, p->n);
    sdr_wide_add_scaled(&w.turns, w.x, prefix->exponent, p->m);
    sdr_two_sample_set_wasserstein(out, &w.turns, p->n, p->m);
}

/* The most rows of both that share a value. */
static int64_t most_tied(const placed *p) {
    int64_t most = p->reference->most_tied;
    for (int64_t j = 0; j < p->m;) {
        const int64_t first = j, same = p->upto[j] - (int64_t)p->below[j];
        do
            j++;
        while (j < p->m && p->y[j] == p->y[first]);
        if (same + j - first > most) most = same + j - first;
    }
    return most;
}

static void add_ks(sdr_two_sample *out, const placed *p) {
    largest best = {0};
    out->most_tied = most_tied(p);
    if (p->upto == p->below)
        find_largest(&best, p);
    else
        find_largest_tied(&best, p);
    sdr_two_sample_set_ks(out, best.a, best.value == NULL ? NAN : *best.value);
}

static void compare(sdr_two_sample *out, const sdr_small_index *index,
                    const sdr_small_scratch *scratch, int64_t m, int flags) {
    const sdr_sample *sample = &index->reference->sample;
    if (!(flags & (SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN))) return;
    const bool tied = sdr_small_index_locate(scratch->below, scratch->upto, index,
                                             scratch->values, m);
    const placed p = {.reference = index->reference,
                      .x = sample->values,
                      .y = scratch->values,
                      .n = sample->n,
                      .m = m,
                      .below = scratch->below,
                      .upto = tied ? scratch->upto : scratch->below};
    if (flags & SDR_TWO_SAMPLE_KS) add_ks(out, &p);
    if (flags & SDR_TWO_SAMPLE_WASSERSTEIN) add_wasserstein(out, &p);
}

/* --- a group --- */

static sdr_code reserve(sdr_small_scratch *scratch, int64_t rows, sdr_error *error) {
    if (rows <= scratch->capacity) return SDR_OK;
    const size_t capacity = 2 * (size_t)rows;
    sdr_small_scratch_reset(scratch);
    scratch->values =
        sdr_allocate(2 * capacity * (sizeof *scratch->values + sizeof *scratch->below));
    if (scratch->values == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)rows);
    scratch->capacity = (int64_t)capacity;
    scratch->below = (uint32_t *)(void *)(scratch->values + 2 * capacity);
    scratch->upto = scratch->below + capacity;
    return SDR_OK;
}

void sdr_small_scratch_reset(sdr_small_scratch *scratch) {
    sdr_release(scratch->values);
    *scratch = (sdr_small_scratch){0};
}

/* Values that are neither null nor NaN, counted by the plan on the way (NULL: not). */
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

/* Values below the edge. */
static int64_t count_below(const double *sorted, int64_t m, double edge) {
    const double *at = sorted;
    while (m > 0) {
        const int64_t half = m / 2;
        const bool is_below = at[half] < edge;
        at += is_below ? half + 1 : 0;
        m = is_below ? m - half - 1 : half;
    }
    return at - sorted;
}

/* What counting them one by one gives. */
static void count_sorted(int64_t *counts, const sdr_histogram_plan *plan,
                         const double *sorted, int64_t m) {
    int64_t before = 0;
    for (int64_t k = 0; k < plan->n_edges; k++) {
        const int64_t found =
            before + count_below(sorted + before, m - before, plan->edges[k]);
        counts[k] = found - before;
        before = found;
    }
    counts[plan->n_edges] = m - before;
}

static bool are_finite(const double *sorted, int64_t n) {
    return isfinite(sorted[0]) && isfinite(sorted[n - 1]);
}

sdr_code sdr_small_load(int64_t *m, int64_t *counts, const sdr_histogram_plan *plan,
                        const sdr_column *rows, sdr_small_scratch *scratch,
                        sdr_error *error) {
    SDR_TRY(reserve(scratch, rows->length, error));
    double *values = scratch->values;
    const bool searches = plan != NULL && plan->n_edges <= rows->length / SEARCHES;
    if (plan != NULL) memset(counts, 0, (size_t)(plan->n_edges + 1) * sizeof *counts);
    *m = load(values, counts, searches ? NULL : plan, rows);
    sdr_key *room = (sdr_key *)(void *)(values + scratch->capacity);
    SDR_TRY(sdr_sort_doubles(values, room, *m, NULL, error));
    if (searches) count_sorted(counts, plan, values, *m);
    if (*m > 0 && !are_finite(values, *m)) *m = 0;
    return SDR_OK;
}

bool sdr_small_serves(const sdr_small_index *index, const sdr_column *rows) {
    if (index->reference == NULL || rows->kind == SDR_KIND_NULL) return false;
    if (rows->length == 0 || rows->length >= SDR_SMALL_ROWS) return false;
    const int64_t n = index->reference->sample.n;
    return (sdr_int128)n * rows->length <= INT64_MAX / 4;
}

sdr_code sdr_small_sample(bool *done, sdr_two_sample *out, int64_t *counts,
                          const sdr_histogram_plan *plan, const sdr_small_index *index,
                          const sdr_column *rows, int flags, sdr_small_scratch *scratch,
                          sdr_error *error) {
    *done = false;
    if (!sdr_small_serves(index, rows)) return SDR_OK;
    sdr_column like = sdr_prepared_like(index->reference);
    sdr_two_sample_begin(out, &like, rows);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    int64_t m;
    SDR_TRY(sdr_small_load(&m, counts, plan, rows, scratch, error));
    if (m == 0) return SDR_OK;
    out->n = index->reference->sample.n;
    out->m = m;
    compare(out, index, scratch, m, flags);
    *done = true;
    return SDR_OK;
}
