/*
 * The stages that two_sample/columns.c goes through, each const to the next:
 *
 *   counted    rows by bucket of a monotone map      count.c, sums.c
 *   choice     the buckets that must be walked       choose.c, histogram.c, order.c
 *   collected  their values                        collect.c
 *   parts      those buckets, cut finer              refine.c
 *   walk       the sums over all buckets             walk.c
 *
 * A file calls those of the stages before its own, never one after it.
 */
#ifndef SDR_METRICS_TWO_SAMPLE_STAGES_H
#define SDR_METRICS_TWO_SAMPLE_STAGES_H

#include <math.h>
#include <stdlib.h>

#include "metrics/common/buckets.h"
#include "metrics/drift/two_sample/two_sample.h"

enum {
    SDR_BUCKET_OCTAVES = 8, /* of w, a side of the center */
    SDR_CROWD_SHARE = 16    /* more than 1 / 16 of the rows collected is much */
};

/* --- counted ---------------------------------------------------------------------- */

typedef struct sdr_counted_side {
    sdr_bucket_source source;
    const sdr_buckets_sorted *sorted; /* all rows in order, counted before; or NULL */
    const sdr_bucket *table;          /* SDR_BUCKETS */
    sdr_bucket *own;                  /* the table, where it was counted here */
    int64_t rows;
} sdr_counted_side;

/* What the sums of buckets are worth: sums.c. */
typedef struct sdr_sum_bounds {
    double unit;            /* a t of 1 as a distance of values */
    double quanta;          /* in a value of 1 */
    int fine_from, fine_to; /* buckets whose values may be finer than one */
    double most_summed[SDR_BUCKET_OCTAVES]; /* rows of a bucket whose sum is known */
} sdr_sum_bounds;

typedef struct sdr_counted {
    sdr_counted_side x, y;
    bool want_ks, want_w1;
    sdr_bucket_map map;
    sdr_bucket_ties ties;
    sdr_bucket_bits *bits; /* of all buckets, where most hold one value; else NULL */
    bool has_sums;         /* the tables, of what fills them */
    int first, last;       /* buckets that have rows lie in between */
    sdr_sum_bounds sums;
} sdr_counted;

/* Fills all but sums from both sides' sources (or x.sorted) and what is wanted. */
sdr_code sdr_count_sides(sdr_counted *c, const sdr_context *context, sdr_error *error);
/* Counts again, with sums. */
sdr_code sdr_count_sums(sdr_counted *c, const sdr_context *context, sdr_error *error);
/* Whether the sorted side's map serves the other side. */
bool sdr_counted_map_serves(const sdr_counted *c);
void sdr_counted_reset(sdr_counted *c);

/* What hx and hy rows change A by; |A| <= n * m, which 63 bits hold (columns.c). */
static inline int64_t sdr_step(const sdr_counted *c, int64_t hx, int64_t hy) {
    return hx * c->y.rows - hy * c->x.rows;
}

static inline int64_t sdr_larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Every value of a bucket lies in this range, which is somewhat wider than the
 * bucket. */
sdr_value_run sdr_bucket_range(int id, const sdr_counted *c);
/* Fills c->sums, once the rows are counted: what the next two read. */
void sdr_sums_begin(sdr_counted *c);
/* Whether both sums of a bucket, or of a part of it,
 * can be recovered from what wrapped. */
bool sdr_sums_hold(const sdr_counted *c, int id, int64_t count);
/* Adds -sign * sum(x) to *tx and sign * sum(y) to *ty, of a bucket or a part. */
void sdr_sums_add(sdr_int128 *tx, sdr_int128 *ty, const sdr_counted *c, int id,
                  const sdr_bucket *x, const sdr_bucket *y, int sign);

/* A rank's bucket, and how many rows of its side lie before it. */
typedef struct sdr_ranked {
    int id;
    int64_t before;
} sdr_ranked;

/* `from`: the bucket of a lower rank, or {c->first, 0}. */
static inline sdr_ranked sdr_bucket_of_rank(const sdr_counted *c,
                                            const sdr_bucket *table, int64_t rank,
                                            sdr_ranked from) {
    while (from.id < c->last && rank >= from.before + table[from.id].count)
        from.before += table[from.id++].count;
    return from;
}

/* --- choice ----------------------------------------------------------------------- */

/* What decides whether a bucket or a part must be walked. */
typedef struct sdr_walk_bounds {
    int64_t border; /* largest |A| at a border */
    bool has_sums;
} sdr_walk_bounds;

typedef struct sdr_choice {
    sdr_walk_bounds bounds;
    sdr_bucket_set wanted, single; /* buckets to walk; buckets that hold one value */
    sdr_bucket_set cut;            /* buckets that the histogram wants collected */
    sdr_bucket_set ordered;        /* the same of quantiles and extremes */
    const sdr_bucket_bits *bits; /* of buckets, where ties were looked for, else NULL */
    sdr_bucket_bits *own_bits;   /* the same, where that was done here */
    int64_t x_rows, y_rows;      /* in the buckets to walk */
    sdr_two_sample_histogram
        *histogram;            /* the histogram to fill; NULL: none, or given up */
    sdr_two_sample_more order; /* quantiles and extremes to find; NULL likewise */
} sdr_choice;

