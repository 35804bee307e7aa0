/*
 * The walk of two sorted float64 samples in strips of ranks. A strip begins at a
 * multiple of STRIP ranks, found by co-ranking, or after the value that spans it.
 *
 * A strip goes by blocks of SDR_RANKS_BLOCK ranks: the two samples are merged into a
 * buffer, then kernels/ranks sums over its values at once. The block's last value,
 * which may have rows beyond it, is passed by itself. A merge without branches waits
 * for its own last step, so STREAMS strips are merged in turns.
 *
 * Where a block begins depends on the samples only, and strips are added in order: the
 * same bits on any number of threads.
 */
#include "metrics/drift/rank_walk.h"

#include <math.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"

enum {
    STRIP = 32 * SDR_RANKS_BLOCK, /* a search costs some 2 us, a strip 100 */
    STREAMS = 4                   /* as many as have their state in registers */
};

/* The block of one strip. */
typedef struct stream {
    sdr_rank_walk *walk;
    int64_t end;            /* rank at which the strip ends */
    int64_t count, merged;  /* ranks of the block; those in the buffer */
    const double *x, *y;    /* from the block's first rows on */
    int64_t left_x, left_y; /* rows from there */
    double values[SDR_RANKS_BLOCK];
    int32_t passed_x[SDR_RANKS_BLOCK + 1]; /* after k ranks */
    int32_t passed[SDR_RANKS_BLOCK + 1];   /* after k values, where some are equal */
} stream;

typedef struct strips {
    const sdr_rank_walk *whole;
    sdr_rank_walk *walks; /* one a strip */
    int64_t ranks, count;
    int32_t each[SDR_RANKS_BLOCK + 1]; /* 0, 1, 2, ...: ranks of distinct values */
} strips;

/* How many of the first `rank` ranks are of x, x before y where they are equal. */
static int64_t co_rank(const sdr_sample *x, const sdr_sample *y, int64_t rank) {
    int64_t low = rank > y->n ? rank - y->n : 0, high = rank < x->n ? rank : x->n;
    while (low < high) {
        int64_t i = low + (high - low) / 2;
        if (x->values[i] <= y->values[rank - 1 - i])
            low = i + 1;
        else
            high = i;
    }
    return low;
}

/* Rows not above the value. */
static int64_t rows_to(const sdr_sample *s, double value) {
    int64_t low = 0, high = s->n;
    while (low < high) {
        int64_t i = low + (high - low) / 2;
        if (s->values[i] <= value)
            low = i + 1;
        else
            high = i;
    }
    return low;
}

/* Before the first value of which no row is below `rank`. */
static void begin_at(sdr_rank_walk *w, int64_t rank) {
    const sdr_sample *x = w->x, *y = w->y;
    w->i = co_rank(x, y, rank);
    w->j = rank - w->i;
    if (rank == 0) return;
    double last = w->i > 0 ? x->values[w->i - 1] : -INFINITY;
    if (w->j > 0 && y->values[w->j - 1] > last) last = y->values[w->j - 1];
    if (!(w->i < x->n && x->values[w->i] == last) &&
        !(w->j < y->n && y->values[w->j] == last))
        return;
    w->i = rows_to(x, last);
    w->j = rows_to(y, last);
}

/* False where the strip is done. */
static bool begin_block(stream *s) {
    const sdr_rank_walk *w = s->walk;
    const int64_t rank = w->i + w->j;
    if (rank >= s->end) return false;
    int64_t end = (rank / SDR_RANKS_BLOCK + 1) * SDR_RANKS_BLOCK;
    s->count = (end < s->end ? end : s->end) - rank;
    s->merged = 0;
    s->x = w->x->values + w->i;
    s->y = w->y->values + w->j;
    s->left_x = w->n - w->i;
    s->left_y = w->m - w->j;
    s->passed_x[0] = s->passed[0] = 0;
    return true;
}

