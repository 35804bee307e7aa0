/*
 * The first stage of two_sample/columns.c: the map, and both sides' rows counted by its
 * buckets, with sums where Wasserstein-1 wants them, or, where nearly all buckets
 * hold a single value, with those.
 */
#include "metrics/drift/two_sample/stages.h"

static bool is_empty(const sdr_counted *c, int id) {
    return c->x.table[id].count == 0 && c->y.table[id].count == 0;
}

static void find_ends(sdr_counted *c) {
    c->first = SDR_BUCKET_FIRST;
    c->last = SDR_BUCKET_LAST;
    while (c->first < c->last && is_empty(c, c->first))
        c->first++;
    while (c->last > c->first && is_empty(c, c->last))
        c->last--;
}

/* The map of both sides, or the one that the sorted side was counted with. */
static sdr_code choose_map(sdr_counted *c, sdr_error *error) {
    const sdr_bucket_source both[] = {c->x.source, c->y.source};
    if (c->x.sorted == NULL)
        return sdr_buckets_choose(&c->map, &c->ties, both, 2, error);
    c->map = c->x.sorted->map;
    c->ties = c->x.sorted->ties;
    return SDR_OK;
}

static sdr_code count_rows(sdr_counted_side *s, const sdr_counted *c,
                           const sdr_context *context, sdr_error *error) {
    if (c->bits != NULL)
        return sdr_buckets_count_ties(s->own, c->bits, &s->source, &c->map, context,
                                      error);
    return sdr_buckets_count(s->own, c->has_sums, &s->source, &c->map, context, error);
}

static sdr_code count_side(sdr_counted_side *s, const sdr_counted *c,
                           const sdr_context *context, sdr_error *error) {
    if (s->sorted != NULL) {
        s->table = s->sorted->table;
        s->rows = s->sorted->n;
        if (c->bits != NULL) sdr_buckets_share_sorted(c->bits, s->sorted);
        return SDR_OK;
    }
    s->table = s->own = sdr_allocate(SDR_BUCKETS * sizeof *s->own);
    if (s->own == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    SDR_TRY(count_rows(s, c, context, error));
    s->rows = s->source.column->length - s->own[SDR_BUCKET_MISSING].count;
    return SDR_OK;
}

sdr_code sdr_count_sides(sdr_counted *c, const sdr_context *context, sdr_error *error) {
    SDR_TRY(choose_map(c, error));
    if (c->ties == SDR_BUCKET_TIES_MOST) SDR_TRY(sdr_bucket_bits_new(&c->bits, error));
    c->has_sums = c->want_w1 && c->bits == NULL;
    SDR_TRY(count_side(&c->x, c, context, error));
    SDR_TRY(count_side(&c->y, c, context, error));
    find_ends(c);
    return SDR_OK;
}

sdr_code sdr_count_sums(sdr_counted *c, const sdr_context *context, sdr_error *error) {
    sdr_counted_side *sides[] = {&c->x, &c->y};
    for (int i = 0; i < 2; i++) {
        sdr_counted_side *s = sides[i];
        if (s->sorted != NULL) continue;
        SDR_TRY(sdr_buckets_count(s->own, true, &s->source, &c->map, context, error));
    }
    c->has_sums = true;
    return SDR_OK;
}

/* Not if the other side's rows crowd where buckets are wide. */
bool sdr_counted_map_serves(const sdr_counted *c) {
    if (c->x.sorted == NULL) return true;
    int64_t far =
        c->y.table[SDR_BUCKET_FIRST].count + c->y.table[SDR_BUCKET_LAST].count;
    return far <= c->y.rows / SDR_CROWD_SHARE;
}

void sdr_counted_reset(sdr_counted *c) {
    sdr_release(c->x.own);
    sdr_release(c->y.own);
    sdr_release(c->bits);
}
