/*
 * Rank statistics of two samples: sorts them and walks them. See drift.h for what they
 * are, rank_walk.c for the sums. float64 samples are walked in strips (rank_strips.c),
 * integers beyond float64 value by value. Time O(n + m) after the sorts.
 */
#include "metrics/drift/ranks.h"

#include <math.h>

#include "core/parallel.h"
#include "metrics/drift/rank_walk.h"
#include "metrics/drift/two_sample/two_sample.h"

enum { POLL_BLOCKS = 64 /* some 3 ms of walking */ };

static sdr_integer integer_of(sdr_int128 value) {
    return (sdr_integer){(int64_t)(value >> 64), (uint64_t)value};
}

static double sum_of(sdr_block_sum *sum) {
    sdr_block_sum_close(sum);
    return isfinite(sum->total) ? sum->total + sum->lost : sum->total;
}

static sdr_code walk_values(sdr_rank_walk *w, const sdr_context *context,
                            sdr_error *error) {
    const int64_t total = w->n + w->m;
    for (int64_t block = 0; w->i + w->j < total; block++) {
        if (block % POLL_BLOCKS == 0)
            SDR_TRY(sdr_poll(context, w->i + w->j, total, error));
        while (w->i + w->j < total && w->i + w->j < (block + 1) * SDR_BLOCK_ROWS)
            sdr_rank_walk_value(w);
        sdr_block_sum_close(&w->ad);
        sdr_block_sum_close(&w->energy);
    }
    return SDR_OK;
}

static sdr_code walk_samples(sdr_rank_statistics *out, const sdr_sample *x,
                             const sdr_sample *y, const sdr_context *context,
                             sdr_error *error) {
    sdr_rank_walk w;
    sdr_rank_walk_init(&w, x, y);
    SDR_TRY(x->values ? sdr_rank_walk_strips(&w, context, error)
                      : walk_values(&w, context, error));
    out->n = w.n;
    out->m = w.m;
    out->distinct = w.distinct;
    out->ties = integer_of(w.ties);
    out->ties_x = integer_of(w.ties_x);
    out->ties_y = integer_of(w.ties_y);
    out->u2 = integer_of(w.u2);
    out->plus = integer_of(w.plus);
    out->minus = integer_of(w.minus);
    out->cramer_von_mises = integer_of(w.n * w.squares_x + w.m * w.squares_y);
    out->anderson_darling = w.distinct > 1 ? sum_of(&w.ad) : NAN;
    out->finite_n = w.finite_n;
    out->finite_m = w.finite_m;
    out->energy = w.finite_n > 0 && w.finite_m > 0 ? sum_of(&w.energy) : NAN;
    return SDR_OK;
}

static sdr_int128 lesser(sdr_int128 a, sdr_int128 b) {
    return a < b ? a : b;
}

/* Sorted integers as float64 less a base, which holds them. */
static sdr_code less_base(sdr_sample *out, const sdr_sample *keys, sdr_int128 base,
                          sdr_error *error) {
    out->values = sdr_allocate((size_t)keys->n * sizeof *out->values);
    if (out->values == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)keys->n);
    out->n = keys->n;
    for (int64_t i = 0; i < keys->n; i++)
        out->values[i] = (double)(sdr_sample_integer(keys, i) - base);
    return SDR_OK;
}

/* Integers that lie near each other are walked as float64 less their least, as columns
 * of them are: a reference that keeps integers gives the same bits. */
sdr_code sdr_ranks_walk(sdr_rank_statistics *out, const sdr_sample *x,
                        const sdr_sample *y, const sdr_context *context,
                        sdr_error *error) {
    if (x->values != NULL) return walk_samples(out, x, y, context, error);
    sdr_int128 min = lesser(sdr_sample_integer(x, 0), sdr_sample_integer(y, 0));
    sdr_int128 max =
        -lesser(-sdr_sample_integer(x, x->n - 1), -sdr_sample_integer(y, y->n - 1));
    if (!sdr_domain_has_base(min, max)) return walk_samples(out, x, y, context, error);
    sdr_sample from_x = {0}, from_y = {0};
    sdr_code code = less_base(&from_x, x, min, error);
    if (code == SDR_OK) code = less_base(&from_y, y, min, error);
    if (code == SDR_OK) code = walk_samples(out, &from_x, &from_y, context, error);
    sdr_sample_reset(&from_x);
    sdr_sample_reset(&from_y);
    return code;
}

void sdr_ranks_begin(sdr_rank_statistics *out, const sdr_column *reference,
                     const sdr_column *current) {
    memset(out, 0, sizeof *out);
    out->status = sdr_samples_agree(reference, current);
    out->anderson_darling = out->energy = NAN;
}

sdr_code sdr_rank_statistics_columns(sdr_rank_statistics *out,
                                     const sdr_column *reference,
                                     const sdr_column *current,
                                     const sdr_context *context, sdr_error *error) {
    sdr_ranks_begin(out, reference, current);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, reference, current, context, error));
    sdr_sample x = {0}, y = {0};
    sdr_code code =
        sdr_samples_load_sorted(&x, &y, reference, current, domain, context, error);
    if (code == SDR_OK) {
        out->n = x.n;
        out->m = y.n;
        out->status =
            sdr_two_sample_status(reference->length, current->length, x.n, y.n);
        if (out->status == SDR_STATUS_OK)
            code = sdr_ranks_walk(out, &x, &y, context, error);
    }
    sdr_sample_reset(&x);
    sdr_sample_reset(&y);
    return code;
}
