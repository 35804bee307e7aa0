/*
 * The second stage of two_sample/columns.c: which buckets must be walked value by
 * value.
 *
 * With A = i*m - j*n at a bucket's entry and h_x, h_y its counts, |A| inside is at most
 * max(|A + h_x m|, |A - h_y n|), and at borders A is exact: for KS only buckets whose
 * bound reaches the largest |A| at a border can matter, for W1 those where A may change
 * its sign or whose sums are not known. Buckets that hold a single value need no walk:
 * where ties crowd some buckets, a pass of its own finds them.
 */
#include "metrics/drift/two_sample/stages.h"

enum { JOINED_SHARE = 32 /* at most 1 / 32 collected in gaps */ };

static bool keeps_sign(int64_t a, int64_t up, int64_t down) {
    return (a >= 0 && a - down >= 0) || (a <= 0 && a + up <= 0);
}

bool sdr_must_walk(const sdr_counted *c, const sdr_walk_bounds *bounds, int id,
                   int64_t a, int64_t hx, int64_t hy) {
    int64_t up = hx * c->y.rows, down = hy * c->x.rows;
    if (c->want_ks && sdr_larger(llabs(a + up), llabs(a - down)) >= bounds->border)
        return true;
    if (!c->want_w1) return false;
    return !keeps_sign(a, up, down) || !bounds->has_sums ||
           !sdr_sums_hold(c, id, hx > hy ? hx : hy);
}

static int64_t border_of(const sdr_counted *c) {
    int64_t a = 0, border = 0;
    for (int id = c->first; id <= c->last; id++) {
        a += sdr_step(c, c->x.table[id].count, c->y.table[id].count);
        border = sdr_larger(border, llabs(a));
    }
    return border;
}

/* Fills `wanted`, but for buckets that are known to hold one value; counts their
 * rows. */
static void choose_buckets(sdr_choice *out, const sdr_counted *c) {
    int64_t a = 0;
    memset(&out->wanted, 0, sizeof out->wanted);
    out->x_rows = out->y_rows = 0;
    for (int id = c->first; id <= c->last; id++) {
        int64_t hx = c->x.table[id].count, hy = c->y.table[id].count;
        if (hx == 0 && hy == 0) continue;
        if (!sdr_bucket_set_has(&out->single, id) &&
            (sdr_bucket_set_has(&out->cut, id) ||
             sdr_bucket_set_has(&out->ordered, id) ||
             sdr_must_walk(c, &out->bounds, id, a, hx, hy))) {
            sdr_bucket_set_add(&out->wanted, id);
            out->x_rows += hx;
            out->y_rows += hy;
        }
        a += sdr_step(c, hx, hy);
    }
}

/* One value, and a finite one: infinities are for the walk to see. */
static bool is_single(const sdr_bucket_bits *bits) {
    return bits->all == bits->any && isfinite(sdr_double_from(bits->all));
}

/* Of the buckets whose values of both sides were looked at: NULL, of all. */
static void find_single(sdr_choice *out, const sdr_counted *c,
                        const sdr_bucket_set *seen) {
    for (int id = c->first; id <= c->last; id++)
        if ((seen == NULL || sdr_bucket_set_has(seen, id)) && is_single(&out->bits[id]))
            sdr_bucket_set_add(&out->single, id);
}

int64_t sdr_rows_to_collect(const sdr_choice *choice, const sdr_counted *c,
                            const sdr_bucket_set *buckets) {
    int64_t rows = 0;
    for (int word = c->first / 64; word <= c->last / 64; word++) {
        uint64_t left = buckets->words[word] & ~choice->single.words[word];
        for (; left != 0; left &= left - 1) {
            int id = word * 64 + __builtin_ctzll(left);
            rows += c->x.table[id].count + c->y.table[id].count;
        }
    }
    return rows;
}

bool sdr_choice_is_crowded(const sdr_choice *choice, const sdr_counted *c) {
    return choice->x_rows + choice->y_rows >= (c->x.rows + c->y.rows) / SDR_CROWD_SHARE;
}

static sdr_code share_side(sdr_choice *out, const sdr_counted *c,
                           const sdr_counted_side *s, const sdr_context *context,
                           sdr_error *error) {
    if (s->sorted == NULL)
        return sdr_buckets_share(out->own_bits, &out->wanted, &s->source, &c->map,
                                 context, error);
    sdr_buckets_share_sorted(out->own_bits, s->sorted);
    return SDR_OK;
}

/* Where much would be collected: finds buckets of one value, which need no walk. */
static sdr_code look_for_ties(sdr_choice *out, const sdr_counted *c,
                              const sdr_context *context, sdr_error *error) {
    if (c->ties != SDR_BUCKET_TIES_SOME || !sdr_choice_is_crowded(out, c))
        return SDR_OK;
    SDR_TRY(sdr_bucket_bits_new(&out->own_bits, error));
    out->bits = out->own_bits;
    SDR_TRY(share_side(out, c, &c->x, context, error));
    SDR_TRY(share_side(out, c, &c->y, context, error));
    find_single(out, c, &out->wanted);
    choose_buckets(out, c);
    return SDR_OK;
}

sdr_code sdr_choose(sdr_choice *out, const sdr_counted *c, sdr_two_sample_more more,
                    const sdr_context *context, sdr_error *error) {
    out->bits = c->bits;
    out->histogram = more.histogram;
    out->order = more;
    out->bounds = (sdr_walk_bounds){border_of(c), c->has_sums};
    if (out->bits != NULL) find_single(out, c, NULL);
    sdr_histogram_want(out, c);
    sdr_order_want(out, c);
    choose_buckets(out, c);
    SDR_TRY(look_for_ties(out, c, context, error));
    const bool drops_histogram = sdr_histogram_drop(out, c);
    if (sdr_order_drop(out, c) || drops_histogram) choose_buckets(out, c);
    return SDR_OK;
}

void sdr_choose_again(sdr_choice *out, const sdr_counted *c) {
    out->bounds.has_sums = c->has_sums;
    choose_buckets(out, c);
}

/* The rows of a bucket, both sides together. */
static int64_t rows_in(const sdr_counted *c, int id) {
    return c->x.table[id].count + c->y.table[id].count;
}

/* Wants every bucket from first to last. */
static void want_run(sdr_choice *choice, const sdr_counted *c, int first, int last) {
    for (int id = first; id < last; id++) {
        if (sdr_bucket_set_has(&choice->wanted, id)) continue;
        sdr_bucket_set_add(&choice->wanted, id);
        choice->x_rows += c->x.table[id].count;
        choice->y_rows += c->y.table[id].count;
    }
}

/* A single run is collected by comparing values, without a map: where the wanted
 * buckets lie close together, those between them are walked too. */
void sdr_choice_join(sdr_choice *choice, const sdr_counted *c) {
    int first = SDR_BUCKET_LAST + 1, last = 0;
    int64_t rows = 0, between = 0;
    /* their buckets lie everywhere */
    if (choice->histogram != NULL || sdr_order_is_wanted(choice)) return;
    for (int id = c->first; id <= c->last; id++) {
        rows += rows_in(c, id);
        if (!sdr_bucket_set_has(&choice->wanted, id)) continue;
        if (last > 0) between += rows - rows_in(c, id);
        if (first > id) first = id;
        last = id;
        rows = 0;
    }
    if (choice->bits != NULL || between > (c->x.rows + c->y.rows) / JOINED_SHARE)
        return;
    want_run(choice, c, first, last);
}

void sdr_choice_reset(sdr_choice *choice) {
    sdr_release(choice->own_bits);
}
