/*
 * The fourth stage of two_sample/columns.c: the buckets that must be walked hold, of
 * large samples, too many values to sort. They are cut into parts by the bits of w
 * below those that make a bucket (kernels/buckets/buckets.h), so parts nest in
 * buckets and keep their order. Counted by part, all but a few of the values need no
 * walk, by the same bounds.
 *
 * Time O(collected); memory 2^15 parts at most, and no copy of what was collected.
 */
#include <string.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "metrics/drift/two_sample/stages.h"

enum {
    FROM_VALUES = 20000, /* fewer are sorted at once */
    MOST_PARTS = 1 << 15,
    BATCH = 512,          /* values mapped at a time */
    POLL_VALUES = 1 << 20 /* some 2 ms of work */
};

typedef struct refinement {
    sdr_parts *parts;
    const sdr_counted *counted;
    const sdr_choice *choice;
} refinement;

/* The part, in the finer table, of each of n <= BATCH values whose buckets are
 * walked. */
static void parts_of(uint32_t *parts, const double *values, int64_t n,
                     const refinement *r) {
    const sdr_parts *fine = r->parts;
    const uint32_t inside = (1u << fine->bits) - 1;
    sdr_dispatch_active()->buckets.parts(parts, values, n, &r->counted->map,
                                         fine->bits);
    for (int64_t i = 0; i < n; i++)
        parts[i] = (uint32_t)fine->rank[parts[i] >> fine->bits] + (parts[i] & inside);
}

/* Empty buckets are wanted only so that runs are few. */
static bool is_walked(const refinement *r, int id) {
    const sdr_counted *c = r->counted;
    return sdr_bucket_set_has(&r->choice->wanted, id) &&
           (c->x.table[id].count > 0 || c->y.table[id].count > 0);
}

static void count_batch(sdr_bucket *table, const refinement *r, const double *values,
                        int64_t n) {
    uint32_t parts[BATCH];
    uint64_t fixed[BATCH] = {0};
    uint16_t ids[BATCH];
    parts_of(parts, values, n, r);
    if (r->counted->want_w1)
        sdr_dispatch_active()->buckets.map_fixed(ids, fixed, values, n,
                                                 &r->counted->map);
    for (int64_t i = 0; i < n; i++) {
        table[parts[i]].count++;
        table[parts[i]].sum += fixed[i];
    }
}

static void count_values(sdr_bucket *table, const refinement *r, const double *values,
                         int64_t n) {
    for (int64_t i = 0; i < n; i += BATCH)
        count_batch(table, r, values + i, n - i < BATCH ? n - i : BATCH);
}

/* Of sorted rows those of the buckets to walk. */
static sdr_code count_sorted(sdr_bucket *table, const refinement *r,
                             const sdr_buckets_sorted *sorted,
                             const sdr_context *context, sdr_error *error) {
    int64_t start = 0, looked = 0;
    for (int id = SDR_BUCKET_FIRST; id <= SDR_BUCKET_LAST; id++) {
        int64_t count = sorted->table[id].count;
        if (is_walked(r, id)) count_values(table, r, sorted->values + start, count);
        start += count;
        if (start - looked < POLL_VALUES) continue;
        looked = start;
        SDR_TRY(sdr_poll(context, start, sorted->n, error));
    }
    return SDR_OK;
}

static sdr_code count_side(sdr_bucket *table, const refinement *r,
                           const sdr_buckets_sorted *sorted,
                           const sdr_collected_side *s, const sdr_context *context,
                           sdr_error *error) {
    if (sorted != NULL) return count_sorted(table, r, sorted, context, error);
    for (int64_t i = 0; i < s->n; i += POLL_VALUES) {
        int64_t left = s->n - i;
        SDR_TRY(sdr_poll(context, i, s->n, error));
        count_values(table, r, s->values + i, left < POLL_VALUES ? left : POLL_VALUES);
    }
    return SDR_OK;
}

/* Moves those of n <= BATCH values whose part is walked to `kept`; how many. */
static int64_t keep_batch(double *kept, const double *values, int64_t n,
                          const refinement *r) {
    uint32_t parts[BATCH];
    int64_t k = 0;
    parts_of(parts, values, n, r);
    for (int64_t i = 0; i < n; i++) {
        kept[k] = values[i];
        k += sdr_part_is_walked(r->parts, parts[i]);
    }
    return k;
}

