/*
 * Exact quantiles and the median deviation.
 *
 * Type 7: virtual index (n - 1) * q, linear between its two neighbours; the arithmetic
 * is numpy.quantile's, so the bits are too, wherever that is finite.
 *
 * Large columns are not sorted: values are counted by bucket of a monotone map, and
 * only the buckets that hold a wanted rank are collected and sorted; a rank's place
 * among them follows from the counts. So are two columns together. Time O(rows),
 * small columns and integers beyond 2^53 O(rows log rows).
 */
#include <math.h>

#include "metrics/common/blocks.h"
#include "metrics/common/buckets.h"
#include "metrics/common/quantile.h"
#include "metrics/common/sort.h"
#include "simdrift/quality.h"

/* From here on counting by bucket costs less than sorting. */
enum { BUCKETS_FROM_ROWS = 16384 };

/* --- by buckets ------------------------------------------------------------------- */

enum { MOST_SOURCES = 2 };

typedef struct selection {
    sdr_bucket_source sources[MOST_SOURCES];
    int n_sources;
    sdr_bucket_map map;
    sdr_bucket *table; /* of all sources; then of the second alone, if there is one */
    sdr_bucket_set wanted;
    sdr_bucket_bits *bits; /* of buckets of many values, else NULL */
    int64_t n;             /* values that are not missing */
    double *values;        /* of the wanted buckets, sorted */
    int64_t kept;
} selection;

/* More than 1 / 16 of the rows wanted:
 * look for buckets that hold a single value first. */
enum { CROWD_SHARE = 16 };

/* The bucket of a rank, and how many values lie before it in buckets that
 * are not wanted. */
static int bucket_of_rank(const selection *s, int64_t rank, int64_t *skipped) {
    int64_t before = 0;
    *skipped = 0;
    for (int id = SDR_BUCKET_FIRST; id < SDR_BUCKET_LAST; id++) {
        int64_t count = s->table[id].count;
        if (rank < before + count) return id;
        before += count;
        if (!sdr_bucket_set_has(&s->wanted, id)) *skipped += count;
    }
    return SDR_BUCKET_LAST;
}

static bool is_single(const selection *s, int id) {
    return s->bits != NULL && s->bits[id].all == s->bits[id].any;
}

static double value_of_rank(const selection *s, int64_t rank) {
    int64_t skipped;
    int id = bucket_of_rank(s, rank, &skipped);
    double value;
    if (!is_single(s, id)) return s->values[rank - skipped];
    memcpy(&value, &s->bits[id].all, sizeof value);
    return value;
}

static double quantile_of(const selection *s, double q) {
    sdr_quantile_rank rank = sdr_quantile_rank_of(q, s->n);
    return sdr_quantile_between(value_of_rank(s, rank.low), value_of_rank(s, rank.high),
                                rank.t);
}

static void want_ranks(selection *s, const double *q, int64_t n_q) {
    int64_t skipped;
    for (int64_t i = 0; i < n_q; i++) {
        sdr_quantile_rank rank = sdr_quantile_rank_of(q[i], s->n);
        sdr_bucket_set_add(&s->wanted, bucket_of_rank(s, rank.low, &skipped));
        sdr_bucket_set_add(&s->wanted, bucket_of_rank(s, rank.high, &skipped));
    }
}

/* How many values of the wanted buckets a table has counted. */
static int64_t wanted_in(const selection *s, const sdr_bucket *table) {
    int64_t rows = 0;
    for (int id = SDR_BUCKET_FIRST; id <= SDR_BUCKET_LAST; id++)
        if (sdr_bucket_set_has(&s->wanted, id)) rows += table[id].count;
    return rows;
}

/* Takes buckets of a single value out of the wanted ones; counts what is left. */
static void spare_single(selection *s) {
    sdr_bucket_set left = {{0}};
    for (int id = SDR_BUCKET_FIRST; id <= SDR_BUCKET_LAST; id++)
        if (sdr_bucket_set_has(&s->wanted, id) && !is_single(s, id))
            sdr_bucket_set_add(&left, id);
    s->wanted = left;
    s->kept = wanted_in(s, s->table);
}

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for quantiles");
}

