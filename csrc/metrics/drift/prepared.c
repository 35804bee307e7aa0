/*
 * A reference prepared once: its sorted values and their exact prefix sums, compared
 * with many currents. A current is sorted and walked through the reference by
 * galloping, O(m log n); where both are large, neither is walked
 * (two_sample/columns.c). The same bits all ways.
 */
#include "metrics/drift/prepared.h"

#include <math.h>

#include "metrics/common/quantile.h"
#include "metrics/drift/pooled_ends.h"
#include "metrics/drift/prepared_keys.h"
#include "metrics/drift/ranks.h"

enum {
    BUCKETS_FROM_ROWS = 65536, /* of a side, from where counting beats sorting it */
    BUCKETS_REFERENCE = 16, /* unless a reference without a table is so much longer */
    BUCKETS_GROWTH = 2 /* as many times its rows, and its own sums no longer hold */
};

/* The most rows that share a value. */
static int64_t most_tied(const sdr_sample *sample) {
    int64_t most = sample->n > 0, first = 0;
    for (int64_t i = 1; i < sample->n; i++) {
        const bool is_same = sample->values != NULL
                                 ? sample->values[i] == sample->values[i - 1]
                                 : sample->keys[i] == sample->keys[i - 1];
        if (!is_same) first = i;
        if (i - first >= most) most = i - first + 1;
    }
    return most;
}

/* What comparing needs on top of the sorted values. */
static sdr_code count_sorted(sdr_prepared *prepared, const sdr_context *context,
                             sdr_error *error) {
    const sdr_sample *sample = &prepared->sample;
    prepared->most_tied = most_tied(sample);
    if (sample->values == NULL) return SDR_OK;
    SDR_TRY(sdr_prefix_init(&prepared->prefix, sample->values, sample->n, error));
    if (sample->n < BUCKETS_FROM_ROWS) return SDR_OK;
    return sdr_buckets_sorted_init(&prepared->buckets, sample->values, sample->n,
                                   context, error);
}

/* Without values yet. */
static sdr_code prepared_like(sdr_prepared **out, const sdr_column *column,
                              sdr_error *error) {
    *out = NULL;
    if (column->kind != SDR_KIND_NULL && !sdr_column_is_ordered(column)) {
        return sdr_error_set(error, SDR_NOT_SUPPORTED,
                             "sdr_prepared: expected numbers or times");
    }
    sdr_prepared *prepared = sdr_allocate(sizeof *prepared);
    if (!prepared) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    memset(prepared, 0, sizeof *prepared);
    prepared->rows = column->length;
    prepared->kind = column->kind;
    prepared->type = column->type;
    prepared->unit = column->unit;
    *out = prepared;
    return SDR_OK;
}

/* A sample of its own, not less some base: quantiles are read from it. */
static sdr_code choose_domain(sdr_domain *out, const sdr_column *a, const sdr_column *b,
                              const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_domain_choose(out, a, b, context, error));
    if (out->base) *out = (sdr_domain){.integer = true};
    return SDR_OK;
}

sdr_code sdr_prepared_new(sdr_prepared **out, const sdr_column *reference,
                          const sdr_context *context, sdr_error *error) {
    SDR_TRY(prepared_like(out, reference, error));
    sdr_domain domain;
    sdr_code code = choose_domain(&domain, reference, NULL, context, error);
    if (code == SDR_OK)
        code =
            sdr_sample_load_sorted(&(*out)->sample, reference, domain, context, error);
    if (code == SDR_OK) code = count_sorted(*out, context, error);
    if (code == SDR_OK) return SDR_OK;
    sdr_prepared_free(*out);
    *out = NULL;
    return code;
}

static sdr_code sort_both(sdr_prepared *x, sdr_prepared *y, const sdr_column *reference,
                          const sdr_column *current, const sdr_context *context,
                          sdr_error *error) {
    sdr_domain domain;
    SDR_TRY(choose_domain(&domain, reference, current, context, error));
    return sdr_samples_load_sorted(&x->sample, &y->sample, reference, current, domain,
                                   context, error);
}

sdr_code sdr_prepared_both(sdr_prepared **x, sdr_prepared **y,
                           const sdr_column *reference, const sdr_column *current,
                           const sdr_context *context, sdr_error *error) {
    *y = NULL;
    sdr_code code = prepared_like(x, reference, error);
    if (code == SDR_OK) code = prepared_like(y, current, error);
    if (code == SDR_OK) code = sort_both(*x, *y, reference, current, context, error);
    if (code == SDR_OK) return SDR_OK;
    sdr_prepared_free(*x);
    sdr_prepared_free(*y);
    *x = *y = NULL;
    return code;
}

