/* Two samples: a reference against each group. */
#include <string.h>

#include "metrics/common/samples.h"
#include "metrics/groups/groups.h"

enum { SORT_BYTES = 64, RANK_BYTES = 128, PLACE_BYTES = 16 };

/* --- KS, Wasserstein and histogram --- */

typedef struct two_sample_job {
    sdr_two_sample *out;
    int64_t *histogram;
    const double *edges;
    int64_t n_edges;
    sdr_group_reference reference;
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

static sdr_code two_sample_group(void *user, const sdr_group *group,
                                 const sdr_context *context, sdr_error *error) {
    const two_sample_job *j = user;
    SDR_TRY(compare(&j->out[group->index], j, group->rows, context, error));
    if (j->histogram == NULL) return SDR_OK;
    return count(j->histogram + group->index * (j->n_edges + 1), j, group->rows,
                 context, error);
}

sdr_code sdr_two_sample_groups(sdr_two_sample *out, int64_t *histogram,
                               const double *edges, int64_t n_edges,
                               sdr_group_reference reference, const sdr_column *column,
                               const sdr_groups *groups, int flags,
                               const sdr_context *context, sdr_error *error) {
    two_sample_job j = {out, histogram, edges, n_edges, reference, flags};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = two_sample_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}

/* --- ranks --- */

typedef struct rank_job {
    sdr_rank_statistics *out;
    sdr_group_reference reference;
} rank_job;

static sdr_code rank_group(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const rank_job *j = user;
    sdr_rank_statistics *out = &j->out[group->index];
    if (j->reference.prepared != NULL)
        return sdr_rank_statistics_prepared(out, j->reference.prepared, group->rows,
                                            context, error);
    return sdr_rank_statistics_columns(out, j->reference.column, group->rows, context,
                                       error);
}

sdr_code sdr_rank_statistics_groups(sdr_rank_statistics *out,
                                    sdr_group_reference reference,
                                    const sdr_column *column, const sdr_groups *groups,
                                    const sdr_context *context, sdr_error *error) {
    rank_job j = {out, reference};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = RANK_BYTES,
                                 .body = rank_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
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
    return sdr_parallel_for(context, n_groups, exact_cost(&j, n_groups), exact_items,
                            &j, error);
}
