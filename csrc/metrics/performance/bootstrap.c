/*
 * Resamples by Poisson counts of mean 1 over rows that are loaded and sorted once: one
 * pass over the rows a resample, in which every row is counted as often as it was drawn.
 *
 * Poisson counts resample rows of which nobody knows the number beforehand; their sum
 * varies, which a ratio of sums does not notice (Chamandy et al. 2012).
 */
#include <math.h>

#include "core/parallel.h"
#include "core/two_sum.h"
#include "metrics/common/blocks.h"
#include "metrics/groups/groups.h"
#include "metrics/performance/poisson.h"
#include "metrics/performance/rank_rows.h"

enum { DRAWN = 1024, ROW_BYTES = 64 /* about what a drawn row costs */ };

/* --- ranks --- */

/* Rows by score, descending: whether a row is positive, whether it ends a tie group. */
enum { POSITIVE = 1, ENDS = 2 };

static void flag_rows(uint8_t *out, const sdr_rank_rows *rows) {
    const sdr_key *keys = rows->keys;
    for (int64_t i = 0; i < rows->n; i++) {
        const int64_t at = rows->n - 1 - i;
        const bool ends = at == 0 || !sdr_is_tied(keys[at - 1], keys[at]);
        out[i] = (uint8_t)(sdr_label_of(keys[at]) * POSITIVE | (ends ? ENDS : 0));
    }
}

/* What was passed: positives and negatives, positives up to the last tie group, twice
 * the pairs in which the positive is above and once those that are tied. */
typedef struct passed {
    int64_t positives, negatives, before;
    uint64_t pairs;
    double precision;
} passed;

static void pass_rows(passed *out, const uint8_t *flags, const uint8_t *counts,
                      int64_t n) {
    passed s = *out;
    for (int64_t i = 0; i < n; i++) {
        const int64_t count = counts[i], p = count & -(int64_t)(flags[i] & POSITIVE);
        s.positives += p;
        s.negatives += count - p;
        s.pairs += (uint64_t)((count - p) * (s.positives + s.before));
        if (!(flags[i] & ENDS)) continue;
        const int64_t all = s.positives + s.negatives;
        s.precision += (double)(s.positives - s.before) * (double)s.positives /
                       (double)(all > 0 ? all : 1);
        s.before = s.positives;
    }
    *out = s;
}

typedef struct rank_job {
    double *auc, *average_precision;
    int64_t n;
    uint64_t seed;
    sdr_rank_source source;
    sdr_rank_rows *rows; /* one a worker */
    sdr_poisson table;
    const sdr_groups *groups;
} rank_job;

/* A group's resamples. */
typedef struct rank_group {
    const rank_job *job;
    const uint8_t *flags;
    int64_t rows, index;
} rank_group;

static void resample_ranks(double *auc, double *average_precision, const rank_group *g,
                           int64_t resample) {
    uint8_t counts[DRAWN];
    passed s = {0};
    sdr_uint128 pairs = 0;
    for (int64_t first = 0; first < g->rows; first += DRAWN) {
        const int64_t n = g->rows - first < DRAWN ? g->rows - first : DRAWN;
        sdr_poisson_draw(counts, &g->job->table, g->job->seed, resample, first, n);
        s.pairs = 0;
        pass_rows(&s, g->flags + first, counts, n);
        pairs += s.pairs;
    }
    const sdr_uint128 p = (sdr_uint128)s.positives, m = (sdr_uint128)s.negatives;
    *auc = p > 0 && m > 0 ? sdr_ratio(pairs, 2 * p * m) : NAN;
    *average_precision = p > 0 ? s.precision / (double)s.positives : NAN;
}

static sdr_code resample_each(void *user, int64_t begin, int64_t end, int worker,
                              sdr_error *error) {
    (void)worker, (void)error;
    const rank_group *g = user;
    const int64_t offset = g->index * g->job->n;
    for (int64_t i = begin; i < end; i++)
        resample_ranks(g->job->auc + offset + i, g->job->average_precision + offset + i,
                       g, i);
    return SDR_OK;
}

static sdr_code rank_body(void *user, const sdr_group *group,
                          const sdr_context *context, sdr_error *error) {
    rank_job *j = user;
    sdr_rank_rows *rows = j->rows + group->worker;
    SDR_TRY(sdr_rank_rows_sort(rows, &j->source, j->groups->starts[group->index],
                               j->groups->stops[group->index], context, error));
    uint8_t *flags = sdr_allocate((size_t)rows->n);
    if (flags == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld rows",
                             (long long)rows->n);
    flag_rows(flags, rows);
    rank_group g = {j, flags, rows->n, group->index};
    sdr_code code = sdr_parallel_for(context, j->n, (size_t)rows->n * ROW_BYTES,
                                     resample_each, &g, error);
    sdr_release(flags);
    return code;
}

static sdr_code check_count(int64_t n, const char *call, sdr_error *error) {
    if (n > 0) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "%s: expected 1 resample or more, found %lld", call,
                         (long long)n);
}