static sdr_code find_single(selection *s, const sdr_context *context,
                            sdr_error *error) {
    SDR_TRY(sdr_bucket_bits_new(&s->bits, error));
    for (int i = 0; i < s->n_sources; i++)
        SDR_TRY(sdr_buckets_share(s->bits, &s->wanted, &s->sources[i], &s->map, context,
                                  error));
    spare_single(s);
    return SDR_OK;
}

/* With the values of buckets where nearly all hold a single one. */
static sdr_code count_source(sdr_bucket *table, selection *s, int i,
                             const sdr_context *context, sdr_error *error) {
    if (s->bits != NULL)
        return sdr_buckets_count_ties(table, s->bits, &s->sources[i], &s->map, context,
                                      error);
    return sdr_buckets_count(table, false, &s->sources[i], &s->map, context, error);
}

static sdr_code count_rows(selection *s, sdr_bucket_ties ties,
                           const sdr_context *context, sdr_error *error) {
    if (ties == SDR_BUCKET_TIES_MOST) SDR_TRY(sdr_bucket_bits_new(&s->bits, error));
    for (int i = 0; i < s->n_sources; i++) {
        sdr_bucket *table = s->table + i * SDR_BUCKETS;
        SDR_TRY(count_source(table, s, i, context, error));
        s->n += s->sources[i].column->length - table[SDR_BUCKET_MISSING].count;
        for (int id = 0; i > 0 && id < SDR_BUCKETS; id++)
            s->table[id].count += table[id].count;
    }
    return SDR_OK;
}

/* The second source's values first: the first table holds both sources' counts. */
static sdr_code collect(selection *s, const sdr_context *context, sdr_error *error) {
    double *values = s->values;
    int64_t left = s->kept;
    for (int i = s->n_sources - 1; i >= 0; i--) {
        int64_t room = i > 0 ? wanted_in(s, s->table + i * SDR_BUCKETS) : left;
        SDR_TRY(sdr_buckets_collect(values, room, &s->wanted, true, &s->sources[i],
                                    &s->map, context, error));
        values += room;
        left -= room;
    }
    return SDR_OK;
}

static sdr_code select_ranks(selection *s, const double *q, int64_t n_q,
                             const sdr_context *context, sdr_error *error) {
    s->table = sdr_allocate((size_t)s->n_sources * SDR_BUCKETS * sizeof *s->table);
    if (s->table == NULL) return no_memory(error);
    sdr_bucket_ties ties;
    SDR_TRY(sdr_buckets_choose(&s->map, &ties, s->sources, s->n_sources, error));
    SDR_TRY(count_rows(s, ties, context, error));
    if (s->n == 0) return SDR_OK;
    want_ranks(s, q, n_q);
    spare_single(s);
    if (ties == SDR_BUCKET_TIES_SOME && s->kept > s->n / CROWD_SHARE)
        SDR_TRY(find_single(s, context, error));
    s->values = sdr_allocate(2 * (size_t)s->kept * sizeof *s->values);
    if (s->values == NULL) return no_memory(error);
    SDR_TRY(collect(s, context, error));
    return sdr_sort_doubles(s->values, (sdr_key *)(s->values + s->kept), s->kept,
                            context, error);
}

static sdr_code quantiles_by_buckets(double *out, const double *q, int64_t n_q,
                                     const sdr_bucket_source *sources, int n_sources,
                                     const sdr_context *context, sdr_error *error) {
    selection s = {.n_sources = n_sources};
    memcpy(s.sources, sources, (size_t)n_sources * sizeof *sources);
    sdr_code code = select_ranks(&s, q, n_q, context, error);
    for (int64_t i = 0; code == SDR_OK && i < n_q; i++)
        out[i] = s.n == 0 ? NAN : quantile_of(&s, q[i]);
    sdr_release(s.table);
    sdr_release(s.bits);
    sdr_release(s.values);
    return code;
}

/* --- by sorting ------------------------------------------------------------------- */

static sdr_code quantiles_by_sorting(double *out, const double *q, int64_t n_q,
                                     const sdr_column *column, sdr_domain domain,
                                     const sdr_context *context, sdr_error *error) {
    sdr_sample sample = {0};
    sdr_code code = sdr_sample_load(&sample, column, domain, context, error);
    if (code == SDR_OK) code = sdr_sample_sort(&sample, context, error);
    for (int64_t i = 0; code == SDR_OK && i < n_q; i++) {
        out[i] = sdr_quantile_sorted(&sample, q[i]);
    }
    sdr_sample_reset(&sample);
    return code;
}

