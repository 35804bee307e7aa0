/*
 * Quantiles of the reference, how many rows of both sides lie about them, and both
 * sides' extremes (drift.h: sdr_two_sample_more), from the passes that
 * two_sample/columns.c makes anyway.
 *
 * Counts by bucket say in which buckets the ranks of a quantile lie, and the extremes.
 * These buckets are collected with those to walk; sorted, they give the values, and
 * the rows of a bucket that lie below a value. All rows of other buckets lie on one
 * side of it. Of sorted samples each is a search.
 *
 * Time O(buckets + wanted rows * log); memory for the wanted rows, half of them at most.
 */
#include <math.h>
#include <string.h>

#include "kernels/buckets/value.h"
#include "metrics/common/quantile.h"
#include "metrics/common/sort.h"
#include "metrics/drift/two_sample/stages.h"

enum {
    MOST_SHARE = 2, /* of the rows: not worth collecting more */
    SCRATCHES = 2,  /* the values, and as much for sorting them */
    FEW = 4096,     /* sorted whatever they are */
    LISTS = 3,
    ENDS = SDR_EXTREMES
};

static sdr_code check_levels(const sdr_two_sample_quantiles *q, sdr_error *error) {
    bool fits = q->n >= 0 && q->n <= SDR_TWO_SAMPLE_LEVELS;
    for (int i = 0; fits && i < q->n; i++)
        fits = (i == 0 ? 0.0 : q->levels[i - 1]) <= q->levels[i] && q->levels[i] <= 1.0;
    if (fits) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "sdr_two_sample_quantiles: expected at most %d ascending "
                         "levels in [0, 1], found %d levels",
                         SDR_TWO_SAMPLE_LEVELS, q->n);
}

sdr_code sdr_order_begin(const sdr_two_sample_more *more, sdr_error *error) {
    if (more->ends != NULL) more->ends->done = false;
    sdr_two_sample_quantiles *const lists[] = {more->quantiles, more->current,
                                               more->tied};
    for (int i = 0; i < LISTS; i++) {
        if (lists[i] == NULL) continue;
        lists[i]->done = false;
        SDR_TRY(check_levels(lists[i], error));
    }
    return SDR_OK;
}

/* --- of sorted samples --- */

