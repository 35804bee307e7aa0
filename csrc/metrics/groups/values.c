/*
 * The values of groups: how many distinct ones, quantiles, distances, histograms.
 *
 * Distinct values of small groups are read from sorted rows: a table for hashing would
 * cost more to empty than they to sort.
 */
#include <string.h>

#include "kernels/dispatch.h"
#include "metrics/categories/index_rows.h"
#include "metrics/common/blocks.h"
#include "metrics/common/quantile.h"
#include "metrics/common/samples.h"
#include "metrics/groups/groups.h"

enum { SORT_BYTES = 64, TALLY_BYTES = 32 }; /* about what a row of either costs */

/* Rows whose sorted values are read: no more than may be distinct. */
enum { SORTED_ROWS = SDR_DISTINCT_EXACT };

/* --- distinct values --- */

typedef struct distinct_job {
    int64_t *counts;
    double *standard_errors;
} distinct_job;

static bool is_sorted_for_distinct(const sdr_column *rows) {
    bool has_order = rows->kind == SDR_KIND_FLOAT || rows->kind == SDR_KIND_INTEGER ||
                     rows->kind == SDR_KIND_TEMPORAL;
    return has_order && rows->length <= SORTED_ROWS && !sdr_index_applies(rows);
}

static int64_t steps_of(const sdr_sample *sorted) {
    int64_t steps = sorted->n > 0;
    for (int64_t i = 1; i < sorted->n; i++)
        steps += sorted->keys != NULL ? sorted->keys[i] != sorted->keys[i - 1]
                                      : sorted->values[i] != sorted->values[i - 1];
    return steps;
}

static sdr_code distinct_by_sorting(int64_t *out, const sdr_column *rows,
                                    const sdr_context *context, sdr_error *error) {
    sdr_sample sample = {0};
    const sdr_domain domain = {.integer = rows->kind != SDR_KIND_FLOAT};
    sdr_code code = sdr_sample_load_sorted(&sample, rows, domain, context, error);
    if (code == SDR_OK) *out = steps_of(&sample);
    sdr_sample_reset(&sample);
    return code;
}

static sdr_code distinct_group(void *user, const sdr_group *group,
                               const sdr_context *context, sdr_error *error) {
    const distinct_job *j = user;
    if (is_sorted_for_distinct(group->rows)) {
        j->standard_errors[group->index] = 0.0;
        return distinct_by_sorting(&j->counts[group->index], group->rows, context,
                                   error);
    }
    return sdr_distinct_count(&j->counts[group->index],
                              &j->standard_errors[group->index], group->rows, context,
                              error);
}

sdr_code sdr_distinct_groups(int64_t *counts, double *standard_errors,
                             const sdr_column *column, const sdr_groups *groups,
                             const sdr_context *context, sdr_error *error) {
    distinct_job j = {counts, standard_errors};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = TALLY_BYTES,
                                 .body = distinct_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}

/* --- quantiles --- */

typedef struct quantile_job {
    double *out;
    const double *q;
    int64_t n_q;
} quantile_job;

static sdr_code quantile_group(void *user, const sdr_group *group,
                               const sdr_context *context, sdr_error *error) {
    const quantile_job *j = user;
    return sdr_quantiles(j->out + group->index * j->n_q, j->q, j->n_q, group->rows,
                         context, error);
}

sdr_code sdr_quantiles_groups(double *out, const double *q, int64_t n_q,
                              const sdr_column *column, const sdr_groups *groups,
                              const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_quantiles_groups", error));
    SDR_TRY(sdr_quantiles_check(q, n_q, error));
    quantile_job j = {out, q, n_q};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = quantile_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}

/* --- distances from a center --- */

typedef struct center_job {
    void *out;
    const double *centers;
} center_job;

static sdr_code median_deviation_group(void *user, const sdr_group *group,
                                       const sdr_context *context, sdr_error *error) {
    const center_job *j = user;
    return sdr_median_deviation((double *)j->out + group->index,
                                j->centers[group->index], group->rows, context, error);
}

static sdr_code deviation_group(void *user, const sdr_group *group,
                                const sdr_context *context, sdr_error *error) {
    const center_job *j = user;
    return sdr_deviation_profile((sdr_deviations *)j->out + group->index, group->rows,
                                 j->centers[group->index], context, error);
}

sdr_code sdr_median_deviation_groups(double *out, const double *centers,
                                     const sdr_column *column, const sdr_groups *groups,
                                     const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_median_deviation_groups", error));
    center_job j = {out, centers};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = median_deviation_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}

sdr_code sdr_deviation_profile_groups(sdr_deviations *out, const double *centers,
                                      const sdr_column *column,
                                      const sdr_groups *groups,
                                      const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_deviation_profile_groups", error));
    center_job j = {out, centers};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = sizeof(double),
                                 .body = deviation_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}

/* --- histograms --- */

typedef struct histogram_job {
    int64_t *counts;
    const double *edges;
    int64_t n_edges;
} histogram_job;

static sdr_code histogram_group(void *user, const sdr_group *group,
                                const sdr_context *context, sdr_error *error) {
    const histogram_job *j = user;
    return sdr_histogram(j->counts + group->index * (j->n_edges + 1), j->edges,
                         j->n_edges, group->rows, context, error);
}

sdr_code sdr_histogram_groups(int64_t *counts, const double *edges, int64_t n_edges,
                              const sdr_column *column, const sdr_groups *groups,
                              const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_histogram_groups", error));
    histogram_job j = {counts, edges, n_edges};
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = sizeof(double),
                                 .body = histogram_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}
