/*
 * Histogram of a column against given edges; see kernels/histogram.
 *
 * Each worker counts into a row of its own; counts are integers, so their sum does not
 * depend on which worker took which rows.
 */
#include "kernels/dispatch.h"
#include "metrics/common/blocks.h"
#include "simdrift/quality.h"

#include <string.h>

typedef struct source {
    const sdr_column *column;
    const sdr_histogram_plan *plan;
    void (*count)(int64_t *counts, const sdr_histogram_plan *plan, const double *values,
                  int64_t n);
    int64_t *counts; /* a row for each worker */
    size_t stride;   /* counts from row to row */
} source;

static sdr_code count_groups(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)error;
    const source *s = user;
    int64_t *counts = s->counts + (size_t)worker * s->stride;
    int64_t start = begin * SDR_GROUP_ROWS, stop = end * SDR_GROUP_ROWS, nulls;
    if (stop > s->column->length) stop = s->column->length;
    double scratch[SDR_BLOCK_ROWS];
    for (; start < stop; start += SDR_BLOCK_ROWS) {
        int64_t n = stop - start < SDR_BLOCK_ROWS ? stop - start : SDR_BLOCK_ROWS;
        const double *values =
            sdr_column_load_f64(s->column, start, n, 0, scratch, &nulls);
        s->count(counts, s->plan, values, n);
    }
    return SDR_OK;
}

sdr_code sdr_histogram_edges_check(const double *edges, int64_t n_edges,
                                   sdr_error *error) {
    if (n_edges < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_histogram: expected n_edges >= 0, found %lld",
                             (long long)n_edges);
    for (int64_t i = 0; i < n_edges; i++) {
        if (edges[i] == edges[i] && (i == 0 || edges[i - 1] < edges[i])) continue;
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_histogram: expected strictly increasing edges, found "
                             "%.17g at %lld after %.17g",
                             edges[i], (long long)i, i > 0 ? edges[i - 1] : edges[i]);
    }
    return SDR_OK;
}

/* Counts with a row for each worker, then adds the rows up. */
static sdr_code count_in_rows(int64_t *counts, source *s, int64_t n_groups, int workers,
                              const sdr_context *context, sdr_error *error) {
    size_t n_counts = (size_t)s->plan->n_edges + 1;
    s->stride = (n_counts + 7) / 8 * 8; /* a cache line of its own */
    size_t bytes = (size_t)workers * s->stride * sizeof *counts;
    s->counts = sdr_allocate(bytes);
    if (s->counts == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %d histograms",
                             workers);
    memset(s->counts, 0, bytes);
    sdr_code code = sdr_parallel_for(context, n_groups, SDR_GROUP_ROWS * sizeof(double),
                                     count_groups, s, error);
    for (int worker = 0; worker < workers; worker++)
        for (size_t i = 0; i < n_counts; i++)
            counts[i] += s->counts[(size_t)worker * s->stride + i];
    sdr_release(s->counts);
    return code;
}

static sdr_code count_column(int64_t *counts, const sdr_histogram_plan *plan,
                             const sdr_column *column, const sdr_context *context,
                             sdr_error *error) {
    source s = {.column = column,
                .plan = plan,
                .count = sdr_dispatch_active()->histogram.count,
                .counts = counts};
    int64_t n_groups = sdr_group_count(column->length);
    size_t cost = SDR_GROUP_ROWS * sizeof(double);
    int workers = sdr_parallel_workers(context, n_groups, cost);
    if (workers > 1)
        return count_in_rows(counts, &s, n_groups, workers, context, error);
    return sdr_parallel_for(context, n_groups, cost, count_groups, &s, error);
}

sdr_code sdr_histogram(int64_t *counts, const double *edges, int64_t n_edges,
                       const sdr_column *column, const sdr_context *context,
                       sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_histogram", error));
    SDR_TRY(sdr_histogram_edges_check(edges, n_edges, error));
    memset(counts, 0, ((size_t)n_edges + 1) * sizeof *counts);
    if (column->length == 0 || column->kind == SDR_KIND_NULL) return SDR_OK;
    sdr_histogram_plan plan;
    SDR_TRY(sdr_histogram_plan_init(&plan, edges, n_edges, error));
    sdr_code code = count_column(counts, &plan, column, context, error);
    sdr_histogram_plan_reset(&plan);
    return code;
}