void sdr_prepared_free(sdr_prepared *prepared) {
    if (!prepared) return;
    sdr_sample_reset(&prepared->sample);
    sdr_prefix_reset(&prepared->prefix);
    sdr_buckets_sorted_reset(&prepared->buckets);
    sdr_release(prepared);
}

int64_t sdr_prepared_values(const sdr_prepared *prepared, const void **values,
                            bool *is_integer, bool *is_unsigned) {
    const sdr_sample *sample = &prepared->sample;
    *is_integer = sample->keys != NULL;
    *is_unsigned = sample->is_unsigned;
    *values = sample->keys ? (const void *)sample->keys : (const void *)sample->values;
    return sample->n;
}

static int64_t first_unsorted(const void *values, int64_t n, bool is_integer) {
    const double *doubles = values;
    const int64_t *keys = values;
    for (int64_t i = 0; i < n; i++) {
        bool sorted = is_integer ? i == 0 || keys[i - 1] <= keys[i]
                      : i == 0   ? doubles[0] == doubles[0]
                                 : doubles[i - 1] <= doubles[i];
        if (!sorted) return i;
    }
    return -1;
}

sdr_code sdr_prepared_from_sorted(sdr_prepared **out, const void *values, int64_t n,
                                  bool is_integer, bool is_unsigned,
                                  const sdr_context *context, sdr_error *error) {
    *out = NULL;
    int64_t row = n < 0 ? 0 : first_unsorted(values, n, is_integer);
    if (row >= 0) {
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "prepared values: expected ascending values without NaN, "
                             "found value %lld out of order",
                             (long long)row);
    }
    sdr_prepared *prepared = sdr_allocate(sizeof *prepared);
    void *copy = sdr_allocate(((size_t)n + 1) * sizeof(double));
    if (!prepared || !copy) {
        sdr_release(prepared);
        sdr_release(copy);
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)n);
    }
    memset(prepared, 0, sizeof *prepared);
    if (n) memcpy(copy, values, (size_t)n * sizeof(double));
    prepared->rows = prepared->sample.n = n;
    prepared->kind = is_integer ? SDR_KIND_INTEGER : SDR_KIND_FLOAT;
    prepared->type = !is_integer   ? SDR_TYPE_FLOAT64
                     : is_unsigned ? SDR_TYPE_UINT64
                                   : SDR_TYPE_INT64;
    prepared->sample.is_unsigned = is_unsigned;
    if (is_integer) {
        prepared->sample.keys = copy;
    } else {
        prepared->sample.values = copy;
    }
    sdr_code code = count_sorted(prepared, context, error);
    if (code != SDR_OK) {
        sdr_prepared_free(prepared);
        return code;
    }
    *out = prepared;
    return SDR_OK;
}

sdr_code sdr_prepared_quantiles(double *out, const double *q, int64_t n_q,
                                const sdr_prepared *prepared, sdr_error *error) {
    SDR_TRY(sdr_quantiles_check(q, n_q, error));
    for (int64_t i = 0; i < n_q; i++) {
        out[i] = sdr_quantile_sorted(&prepared->sample, q[i]);
    }
    return SDR_OK;
}

sdr_code sdr_prepared_pooled_quantiles(double *out, const double *q, int64_t n_q,
                                       const sdr_prepared *x, const sdr_prepared *y,
                                       sdr_error *error) {
    SDR_TRY(sdr_quantiles_check(q, n_q, error));
    sdr_quantiles_of_both(out, q, n_q, &x->sample, &y->sample);
    return SDR_OK;
}

/* An integer reference against a column of floats: both as float64. */
static sdr_code sample_as_doubles(sdr_sample *out, const sdr_sample *sample,
                                  sdr_error *error) {
    memset(out, 0, sizeof *out);
    out->values = sdr_allocate(((size_t)sample->n + 1) * sizeof(double));
    if (!out->values) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    out->n = sample->n;
    for (int64_t i = 0; i < sample->n; i++) {
        out->values[i] = (double)sdr_sample_integer(sample, i);
    }
    return SDR_OK;
}

/* Whether the prefix sums serve: both sides finite, products of counts in 64 bits. */
static bool may_gallop(const sdr_prefix *prefix, const sdr_sample *x,
                       const sdr_sample *y) {
    return prefix != NULL && prefix->sums != NULL && x->values != NULL &&
           isfinite(y->values[0]) && isfinite(y->values[y->n - 1]) &&
           (sdr_int128)x->n * y->n <= INT64_MAX / 2;
}

