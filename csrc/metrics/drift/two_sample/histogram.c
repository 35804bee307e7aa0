/*
 * Counts of both samples for a histogram (drift.h: sdr_two_sample_histogram), from
 * the passes that two_sample/columns.c makes anyway.
 *
 * Before a value is collected, the counts by bucket tell between which borders the
 * quantiles lie that the histogram reaches to, hence each of its cut points: the
 * buckets there are collected, too. Those values give quantiles and cut points; then
 * every value that was collected is compared with the cut points, and buckets that
 * were not lie between two of them.
 *
 * Of small columns, which are sorted, each cut point is a search.
 *
 * Time O(buckets + collected); no memory but for the values around two quantiles.
 */
#include <math.h>
#include <string.h>

#include "kernels/buckets/value.h"
#include "kernels/dispatch.h"
#include "metrics/common/quantile.h"
#include "metrics/common/sort.h"
#include "metrics/drift/two_sample/stages.h"

enum {
    MOST_SHARE = 32, /* of the rows: a histogram is not worth collecting 1 / 32 more */
    SCRATCHES = 2    /* the values, and as much for sorting them */
};

static bool are_points(const sdr_two_sample_histogram *p) {
    if (p->n_cuts < 0 || p->n_cuts > SDR_TWO_SAMPLE_POINTS) return false;
    for (int i = 0; i < p->n_cuts; i++)
        if (!isfinite(p->cuts[i]) || (i > 0 && p->cuts[i] <= p->cuts[i - 1]))
            return false;
    return true;
}

sdr_code sdr_two_sample_histogram_begin(sdr_two_sample_histogram *histogram,
                                        sdr_error *error) {
    if (histogram == NULL) return SDR_OK;
    histogram->done = false;
    if (!are_points(histogram))
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT,
            "sdr_two_sample_histogram: expected at most %d finite, strictly "
            "increasing cut points, found %d",
            SDR_TWO_SAMPLE_POINTS, histogram->n_cuts);
    if (histogram->n_cuts > 0) return SDR_OK;
    bool in_order = 0.0 <= histogram->low && histogram->low < histogram->high &&
                    histogram->high <= 1.0;
    if (in_order && 2 <= histogram->points &&
        histogram->points <= SDR_TWO_SAMPLE_POINTS)
        return SDR_OK;
    return sdr_error_set(
        error, SDR_INVALID_ARGUMENT,
        "sdr_two_sample_histogram: expected 2 to %d points between two quantiles "
        "in [0, 1], found %d between %g and %g",
        SDR_TWO_SAMPLE_POINTS, histogram->points, histogram->low, histogram->high);
}

/* --- cut points --- */

/* The i-th of n points at equal distances from low to high, as numpy.linspace. */
static double point_of(double low, double high, int i, int n) {
    double step = (high - low) / (n - 1);
    if (i == n - 1) return high;
    return (step == 0.0 ? i / (double)(n - 1) * (high - low) : i * step) + low;
}

/* Ascending, equal ones once; false where rounding left them in no order. */
static bool cut(sdr_two_sample_histogram *p, double low, double high) {
    p->n_cuts = 0;
    if (!isfinite(high - low)) return false;
    for (int i = 0; i < p->points; i++) {
        double point = point_of(low, high, i, p->points);
        double last = p->n_cuts > 0 ? p->cuts[p->n_cuts - 1] : -INFINITY;
        if (point < last) return false;
        if (point > last) p->cuts[p->n_cuts++] = point;
    }
    return true;
}

/* --- of sorted samples --- */

static void count_sorted(int64_t *counts, const sdr_two_sample_histogram *p,
                         const sdr_sample *sample) {
    int64_t before = 0;
    for (int i = 0; i < p->n_cuts; i++) {
        int64_t low = before, high = sample->n;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (sample->values[middle] < p->cuts[i]) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        counts[i] = low - before;
        before = low;
    }
    counts[p->n_cuts] = sample->n - before;
}

void sdr_histogram_count_sorted(sdr_two_sample_histogram *p, const sdr_sample *x,
                                const sdr_sample *y) {
    if (p == NULL || y->values == NULL || (x != NULL && x->values == NULL)) return;
    if (p->n_cuts == 0 && (x == NULL || !cut(p, sdr_quantile_sorted(x, p->low),
                                             sdr_quantile_sorted(x, p->high))))
        return;
    memset(p->reference, 0, sizeof p->reference);
    if (x != NULL) count_sorted(p->reference, p, x);
    count_sorted(p->current, p, y);
    p->done = true;
}

/* --- which buckets to collect --- */