/* Values below x; or at it or below. */
static int64_t count_below(const double *values, int64_t n, double x, bool upto) {
    int64_t low = 0;
    while (low < n) {
        const int64_t middle = low + (n - low) / 2;
        if (upto ? values[middle] <= x : values[middle] < x)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

static void find_sorted(sdr_two_sample_quantiles *q, int of,
                        const sdr_sample *const sides[2]) {
    if (q == NULL || q->done) return;
    for (int i = 0; i < q->n; i++) {
        const double value = q->values[i] =
            sdr_quantile_sorted(sides[of], q->levels[i]);
        for (int s = 0; s < 2; s++) {
            q->below[s][i] = count_below(sides[s]->values, sides[s]->n, value, false);
            q->upto[s][i] = count_below(sides[s]->values, sides[s]->n, value, true);
        }
    }
    q->done = true;
}

void sdr_ends_of_sorted(double *out, const double *values, int64_t n) {
    int64_t first = count_below(values, n, -INFINITY, true);
    int64_t stop = count_below(values, n, INFINITY, false);
    for (int64_t i = 0; i < ENDS; i++) {
        const bool is_there = first + i < stop;
        out[i] = is_there ? values[first + i] : INFINITY;
        out[2 * ENDS - 1 - i] = is_there ? values[stop - 1 - i] : -INFINITY;
    }
}

void sdr_order_sorted(const sdr_two_sample_more *more, const sdr_sample *x,
                      const sdr_sample *y) {
    if (x->values == NULL || y->values == NULL) return;
    const sdr_sample *const sides[] = {x, y};
    find_sorted(more->quantiles, 0, sides);
    find_sorted(more->tied, 0, sides);
    if (y->n > x->n) find_sorted(more->current, 1, sides);
    if (more->ends == NULL || more->ends->done) return;
    sdr_ends_of_sorted(more->ends->values[0], x->values, x->n);
    sdr_ends_of_sorted(more->ends->values[1], y->values, y->n);
    more->ends->done = true;
}

/* --- which buckets to collect --- */

static void want_levels(sdr_choice *choice, const sdr_counted *c,
                        const sdr_counted_side *of, const sdr_two_sample_quantiles *q) {
    sdr_ranked low = {c->first, 0}, high = low;
    for (int i = 0; q != NULL && i < q->n; i++) {
        const sdr_quantile_rank rank = sdr_quantile_rank_of(q->levels[i], of->rows);
        low = sdr_bucket_of_rank(c, of->table, rank.low, low);
        high = sdr_bucket_of_rank(c, of->table, rank.high, low);
        for (int id = low.id; id <= high.id; id++)
            sdr_bucket_set_add(&choice->ordered, id);
    }
}

static void want_ends(sdr_choice *choice, const sdr_bucket *table) {
    int64_t rows = 0;
    for (int id = SDR_BUCKET_FIRST; id <= SDR_BUCKET_LAST && rows < ENDS; id++) {
        rows += table[id].count;
        if (table[id].count > 0) sdr_bucket_set_add(&choice->ordered, id);
    }
    rows = 0;
    for (int id = SDR_BUCKET_LAST; id >= SDR_BUCKET_FIRST && rows < ENDS; id--) {
        rows += table[id].count;
        if (table[id].count > 0) sdr_bucket_set_add(&choice->ordered, id);
    }
}

/* Whether a value may hold that share of the rows. */
static bool may_be_tied(const sdr_counted *c, double share) {
    const double least = share * (double)(c->x.rows + c->y.rows);
    for (int id = c->first; id <= c->last; id++)
        if ((double)(c->x.table[id].count + c->y.table[id].count) >= least) return true;
    return false;
}

void sdr_order_want(sdr_choice *choice, const sdr_counted *c) {
    sdr_two_sample_more *more = &choice->order;
    if (more->tied != NULL && !may_be_tied(c, more->tied_share)) more->tied = NULL;
    if (c->y.rows <= c->x.rows) more->current = NULL;
    want_levels(choice, c, &c->x, more->quantiles);
    want_levels(choice, c, &c->x, more->tied);
    want_levels(choice, c, &c->y, more->current);
    if (more->ends == NULL) return;
    if (c->x.sorted == NULL) want_ends(choice, c->x.table);
    want_ends(choice, c->y.table);
}

bool sdr_order_is_wanted(const sdr_choice *choice) {
    const sdr_two_sample_more *more = &choice->order;
    return more->quantiles != NULL || more->current != NULL || more->tied != NULL ||
           more->ends != NULL;
}

bool sdr_order_drop(sdr_choice *choice, const sdr_counted *c) {
    if (!sdr_order_is_wanted(choice)) return false;
    if (sdr_rows_to_collect(choice, c, &choice->ordered) <=
        (c->x.rows + c->y.rows) / MOST_SHARE)
        return false;
    memset(&choice->ordered, 0, sizeof choice->ordered);
    choice->order = (sdr_two_sample_more){0};
    return true;
}

/* --- what is known of them --- */

/* A bucket: rows of both sides before it, and the place of its values. */
typedef struct known_bucket {
    int id;
    bool is_single;
    int64_t before[2], place[2];
} known_bucket;

typedef struct known {
    const sdr_counted *counted;
    const sdr_choice *choice;
    known_bucket *buckets; /* n of them, ascending, and one more behind */
    int n;
    const double *values[2]; /* sorted */
    double *own[2];
} known;

static const sdr_bucket *table_of(const known *k, int side) {
    return side == 0 ? k->counted->x.table : k->counted->y.table;
}

static const sdr_buckets_sorted *sorted_of(const known *k, int side) {
    return side == 0 ? k->counted->x.sorted : k->counted->y.sorted;
}

/* The buckets in order; `places`: rows that are to be selected of both sides. */
static sdr_code know_buckets(known *k, sdr_bucket_set *several, int64_t *places,
                             sdr_error *error) {
    const sdr_counted *c = k->counted;
    known_bucket at = {0};
    size_t n = 1;
    for (int word = 0; word < SDR_BUCKETS / 64; word++)
        n += (size_t)__builtin_popcountll(k->choice->ordered.words[word]);
    k->buckets = sdr_allocate(n * sizeof *k->buckets);
    if (k->buckets == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    for (at.id = c->first; at.id <= c->last; at.id++) {
        const int64_t rows[] = {c->x.table[at.id].count, c->y.table[at.id].count};
        const bool is_wanted = sdr_bucket_set_has(&k->choice->ordered, at.id);
        at.is_single = sdr_bucket_set_has(&k->choice->single, at.id);
        if (is_wanted && (rows[0] > 0 || rows[1] > 0)) k->buckets[k->n++] = at;
        for (int s = 0; s < 2; s++) {
            at.before[s] += rows[s];
            at.place[s] += is_wanted && !at.is_single ? rows[s] : 0;
        }
        if (is_wanted && !at.is_single) sdr_bucket_set_add(several, at.id);
    }
    k->buckets[k->n] = at;
    places[0] = at.place[0];
    places[1] = at.place[1];
    return SDR_OK;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The only value that more than half of the rows can have. */
static double majority_of(const double *values, int64_t n) {
    double candidate = values[0];
    int64_t lead = 0;
    for (int64_t i = 0; i < n; i++) {
        if (lead == 0) candidate = values[i];
        lead += bits_of(values[i]) == bits_of(candidate) ? 1 : -1;
    }
    return candidate;
}

/* Ascending. A value that many of the rows share is left out while the others are
 * sorted: a bucket with zeros has few other values. */
static sdr_code sort_with_ties(double *values, sdr_key *scratch, int64_t n,
                               const sdr_context *context, sdr_error *error) {
    if (n < FEW) return sdr_sort_doubles(values, scratch, n, context, error);
    const double shared = majority_of(values, n);
    int64_t others = 0;
    for (int64_t i = 0; i < n; i++) {
        values[others] = values[i];
        others += bits_of(values[i]) != bits_of(shared);
    }
    SDR_TRY(sdr_sort_doubles(values, scratch, others, context, error));
    /* the other zero is the only equal value: -0.0 is before 0.0 */
    const int64_t at = count_below(values, others, shared, !signbit(shared));
    const int64_t repeats = n - others;
    memmove(values + at + repeats, values + at, (size_t)(others - at) * sizeof *values);
    for (int64_t i = 0; i < repeats; i++)
        values[at + i] = shared;
    return SDR_OK;
}

/* The wanted of the collected values of a side, ascending. */
static sdr_code take_values(known *k, int side, const sdr_bucket_set *several,
                            int64_t n, const sdr_collected_side *collected,
                            const sdr_context *context, sdr_error *error) {
    if (sorted_of(k, side) != NULL) {
        k->values[side] = sorted_of(k, side)->values;
        return SDR_OK;
    }
    double *values = sdr_allocate((size_t)(SCRATCHES * n + 1) * sizeof *values);
    if (values == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    k->values[side] = k->own[side] = values;
    if (n == 0) return SDR_OK;
    sdr_column column;
    SDR_TRY(sdr_column_over(&column, collected->values, collected->n, error));
    const sdr_bucket_source source = {.column = &column};
    sdr_code code = sdr_buckets_collect(values, n, several, false, &source,
                                        &k->counted->map, context, error);
    sdr_column_reset(&column);
    if (code != SDR_OK) return code;
    return sort_with_ties(values, (sdr_key *)(void *)(values + n), n, context, error);
}

static sdr_code know(known *k, const sdr_collected *values, const sdr_context *context,
                     sdr_error *error) {
    sdr_bucket_set several = {{0}};
    int64_t places[2] = {0};
    SDR_TRY(know_buckets(k, &several, places, error));
    SDR_TRY(take_values(k, 0, &several, places[0], &values->x, context, error));
    return take_values(k, 1, &several, places[1], &values->y, context, error);
}

/* The first known bucket of at least this id, or the one behind. */
static const known_bucket *bucket_from(const known *k, int id) {
    int low = 0, high = k->n;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (k->buckets[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return &k->buckets[low];
}

/* The last known bucket with that many rows or fewer before it. */
static const known_bucket *bucket_at(const known *k, int side, int64_t rank) {
    int low = 0, high = k->n;
    while (low + 1 < high) {
        const int middle = (low + high) / 2;
        if (k->buckets[middle].before[side] <= rank)
            low = middle;
        else
            high = middle;
    }
    return &k->buckets[low];
}

static const double *values_of(const known *k, const known_bucket *b, int side) {
    return k->values[side] +
           (sorted_of(k, side) != NULL ? b->before[side] : b->place[side]);
}

/* Of a rank that lies in a known bucket. */
static double value_of_rank(const known *k, int side, int64_t rank) {
    if (sorted_of(k, side) != NULL) return k->values[side][rank];
    const known_bucket *b = bucket_at(k, side, rank);
    if (b->is_single) return sdr_single_value(k->choice, b->id);
    return values_of(k, b, side)[rank - b->before[side]];
}

/* Rows below a value whose bucket is known or empty. */
static int64_t rows_below(const known *k, int side, double value, bool upto) {
    const int id = bucket_of(value, &k->counted->map);
    const known_bucket *b = bucket_from(k, id);
    if (b == &k->buckets[k->n] || b->id != id) return b->before[side];
    const int64_t rows = table_of(k, side)[id].count;
    if (b->is_single) {
        const double single = sdr_single_value(k->choice, id);
        return b->before[side] +
               (single < value || (upto && single == value) ? rows : 0);
    }
    return b->before[side] + count_below(values_of(k, b, side), rows, value, upto);
}

static int64_t rows_of(const known *k, int side) {
    return side == 0 ? k->counted->x.rows : k->counted->y.rows;
}

static void find_levels(sdr_two_sample_quantiles *q, const known *k, int of) {
    if (q == NULL) return;
    for (int i = 0; i < q->n; i++) {
        const sdr_quantile_rank rank =
            sdr_quantile_rank_of(q->levels[i], rows_of(k, of));
        const double low = value_of_rank(k, of, rank.low);
        const double high = value_of_rank(k, of, rank.high);
        const double value = q->values[i] = sdr_quantile_between(low, high, rank.t);
        for (int s = 0; s < 2; s++) {
            q->below[s][i] = rows_below(k, s, value, false);
            q->upto[s][i] = rows_below(k, s, value, true);
        }
    }
    q->done = true;
}

/* False where infinities take the place of rows that were to be known. */
static bool find_ends(double *out, const known *k, int side) {
    const int64_t rows = rows_of(k, side);
    const int64_t n = rows < ENDS ? rows : ENDS;
    for (int64_t i = 0; i < ENDS; i++) {
        out[i] = i < n ? value_of_rank(k, side, i) : INFINITY;
        out[2 * ENDS - 1 - i] =
            i < n ? value_of_rank(k, side, rows - 1 - i) : -INFINITY;
    }
    return n == 0 || (isfinite(out[0]) && isfinite(out[n - 1]) &&
                      isfinite(out[2 * ENDS - 1]) && isfinite(out[2 * ENDS - n]));
}

sdr_code sdr_order_find(const sdr_counted *c, const sdr_choice *choice,
                        const sdr_collected *values, const sdr_context *context,
                        sdr_error *error) {
    if (!sdr_order_is_wanted(choice)) return SDR_OK;
    known k = {.counted = c, .choice = choice};
    sdr_code code = know(&k, values, context, error);
    if (code == SDR_OK) {
        sdr_two_sample_ends *ends = choice->order.ends;
        find_levels(choice->order.quantiles, &k, 0);
        find_levels(choice->order.tied, &k, 0);
        find_levels(choice->order.current, &k, 1);
        if (ends != NULL)
            ends->done =
                find_ends(ends->values[0], &k, 0) && find_ends(ends->values[1], &k, 1);
    }
    sdr_release(k.buckets);
    sdr_release(k.own[0]);
    sdr_release(k.own[1]);
    return code;
}
