/*
 * Sorting float64 and int64: a quicksort by the kernels of kernels/sort, or a radix
 * sort where there are none.
 *
 * A range that no cache holds is split in place. A smaller one is split into scratch
 * that the ranges before it left in the cache: it lies in `keys` or, at the same
 * places, in that scratch; a split leaves the keys below the pivot in the one and moves
 * the others to the other, so nothing is copied back. Ranges of a few keys are sorted
 * into `keys` from either.
 *
 * The pivot is the median of keys drawn from places that a fixed generator gives; the
 * draw is sorted, and its halves serve the two parts. A pivot equal to the lower bound
 * of its range, known from the split that made it, splits off all keys equal to it: k
 * distinct values take O(n log k). A range that was split twice as often as halves
 * would be goes to the radix sort, so that no order of keys takes more than O(n log n).
 *
 * Memory: NEAR_KEYS keys of scratch are touched, n by the radix sort. The result is a
 * function of the multiset of values.
 */
#include "metrics/common/sort.h"

#include <string.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "metrics/common/exact.h"
#include "metrics/common/radix.h"
#include "simdrift/sort.h"

enum {
    PIECE_MOST = 1 << 22,  /* keys of a piece of a parallel sort: some 50 ms */
    PIECE_LEAST = 1 << 17, /* some 1 ms */
    PIECES_EACH = 4,       /* pieces a thread, so that none waits long */
    NEAR_KEYS = 1 << 15,   /* with as many of scratch they fit a cache of 1 MB */
    SLICE_KEYS = 1 << 23,  /* of a piece, between looks: some 10 ms */
    DRAWN = 63,            /* keys of the largest draw: it serves three splits */
    DRAWN_LEAST = 15,      /* of a draw, or of what is left of one, for a median */
    SPLIT_KEYS = 1 << 20,  /* at once: some 0.5 ms */
    POLL_KEYS = 1 << 23    /* some 5 ms; fewer are sorted without a look */
};

