/*
 * Sorting float64 and int64: a quicksort by the kernels of kernels/sort, or a radix
 * sort where there are none.
 *
 * A range of keys lies in `keys` or, at the same places, in `scratch`. A split leaves
 * the keys below the pivot in the one and moves the others to the other, so nothing is
 * copied back; ranges of a few keys are sorted into `keys` from either.
 *
 * The pivot is the median of keys drawn from places that a fixed generator gives; the
 * draw is sorted, and its halves serve the two parts. A pivot equal to the lower bound
 * of its range, known from the split that made it, splits off all keys equal to it: k
 * distinct values take O(n log k). A range that was split twice as often as halves
 * would be goes to the radix sort, so that no order of keys takes more than O(n log n).
 *
 * Memory: n keys of scratch. The result is a function of the multiset of values.
 */
#include "sort.h"

#include <string.h>

#include "core/dispatch.h"
#include "core/parallel.h"
#include "exact.h"
#include "radix.h"
#include "simdrift/drift.h"

enum {
    DRAWN = 63,           /* keys of the largest draw: it serves three splits */
    DRAWN_LEAST = 15,     /* of a draw, or of what is left of one, for a median */
    SPLIT_KEYS = 1 << 20, /* at once: some 0.5 ms */
    POLL_KEYS = 1 << 23   /* some 5 ms; fewer are sorted without a look */
};

typedef struct sorter {
    sdr_key *keys, *scratch;
    const sdr_sort_kernels *kernels;
    const sdr_sort_order *order;
    bool is_float;
    const sdr_context *context;
    sdr_error *error;
    int64_t done, polled, total; /* keys moved; at the last poll; about all */
} sorter;

/* Keys at ... at + n of `keys`, or of `scratch`. */
typedef struct range {
    int64_t at, n;
    bool is_away;   /* in `scratch` */
    bool has_bound; /* no key is below `bound` */
    sdr_key bound;
    int splits; /* that are left before the radix sort */
} range;

/* Keys drawn from a range, sorted. */
typedef struct draw {
    const sdr_key *keys;
    int64_t n;
} draw;

static sdr_key *place_of(const sorter *s, const range *r) {
    return (r->is_away ? s->scratch : s->keys) + r->at;
}

static sdr_code moved(sorter *s, int64_t n) {
    s->done += n;
    if (s->done - s->polled < POLL_KEYS) return SDR_OK;
    s->polled = s->done;
    return sdr_poll(s->context, s->done < s->total ? s->done : s->total, s->total,
                    s->error);
}

static sdr_key top_of(const sorter *s) {
    return s->is_float ? UINT64_C(0x7ff0000000000000) : (sdr_key)INT64_MAX;
}

/* The next key, below the top. */
static sdr_key above(const sorter *s, sdr_key key) {
    const sdr_key sign = (sdr_key)1 << 63;
    if (!s->is_float || key < sign) return key + 1;
    return key == sign + 1 ? 0 : key - 1; /* -0.0 is no key */
}

/* The order-preserving unsigned key, and back. */
static void flip(const sorter *s, sdr_key *keys, int64_t n) {
    if (s->is_float) {
        double *values = (double *)keys;
        for (int64_t i = 0; i < n; i++)
            values[i] += 0.0; /* -0.0 becomes 0.0 */
        for (int64_t i = 0; i < n; i++)
            keys[i] = sdr_key_from_bits(keys[i]);
    } else {
        for (int64_t i = 0; i < n; i++)
            keys[i] ^= (sdr_key)1 << 63;
    }
}

