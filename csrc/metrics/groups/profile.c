/* Profiles of groups: numbers, text, missing rows, and the profile of a pair. */
#include "metrics/common/blocks.h"
#include "metrics/common/samples.h"
#include "metrics/groups/groups.h"

enum { TEXT_BYTES = 24 }; /* about what a row of text costs */

/* --- numbers --- */

static void fill(sdr_group_profile *out, const sdr_profile *p) {
    sdr_moments moments;
    sdr_profile_moments(&moments, p);
    *out = (sdr_group_profile){.rows = p->rows,
                               .nulls = p->nulls,
                               .nan = p->nan,
                               .pos_inf = p->pos_inf,
                               .neg_inf = p->neg_inf,
                               .zeros = p->zeros,
                               .negatives = p->negatives,
                               .finite = p->finite,
                               .min = p->min,
                               .max = p->max,
                               .sum = p->sum,
                               .mean = p->mean,
                               .mean_low = p->mean_low,
                               .variance = moments.variance,
                               .std = moments.std,
                               .skewness = moments.skewness,
                               .kurtosis = moments.kurtosis,
                               .variance_status = moments.variance_status,
                               .std_status = moments.std_status,
                               .skewness_status = moments.skewness_status,
                               .kurtosis_status = moments.kurtosis_status,
                               .increasing = p->increasing,
                               .decreasing = p->decreasing,
                               .strict = p->strict};
}

static sdr_code profile_group(void *user, const sdr_group *group,
                              const sdr_context *context, sdr_error *error) {
    sdr_profile profile;
    SDR_TRY(sdr_profile_column(&profile, group->rows, context, error));
    fill((sdr_group_profile *)user + group->index, &profile);
    return SDR_OK;
}

sdr_code sdr_profile_groups(sdr_group_profile *out, const sdr_column *column,
                            const sdr_groups *groups, const sdr_context *context,
                            sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_profile_groups", error));
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = sizeof(double),
                                 .body = profile_group,
                                 .user = out};
    return sdr_groups_run(&pass, context, error);
}

/* --- text --- */

static sdr_code text_group(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    return sdr_profile_text((sdr_text_profile *)user + group->index, group->rows,
                            context, error);
}

sdr_code sdr_text_profile_groups(sdr_text_profile *out, const sdr_column *column,
                                 const sdr_groups *groups, const sdr_context *context,
                                 sdr_error *error) {
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = TEXT_BYTES,
                                 .body = text_group,
                                 .user = out};
    return sdr_groups_run(&pass, context, error);
}

/* --- missing rows --- */

/* The column that holds the values of a chunk: the dictionary of a category. */
static bool holds_floats(const sdr_column *column) {
    if (column->type == SDR_TYPE_DICTIONARY && column->n_chunks > 0)
        return column->chunks[0].dictionary->kind == SDR_KIND_FLOAT;
    return column->kind == SDR_KIND_FLOAT;
}

/* Rows that are null or NaN; either loads as NaN. */
static int64_t count_nan(const sdr_column *column) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t missing = 0, nulls;
    for (int64_t start = 0; start < column->length; start += SDR_BLOCK_ROWS) {
        int64_t n = column->length - start;
        if (n > SDR_BLOCK_ROWS) n = SDR_BLOCK_ROWS;
        const double *values =
            sdr_column_load_f64(column, start, n, 0, scratch, &nulls);
        for (int64_t i = 0; i < n; i++)
            missing += values[i] != values[i];
    }
    return missing;
}

static sdr_code missing_group(void *user, const sdr_group *group,
                              const sdr_context *context, sdr_error *error) {
    (void)context, (void)error;
    const sdr_column *rows = group->rows;
    int64_t *out = (int64_t *)user + group->index;
    if (rows->kind == SDR_KIND_NULL)
        *out = rows->length;
    else
        *out = holds_floats(rows) ? count_nan(rows) : rows->null_count;
    return SDR_OK;
}

sdr_code sdr_missing_groups(int64_t *out, const sdr_column *column,
                            const sdr_groups *groups, const sdr_context *context,
                            sdr_error *error) {
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = sizeof(double),
                                 .body = missing_group,
                                 .user = out};
    return sdr_groups_run(&pass, context, error);
}

/* --- pairs --- */

static sdr_code pair_group(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    return sdr_pair_profile_columns((sdr_pair_profile *)user + group->index,
                                    group->rows, group->other, context, error);
}

sdr_code sdr_pair_profile_groups(sdr_pair_profile *out, const sdr_column *x,
                                 const sdr_column *y, const sdr_groups *groups,
                                 const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(x, "sdr_pair_profile_groups", error));
    SDR_TRY(sdr_require_numeric(y, "sdr_pair_profile_groups", error));
    if (x->length != y->length)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_pair_profile_groups: expected columns of equal "
                             "length, found %lld and %lld rows",
                             (long long)x->length, (long long)y->length);
    const sdr_group_pass pass = {.column = x,
                                 .other = y,
                                 .groups = groups,
                                 .row_bytes = 2 * sizeof(double),
                                 .body = pair_group,
                                 .user = out};
    return sdr_groups_run(&pass, context, error);
}