typedef struct sorter {
    sdr_key *keys, *scratch;
    sdr_key *near; /* scratch of any range up to NEAR_KEYS; NULL: `scratch` is it */
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

/* Sorting a draw costs as much as splitting some 200 keys. */
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

/* How a range is cut in two. */
typedef struct cut {
    sdr_key wall;  /* keys below it come first */
    bool is_equal; /* those equal the bound, and are done */
    bool is_all;   /* all do */
} cut;

static cut cut_at(const sorter *s, const range *r, sdr_key pivot) {
    cut c = {.wall = pivot, .is_equal = r->has_bound && pivot == r->bound};
    c.is_all = c.is_equal && pivot == top_of(s);
    if (c.is_equal && !c.is_all) c.wall = above(s, pivot);
    return c;
}

/* The keys below lie in front, where they were, the others behind them in the other
 * buffer: *r becomes those. */
static void end_cut(range *lower, sorter *s, range *r, cut c, int64_t below) {
    *lower = *r;
    lower->n = c.is_equal ? 0 : below;
    if (c.is_equal)
        for (int64_t i = r->at; i < r->at + below; i++)
            s->keys[i] = r->bound;
    r->at += below;
    r->n -= below;
    r->has_bound = true;
    r->bound = c.wall;
}

static bool is_far(const range *r) {
    return r->n > NEAR_KEYS;
}

static sdr_code split_near(range *lower, sorter *s, range *r, cut c) {
    sdr_key *from = place_of(s, r);
    sdr_key *to = (r->is_away ? s->keys : s->scratch) + r->at;
    sdr_split at = {from, to + r->n};
    s->order->split(&at, from, r->n, c.wall);
    SDR_TRY(moved(s, r->n));
    end_cut(lower, s, r, c, at.low - from);
    r->is_away = !r->is_away;
    return SDR_OK;
}

static void begin_far(sdr_far_split *at, const sorter *s, const range *r) {
    sdr_key *from = place_of(s, r), *end = from + r->n;
    at->to = (sdr_split){from, end};
    at->first = from + SDR_HELD / 2;
    at->last = end - SDR_HELD / 2;
    memcpy(at->held, from, sizeof at->held / 2);
    memcpy(at->held + SDR_HELD / 2, at->last, sizeof at->held / 2);
}

static sdr_code split_far(range *lower, sorter *s, range *r, cut c) {
    sdr_far_split at;
    begin_far(&at, s, r);
    while (at.last > at.first) {
        const int64_t left = at.last - at.first;
        s->order->split_far(&at, SPLIT_KEYS, c.wall);
        SDR_TRY(moved(s, left - (at.last - at.first)));
    }
    end_cut(lower, s, r, c, at.to.low - (s->keys + r->at));
    return SDR_OK;
}

static sdr_code split(range *lower, sorter *s, range *r, cut c) {
    if (!c.is_all) return (is_far(r) ? split_far : split_near)(lower, s, r, c);
    end_cut(lower, s, r, c, r->n);
    return SDR_OK;
}

static sdr_code sort_range(sorter *s, range r, draw d);

/* In scratch that the ranges before it left in the cache. */
static sdr_code sort_near(sorter *s, range r, draw d) {
    sorter near = *s;
    near.keys += r.at;
    near.scratch = s->near;
    near.near = NULL;
    r.at = 0;
    sdr_code code = sort_range(&near, r, d);
    s->done = near.done;
    s->polled = near.polled;
    return code;
}

static sdr_code sort_range(sorter *s, range r, draw d) {
    sdr_key room[DRAWN];
    while (r.n > s->kernels->most) {
        if (!is_far(&r) && s->near != NULL) return sort_near(s, r, d);
        if (r.splits-- == 0) return sort_by_radix(s, &r);
        if (d.n < DRAWN_LEAST) d = draw_from(s, &r, room);
        const int64_t middle = d.n / 2;
        const cut c = cut_at(s, &r, d.keys[middle]);
        range lower;
        SDR_TRY(split(&lower, s, &r, c));
        if (lower.n > 0) SDR_TRY(sort_range(s, lower, (draw){d.keys, middle}));
        d = (draw){d.keys + middle + 1, c.is_equal ? 0 : d.n - middle - 1};
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

static range all_of(const sdr_sort_job *job) {
    return (range){.n = job->n,
                   .splits = job->splits > 0 ? job->splits : splits_of(job->n)};
}

static sorter sorter_of(const sdr_sort_job *job, const sdr_context *context,
                        sdr_error *error) {
    const sdr_sort_kernels *kernels = &sdr_dispatch_active()->sort;
    return (sorter){.keys = job->keys,
                    .scratch = job->scratch,
                    .near = job->scratch,
                    .kernels = kernels,
                    .order = job->is_float ? &kernels->f64 : &kernels->i64,
                    .is_float = job->is_float,
                    .context = context,
                    .error = error,
                    .total = job->n * splits_of(job->n) / 2};
}

static sdr_code sort_serially(const sdr_sort_job *job, const sdr_context *context,
                              sdr_error *error) {
    sorter s = sorter_of(job, context, error);
    const range all = all_of(job);
    if (!s.kernels->is_fastest) return sort_by_radix(&s, &all);
    return sort_range(&s, all, (draw){NULL, 0});
}

sdr_code sdr_sort_doubles(double *values, sdr_key *scratch, int64_t n,
                          const sdr_context *context, sdr_error *error) {
    const sdr_sort_job job = {(sdr_key *)values, scratch, n, true, 0};
    return sort_serially(&job, context, error);
}

/* A range of a parallel sort, and how far its split is. */
typedef struct piece {
    sorter s; /* its own, and it polls nobody: workers may not */
    range r, lower;
    cut c;
    sdr_far_split at;
    bool is_open, is_cut; /* its split has begun, has ended */
} piece;

typedef struct pieces {
    piece *all;
    int64_t n, room;
    int64_t most;   /* keys of a piece that is not cut */
    bool may_begin; /* there is room for a half of every piece */
} pieces;

static piece piece_of(const sorter *s, range r) {
    return (piece){.s = *s, .r = r, .lower = {.n = 0}};
}

static bool is_large(const pieces *p, const piece *one) {
    return p->may_begin && one->r.n > p->most && one->r.splits > 0;
}

static void begin_piece(piece *one) {
    sdr_key room[DRAWN];
    const draw d = draw_from(&one->s, &one->r, room);
    one->c = cut_at(&one->s, &one->r, d.keys[d.n / 2]);
    begin_far(&one->at, &one->s, &one->r);
    one->is_open = true;
    one->r.splits--;
}

/* The next slice of the split of each large piece. */
static sdr_code cut_pieces(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)worker, (void)error;
    pieces *p = user;
    for (piece *one = p->all + begin; one < p->all + end; one++) {
        if (!one->is_open && !is_large(p, one)) continue;
        if (!one->is_open) begin_piece(one);
        if (!one->c.is_all) one->s.order->split_far(&one->at, SLICE_KEYS, one->c.wall);
        one->is_cut = one->c.is_all || one->at.first == one->at.last;
        if (!one->is_cut) continue;
        const int64_t below = one->at.to.low - (one->s.keys + one->r.at);
        end_cut(&one->lower, &one->s, &one->r, one->c,
                one->c.is_all ? one->r.n : below);
    }
    return SDR_OK;
}

/* Cut pieces become two; true while some are large. */
static bool take_halves(pieces *p) {
    bool more = false;
    for (int64_t k = 0, n = p->n; k < n; k++) {
        piece *one = p->all + k;
        if (one->is_cut) {
            if (one->lower.n > 0) p->all[p->n++] = piece_of(&one->s, one->lower);
            *one = piece_of(&one->s, one->r);
        }
        more = more || one->is_open;
    }
    p->may_begin = 2 * p->n <= p->room;
    for (int64_t k = 0; k < p->n; k++)
        more = more || is_large(p, p->all + k);
    return more;
}

static sdr_code sort_pieces(void *user, int64_t begin, int64_t end, int worker,
                            sdr_error *error) {
    (void)worker;
    pieces *p = user;
    for (piece *one = p->all + begin; one < p->all + end; one++) {
        one->s.error = error;
        one->s.near = one->s.scratch + one->r.at;
        SDR_TRY(sort_range(&one->s, one->r, (draw){NULL, 0}));
    }
    return SDR_OK;
}

/* Cuts until no piece is large, then sorts them. */
static sdr_code sort_in_pieces(pieces *p, const sdr_context *context,
                               sdr_error *error) {
    const size_t bytes = (size_t)p->most * sizeof(sdr_key);
    do {
        SDR_TRY(sdr_poll(context, 0, 1, error));
        SDR_TRY(sdr_parallel_for(context, p->n, bytes, cut_pieces, p, error));
    } while (take_halves(p));
    return sdr_parallel_for(context, p->n, bytes, sort_pieces, p, error);
}

static int64_t keys_of(const sdr_sort_job *jobs, int n) {
    int64_t keys = 0;
    for (int k = 0; k < n; k++)
        keys += jobs[k].n;
    return keys;
}

static int64_t piece_keys(int64_t keys, int threads) {
    const int64_t share = keys / ((int64_t)threads * PIECES_EACH);
    return share > PIECE_MOST ? PIECE_MOST : share < PIECE_LEAST ? PIECE_LEAST : share;
}

bool sdr_sort_is_parallel(int64_t keys, const sdr_context *context) {
    return keys >= 2 * PIECE_LEAST && sdr_dispatch_active()->sort.is_fastest &&
           sdr_parallel_workers(context, keys, sizeof(sdr_key)) > 1;
}

sdr_code sdr_sort_jobs(const sdr_sort_job *jobs, int n, const sdr_context *context,
                       sdr_error *error) {
    const int64_t keys = keys_of(jobs, n);
    const int threads = sdr_parallel_workers(context, keys, sizeof(sdr_key));
    if (!sdr_sort_is_parallel(keys, context)) {
        for (int k = 0; k < n; k++)
            SDR_TRY(sort_serially(jobs + k, context, error));
        return SDR_OK;
    }
    pieces p = {.most = piece_keys(keys, threads), .may_begin = true};
    p.room = 2 * n + 8 * (keys / p.most);
    p.all = sdr_allocate((size_t)p.room * sizeof *p.all);
    if (!p.all) return sdr_error_set(error, SDR_NO_MEMORY, "no memory for pieces");
    for (int k = 0; k < n; k++) {
        const sorter s = sorter_of(jobs + k, NULL, NULL);
        p.all[p.n++] = piece_of(&s, all_of(jobs + k));
    }
    sdr_code code = sort_in_pieces(&p, context, error);
    sdr_release(p.all);
    return code;
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
    const sdr_sort_job job = {(sdr_key *)values, scratch, n, true, 0};
    sdr_code code = sdr_sort_jobs(&job, 1, context, error);
    sdr_release(scratch);
    return code;
}
