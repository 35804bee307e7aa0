/*
 * Two samples: a reference against each group.
 *
 * A reference that is a column is prepared first where many groups are compared with it
 * and that changes no bit. Small groups have a way of their own (small_sample.c), the
 * others, and those with infinities, are compared as a single column is.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "metrics/common/blocks.h"
#include "metrics/common/samples.h"
#include "metrics/drift/pooled_ends.h"
#include "metrics/drift/two_sample/two_sample.h"
#include "metrics/groups/groups.h"
#include "metrics/groups/small_ranks.h"

enum {
    SORT_BYTES = 64,
    RANK_BYTES = 128,
    TIES_BYTES = 4096,
    PLACE_BYTES = 16, /* about what a row, or a place of a path, costs */
    PREPARED_FROM = 4 /* groups that repay sorting a reference */
};

/* --- the reference --- */

/* Whether a prepared reference gives the bits of the column: not where the groups hold
 * integers that float64 cannot, and the reference does not. */
static sdr_code may_prepare(bool *out, const sdr_column *reference,
                            const sdr_column *column, const sdr_context *context,
                            sdr_error *error) {
    sdr_domain alone, both;
    *out = false;
    if (!sdr_column_is_ordered(reference) || !sdr_column_is_ordered(column))
        return SDR_OK;
    SDR_TRY(sdr_domain_choose(&alone, reference, NULL, context, error));
    SDR_TRY(sdr_domain_choose(&both, reference, column, context, error));
    bool is_float = !both.integer && both.base == 0;
    *out = is_float || alone.integer || alone.base != 0;
    return SDR_OK;
}

/* *own: to be freed; NULL where the reference stays what it is. */
static sdr_code prepare(sdr_prepared **own, const sdr_group_reference *reference,
                        const sdr_column *column, const sdr_groups *groups,
                        const sdr_context *context, sdr_error *error) {
    bool may = false;
    *own = NULL;
    if (reference->column == NULL || groups->n < PREPARED_FROM) return SDR_OK;
    SDR_TRY(may_prepare(&may, reference->column, column, context, error));
    return may ? sdr_prepared_new(own, reference->column, context, error) : SDR_OK;
}

/* --- KS, Wasserstein and histogram --- */

typedef struct two_sample_job {
    sdr_two_sample *out;
    double *ends;
    int64_t *histogram;
    const double *edges;
    int64_t n_edges;
    sdr_histogram_plan plan;
    sdr_group_reference reference;
    sdr_small_index index;
    sdr_small_scratch *scratches; /* one a worker */
    int flags;
} two_sample_job;

static sdr_code compare(sdr_two_sample *out, const two_sample_job *j,
                        const sdr_column *rows, const sdr_context *context,
                        sdr_error *error) {
    if (j->reference.prepared != NULL)
        return sdr_two_sample_prepared(out, NULL, j->reference.prepared, rows, j->flags,
                                       context, error);
    return sdr_two_sample_columns(out, NULL, j->reference.column, rows, j->flags,
                                  context, error);
}

static sdr_code count(int64_t *counts, const two_sample_job *j, const sdr_column *rows,
                      const sdr_context *context, sdr_error *error) {
    if (rows->kind != SDR_KIND_NULL && !sdr_column_is_ordered(rows)) {
        memset(counts, 0, (size_t)(j->n_edges + 1) * sizeof *counts);
        return SDR_OK;
    }
    return sdr_histogram(counts, j->edges, j->n_edges, rows, context, error);
}

/* Of the group's rows: `sorted`, m of them, where they are. */
static void find_ends(const two_sample_job *j, const sdr_group *group,
                      const double *sorted, int64_t m) {
    if (j->ends == NULL) return;
    double *ends = j->ends + group->index * 2 * SDR_EXTREMES;
    if (sorted != NULL)
        sdr_ends_of_sorted(ends, sorted, m);
    else
        sdr_extremes(ends, group->rows);
}

static sdr_code two_sample_group(void *user, const sdr_group *group,
                                 const sdr_context *context, sdr_error *error) {
    const two_sample_job *j = user;
    sdr_two_sample *out = &j->out[group->index];
    bool wants_counts = j->histogram != NULL, done;
    int64_t *counts =
        wants_counts ? j->histogram + group->index * (j->n_edges + 1) : NULL;
    SDR_TRY(sdr_small_sample(&done, out, counts, wants_counts ? &j->plan : NULL,
                             &j->index, group->rows, j->flags,
                             &j->scratches[group->worker], error));
    find_ends(j, group, done ? j->scratches[group->worker].values : NULL, out->m);
    if (done) return SDR_OK;
    SDR_TRY(compare(out, j, group->rows, context, error));
    return wants_counts ? count(counts, j, group->rows, context, error) : SDR_OK;
}