sdr_code sdr_roc_bootstrap_groups(double *auc, double *average_precision, int64_t n,
                                  uint64_t seed, const sdr_ranked *rows,
                                  const sdr_groups *groups, const sdr_context *context,
                                  sdr_error *error) {
    static const char call[] = "sdr_roc_bootstrap_groups";
    rank_job j = {auc, average_precision, n, seed, .groups = groups};
    SDR_TRY(check_count(n, call, error));
    if (rows->weights != NULL)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "%s: expected rows without weights", call);
    SDR_TRY(sdr_rank_source_init(&j.source, rows, call, context, error));
    sdr_poisson_init(&j.table);
    const sdr_group_pass pass = {.column = rows->score,
                                 .groups = groups,
                                 .row_bytes = (size_t)n * ROW_BYTES,
                                 .body = rank_body,
                                 .user = &j};
    SDR_TRY(sdr_groups_check(groups, rows->score, error));
    const int workers = sdr_groups_workers(&pass, context);
    SDR_TRY(sdr_rank_rows_new(&j.rows, workers, error));
    sdr_code code = sdr_groups_run(&pass, context, error);
    sdr_rank_rows_free(j.rows, workers);
    return code;
}

/* --- means --- */

typedef struct mean_job {
    double *out;
    int64_t n;
    uint64_t seed;
    const sdr_column *column;
    const double *weights;
    sdr_poisson table;
    const sdr_groups *groups;
} mean_job;

/* A group's finite values times their weights, and the weights (NULL: 1 each). */
typedef struct mean_group {
    const mean_job *job;
    double *values, *weights;
    int64_t rows, index;
} mean_group;

static void load_values(mean_group *g, int64_t start, int64_t stop) {
    const mean_job *j = g->job;
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    for (int64_t at = start; at < stop; at += SDR_BLOCK_ROWS) {
        const int64_t left = stop - at,
                      n = left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
        const double *values =
            sdr_column_load_f64(j->column, at, n, 0, scratch, &nulls);
        for (int64_t i = 0; i < n; i++) {
            const double weight = j->weights == NULL ? 1.0 : j->weights[at + i];
            if (!isfinite(values[i])) continue;
            g->values[g->rows] = values[i] * weight;
            if (g->weights != NULL) g->weights[g->rows] = weight;
            g->rows++;
        }
    }
}

/* Eight lanes, as all sums of a block. */
static double sum_drawn(const double *values, const uint8_t *counts, int64_t n) {
    double s[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++)
            s[k] += values[i + k] * counts[i + k];
    for (int k = 0; i < n; i++, k++)
        s[k] += values[i] * counts[i];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static int64_t count_drawn(const uint8_t *counts, int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

static double resample_mean(const mean_group *g, int64_t resample) {
    uint8_t counts[DRAWN];
    sdr_sum values = {0}, weights = {0};
    for (int64_t first = 0; first < g->rows; first += DRAWN) {
        const int64_t n = g->rows - first < DRAWN ? g->rows - first : DRAWN;
        sdr_poisson_draw(counts, &g->job->table, g->job->seed, resample, first, n);
        sdr_sum_add(&values, sum_drawn(g->values + first, counts, n));
        sdr_sum_add(&weights, g->weights != NULL
                                  ? sum_drawn(g->weights + first, counts, n)
                                  : (double)count_drawn(counts, n));
    }
    const double all = sdr_sum_value(&weights);
    return all > 0.0 ? sdr_sum_value(&values) / all : NAN;
}

static sdr_code mean_each(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    (void)worker, (void)error;
    const mean_group *g = user;
    for (int64_t i = begin; i < end; i++)
        g->job->out[g->index * g->job->n + i] = resample_mean(g, i);
    return SDR_OK;
}

static sdr_code mean_body(void *user, const sdr_group *group,
                          const sdr_context *context, sdr_error *error) {
    const mean_job *j = user;
    const size_t rows = (size_t)group->rows->length;
    double *memory = sdr_allocate(2 * rows * sizeof *memory);
    if (memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %zu rows", rows);
    mean_group g = {.job = j,
                    .values = memory,
                    .weights = j->weights == NULL ? NULL : memory + rows,
                    .index = group->index};
    load_values(&g, j->groups->starts[group->index], j->groups->stops[group->index]);
    sdr_code code = sdr_parallel_for(context, j->n, (size_t)g.rows * ROW_BYTES,
                                     mean_each, &g, error);
    sdr_release(memory);
    return code;
}

sdr_code sdr_mean_bootstrap_groups(double *out, int64_t n, uint64_t seed,
                                   const sdr_column *column, const double *weights,
                                   const sdr_groups *groups, const sdr_context *context,
                                   sdr_error *error) {
    static const char call[] = "sdr_mean_bootstrap_groups";
    mean_job j = {.out = out,
                  .n = n,
                  .seed = seed,
                  .column = column,
                  .weights = weights,
                  .groups = groups};
    SDR_TRY(check_count(n, call, error));
    SDR_TRY(sdr_require_numeric(column, call, error));
    sdr_poisson_init(&j.table);
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = (size_t)n * ROW_BYTES,
                                 .body = mean_body,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}
