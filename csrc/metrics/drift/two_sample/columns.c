/*
 * KS and Wasserstein-1 of two large columns without sorting them; bit for bit the
 * answer of the walk over sorted values (merge.h has the formulas).
 *
 * One pass a side counts by bucket of a monotone map. With A = i*m - j*n at a bucket's
 * entry and h_x, h_y its counts, |A| inside is at most max(|A + h_x m|, |A - h_y n|),
 * and at borders A is exact. So:
 *   KS  only buckets whose bound reaches the largest |A| at a border can hold the
 *       maximum.
 *   W1  where A keeps its sign s over a bucket, that gives s * (n sum(y) - m sum(x)),
 *       a function of its exact sums; these come from wrapping fixed point, which is
 *       right where count * width stays below 2^62 quanta and no value is finer than
 *       one.
 *
 * The other buckets are collected and, where they hold many values, cut finer first
 * (refine.c); what is left is sorted and walked value by value. Buckets that
 * hold a single value need no walk: where a sample says that nearly all do, they are
 * found as they are counted, where ties crowd some buckets, by a pass of its own.
 *
 * The stages are in stages.h, one file each.
 *
 * Time O(n + m); memory some 3 MiB a worker and what is collected: of 1e7 rows a side
 * some 2 % where the samples differ, up to a third for W1 where they do not.
 * Infinities: ordered by the walk for KS; W1 with infinities is left to the sorted way.
 */
#include "metrics/drift/two_sample/stages.h"

/* From here on a walk over 32,768 buckets costs less than sorting. */
enum { BUCKETS_FROM_ROWS = 32768 };

/* --- by buckets ------------------------------------------------------------------- */

typedef struct stages {
    sdr_counted counted;
    sdr_choice choice;
    sdr_collected collected;
    sdr_parts parts;
} stages;

static int64_t length_of(const sdr_counted_side *s) {
    return s->sorted != NULL ? s->sorted->n : s->source.column->length;
}

/* Sets rows and status; whether buckets can give the answer. */
static bool begin(bool *done, sdr_two_sample *out, const sdr_counted *c) {
    out->n = c->x.rows;
    out->m = c->y.rows;
    out->status =
        sdr_two_sample_status(length_of(&c->x), length_of(&c->y), out->n, out->m);
    out->wasserstein_status = out->status;
    *done = out->status != SDR_STATUS_OK;
    /* products of counts must fit the walk's 64-bit factors */
    if (*done || (sdr_int128)out->n * out->m > INT64_MAX / 2) return false;
    return sdr_counted_map_serves(c);
}

/* Where the sample promised single values and many buckets have several:
 * W1 wants sums. */
static sdr_code sum_crowds(stages *s, const sdr_context *context, sdr_error *error) {
    sdr_counted *c = &s->counted;
    if (c->ties != SDR_BUCKET_TIES_MOST || !c->want_w1) return SDR_OK;
    if (!sdr_choice_is_crowded(&s->choice, c)) return SDR_OK;
    SDR_TRY(sdr_count_sums(c, context, error));
    sdr_choose_again(&s->choice, c);
    return SDR_OK;
}

static sdr_code compare(bool *done, sdr_two_sample *out, sdr_two_sample_more more,
                        stages *s, const sdr_context *context, sdr_error *error) {
    const sdr_counted *c = &s->counted;
    SDR_TRY(sdr_count_sides(&s->counted, context, error));
    if (!begin(done, out, c)) return SDR_OK;
    sdr_sums_begin(&s->counted);
    SDR_TRY(sdr_choose(&s->choice, c, more, context, error));
    SDR_TRY(sum_crowds(s, context, error));
    sdr_choice_join(&s->choice, c);
    SDR_TRY(sdr_collect(&s->collected, c, &s->choice, context, error));
    SDR_TRY(sdr_histogram_count(c, &s->choice, &s->collected, context, error));
    SDR_TRY(sdr_order_find(c, &s->choice, &s->collected, context, error));
    SDR_TRY(sdr_refine(&s->parts, &s->collected, c, &s->choice, context, error));
    SDR_TRY(sdr_collected_sort(&s->collected, context, error));
    if (c->want_w1 && sdr_collected_infinite(&s->collected, c)) return SDR_OK;
    sdr_walk walk;
    sdr_walk_buckets(&walk, c, &s->choice, &s->collected, &s->parts);
    sdr_walk_finish(out, &walk);
    *done = true;
    return SDR_OK;
}