/* Steps that reach the end of neither sample. */
static int64_t free_steps(const stream *s) {
    const int64_t x = s->left_x - s->passed_x[s->merged];
    const int64_t y = s->left_y - (s->merged - s->passed_x[s->merged]);
    const int64_t free = x < y ? x : y, wanted = s->count - s->merged;
    return free < wanted ? free : wanted;
}

/* Rank k of the block: the smaller of the next two rows, x where they are equal. */
static inline int32_t merge_step(stream *s, int64_t k, int32_t i) {
    const double x = s->x[i], y = s->y[k - i];
    s->values[k] = y < x ? y : x;
    i += x <= y;
    s->passed_x[k + 1] = i;
    return i;
}

static void merge(stream *s, int64_t steps) {
    int32_t i = s->passed_x[s->merged];
    for (const int64_t end = s->merged + steps; s->merged < end; s->merged++)
        i = merge_step(s, s->merged, i);
}

/* The same number of steps of each, from their blocks' starts. */
static void merge_in_turns(stream *s, int64_t steps) {
    int32_t a = 0, b = 0, c = 0, d = 0;
    for (int64_t k = 0; k < steps; k++) {
        a = merge_step(s, k, a);
        b = merge_step(s + 1, k, b);
        c = merge_step(s + 2, k, c);
        d = merge_step(s + 3, k, d);
    }
    for (int i = 0; i < STREAMS; i++)
        s[i].merged = steps;
}

/* One sample has ended: the rest of the block is of the other. */
static void take_rest(stream *s) {
    int32_t i = s->passed_x[s->merged];
    const bool of_x = i < s->left_x;
    for (int64_t k = s->merged; k < s->count; k++) {
        s->values[k] = of_x ? s->x[i] : s->y[k - i];
        i += of_x;
        s->passed_x[k + 1] = i;
    }
    s->merged = s->count;
}

static void finish_merge(stream *s) {
    for (int64_t steps; (steps = free_steps(s)) > 0;)
        merge(s, steps);
    if (s->merged < s->count) take_rest(s);
}

/* A step from or to an infinity counts as none. */
static void flatten_infinite(double *values, int64_t n) {
    if (isinf(values[n - 1])) values[n - 1] = values[n > 1 ? n - 2 : 0];
    if (isinf(values[0])) values[0] = n > 1 && isfinite(values[1]) ? values[1] : 0.0;
    if (isinf(values[n - 1])) values[n - 1] = values[0];
}

static void add_sums(sdr_rank_walk *w, const sdr_rank_sums *sums, int64_t tx,
                     int64_t ty) {
    const sdr_int128 i = w->i, j = w->j, a = i * w->m - j * w->n;
    const int64_t across_x = (int64_t)sums->across_x;
    const int64_t across_y = (int64_t)sums->across_y;
    w->ties += (int64_t)sums->ties;
    w->ties_x += (int64_t)sums->cubes_x;
    w->ties_y += (int64_t)sums->cubes_y;
    w->u2 += 2 * i * ty + across_y;
    w->squares_x += 4 * j * (j * tx + across_x) + (int64_t)sums->squares_x +
                    (int64_t)sums->cubes_x / 3;
    w->squares_y += 4 * i * (i * ty + across_y) + (int64_t)sums->squares_y +
                    (int64_t)sums->cubes_y / 3;
    if (a + (int64_t)sums->most > w->plus) w->plus = a + (int64_t)sums->most;
    if (-a - (int64_t)sums->least > w->minus) w->minus = -a - (int64_t)sums->least;
    w->ad.block += sums->darling / (double)(w->n + w->m);
    w->energy.block += sums->energy;
}

