/*
 * Exact quantiles and the median deviation.
 *
 * Type 7: virtual index (n - 1) * q, linear between its two neighbours; the arithmetic
 * is numpy.quantile's, so the bits are too, wherever that is finite.
 *
 * Large columns are not sorted: values are counted by cell of a monotone map, and only
 * the cells that hold a wanted rank are collected and sorted; a rank's place among them
 * follows from the counts. Time O(rows), small columns and integers beyond 2^53 O(rows
 * log rows).
 */
#include <math.h>

#include "cells.h"
#include "quantile.h"
#include "simdrift/profile.h"
#include "sort.h"

/* From here on counting by cell costs less than sorting. */
enum { CELLS_FROM_ROWS = 16384 };

sdr_code sdr_quantiles_check(const double *q, int64_t n_q, sdr_error *error) {
    for (int64_t i = 0; i < n_q; i++) {
        if (q[i] >= 0 && q[i] <= 1) continue;
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "quantiles: expected q in [0, 1], found %g", q[i]);
    }
    return SDR_OK;
}

sdr_quantile_rank sdr_quantile_rank_of(double q, int64_t n) {
    double index = (double)(n - 1) * q, low = floor(index);
    int64_t rank = (int64_t)low;
    if (rank >= n - 1) return (sdr_quantile_rank){n - 1, n - 1, 0};
    return (sdr_quantile_rank){rank, rank + 1, index - low};
}

double sdr_quantile_between(double a, double b, double t) {
    if (a == b || t == 0) return a;
    double distance = b - a;
    if (isinf(distance) && isfinite(a) && isfinite(b)) return a * (1 - t) + b * t;
    return t >= 0.5 ? b - distance * (1 - t) : a + distance * t;
}

double sdr_quantile_sorted(const sdr_sample *sample, double q) {
    if (!sample->n) return NAN;
    sdr_quantile_rank rank = sdr_quantile_rank_of(q, sample->n);
    if (sample->keys) {
        return sdr_quantile_between((double)sdr_sample_integer(sample, rank.low),
                                    (double)sdr_sample_integer(sample, rank.high),
                                    rank.t);
    }
    return sdr_quantile_between(sample->values[rank.low], sample->values[rank.high],
                                rank.t);
}

/* --- by cells
 * ---------------------------------------------------------------------------- */

typedef struct selection {
    sdr_cell_source source;
    sdr_cell_map map;
    sdr_cell *table;
    sdr_cell_set wanted;
    sdr_cell_bits *bits; /* of crowded cells, else NULL */
    int64_t n;           /* values that are not missing */
    double *values;      /* of the wanted cells, sorted */
    int64_t kept;
} selection;

/* More than 1 / 16 of the rows wanted: look for cells that hold a single value first.
 */
enum { CROWD_SHARE = 16 };

/* The cell of a rank, and how many values lie before it in cells that are not wanted.
 */
static int cell_of_rank(const selection *s, int64_t rank, int64_t *skipped) {
    int64_t before = 0;
    *skipped = 0;
    for (int id = SDR_CELL_FIRST; id < SDR_CELL_LAST; id++) {
        int64_t count = s->table[id].count;
        if (rank < before + count) return id;
        before += count;
        if (!sdr_cell_set_has(&s->wanted, id)) *skipped += count;
    }
    return SDR_CELL_LAST;
}

static bool is_single(const selection *s, int id) {
    return s->bits != NULL && s->bits[id].all == s->bits[id].any;
}

static double value_of_rank(const selection *s, int64_t rank) {
    int64_t skipped;
    int id = cell_of_rank(s, rank, &skipped);
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
        sdr_cell_set_add(&s->wanted, cell_of_rank(s, rank.low, &skipped));
        sdr_cell_set_add(&s->wanted, cell_of_rank(s, rank.high, &skipped));
    }
}

/* Takes cells of a single value out of the wanted ones; counts what is left. */
static void spare_single(selection *s) {
    sdr_cell_set left = {{0}};
    s->kept = 0;
    for (int id = SDR_CELL_FIRST; id <= SDR_CELL_LAST; id++) {
        if (!sdr_cell_set_has(&s->wanted, id) || is_single(s, id)) continue;
        sdr_cell_set_add(&left, id);
        s->kept += s->table[id].count;
    }
    s->wanted = left;
}

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for quantiles");
}