/* Keeps the values of the parts to walk, in place. */
static sdr_code keep(sdr_collected_side *s, const refinement *r,
                     const sdr_context *context, sdr_error *error) {
    int64_t kept = 0;
    if (s->values == NULL) return SDR_OK;
    for (int64_t i = 0; i < s->n; i += BATCH) {
        int64_t left = s->n - i;
        if (i % POLL_VALUES == 0) SDR_TRY(sdr_poll(context, i, s->n, error));
        kept +=
            keep_batch(s->values + kept, s->values + i, left < BATCH ? left : BATCH, r);
    }
    s->n = kept;
    return SDR_OK;
}

/* How finely buckets are cut, and each one's place. */
static sdr_code rank_buckets(const refinement *r, int64_t values, sdr_error *error) {
    const sdr_counted *c = r->counted;
    sdr_parts *parts = r->parts;
    parts->rank = sdr_allocate(SDR_BUCKETS * sizeof *parts->rank);
    if (parts->rank == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    memset(parts->rank, 0, SDR_BUCKETS * sizeof *parts->rank);
    for (int id = c->first; id <= c->last; id++)
        parts->buckets += is_walked(r, id);
    int64_t most = values < MOST_PARTS ? values : MOST_PARTS; /* more would be empty */
    while (parts->bits < SDR_BUCKET_MOST_BITS &&
           (int64_t)parts->buckets << (parts->bits + 1) <= most)
        parts->bits++;
    int32_t rank = 0;
    for (int id = c->first; id <= c->last; id++)
        if (is_walked(r, id)) parts->rank[id] = rank++ << parts->bits;
    return SDR_OK;
}

static sdr_code parts_new(sdr_parts *parts, sdr_error *error) {
    size_t n = (size_t)parts->buckets << parts->bits, words = n / 64 + 1;
    parts->x = sdr_allocate(n * sizeof *parts->x);
    parts->y = sdr_allocate(n * sizeof *parts->y);
    parts->to_walk = sdr_allocate(words * sizeof *parts->to_walk);
    if (parts->x == NULL || parts->y == NULL || parts->to_walk == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for parts of buckets");
    memset(parts->x, 0, n * sizeof *parts->x);
    memset(parts->y, 0, n * sizeof *parts->y);
    memset(parts->to_walk, 0, words * sizeof *parts->to_walk);
    return SDR_OK;
}

/* Of a bucket to walk, entered with A = a. */
typedef void (*visit)(sdr_parts *parts, const sdr_counted *c, int id, int64_t a);

static void visit_buckets(const refinement *r, visit body) {
    const sdr_counted *c = r->counted;
    int64_t a = 0;
    for (int id = c->first; id <= c->last; id++) {
        if (is_walked(r, id)) body(r->parts, c, id, a);
        a += sdr_step(c, c->x.table[id].count, c->y.table[id].count);
    }
}

static void raise_border(sdr_parts *parts, const sdr_counted *c, int id, int64_t a) {
    for (int64_t part = parts->rank[id], n = 1 << parts->bits; n > 0; part++, n--) {
        a += sdr_step(c, parts->x[part].count, parts->y[part].count);
        parts->bounds.border = sdr_larger(parts->bounds.border, llabs(a));
    }
}

static void choose_parts(sdr_parts *parts, const sdr_counted *c, int id, int64_t a) {
    for (int64_t part = parts->rank[id], n = 1 << parts->bits; n > 0; part++, n--) {
        int64_t hx = parts->x[part].count, hy = parts->y[part].count;
        if (hx == 0 && hy == 0) continue;
        if (sdr_must_walk(c, &parts->bounds, id, a, hx, hy))
            parts->to_walk[part >> 6] |= UINT64_C(1) << (part & 63);
        a += sdr_step(c, hx, hy);
    }
}

sdr_code sdr_refine(sdr_parts *out, sdr_collected *values, const sdr_counted *c,
                    const sdr_choice *choice, const sdr_context *context,
                    sdr_error *error) {
    const int64_t n = values->x.n + values->y.n;
    const refinement r = {out, c, choice};
    if (n <= FROM_VALUES) return SDR_OK;
    SDR_TRY(rank_buckets(&r, n, error));
    SDR_TRY(parts_new(out, error));
    out->bounds = (sdr_walk_bounds){choice->bounds.border, c->want_w1}; /* with sums */
    SDR_TRY(count_side(out->x, &r, c->x.sorted, &values->x, context, error));
    SDR_TRY(count_side(out->y, &r, c->y.sorted, &values->y, context, error));
    visit_buckets(&r, raise_border);
    visit_buckets(&r, choose_parts);
    SDR_TRY(keep(&values->x, &r, context, error));
    return keep(&values->y, &r, context, error);
}

void sdr_parts_reset(sdr_parts *parts) {
    sdr_release(parts->rank);
    sdr_release(parts->x);
    sdr_release(parts->y);
    sdr_release(parts->to_walk);
}