/* Where a quantile of x lies; false in the endless buckets. */
static bool range_of(sdr_value_run *range, const sdr_counted *c, double q) {
    sdr_quantile_rank rank = sdr_quantile_rank_of(q, c->x.rows);
    sdr_ranked low =
        sdr_bucket_of_rank(c, c->x.table, rank.low, (sdr_ranked){c->first, 0});
    sdr_ranked high = sdr_bucket_of_rank(c, c->x.table, rank.high, low);
    if (low.id == SDR_BUCKET_FIRST || high.id == SDR_BUCKET_LAST) return false;
    range->low = sdr_bucket_range(low.id, c).low;
    range->high = sdr_bucket_range(high.id, c).high;
    return true;
}

static void add_buckets(sdr_choice *choice, const sdr_counted *c, double low,
                        double high) {
    for (int id = bucket_of(low, &c->map), last = bucket_of(high, &c->map); id <= last;
         id++)
        sdr_bucket_set_add(&choice->cut, id);
}

static bool want_points(sdr_choice *choice, const sdr_counted *c) {
    const sdr_two_sample_histogram *p = choice->histogram;
    sdr_value_run low, high;
    if (!range_of(&low, c, p->low) || !range_of(&high, c, p->high)) return false;
    for (int i = 0; i < p->points; i++)
        add_buckets(choice, c, point_of(low.low, high.low, i, p->points),
                    point_of(low.high, high.high, i, p->points));
    return true;
}

static void give_up(sdr_choice *choice) {
    memset(&choice->cut, 0, sizeof choice->cut);
    choice->histogram = NULL;
}

void sdr_histogram_want(sdr_choice *choice, const sdr_counted *c) {
    const sdr_two_sample_histogram *p = choice->histogram;
    if (p == NULL) return;
    for (int i = 0; i < p->n_cuts; i++)
        add_buckets(choice, c, p->cuts[i], p->cuts[i]);
    if (p->n_cuts == 0 && (c->x.sorted != NULL || !want_points(choice, c)))
        give_up(choice);
}

bool sdr_histogram_drop(sdr_choice *choice, const sdr_counted *c) {
    if (choice->histogram == NULL) return false;
    if (sdr_rows_to_collect(choice, c, &choice->cut) <=
        (c->x.rows + c->y.rows) / MOST_SHARE)
        return false;
    give_up(choice);
    return true;
}

/* --- quantiles --- */

/* What the stages before this one left. */
typedef struct left {
    const sdr_counted *counted;
    const sdr_choice *choice;
    const sdr_collected *values;
} left;

/* The values of ranks first to last of x, all of one bucket, from the collected. */
static sdr_code values_of_ranks(double *out, const left *w, int64_t first, int64_t last,
                                sdr_ranked at, const sdr_context *context,
                                sdr_error *error) {
    size_t n = (size_t)(last - first + 1);
    if (sdr_bucket_set_has(&w->choice->single, at.id)) {
        for (size_t i = 0; i < n; i++)
            out[i] = sdr_single_value(w->choice, at.id);
        return SDR_OK;
    }
    sdr_bucket_set bucket = {{0}};
    sdr_bucket_set_add(&bucket, at.id);
    sdr_column column;
    SDR_TRY(sdr_column_over(&column, w->values->x.values, w->values->x.n, error));
    const sdr_bucket_source source = {.column = &column};
    int64_t room = w->counted->x.table[at.id].count;
    double *values = sdr_allocate((size_t)(SCRATCHES * room) * sizeof *values);
    sdr_code code = values != NULL
                        ? sdr_buckets_collect(values, room, &bucket, true, &source,
                                              &w->counted->map, context, error)
                        : sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    if (code == SDR_OK)
        code = sdr_sort_doubles(values, (sdr_key *)(void *)(values + room), room,
                                context, error);
    if (code == SDR_OK) memcpy(out, values + first - at.before, n * sizeof *out);
    sdr_release(values);
    sdr_column_reset(&column);
    return code;
}

static sdr_code quantile_of(double *out, const left *w, double q,
                            const sdr_context *context, sdr_error *error) {
    sdr_quantile_rank rank = sdr_quantile_rank_of(q, w->counted->x.rows);
    const sdr_bucket *table = w->counted->x.table;
    sdr_ranked low = sdr_bucket_of_rank(w->counted, table, rank.low,
                                        (sdr_ranked){w->counted->first, 0});
    sdr_ranked high = sdr_bucket_of_rank(w->counted, table, rank.high, low);
    double values[2]; /* of neighbours, or twice of one rank */
    int64_t next = rank.high - rank.low;
    if (low.id == high.id) {
        SDR_TRY(values_of_ranks(values, w, rank.low, rank.high, low, context, error));
    } else {
        SDR_TRY(values_of_ranks(values, w, rank.low, rank.low, low, context, error));
        SDR_TRY(values_of_ranks(values + next, w, rank.high, rank.high, high, context,
                                error));
    }
    *out = sdr_quantile_between(values[0], values[next], rank.t);
    return SDR_OK;
}