static sdr_code compare_sides(bool *done, sdr_two_sample *out, sdr_two_sample_more more,
                              sdr_counted_side x, sdr_bucket_source y, int flags,
                              const sdr_context *context, sdr_error *error) {
    *done = false;
    stages *s = sdr_allocate(sizeof *s);
    if (s == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    memset(s, 0, sizeof *s);
    s->counted.x = x;
    s->counted.y.source = y;
    s->counted.want_ks = flags & SDR_TWO_SAMPLE_KS;
    s->counted.want_w1 = flags & SDR_TWO_SAMPLE_WASSERSTEIN;
    if (y.base != 0) more = (sdr_two_sample_more){0}; /* they would be less it */
    sdr_code code = compare(done, out, more, s, context, error);
    sdr_parts_reset(&s->parts);
    sdr_collected_reset(&s->collected);
    sdr_choice_reset(&s->choice);
    sdr_counted_reset(&s->counted);
    sdr_release(s);
    return code;
}

sdr_code sdr_two_sample_by_buckets(bool *done, sdr_two_sample *out,
                                   sdr_two_sample_more more,
                                   const sdr_column *reference,
                                   const sdr_column *current, int64_t base, int flags,
                                   const sdr_context *context, sdr_error *error) {
    sdr_counted_side x = {.source = {.column = reference, .base = base}};
    sdr_bucket_source y = {.column = current, .base = base};
    return compare_sides(done, out, more, x, y, flags, context, error);
}

sdr_code sdr_two_sample_by_sorted(bool *done, sdr_two_sample *out,
                                  sdr_two_sample_more more,
                                  const sdr_buckets_sorted *reference,
                                  const sdr_column *current, int flags,
                                  const sdr_context *context, sdr_error *error) {
    sdr_counted_side x = {.sorted = reference};
    sdr_bucket_source y = {.column = current};
    return compare_sides(done, out, more, x, y, flags, context, error);
}

sdr_code sdr_two_sample_more_begin(sdr_two_sample_more *out,
                                   const sdr_two_sample_more *more, sdr_error *error) {
    *out = more == NULL ? (sdr_two_sample_more){0} : *more;
    SDR_TRY(sdr_two_sample_histogram_begin(out->histogram, error));
    return sdr_order_begin(out, error);
}

/* --- of columns ------------------------------------------------------------------- */

static void more_of_sorted(const sdr_two_sample_more *more, const sdr_sample *x,
                           const sdr_sample *y) {
    if (more->histogram != NULL && !more->histogram->done)
        sdr_histogram_count_sorted(more->histogram, x, y);
    sdr_order_sorted(more, x, y);
}

static sdr_code compare_sorted(sdr_two_sample *out, sdr_two_sample_more more,
                               const sdr_column *reference, const sdr_column *current,
                               sdr_domain domain, int flags, const sdr_context *context,
                               sdr_error *error) {
    sdr_sample x = {0}, y = {0};
    sdr_code code =
        sdr_samples_load_sorted(&x, &y, reference, current, domain, context, error);
    if (code == SDR_OK) {
        out->n = x.n;
        out->m = y.n;
        out->status =
            sdr_two_sample_status(reference->length, current->length, x.n, y.n);
        out->wasserstein_status = out->status;
        if (out->status == SDR_STATUS_OK) {
            sdr_two_sample_sorted(out, &x, &y, flags, domain.base);
            if (domain.base == 0) more_of_sorted(&more, &x, &y);
        }
    }
    sdr_sample_reset(&x);
    sdr_sample_reset(&y);
    return code;
}

sdr_code sdr_two_sample_columns(sdr_two_sample *out, const sdr_two_sample_more *wanted,
                                const sdr_column *reference, const sdr_column *current,
                                int flags, const sdr_context *context,
                                sdr_error *error) {
    sdr_two_sample_more more;
    SDR_TRY(sdr_two_sample_more_begin(&more, wanted, error));
    sdr_two_sample_begin(out, reference, current);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, reference, current, context, error));
    if (!domain.integer && reference->length + current->length >= BUCKETS_FROM_ROWS &&
        reference->kind != SDR_KIND_NULL && current->kind != SDR_KIND_NULL) {
        bool done;
        SDR_TRY(sdr_two_sample_by_buckets(&done, out, more, reference, current,
                                          domain.base, flags, context, error));
        if (done) return SDR_OK;
    }
    return compare_sorted(out, more, reference, current, domain, flags, context, error);
}