/* All values of the merged block, the last one with its rows beyond it. */
static void sum_block(const strips *all, stream *s) {
    const sdr_ranks_kernels *kernels = &sdr_dispatch_active()->ranks;
    sdr_rank_walk *w = s->walk;
    const int64_t found =
        kernels->distinct(s->values, s->passed, s->passed_x, s->count);
    const int32_t *passed = found == s->count ? all->each : s->passed;
    flatten_infinite(s->values, found);
    const double pairs = (double)w->finite_n * (double)w->finite_m;
    const sdr_rank_block block = {
        .count = found - 1,
        .values = s->values,
        .passed = passed,
        .passed_x = s->passed_x,
        .n = (double)w->n,
        .total = (double)(w->n + w->m),
        .start = (double)((sdr_int128)w->i * w->m - (sdr_int128)w->j * w->n),
        .below2 = 2.0 * (double)(w->i + w->j),
        .finite_n = (double)w->finite_n,
        .finite_total = (double)(w->finite_n + w->finite_m),
        .height = (double)((sdr_int128)(w->i - w->low_x) * w->finite_m -
                           (sdr_int128)(w->j - w->low_y) * w->finite_n),
        .inverse = pairs > 0.0 ? 1.0 / pairs : 0.0};
    sdr_rank_sums sums;
    kernels->sums(&sums, &block);
    const int64_t tx = s->passed_x[found - 1], ty = passed[found - 1] - tx;
    add_sums(w, &sums, tx, ty);
    w->distinct += found - 1;
    w->i += tx;
    w->j += ty;
    sdr_rank_walk_value(w);
    sdr_block_sum_close(&w->ad);
    sdr_block_sum_close(&w->energy);
}

static void walk_streams(const strips *all, stream *s, int n) {
    bool more[STREAMS] = {false};
    for (bool any = true; any;) {
        any = false;
        int64_t together = SDR_RANKS_BLOCK;
        for (int q = 0; q < n; q++) {
            more[q] = begin_block(s + q);
            any |= more[q];
            int64_t steps = more[q] ? free_steps(s + q) : 0;
            if (steps < together) together = steps;
        }
        if (n == STREAMS) merge_in_turns(s, together);
        for (int q = 0; q < n; q++) {
            if (!more[q]) continue;
            finish_merge(s + q);
            sum_block(all, s + q);
        }
    }
}

/* Items are groups of STREAMS strips. */
static sdr_code walk_groups(void *user, int64_t begin, int64_t end, int worker,
                            sdr_error *error) {
    (void)worker, (void)error;
    const strips *all = user;
    stream streams[STREAMS];
    for (int64_t group = begin; group < end; group++) {
        const int64_t first = group * STREAMS, left = all->count - first;
        const int n = left < STREAMS ? (int)left : STREAMS;
        for (int q = 0; q < n; q++) {
            const int64_t rank = (first + q) * STRIP;
            sdr_rank_walk *w = all->walks + first + q;
            *w = *all->whole;
            begin_at(w, rank);
            streams[q].walk = w;
            streams[q].end = all->ranks - rank < STRIP ? all->ranks : rank + STRIP;
        }
        walk_streams(all, streams, n);
    }
    return SDR_OK;
}

sdr_code sdr_rank_walk_strips(sdr_rank_walk *w, const sdr_context *context,
                              sdr_error *error) {
    strips all = {.whole = w, .ranks = w->n + w->m};
    all.count = (all.ranks + STRIP - 1) / STRIP;
    for (int32_t k = 0; k <= SDR_RANKS_BLOCK; k++)
        all.each[k] = k;
    SDR_TRY(sdr_poll(context, 0, all.ranks, error));
    all.walks = sdr_allocate((size_t)all.count * sizeof *all.walks);
    if (!all.walks) return sdr_error_set(error, SDR_NO_MEMORY, "no memory for strips");
    const int64_t groups = (all.count + STREAMS - 1) / STREAMS;
    sdr_code code = sdr_parallel_for(context, groups, STREAMS * STRIP * sizeof(double),
                                     walk_groups, &all, error);
    for (int64_t k = 0; code == SDR_OK && k < all.count; k++)
        sdr_rank_walk_add(w, all.walks + k);
    sdr_release(all.walks);
    return code;
}