/* --- counts --- */

/* Whether the buckets of all cut points were collected, so that no other is cut. */
static bool are_collected(const left *w) {
    for (int i = 0; i < w->choice->histogram->n_cuts; i++) {
        int id = bucket_of(w->choice->histogram->cuts[i], &w->counted->map);
        bool empty =
            w->counted->x.table[id].count == 0 && w->counted->y.table[id].count == 0;
        if (!empty && !sdr_bucket_set_has(&w->choice->wanted, id) &&
            !sdr_bucket_set_has(&w->choice->single, id))
            return false;
    }
    return true;
}

/* Rows of buckets from `id` to before `stop` that were not collected. */
static int64_t rows_left(const left *w, const sdr_bucket *table, int id, int stop) {
    int64_t rows = 0;
    for (; id < stop; id++)
        rows += sdr_bucket_set_has(&w->choice->wanted, id) ? 0 : table[id].count;
    return rows;
}

static bool is_left_single(const left *w, int id) {
    return sdr_bucket_set_has(&w->choice->single, id) &&
           !sdr_bucket_set_has(&w->choice->wanted, id);
}

/* Buckets that were not collected, each as a whole: those between two cut points, and
 * those in which some lie, which then hold a single value or none. */
static void count_buckets(int64_t *counts, const left *w, const sdr_bucket *table) {
    const sdr_two_sample_histogram *p = w->choice->histogram;
    int id = w->counted->first, at = 0;
    while (at < p->n_cuts) {
        int bucket = bucket_of(p->cuts[at], &w->counted->map);
        counts[at] += rows_left(
            w, table, id, bucket <= w->counted->last ? bucket : w->counted->last + 1);
        if (id <= bucket) id = bucket;
        bool single = bucket >= w->counted->first && bucket <= w->counted->last &&
                      is_left_single(w, bucket);
        while (at < p->n_cuts && bucket_of(p->cuts[at], &w->counted->map) == bucket &&
               (!single || p->cuts[at] <= sdr_single_value(w->choice, bucket)))
            at++;
        if (single) counts[at] += table[bucket].count;
        while (at < p->n_cuts && bucket_of(p->cuts[at], &w->counted->map) == bucket)
            at++;
        id = bucket + 1;
    }
    counts[at] += rows_left(w, table, id, w->counted->last + 1);
}

static sdr_code count_side(int64_t *counts, const left *w, const sdr_bucket *table,
                           const sdr_collected_side *side, sdr_error *error) {
    const sdr_two_sample_histogram *p = w->choice->histogram;
    sdr_histogram_plan plan;
    SDR_TRY(sdr_histogram_plan_init(&plan, p->cuts, p->n_cuts, error));
    memset(counts, 0, (size_t)(p->n_cuts + 1) * sizeof *counts);
    for (int64_t i = 0; i < side->n; i += SDR_BLOCK_ROWS) {
        int64_t rest = side->n - i;
        sdr_dispatch_active()->histogram.count(counts, &plan, side->values + i,
                                               rest < SDR_BLOCK_ROWS ? rest
                                                                     : SDR_BLOCK_ROWS);
    }
    sdr_histogram_plan_reset(&plan);
    count_buckets(counts, w, table);
    return SDR_OK;
}

sdr_code sdr_histogram_count(const sdr_counted *c, const sdr_choice *choice,
                             const sdr_collected *values, const sdr_context *context,
                             sdr_error *error) {
    const left w = {c, choice, values};
    sdr_two_sample_histogram *p = choice->histogram;
    if (p == NULL) return SDR_OK;
    if (p->n_cuts == 0) {
        double low, high;
        SDR_TRY(quantile_of(&low, &w, p->low, context, error));
        SDR_TRY(quantile_of(&high, &w, p->high, context, error));
        if (!cut(p, low, high)) return SDR_OK;
    }
    if (!are_collected(&w)) return SDR_OK;
    if (c->x.sorted == NULL)
        SDR_TRY(count_side(p->reference, &w, c->x.table, &values->x, error));
    SDR_TRY(count_side(p->current, &w, c->y.table, &values->y, error));
    p->done = true;
    return SDR_OK;
}