static void gallop(sdr_two_sample *out, const sdr_sample *x, const sdr_prefix *prefix,
                   const sdr_sample *y, int flags) {
    sdr_merge merge;
    sdr_int128 sum_x;
    sdr_merge_init(&merge, x->n, y->n);
    merge.want_ks = flags & SDR_TWO_SAMPLE_KS;
    merge.want_w1 = flags & SDR_TWO_SAMPLE_WASSERSTEIN;
    sdr_prefix_walk(&merge, &sum_x, prefix, x->values, y->values);
    if (merge.want_ks) {
        sdr_two_sample_set_ks(out, merge.best, merge.best_value);
        out->most_tied = merge.most_tied; /* of the current's values */
    }
    if (!merge.want_w1) return;
    sdr_wide total = {{0}};
    sdr_merge_add_to(&merge, &total);
    sdr_wide_add_scaled(&total, sum_x, prefix->exponent, y->n);
    sdr_two_sample_set_wasserstein(out, &total, x->n, y->n);
}

static sdr_code compare_loaded(sdr_two_sample *out, sdr_two_sample_more more,
                               const sdr_sample *reference, const sdr_prefix *prefix,
                               const sdr_column *current, int flags,
                               const sdr_context *context, sdr_error *error) {
    sdr_domain domain = {reference->keys != NULL, 0};
    sdr_sample y = {0};
    sdr_code code = sdr_sample_load_sorted(&y, current, domain, context, error);
    if (code == SDR_OK) {
        out->m = y.n;
        if (out->n && out->m) {
            if (may_gallop(prefix, reference, &y))
                gallop(out, reference, prefix, &y, flags);
            else
                sdr_two_sample_sorted(out, reference, &y, flags, 0);
            if (more.histogram != NULL && !more.histogram->done)
                sdr_histogram_count_sorted(more.histogram, NULL, &y);
            sdr_order_sorted(&more, reference, &y);
        }
    }
    sdr_sample_reset(&y);
    return code;
}

/* By buckets, the reference as a column of its sorted values. */
static sdr_code compare_as_column(bool *done, sdr_two_sample *out,
                                  sdr_two_sample_more more, const sdr_sample *reference,
                                  const sdr_column *current, int flags,
                                  const sdr_context *context, sdr_error *error) {
    sdr_column sorted;
    SDR_TRY(sdr_column_over(&sorted, reference->values, reference->n, error));
    sdr_code code = sdr_two_sample_by_buckets(done, out, more, &sorted, current, 0,
                                              flags, context, error);
    sdr_column_reset(&sorted);
    return code;
}

/* Whether the reference's own table serves: the quantum of its sums was chosen for as
 * many rows as it has, and those of many more would have to be sorted. */
static bool table_serves(const sdr_buckets_sorted *buckets, const sdr_column *current,
                         int flags) {
    if (buckets == NULL || buckets->table == NULL) return false;
    return !(flags & SDR_TWO_SAMPLE_WASSERSTEIN) ||
           current->length / BUCKETS_GROWTH < buckets->n;
}

static bool is_integral(const sdr_column *column) {
    return column->kind == SDR_KIND_INTEGER || column->kind == SDR_KIND_TEMPORAL;
}

/* A large current: by buckets. */
static sdr_code compare_large(bool *done, sdr_two_sample *out, sdr_two_sample_more more,
                              const sdr_sample *x, const sdr_buckets_sorted *buckets,
                              const sdr_column *current, int flags,
                              const sdr_context *context, sdr_error *error) {
    *done = false;
    if (x->n == 0 || current->kind == SDR_KIND_NULL ||
        current->length < BUCKETS_FROM_ROWS)
        return SDR_OK;
    if (x->values == NULL && is_integral(current) &&
        x->n <= BUCKETS_REFERENCE * current->length)
        return sdr_two_sample_keys_by_buckets(done, out, more, x, current, flags,
                                              context, error);
    if (x->values == NULL) return SDR_OK;
    if (table_serves(buckets, current, flags))
        SDR_TRY(sdr_two_sample_by_sorted(done, out, more, buckets, current, flags,
                                         context, error));
    if (*done || x->n > BUCKETS_REFERENCE * current->length) return SDR_OK;
    return compare_as_column(done, out, more, x, current, flags, context, error);
}

sdr_column sdr_prepared_like(const sdr_prepared *reference) {
    sdr_column like = {
        .type = reference->type, .kind = reference->kind, .unit = reference->unit};
    if (like.kind == SDR_KIND_CATEGORY) like.kind = SDR_KIND_FLOAT;
    return like;
}

/* Whether one side is integers beyond float64, the other floats. */
static bool is_mixed(const sdr_prepared *reference, const sdr_column *current) {
    return reference->sample.keys && !is_integral(current);
}