static sdr_code find_single(selection *s, const sdr_context *context,
                            sdr_error *error) {
    SDR_TRY(sdr_cell_bits_new(&s->bits, error));
    SDR_TRY(sdr_cells_share(s->bits, &s->wanted, &s->source, &s->map, context, error));
    spare_single(s);
    return SDR_OK;
}

/* With the values of cells where nearly all hold a single one. */
static sdr_code count_rows(selection *s, sdr_cell_ties ties, const sdr_context *context,
                           sdr_error *error) {
    if (ties != SDR_CELL_TIES_MOST)
        return sdr_cells_count(s->table, false, &s->source, &s->map, context, error);
    SDR_TRY(sdr_cell_bits_new(&s->bits, error));
    return sdr_cells_count_ties(s->table, s->bits, &s->source, &s->map, context, error);
}

static sdr_code select_ranks(selection *s, const double *q, int64_t n_q,
                             const sdr_context *context, sdr_error *error) {
    s->table = sdr_allocate(SDR_CELLS * sizeof *s->table);
    if (s->table == NULL) return no_memory(error);
    sdr_cell_ties ties;
    SDR_TRY(sdr_cells_choose(&s->map, &ties, &s->source, 1, error));
    SDR_TRY(count_rows(s, ties, context, error));
    s->n = s->source.column->length - s->table[SDR_CELL_MISSING].count;
    if (s->n == 0) return SDR_OK;
    want_ranks(s, q, n_q);
    spare_single(s);
    if (ties == SDR_CELL_TIES_SOME && s->kept > s->n / CROWD_SHARE)
        SDR_TRY(find_single(s, context, error));
    s->values = sdr_allocate(2 * (size_t)s->kept * sizeof *s->values);
    if (s->values == NULL) return no_memory(error);
    SDR_TRY(
        sdr_cells_collect(s->values, &s->wanted, &s->source, &s->map, context, error));
    return sdr_sort_doubles(s->values, (sdr_key *)(s->values + s->kept), s->kept,
                            context, error);
}

static sdr_code quantiles_by_cells(double *out, const double *q, int64_t n_q,
                                   sdr_cell_source source, const sdr_context *context,
                                   sdr_error *error) {
    selection s = {.source = source};
    sdr_code code = select_ranks(&s, q, n_q, context, error);
    for (int64_t i = 0; code == SDR_OK && i < n_q; i++)
        out[i] = s.n == 0 ? NAN : quantile_of(&s, q[i]);
    sdr_release(s.table);
    sdr_release(s.bits);
    sdr_release(s.values);
    return code;
}

/* --- by sorting
 * ---------------------------------------------------------------------------- */

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
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, column, NULL, context, error));
    if (domain.base) domain = (sdr_domain){true, 0};
    bool sort = domain.integer || column->length < CELLS_FROM_ROWS ||
                column->kind == SDR_KIND_NULL;
    if (sort) return quantiles_by_sorting(out, q, n_q, column, domain, context, error);
    sdr_cell_source source = {.column = column};
    return quantiles_by_cells(out, q, n_q, source, context, error);
}

static sdr_code deviation_by_sorting(double *out, double center,
                                     const sdr_column *column,
                                     const sdr_context *context, sdr_error *error) {
    sdr_sample sample = {0};
    sdr_code code =
        sdr_sample_load(&sample, column, (sdr_domain){false, 0}, context, error);
    if (code == SDR_OK) {
        int64_t kept = 0;
        for (int64_t i = 0; i < sample.n; i++) {
            sample.values[kept] = fabs(sample.values[i] - center);
            kept += isfinite(sample.values[kept]) != 0;
        }
        sample.n = kept;
        code = sdr_sample_sort(&sample, context, error);
    }
    if (code == SDR_OK) *out = sdr_quantile_sorted(&sample, 0.5);
    sdr_sample_reset(&sample);
    return code;
}

sdr_code sdr_median_deviation(double *out, double center, const sdr_column *column,
                              const sdr_context *context, sdr_error *error) {
    const double middle = 0.5;
    if (column->length < CELLS_FROM_ROWS || column->kind == SDR_KIND_NULL)
        return deviation_by_sorting(out, center, column, context, error);
    sdr_cell_source source = {.column = column, .deviates = true, .center = center};
    return quantiles_by_cells(out, &middle, 1, source, context, error);
}
