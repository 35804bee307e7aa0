/*
 * Log loss and Brier score over groups: sums of the losses of rows, and of their
 * squares, for one probability or one a class. What a row gives is in kernels/log.
 *
 * The sums of blocks are added pairwise in the fixed tree (blocks.h).
 */
#include "kernels/dispatch.h"
#include "kernels/log/value.h"
#include "metrics/common/blocks.h"
#include "metrics/groups/groups.h"
#include "metrics/performance/scored_rows.h"

#include <math.h>
#include <string.h>

typedef struct source {
    const sdr_scored_rows *rows;
    int64_t first; /* row of the group's first */
    const sdr_log_kernels *kernels;
} source;

static double lanes_sum(const double *lane) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* Squares as if of losses that sum to `loss`: with the variance that the rough ones
 * have. */
static double squares_of(const sdr_log_lanes *sums, double loss) {
    const double squares = lanes_sum(sums->loss_squares);
    const double rough = lanes_sum(sums->rough);
    if (sums->n == 0) return squares;
    return squares + (loss - rough) * ((loss + rough) / (double)sums->n);
}

static void finish(sdr_log_loss *out, const sdr_log_lanes *sums, bool weighted) {
    const double loss = lanes_sum(sums->loss);
    *out = (sdr_log_loss){.n = sums->n,
                          .not_one = sums->not_one,
                          .weight = (double)sums->n,
                          .weight_squares = (double)sums->n,
                          .loss = loss,
                          .loss_squares = squares_of(sums, loss),
                          .brier = lanes_sum(sums->brier),
                          .brier_squares = lanes_sum(sums->brier_squares)};
    if (!weighted) return;
    out->loss_squares = lanes_sum(sums->loss_squares);
    out->weight = lanes_sum(sums->weight);
    out->weight_squares = lanes_sum(sums->weight_squares);
}

static bool is_refused(double p) {
    return p < 0.0 || p > 1.0;
}

/* --- one probability, of the label 1 ---------------------------------------------- */

/* Rows that took no part: why. */
static void count_left_out(sdr_log_loss *out, const double *targets, const double *p,
                           int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        const bool is_class = targets[i] == 0.0 || targets[i] == 1.0;
        out->outside += is_class && is_refused(p[i]);
        out->other += !is_class && !isnan(targets[i]);
    }
}

static void binary_leaf(void *out, const void *user, int64_t start, int64_t count,
                        int *hint) {
    (void)hint;
    const source *s = user;
    const sdr_scored_rows *rows = s->rows;
    double scratch_y[SDR_BLOCK_ROWS], scratch_p[SDR_BLOCK_ROWS];
    int64_t nulls;
    start += s->first;
    const double *y =
        sdr_column_load_f64(rows->target, start, count, 0, scratch_y, &nulls);
    const double *p =
        sdr_column_load_f64(rows->probabilities[0], start, count, 0, scratch_p, &nulls);
    const double *weights = rows->weights == NULL ? NULL : rows->weights + start;
    sdr_log_lanes sums = {0};
    s->kernels->binary(&sums, y, p, weights, count, rows->least);
    finish(out, &sums, weights != NULL);
    if (sums.n < count) count_left_out(out, y, p, count);
}

/* --- a probability a class -------------------------------------------------------- */

static void count_left_out_of(sdr_log_loss *out, const sdr_log_strip *strip,
                              const double *targets, int64_t n, double classes) {
    for (int64_t i = 0; i < n; i++) {
        const bool is_class = targets[i] >= 0.0 && targets[i] < classes;
        out->outside +=
            is_class && strip->within[i] != classes && !isnan(strip->total[i]);
        out->other += !is_class && !isnan(targets[i]);
    }
}

static void add_strip(sdr_log_lanes *sums, sdr_log_loss *left_out, const source *s,
                      int64_t start, int64_t count) {
    const sdr_scored_rows *rows = s->rows;
    const double classes = (double)rows->n_probabilities;
    const double *weights = rows->weights == NULL ? NULL : rows->weights + start;
    double scratch_y[SDR_LOG_STRIP], scratch_p[SDR_LOG_STRIP];
    int64_t nulls;
    sdr_log_strip strip;
    memset(&strip, 0, sizeof strip);
    const double *y =
        sdr_column_load_f64(rows->target, start, count, 0, scratch_y, &nulls);
    for (int64_t k = 0; k < rows->n_probabilities; k++) {
        const double *p = sdr_column_load_f64(rows->probabilities[k], start, count, 0,
                                              scratch_p, &nulls);
        s->kernels->add_class(&strip, y, p, count, (double)k);
    }
    const int64_t before = sums->n;
    s->kernels->add_strip(sums, &strip, y, weights, count, classes, rows->least,
                          rows->tolerance);
    if (sums->n - before < count)
        count_left_out_of(left_out, &strip, y, count, classes);
}