sdr_code sdr_quantiles(double *out, const double *q, int64_t n_q,
                       const sdr_column *column, const sdr_context *context,
                       sdr_error *error) {
    SDR_TRY(sdr_quantiles_check(q, n_q, error));
    SDR_TRY(sdr_require_numeric(column, "sdr_quantiles", error));
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, column, NULL, context, error));
    if (domain.base) domain = (sdr_domain){true, 0};
    bool sort = domain.integer || column->length < BUCKETS_FROM_ROWS ||
                column->kind == SDR_KIND_NULL;
    if (sort) return quantiles_by_sorting(out, q, n_q, column, domain, context, error);
    sdr_bucket_source source = {.column = column};
    return quantiles_by_buckets(out, q, n_q, &source, 1, context, error);
}

/* The finite rows of a column, or their distances from a center, behind `n` values. */
static int64_t add_finite(double *values, int64_t n, const sdr_bucket_source *source) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t length = source->column->length;
    for (int64_t start = 0; start < length; start += SDR_BLOCK_ROWS) {
        int64_t rows =
            length - start < SDR_BLOCK_ROWS ? length - start : SDR_BLOCK_ROWS;
        const double *loaded = sdr_bucket_source_load(source, start, rows, scratch);
        for (int64_t i = 0; i < rows; i++) {
            values[n] = loaded[i];
            n += loaded[i] == loaded[i];
        }
    }
    return n;
}

static sdr_code finite_by_sorting(double *out, const double *q, int64_t n_q,
                                  const sdr_bucket_source *sources, int n_sources,
                                  int64_t rows, const sdr_context *context,
                                  sdr_error *error) {
    double *values = sdr_allocate(2 * ((size_t)rows + 1) * sizeof *values);
    if (values == NULL) return no_memory(error);
    sdr_sample sample = {.values = values};
    for (int i = 0; i < n_sources; i++)
        sample.n = add_finite(values, sample.n, &sources[i]);
    sdr_code code = sdr_sort_doubles(values, (sdr_key *)(values + rows + 1), sample.n,
                                     context, error);
    for (int64_t i = 0; code == SDR_OK && i < n_q; i++)
        out[i] = sdr_quantile_sorted(&sample, q[i]);
    sdr_release(values);
    return code;
}

/* Of sources that leave infinite rows out, whatever their size. */
static sdr_code finite_quantiles(double *out, const double *q, int64_t n_q,
                                 const sdr_bucket_source *all, int n_all,
                                 const sdr_context *context, sdr_error *error) {
    sdr_bucket_source sources[MOST_SOURCES];
    int64_t rows = 0;
    int n = 0;
    for (int i = 0; i < n_all; i++) {
        if (all[i].column->kind == SDR_KIND_NULL) continue;
        rows += all[i].column->length;
        sources[n++] = all[i];
    }
    if (rows < BUCKETS_FROM_ROWS)
        return finite_by_sorting(out, q, n_q, sources, n, rows, context, error);
    return quantiles_by_buckets(out, q, n_q, sources, n, context, error);
}

sdr_code sdr_median_deviation(double *out, double center, const sdr_column *column,
                              const sdr_context *context, sdr_error *error) {
    const double middle = 0.5;
    SDR_TRY(sdr_require_numeric(column, "sdr_median_deviation", error));
    sdr_bucket_source source = {
        .column = column, .rows = SDR_BUCKET_ROWS_DEVIATION, .center = center};
    return finite_quantiles(out, &middle, 1, &source, 1, context, error);
}

sdr_code sdr_pooled_quantiles(double *out, const double *q, int64_t n_q,
                              const sdr_column *a, const sdr_column *b,
                              const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_quantiles_check(q, n_q, error));
    SDR_TRY(sdr_require_numeric(a, "sdr_pooled_quantiles", error));
    SDR_TRY(sdr_require_numeric(b, "sdr_pooled_quantiles", error));
    const sdr_bucket_source both[] = {{.column = a, .rows = SDR_BUCKET_ROWS_FINITE},
                                      {.column = b, .rows = SDR_BUCKET_ROWS_FINITE}};
    return finite_quantiles(out, q, n_q, both, 2, context, error);
}