static void flip_back(const sorter *s, sdr_key *keys, int64_t n) {
    if (!s->is_float) {
        flip(s, keys, n);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        keys[i] = sdr_key_to_bits(keys[i]);
}

static sdr_code sort_by_radix(sorter *s, const range *r) {
    sdr_key *keys = s->keys + r->at, *scratch = s->scratch + r->at;
    if (r->is_away) memcpy(keys, scratch, (size_t)r->n * sizeof *keys);
    flip(s, keys, r->n);
    sdr_code code = sdr_radix_sort(keys, scratch, r->n, s->context, s->error);
    flip_back(s, keys, r->n);
    return code;
}

static int64_t draw_size(int64_t n) {
    return n < 1024 ? DRAWN_LEAST : n < 4096 ? 31 : DRAWN;
}

/* Knuth's MMIX generator; the high half of the product with n is a place. */
static draw draw_from(const sorter *s, const range *r, sdr_key *room) {
    const sdr_key *from = place_of(s, r);
    draw d = {room, draw_size(r->n)};
    uint64_t random = (uint64_t)r->n;
    for (int64_t i = 0; i < d.n; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        room[i] = from[(sdr_int128)(random >> 1) * r->n >> 63];
    }
    s->order->few(room, room, d.n);
    return d;
}

/* How many keys were below the wall: they lie in front, where they were, the others
 * behind them in the other buffer. */
static sdr_code split(int64_t *below, sorter *s, const range *r, sdr_key wall) {
    sdr_key *from = place_of(s, r);
    sdr_key *to = (r->is_away ? s->keys : s->scratch) + r->at;
    sdr_split at = {from, to + r->n};
    for (int64_t i = 0; i < r->n; i += SPLIT_KEYS) {
        int64_t n = r->n - i < SPLIT_KEYS ? r->n - i : SPLIT_KEYS;
        s->order->split(&at, from + i, n, wall);
        SDR_TRY(moved(s, n));
    }
    *below = at.low - from;
    return SDR_OK;
}

static void fill(const sorter *s, int64_t at, int64_t n, sdr_key key) {
    for (int64_t i = at; i < at + n; i++)
        s->keys[i] = key;
}

/* Keys equal to the bound come first, and are done. */
static sdr_code split_off_equal(sorter *s, range *r) {
    int64_t equal = r->n;
    if (r->bound != top_of(s)) {
        sdr_key wall = above(s, r->bound);
        SDR_TRY(split(&equal, s, r, wall));
        fill(s, r->at, equal, r->bound);
        r->bound = wall;
        r->is_away = !r->is_away;
    } else {
        fill(s, r->at, equal, r->bound);
    }
    r->at += equal;
    r->n -= equal;
    return SDR_OK;
}

static sdr_code sort_range(sorter *s, range r, draw d) {
    sdr_key room[DRAWN];
    while (r.n > s->kernels->most) {
        if (r.splits-- == 0) return sort_by_radix(s, &r);
        if (d.n < DRAWN_LEAST) d = draw_from(s, &r, room);
        const int64_t middle = d.n / 2;
        const sdr_key pivot = d.keys[middle];
        if (r.has_bound && pivot == r.bound) {
            SDR_TRY(split_off_equal(s, &r));
            d.n = 0;
            continue;
        }
        range lower = r;
        SDR_TRY(split(&lower.n, s, &r, pivot));
        SDR_TRY(sort_range(s, lower, (draw){d.keys, middle}));
        r.at += lower.n;
        r.n -= lower.n;
        r.is_away = !r.is_away;
        r.has_bound = true;
        r.bound = pivot;
        d = (draw){d.keys + middle + 1, d.n - middle - 1};
    }
    s->order->few(s->keys + r.at, place_of(s, &r), r.n);
    return SDR_OK;
}

/* Twice the halvings of n. */
static int splits_of(int64_t n) {
    int halvings = 1;
    while (n >> halvings > 0)
        halvings++;
    return 2 * halvings;
}

static sdr_code sort_all(sorter *s, int64_t n) {
    s->kernels = &sdr_dispatch_active()->sort;
    s->order = s->is_float ? &s->kernels->f64 : &s->kernels->i64;
    const range all = {.n = n, .splits = splits_of(n)};
    s->total = n * all.splits / 2;
    if (!s->kernels->is_fastest) return sort_by_radix(s, &all);
    return sort_range(s, all, (draw){NULL, 0});
}

sdr_code sdr_sort_integers(int64_t *values, sdr_key *scratch, int64_t n,
                           const sdr_context *context, sdr_error *error) {
    sorter s = {.keys = (sdr_key *)values,
                .scratch = scratch,
                .context = context,
                .error = error};
    return sort_all(&s, n);
}

sdr_code sdr_sort_doubles(double *values, sdr_key *scratch, int64_t n,
                          const sdr_context *context, sdr_error *error) {
    sorter s = {.keys = (sdr_key *)values,
                .scratch = scratch,
                .is_float = true,
                .context = context,
                .error = error};
    return sort_all(&s, n);
}

sdr_code sdr_sort_f64(double *values, int64_t n, const sdr_context *context,
                      sdr_error *error) {
    if (n < 0 || (n > 0 && !values)) {
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_sort_f64: expected values and n >= 0, found n = %lld",
                             (long long)n);
    }
    sdr_key *scratch = sdr_allocate((size_t)n * sizeof *scratch);
    if (!scratch) {
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld sort keys",
                             (long long)n);
    }
    sdr_code code = sdr_sort_doubles(values, scratch, n, context, error);
    sdr_release(scratch);
    return code;
}