static int64_t rows_of(const sdr_groups *groups) {
    int64_t rows = 0;
    for (int64_t i = 0; i < groups->n; i++)
        rows += groups->stops[i] - groups->starts[i];
    return rows;
}

/* With a scratch for each worker. */
static sdr_code run_with_scratches(sdr_small_scratch **scratches,
                                   const sdr_group_pass *pass,
                                   const sdr_context *context, sdr_error *error) {
    int workers = sdr_groups_workers(pass, context);
    size_t bytes = (size_t)workers * sizeof **scratches;
    *scratches = sdr_allocate(bytes);
    if (*scratches == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for groups of rows");
    memset(*scratches, 0, bytes);
    sdr_code code = sdr_groups_run(pass, context, error);
    for (int i = 0; i < workers; i++)
        sdr_small_scratch_reset(&(*scratches)[i]);
    sdr_release(*scratches);
    return code;
}

static sdr_code run_two_sample(two_sample_job *j, const sdr_group_pass *pass,
                               const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_small_index_init(&j->index, j->reference.prepared,
                                 rows_of(pass->groups), context, error));
    if (j->histogram != NULL)
        SDR_TRY(sdr_histogram_plan_init(&j->plan, j->edges, j->n_edges, error));
    return run_with_scratches(&j->scratches, pass, context, error);
}

sdr_code sdr_two_sample_groups(sdr_two_sample *out, double *ends, int64_t *histogram,
                               const double *edges, int64_t n_edges,
                               sdr_group_reference reference, const sdr_column *column,
                               const sdr_groups *groups, int flags,
                               const sdr_context *context, sdr_error *error) {
    sdr_prepared *own;
    SDR_TRY(sdr_groups_check(groups, column, error));
    if (ends != NULL)
        SDR_TRY(sdr_require_numeric(column, "sdr_two_sample_groups: ends", error));
    if (histogram != NULL) SDR_TRY(sdr_histogram_edges_check(edges, n_edges, error));
    SDR_TRY(prepare(&own, &reference, column, groups, context, error));
    if (own != NULL) reference = (sdr_group_reference){.prepared = own};
    two_sample_job j = {.out = out,
                        .ends = ends,
                        .histogram = histogram,
                        .edges = edges,
                        .n_edges = n_edges,
                        .reference = reference,
                        .flags = flags};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = two_sample_group,
                                 .user = &j};
    sdr_code code = run_two_sample(&j, &pass, context, error);
    sdr_small_index_reset(&j.index);
    sdr_histogram_plan_reset(&j.plan);
    sdr_prepared_free(own);
    return code;
}

/* --- ranks --- */

typedef struct rank_job {
    sdr_rank_statistics *out;
    sdr_group_reference reference;
    sdr_small_index index;
    sdr_small_ties ties;
    sdr_small_scratch *scratches; /* one a worker */
    bool wants_sums;
} rank_job;

static sdr_code rank_group(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const rank_job *j = user;
    sdr_rank_statistics *out = &j->out[group->index];
    bool done = false;
    if (!j->wants_sums)
        SDR_TRY(sdr_small_ranks(&done, out, &j->index, &j->ties, group->rows,
                                &j->scratches[group->worker], error));
    if (done) return SDR_OK;
    sdr_code code;
    if (j->reference.prepared != NULL)
        code = sdr_rank_statistics_prepared(out, j->reference.prepared, group->rows,
                                            context, error);
    else
        code = sdr_rank_statistics_columns(out, j->reference.column, group->rows,
                                           context, error);
    if (!j->wants_sums) out->anderson_darling = out->energy = NAN;
    return code;
}

static sdr_code run_ranks(rank_job *j, const sdr_group_pass *pass,
                          const sdr_context *context, sdr_error *error) {
    if (j->wants_sums) return sdr_groups_run(pass, context, error);
    SDR_TRY(sdr_small_index_init(&j->index, j->reference.prepared,
                                 rows_of(pass->groups), context, error));
    j->ties = sdr_small_ties_of(&j->index);
    return run_with_scratches(&j->scratches, pass, context, error);
}

