/*
 * The last stage of two_sample/columns.c: all buckets in order. A bucket gives its
 * exact sums, its single value, or its values one by one (merge.h has the formulas).
 */
#include "metrics/drift/two_sample/stages.h"

/* Rows that the walk leaves out: only a sorted side has them among its values. */
static void skip_values(sdr_walk *k, int64_t hx, int64_t hy) {
    k->i += k->counted->x.sorted != NULL ? hx : 0;
    k->j += k->counted->y.sorted != NULL ? hy : 0;
}

static void pass_single(sdr_walk *k, int id, int64_t before, int64_t after) {
    const sdr_counted *c = k->counted;
    double value = sdr_single_value(k->choice, id);
    if (c->want_ks) sdr_merge_note(&k->merge, after, value);
    if (c->want_w1)
        sdr_wide_add_product(&k->total, value, llabs(before) - llabs(after));
    skip_values(k, c->x.table[id].count, c->y.table[id].count);
}

/* Walks the next hx and hy values. */
static void walk_values(sdr_walk *k, int64_t a, int64_t hx, int64_t hy) {
    k->merge.a = a;
    sdr_merge_walk(&k->merge, k->x + k->i, hx, k->y + k->j, hy);
    k->i += hx;
    k->j += hy;
}

/* Takes the sums of (a part of) bucket `id`, which keeps the sign of A. */
static void take_sums(sdr_walk *k, int id, const sdr_bucket *x, const sdr_bucket *y,
                      int64_t before, int64_t after) {
    skip_values(k, x->count, y->count);
    if (!k->counted->want_w1) return;
    sdr_sums_add(&k->tx, &k->ty, k->counted, id, x, y,
                 before > 0 || after > 0 ? 1 : -1);
}

/* Walks the parts of bucket `id`, entered with A = a. */
static void walk_parts(sdr_walk *k, int id, int64_t a) {
    const sdr_parts *parts = k->parts;
    for (int64_t part = parts->rank[id], n = 1 << parts->bits; n > 0; part++, n--) {
        const sdr_bucket *x = &parts->x[part], *y = &parts->y[part];
        if (x->count == 0 && y->count == 0) continue;
        int64_t after = a + sdr_step(k->counted, x->count, y->count);
        if (sdr_part_is_walked(parts, part))
            walk_values(k, a, x->count, y->count);
        else
            take_sums(k, id, x, y, a, after);
        a = after;
    }
}

static void pass_bucket(sdr_walk *k, int id, int64_t before, int64_t after) {
    const sdr_bucket *x = &k->counted->x.table[id], *y = &k->counted->y.table[id];
    if (sdr_bucket_set_has(&k->choice->single, id)) {
        pass_single(k, id, before, after);
    } else if (!sdr_bucket_set_has(&k->choice->wanted, id)) {
        take_sums(k, id, x, y, before, after);
    } else if (k->parts->rank != NULL) {
        walk_parts(k, id, before);
    } else {
        walk_values(k, before, x->count, y->count);
    }
}

static void walk_begin(sdr_walk *k, const sdr_counted *c, const sdr_choice *choice,
                       const sdr_collected *values, const sdr_parts *parts) {
    memset(k, 0, sizeof *k);
    k->counted = c;
    k->choice = choice;
    k->parts = parts;
    k->x = c->x.sorted != NULL ? c->x.sorted->values : values->x.values;
    k->y = c->y.sorted != NULL ? c->y.sorted->values : values->y.values;
    sdr_merge_init(&k->merge, c->x.rows, c->y.rows);
    k->merge.want_ks = c->want_ks;
    k->merge.want_w1 = c->want_w1;
}

void sdr_walk_buckets(sdr_walk *out, const sdr_counted *c, const sdr_choice *choice,
                      const sdr_collected *values, const sdr_parts *parts) {
    int64_t a = 0;
    walk_begin(out, c, choice, values, parts);
    for (int id = c->first; id <= c->last; id++) {
        int64_t hx = c->x.table[id].count, hy = c->y.table[id].count;
        if (hx == 0 && hy == 0) continue;
        out->fullest = sdr_larger(out->fullest, hx + hy);
        int64_t after = a + sdr_step(c, hx, hy);
        pass_bucket(out, id, a, after);
        a = after;
    }
}

void sdr_walk_finish(sdr_two_sample *out, sdr_walk *walk) {
    const sdr_counted *c = walk->counted;
    if (c->want_ks)
        sdr_two_sample_set_ks(out, walk->merge.best,
                              walk->merge.best_value + (double)c->x.source.base);
    if (c->want_ks) out->most_tied = walk->fullest;
    if (!c->want_w1) return;
    const int unit = 1074 - c->map.quantum; /* a quantum in units of 2^-1074 */
    sdr_merge_add_to(&walk->merge, &walk->total);
    sdr_wide_add_scaled(&walk->total, walk->tx, unit, c->y.rows);
    sdr_wide_add_scaled(&walk->total, walk->ty, unit, c->x.rows);
    sdr_two_sample_set_wasserstein(out, &walk->total, c->x.rows, c->y.rows);
}