/* Fills the choice. */
sdr_code sdr_choose(sdr_choice *out, const sdr_counted *c, sdr_two_sample_more more,
                    const sdr_context *context, sdr_error *error);
/* Chooses again, of a side that now has sums. */
void sdr_choose_again(sdr_choice *out, const sdr_counted *c);
/* Whether much would be collected. */
bool sdr_choice_is_crowded(const sdr_choice *choice, const sdr_counted *c);
/* Makes one run of buckets that lie close together. */
void sdr_choice_join(sdr_choice *choice, const sdr_counted *c);
void sdr_choice_reset(sdr_choice *choice);

/* Whether (a part of) bucket `id` with these counts, entered with A = a, must be walked
 * value by value. */
bool sdr_must_walk(const sdr_counted *c, const sdr_walk_bounds *bounds, int id,
                   int64_t a, int64_t hx, int64_t hy);

static inline double sdr_double_from(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The value of a bucket that is known to hold a single one. */
static inline double sdr_single_value(const sdr_choice *choice, int id) {
    return sdr_double_from(choice->bits[id].all);
}

/* What a histogram wants collected, into choice->cut. Gives it up where quantiles lie
 * in the endless buckets. */
void sdr_histogram_want(sdr_choice *choice, const sdr_counted *c);
/* Gives it up where that is much, once buckets of one value are known; whether it
 * did. */
bool sdr_histogram_drop(sdr_choice *choice, const sdr_counted *c);
/* The same of quantiles and extremes, into choice->ordered. */
void sdr_order_want(sdr_choice *choice, const sdr_counted *c);
bool sdr_order_drop(sdr_choice *choice, const sdr_counted *c);
bool sdr_order_is_wanted(const sdr_choice *choice);
/* Rows of both sides in these buckets, but for those that hold one value. */
int64_t sdr_rows_to_collect(const sdr_choice *choice, const sdr_counted *c,
                            const sdr_bucket_set *buckets);

/* --- collected -------------------------------------------------------------------- */

typedef struct sdr_collected_side {
    double *values; /* of the buckets to walk; NULL where the side was sorted before */
    int64_t n;
} sdr_collected_side;

typedef struct sdr_collected {
    sdr_collected_side x, y;
} sdr_collected;

sdr_code sdr_collect(sdr_collected *out, const sdr_counted *c, const sdr_choice *choice,
                     const sdr_context *context, sdr_error *error);
/* Both sides ascending. */
sdr_code sdr_collected_sort(sdr_collected *values, const sdr_context *context,
                            sdr_error *error);
/* Whether infinities are among the values to walk, sorted. */
bool sdr_collected_infinite(const sdr_collected *values, const sdr_counted *c);
void sdr_collected_reset(sdr_collected *values);

/* Fills the choice's histogram, once the buckets to walk are collected. */
sdr_code sdr_histogram_count(const sdr_counted *c, const sdr_choice *choice,
                             const sdr_collected *values, const sdr_context *context,
                             sdr_error *error);

/* Finds the choice's quantiles and extremes. */
sdr_code sdr_order_find(const sdr_counted *c, const sdr_choice *choice,
                        const sdr_collected *values, const sdr_context *context,
                        sdr_error *error);

/* --- parts ------------------------------------------------------------------------ */

/* A finer table over the buckets to walk: each is cut into 2^bits parts. */
typedef struct sdr_parts {
    int bits, buckets;
    int32_t *rank; /* SDR_BUCKETS: a bucket's place among those to walk, times 2^bits */
    sdr_bucket *x, *y; /* buckets << bits parts */
    uint64_t *to_walk; /* a bit a part */
    sdr_walk_bounds bounds;
} sdr_parts;

/* Cuts the buckets to walk finer, where they hold many values, and keeps of the
 * collected values only those of parts that must be walked. out->rank NULL: not
 * done. */
sdr_code sdr_refine(sdr_parts *out, sdr_collected *values, const sdr_counted *c,
                    const sdr_choice *choice, const sdr_context *context,
                    sdr_error *error);
void sdr_parts_reset(sdr_parts *parts);

static inline bool sdr_part_is_walked(const sdr_parts *parts, int64_t part) {
    return parts->to_walk[part >> 6] >> (part & 63) & 1;
}

/* --- walk ------------------------------------------------------------------------- */

typedef struct sdr_walk {
    const sdr_counted *counted;
    const sdr_choice *choice;
    const sdr_parts *parts;
    const double *x, *y; /* values that the walk takes from, of both sides */
    sdr_merge merge;
    sdr_wide total; /* of buckets of one value */
    sdr_int128 tx,
        ty;          /* of buckets that keep the sign: -s sum(x), s sum(y), in quanta */
    int64_t i, j;    /* of both sides' values, passed */
    int64_t fullest; /* rows of the fullest bucket */
} sdr_walk;

void sdr_walk_buckets(sdr_walk *out, const sdr_counted *c, const sdr_choice *choice,
                      const sdr_collected *values, const sdr_parts *parts);
void sdr_walk_finish(sdr_two_sample *out, sdr_walk *walk);

#endif