sdr_code sdr_rank_statistics_groups(sdr_rank_statistics *out,
                                    sdr_group_reference reference,
                                    const sdr_column *column, const sdr_groups *groups,
                                    bool sums, const sdr_context *context,
                                    sdr_error *error) {
    sdr_prepared *own;
    SDR_TRY(sdr_groups_check(groups, column, error));
    SDR_TRY(prepare(&own, &reference, column, groups, context, error));
    if (own != NULL) reference = (sdr_group_reference){.prepared = own};
    rank_job j = {.out = out, .reference = reference, .wants_sums = sums};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = RANK_BYTES,
                                 .body = rank_group,
                                 .user = &j};
    sdr_code code = run_ranks(&j, &pass, context, error);
    sdr_small_index_reset(&j.index);
    sdr_prepared_free(own);
    return code;
}

/* --- exact p-values --- */

typedef struct exact_job {
    double *p;
    const int64_t *n, *m, *high;
    const uint64_t *low;
} exact_job;

static sdr_code exact_items(void *user, int64_t begin, int64_t end, int worker,
                            sdr_error *error) {
    (void)worker;
    static const sdr_context serial = {.threads = 1};
    const exact_job *j = user;
    for (int64_t i = begin; i < end; i++)
        SDR_TRY(sdr_ks_exact_p(&j->p[i], j->n[i], j->m[i], j->high[i], j->low[i],
                               &serial, error));
    return SDR_OK;
}

/* About what the mean item costs: it walks n * m places at most. */
static size_t exact_cost(const exact_job *j, int64_t n_groups) {
    double places = 0.0;
    for (int64_t i = 0; i < n_groups; i++)
        places += (double)j->n[i] * (double)j->m[i];
    double mean = places / (double)n_groups;
    bool is_known = 0.0 <= mean && mean < (double)SDR_KS_EXACT_LIMIT;
    return PLACE_BYTES * (size_t)(is_known ? mean : (double)SDR_KS_EXACT_LIMIT);
}

sdr_code sdr_ks_exact_p_groups(double *p, const int64_t *n, const int64_t *m,
                               const int64_t *numerator_high,
                               const uint64_t *numerator_low, int64_t n_groups,
                               const sdr_context *context, sdr_error *error) {
    exact_job j = {p, n, m, numerator_high, numerator_low};
    if (n_groups == 0) return SDR_OK;
    return sdr_parallel_groups(context, n_groups, exact_cost(&j, n_groups), exact_items,
                               &j, error);
}

/* --- exact p-values with ties --- */

typedef struct ties_job {
    double *p, *log_p;
    sdr_group_reference reference;
    const int64_t *high;
    const uint64_t *low;
    double most_cost;
} ties_job;

static sdr_code ties_p(const ties_job *j, int64_t index, const sdr_ks_case *of,
                       const sdr_context *context, sdr_error *error) {
    double p = NAN, log_p = NAN;
    if (of->ends != NULL &&
        (isinf(j->most_cost) || sdr_ks_ties_cost(of) <= j->most_cost)) {
        SDR_TRY(sdr_ks_ties_p(&p, of, context, error));
        log_p = log(p);
        if (j->log_p != NULL && p < DBL_MIN)
            SDR_TRY(sdr_ks_exact_log_p(&log_p, of, context, error));
    }
    if (j->p != NULL) j->p[index] = p;
    if (j->log_p != NULL) j->log_p[index] = log_p;
    return SDR_OK;
}

static sdr_code ties_group(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const ties_job *j = user;
    const int64_t i = group->index;
    sdr_pooled_ends ends;
    SDR_TRY(j->reference.prepared != NULL
                ? sdr_pooled_ends_prepared(&ends, j->reference.prepared, group->rows,
                                           context, error)
                : sdr_pooled_ends_columns(&ends, j->reference.column, group->rows,
                                          context, error));
    const sdr_ks_case of = {.n = ends.n,
                            .m = ends.m,
                            .numerator = {j->high[i], j->low[i]},
                            .ends = ends.ends,
                            .n_ends = ends.n_ends};
    sdr_code code = ties_p(j, i, &of, context, error);
    sdr_pooled_ends_reset(&ends);
    return code;
}

sdr_code sdr_ks_ties_p_groups(double *p, double *log_p, const int64_t *numerator_high,
                              const uint64_t *numerator_low, double most_cost,
                              sdr_group_reference reference, const sdr_column *column,
                              const sdr_groups *groups, const sdr_context *context,
                              sdr_error *error) {
    sdr_prepared *own;
    SDR_TRY(sdr_groups_check(groups, column, error));
    SDR_TRY(prepare(&own, &reference, column, groups, context, error));
    if (own != NULL) reference = (sdr_group_reference){.prepared = own};
    ties_job j = {p, log_p, reference, numerator_high, numerator_low, most_cost};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = TIES_BYTES,
                                 .body = ties_group,
                                 .user = &j};
    sdr_code code = sdr_groups_run(&pass, context, error);
    sdr_prepared_free(own);
    return code;
}