static void classes_leaf(void *out, const void *user, int64_t start, int64_t count,
                         int *hint) {
    (void)hint;
    const source *s = user;
    sdr_log_lanes sums = {0};
    sdr_log_loss left_out = {0}, *all = out;
    for (int64_t i = 0; i < count; i += SDR_LOG_STRIP) {
        int64_t n = count - i < SDR_LOG_STRIP ? count - i : SDR_LOG_STRIP;
        add_strip(&sums, &left_out, s, s->first + start + i, n);
    }
    finish(out, &sums, s->rows->weights != NULL);
    all->outside = left_out.outside;
    all->other = left_out.other;
}

/* --- groups ----------------------------------------------------------------------- */

static void merge(void *out, const void *left, const void *right) {
    const sdr_log_loss *l = left, *r = right;
    *(sdr_log_loss *)out =
        (sdr_log_loss){.n = l->n + r->n,
                       .outside = l->outside + r->outside,
                       .other = l->other + r->other,
                       .not_one = l->not_one + r->not_one,
                       .weight = l->weight + r->weight,
                       .weight_squares = l->weight_squares + r->weight_squares,
                       .loss = l->loss + r->loss,
                       .loss_squares = l->loss_squares + r->loss_squares,
                       .brier = l->brier + r->brier,
                       .brier_squares = l->brier_squares + r->brier_squares};
}

typedef struct job {
    sdr_log_loss *out;
    const sdr_scored_rows *rows;
    const sdr_groups *groups;
    bool is_null; /* a column holds nothing */
    size_t row_bytes;
} job;

static sdr_code loss_group(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const job *j = user;
    sdr_log_loss *out = &j->out[group->index];
    *out = (sdr_log_loss){0};
    if (j->is_null || group->rows->length == 0) return SDR_OK;
    source s = {.rows = j->rows,
                .first = j->groups->starts[group->index],
                .kernels = &sdr_dispatch_active()->log};
    const sdr_grid_pass pass = {.length = group->rows->length,
                                .row_bytes = j->row_bytes,
                                .size = sizeof(sdr_log_loss),
                                .merge = merge,
                                .leaf = j->rows->n_probabilities == 1 ? binary_leaf
                                                                      : classes_leaf,
                                .user = &s};
    return sdr_grid_run(out, &pass, context, error);
}

sdr_code sdr_scored_rows_check(bool *is_null, const sdr_scored_rows *rows,
                               const char *call, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(rows->target, call, error));
    *is_null = rows->target->kind == SDR_KIND_NULL;
    if (rows->n_probabilities < 1)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "%s: expected a column of probabilities or more, found 0",
                             call);
    for (int64_t k = 0; k < rows->n_probabilities; k++) {
        const sdr_column *p = rows->probabilities[k];
        SDR_TRY(sdr_require_numeric(p, call, error));
        *is_null = *is_null || p->kind == SDR_KIND_NULL;
        if (p->length == rows->target->length) continue;
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT,
            "%s: expected columns of equal length, found %lld and %lld rows", call,
            (long long)rows->target->length, (long long)p->length);
    }
    return SDR_OK;
}

sdr_code sdr_log_loss_groups(sdr_log_loss *out, const sdr_scored_rows *rows,
                             const sdr_groups *groups, const sdr_context *context,
                             sdr_error *error) {
    job j = {.out = out, .rows = rows, .groups = groups};
    static const char call[] = "sdr_log_loss_groups";
    SDR_TRY(sdr_scored_rows_check(&j.is_null, rows, call, error));
    if (!(rows->least >= LOG_LEAST && rows->least < 0.5))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "%s: expected least >= 2^-60 and below 1/2, found %g",
                             call, rows->least);
    j.row_bytes = (1 + (size_t)rows->n_probabilities) * sizeof(double);
    const sdr_group_pass pass = {.column = rows->target,
                                 .groups = groups,
                                 .row_bytes = j.row_bytes,
                                 .body = loss_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}