sdr_code sdr_two_sample_prepared(sdr_two_sample *out, const sdr_two_sample_more *wanted,
                                 const sdr_prepared *reference,
                                 const sdr_column *current, int flags,
                                 const sdr_context *context, sdr_error *error) {
    sdr_two_sample_more more;
    SDR_TRY(sdr_two_sample_more_begin(&more, wanted, error));
    if (more.histogram != NULL && more.histogram->n_cuts == 0)
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT,
            "sdr_two_sample_prepared: expected a histogram's cut points, "
            "found none");
    sdr_column like = sdr_prepared_like(reference);
    sdr_two_sample_begin(out, &like, current);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    out->n = reference->sample.n;
    bool mixed = is_mixed(reference, current);
    sdr_sample as_doubles = {0};
    const sdr_sample *x = &reference->sample;
    if (mixed) {
        SDR_TRY(sample_as_doubles(&as_doubles, x, error));
        x = &as_doubles;
    }
    const sdr_prefix *prefix = mixed ? NULL : &reference->prefix;
    const sdr_buckets_sorted *buckets = mixed ? NULL : &reference->buckets;
    bool done;
    sdr_code code =
        compare_large(&done, out, more, x, buckets, current, flags, context, error);
    if (code == SDR_OK && !done)
        code = compare_loaded(out, more, x, prefix, current, flags, context, error);
    sdr_sample_reset(&as_doubles);
    out->status =
        sdr_two_sample_status(reference->rows, current->length, out->n, out->m);
    if (out->status != SDR_STATUS_OK) out->wasserstein_status = out->status;
    const bool is_found = out->status == SDR_STATUS_OK && (flags & SDR_TWO_SAMPLE_KS);
    if (is_found && reference->most_tied > out->most_tied)
        out->most_tied = reference->most_tied;
    return code;
}

static sdr_code rank_loaded(sdr_rank_statistics *out, const sdr_sample *reference,
                            int64_t rows, const sdr_column *current,
                            const sdr_context *context, sdr_error *error) {
    sdr_domain domain = {reference->keys != NULL, 0};
    sdr_sample y = {0};
    sdr_code code = sdr_sample_load_sorted(&y, current, domain, context, error);
    out->n = reference->n;
    out->m = y.n;
    out->status = sdr_two_sample_status(rows, current->length, out->n, out->m);
    if (code == SDR_OK && out->status == SDR_STATUS_OK)
        code = sdr_ranks_walk(out, reference, &y, context, error);
    sdr_sample_reset(&y);
    return code;
}

sdr_code sdr_rank_statistics_prepared(sdr_rank_statistics *out,
                                      const sdr_prepared *reference,
                                      const sdr_column *current,
                                      const sdr_context *context, sdr_error *error) {
    sdr_column like = sdr_prepared_like(reference);
    sdr_ranks_begin(out, &like, current);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    sdr_sample as_doubles = {0};
    const sdr_sample *x = &reference->sample;
    if (is_mixed(reference, current)) {
        SDR_TRY(sample_as_doubles(&as_doubles, x, error));
        x = &as_doubles;
    }
    sdr_code code = rank_loaded(out, x, reference->rows, current, context, error);
    sdr_sample_reset(&as_doubles);
    return code;
}

static sdr_code ends_loaded(sdr_pooled_ends *out, const sdr_sample *reference,
                            const sdr_column *current, const sdr_context *context,
                            sdr_error *error) {
    sdr_domain domain = {reference->keys != NULL, 0};
    sdr_sample y = {0};
    sdr_code code = sdr_sample_load_sorted(&y, current, domain, context, error);
    if (code == SDR_OK) code = sdr_pooled_ends_sorted(out, reference, &y, error);
    sdr_sample_reset(&y);
    return code;
}

sdr_code sdr_pooled_ends_prepared(sdr_pooled_ends *out, const sdr_prepared *reference,
                                  const sdr_column *current, const sdr_context *context,
                                  sdr_error *error) {
    sdr_column like = sdr_prepared_like(reference);
    *out = (sdr_pooled_ends){0};
    if (sdr_samples_agree(&like, current) != SDR_STATUS_OK) return SDR_OK;
    sdr_sample as_doubles = {0};
    const sdr_sample *x = &reference->sample;
    if (is_mixed(reference, current)) {
        SDR_TRY(sample_as_doubles(&as_doubles, x, error));
        x = &as_doubles;
    }
    sdr_code code = ends_loaded(out, x, current, context, error);
    sdr_sample_reset(&as_doubles);
    return code;
}

sdr_code sdr_rank_statistics_sorted(sdr_rank_statistics *out,
                                    const sdr_prepared *reference,
                                    const sdr_prepared *current,
                                    const sdr_context *context, sdr_error *error) {
    sdr_column x = sdr_prepared_like(reference), y = sdr_prepared_like(current);
    sdr_ranks_begin(out, &x, &y);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    if ((reference->sample.keys == NULL) != (current->sample.keys == NULL))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_rank_statistics_sorted: expected samples that were "
                             "sorted together, found float64 and integers");
    out->n = reference->sample.n;
    out->m = current->sample.n;
    out->status = sdr_two_sample_status(reference->rows, current->rows, out->n, out->m);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    return sdr_ranks_walk(out, &reference->sample, &current->sample, context, error);
}
