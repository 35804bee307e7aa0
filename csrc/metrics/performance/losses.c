/*
 * Losses of a regression, in one pass over target and prediction: what the fused pass of
 * pair.c leaves out, and everything of rows with weights.
 *
 * Of a block the rows that take part are put together; lane i mod 8 adds row i of them,
 * and the lanes are combined as everywhere (kernels/moments/moments.h). Central sums
 * take a second look at the block. Blocks are merged pairwise in order (blocks.h). Plain
 * C without reassociation: the same bits for any ISA and any number of threads.
 *
 *   relative   |e / t| of rows whose target t is not 0      e = prediction - target
 *   symmetric  2 |e| / (|t| + |p|), 0 where both are 0
 *   logs       (log(1 + p) - log(1 + t))^2 = (2 artanh((p - t) / (2 + p + t)))^2
 */
#include <math.h>

#include "kernels/moments/finish.h"
#include "metrics/common/blocks.h"
#include "metrics/common/samples.h"
#include "metrics/groups/groups.h"
#include "simdrift/quality.h"
#include "simdrift/weighted.h"

typedef struct source {
    const sdr_column *target, *prediction;
    const double *weights; /* of the columns' rows, or NULL */
    bool logs;
} source;

/* The rows of a block that take part, and rows without weight up to a multiple of the
 * lanes. */
typedef struct rows {
    double target[SDR_BLOCK_ROWS + SDR_LANES], prediction[SDR_BLOCK_ROWS + SDR_LANES];
    double weight[SDR_BLOCK_ROWS + SDR_LANES];
    int64_t n, padded;
} rows;

static void load(rows *r, const source *s, int64_t start, int64_t count) {
    int64_t nulls, n = 0;
    /* what is not where it can be read is written where the rows then move down */
    const double *x =
        sdr_column_load_f64(s->target, start, count, 0, r->target, &nulls);
    const double *y =
        sdr_column_load_f64(s->prediction, start, count, 0, r->prediction, &nulls);
    for (int64_t i = 0; i < count; i++) {
        const double weight = s->weights == NULL ? 1.0 : s->weights[start + i];
        const double target = x[i], prediction = y[i];
        r->target[n] = target;
        r->prediction[n] = prediction;
        r->weight[n] = weight;
        n += (fabs(target) < INFINITY) & (fabs(prediction) < INFINITY) & (weight > 0.0);
    }
    r->n = n;
    for (; n % SDR_LANES != 0; n++) {
        r->target[n] = r->prediction[n] = 1.0;
        r->weight[n] = 0.0;
    }
    r->padded = n;
}

/* --- sums ------------------------------------------------------------------------- */

typedef double lanes[SDR_LANES];

static void add_weights(sdr_losses *out, const rows *r) {
    lanes weight = {0}, squares = {0}, target = {0}, error = {0};
    for (int64_t i = 0; i < r->padded; i += SDR_LANES)
        for (int k = 0; k < SDR_LANES; k++) {
            const double w = r->weight[i + k], t = r->target[i + k];
            weight[k] += w;
            squares[k] += w * w;
            target[k] += w * t;
            error[k] += w * (r->prediction[i + k] - t);
        }
    out->weight = sdr_lanes_sum(weight);
    out->weight_squares = sdr_lanes_sum(squares);
    out->mean_target = sdr_lanes_sum(target) / out->weight;
    out->mean_error = sdr_lanes_sum(error) / out->weight;
}

static void add_errors(sdr_losses *out, const rows *r) {
    lanes target = {0}, error = {0}, sizes = {0}, squares = {0}, signed_squares = {0};
    lanes fourths = {0}, most = {0};
    for (int64_t i = 0; i < r->padded; i += SDR_LANES)
        for (int k = 0; k < SDR_LANES; k++) {
            const double w = r->weight[i + k], t = r->target[i + k];
            const double e = r->prediction[i + k] - t, size = fabs(e), square = e * e;
            const double dt = t - out->mean_target, de = e - out->mean_error;
            target[k] += w * (dt * dt);
            error[k] += w * (de * de);
            sizes[k] += w * size;
            squares[k] += w * square;
            signed_squares[k] += w * (e * size);
            fourths[k] += w * (square * square);
            most[k] = size > most[k] ? size : most[k];
        }
    out->m2_target = sdr_lanes_sum(target);
    out->m2_error = sdr_lanes_sum(error);
    out->sum_abs_error = sdr_lanes_sum(sizes);
    out->sum_squared_error = sdr_lanes_sum(squares);
    out->sum_signed_square = sdr_lanes_sum(signed_squares);
    out->sum_fourth_power = sdr_lanes_sum(fourths);
    out->max_abs_error = sdr_lanes_max(most);
}

static void add_ratios(sdr_losses *out, const rows *r) {
    lanes weight = {0}, weight_squares = {0}, relative = {0}, relative_squares = {0};
    lanes symmetric = {0}, symmetric_squares = {0};
    for (int64_t i = 0; i < r->padded; i += SDR_LANES)
        for (int k = 0; k < SDR_LANES; k++) {
            const double w = r->weight[i + k], t = fabs(r->target[i + k]);
            const double size = fabs(r->prediction[i + k] - r->target[i + k]);
            const double both = t + fabs(r->prediction[i + k]);
            const double own = t > 0.0 ? w : 0.0, ratio = t > 0.0 ? size / t : 0.0;
            const double share = both > 0.0 ? 2.0 * (size / both) : 0.0;
            weight[k] += own;
            weight_squares[k] += own * own;
            relative[k] += own * ratio;
            relative_squares[k] += own * (ratio * ratio);
            symmetric[k] += w * share;
            symmetric_squares[k] += w * (share * share);
        }
    for (int64_t i = 0; i < r->n; i++)
        out->zero_targets += r->target[i] == 0.0;
    out->relative_weight = sdr_lanes_sum(weight);
    out->relative_weight_squares = sdr_lanes_sum(weight_squares);
    out->sum_relative = sdr_lanes_sum(relative);
    out->sum_relative_square = sdr_lanes_sum(relative_squares);
    out->sum_symmetric = sdr_lanes_sum(symmetric);
    out->sum_symmetric_square = sdr_lanes_sum(symmetric_squares);
}

/* --- logarithms ------------------------------------------------------------------- */

static const double LN_2 = 0x1.62e42fefa39efp-1;

/* log(1 + p) - log(1 + t) of t, p > -1, to some 1e-16 of itself where the two are near.
 */
static double log_ratio(double t, double p) {
    enum { TERMS = 11 };
    const double half_root = 0.7071067811865476;
    int exponent = 0;
    double m = frexp((1.0 + p) / (1.0 + t), &exponent);
    if (!(m < INFINITY)) return INFINITY;
    if (m < half_root) m *= 2.0, exponent--;
    const double s = exponent == 0 ? (p - t) / (2.0 + (p + t)) : (m - 1.0) / (m + 1.0);
    const double z = s * s;
    double sum = 0.0;
    for (int i = TERMS; i >= 0; i--)
        sum = sum * z + 1.0 / (2 * i + 1);
    return exponent * LN_2 + 2.0 * (s * sum);
}

static void add_logs(sdr_losses *out, const rows *r) {
    lanes squares = {0}, fourths = {0};
    for (int64_t i = 0; i < r->n; i++) {
        if (r->target[i] <= -1.0 || r->prediction[i] <= -1.0) {
            out->without_log++;
            continue;
        }
        const double d = log_ratio(r->target[i], r->prediction[i]), square = d * d;
        squares[i % SDR_LANES] += r->weight[i] * square;
        fourths[i % SDR_LANES] += r->weight[i] * (square * square);
    }
    out->sum_squared_log = sdr_lanes_sum(squares);
    out->sum_fourth_log = sdr_lanes_sum(fourths);
}

/* --- blocks and groups ------------------------------------------------------------ */

static void leaf(void *result, const void *user, int64_t start, int64_t count,
                 int *hint) {
    (void)hint;
    const source *s = user;
    sdr_losses *out = result;
    rows r;
    load(&r, s, start, count);
    *out = (sdr_losses){.n = r.n};
    if (r.n == 0) return;
    add_weights(out, &r);
    if (s->logs) {
        add_logs(out, &r);
    } else {
        add_errors(out, &r);
        add_ratios(out, &r);
    }
}

static void merge(void *result, const void *left, const void *right) {
    const sdr_losses l = *(const sdr_losses *)left, r = *(const sdr_losses *)right;
    sdr_losses *o = result;
    if (l.n == 0 || r.n == 0) {
        *o = l.n == 0 ? r : l;
        return;
    }
    const double weight = l.weight + r.weight, share = r.weight / weight;
    const double both = l.weight * share;
    const double dt = r.mean_target - l.mean_target, de = r.mean_error - l.mean_error;
    *o = (sdr_losses){
        .n = l.n + r.n,
        .weight = weight,
        .weight_squares = l.weight_squares + r.weight_squares,
        .mean_target = l.mean_target + dt * share,
        .m2_target = (l.m2_target + r.m2_target) + dt * dt * both,
        .mean_error = l.mean_error + de * share,
        .m2_error = (l.m2_error + r.m2_error) + de * de * both,
        .sum_abs_error = l.sum_abs_error + r.sum_abs_error,
        .sum_squared_error = l.sum_squared_error + r.sum_squared_error,
        .sum_signed_square = l.sum_signed_square + r.sum_signed_square,
        .sum_fourth_power = l.sum_fourth_power + r.sum_fourth_power,
        .max_abs_error = fmax(l.max_abs_error, r.max_abs_error),
        .zero_targets = l.zero_targets + r.zero_targets,
        .relative_weight = l.relative_weight + r.relative_weight,
        .relative_weight_squares =
            l.relative_weight_squares + r.relative_weight_squares,
        .sum_relative = l.sum_relative + r.sum_relative,
        .sum_relative_square = l.sum_relative_square + r.sum_relative_square,
        .sum_symmetric = l.sum_symmetric + r.sum_symmetric,
        .sum_symmetric_square = l.sum_symmetric_square + r.sum_symmetric_square,
        .without_log = l.without_log + r.without_log,
        .sum_squared_log = l.sum_squared_log + r.sum_squared_log,
        .sum_fourth_log = l.sum_fourth_log + r.sum_fourth_log,
    };
}

typedef struct job {
    sdr_losses *out;
    const double *weights;
    const sdr_groups *groups;
    bool logs;
} job;

static sdr_code losses_group(void *user, const sdr_group *group,
                             const sdr_context *context, sdr_error *error) {
    const job *j = user;
    sdr_losses *out = &j->out[group->index];
    *out = (sdr_losses){0};
    const sdr_column *x = group->rows, *y = group->other;
    if (x->length == 0 || x->kind == SDR_KIND_NULL || y->kind == SDR_KIND_NULL)
        return SDR_OK;
    const source s = {.target = x,
                      .prediction = y,
                      .weights = j->weights == NULL
                                     ? NULL
                                     : j->weights + j->groups->starts[group->index],
                      .logs = j->logs};
    const sdr_grid_pass pass = {.length = x->length,
                                .row_bytes = 4 * sizeof(double),
                                .size = sizeof *out,
                                .merge = merge,
                                .leaf = leaf,
                                .user = &s};
    return sdr_grid_run(out, &pass, context, error);
}

static sdr_code check(const sdr_column *target, const sdr_column *prediction,
                      const char *call, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(target, call, error));
    SDR_TRY(sdr_require_numeric(prediction, call, error));
    if (target->length == prediction->length) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "%s: expected columns of equal length, found %lld and %lld "
                         "rows",
                         call, (long long)target->length,
                         (long long)prediction->length);
}

sdr_code sdr_losses_groups(sdr_losses *out, const sdr_column *target,
                           const sdr_column *prediction, const double *weights,
                           bool logs, const sdr_groups *groups,
                           const sdr_context *context, sdr_error *error) {
    SDR_TRY(check(target, prediction, "sdr_losses_groups", error));
    job j = {out, weights, groups, logs};
    const sdr_group_pass pass = {.column = target,
                                 .other = prediction,
                                 .groups = groups,
                                 .row_bytes = 4 * sizeof(double),
                                 .body = losses_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}

/* --- the median error ------------------------------------------------------------- */

enum { MEDIAN_ROWS = 6, MEDIANS = 3, SORT_BYTES = 64 };

/* Half of the distance, in standard deviations of a share of 1/2, to the ends of a 95 %
 * interval. */
static const double HALF_QUANTILE = 0.979981992270027;

typedef struct median_job {
    double *out;
    const double *weights;
    const sdr_groups *groups;
} median_job;

/* The sizes of the errors of rows that take part, and their weights where there are
 * such; returns how many. */
static int64_t errors_of(double *sizes, double *weights, const source *s) {
    int64_t n = 0;
    const int64_t length = s->target->length;
    for (int64_t start = 0; start < length; start += SDR_BLOCK_ROWS) {
        rows r;
        load(&r, s, start,
             length - start < SDR_BLOCK_ROWS ? length - start : SDR_BLOCK_ROWS);
        for (int64_t i = 0; i < r.n; i++, n++) {
            sizes[n] = fabs(r.prediction[i] - r.target[i]);
            if (weights != NULL) weights[n] = r.weight[i];
        }
    }
    return n;
}

/* Ranks around the middle between which the median lies in 95 % of samples or more
 * (Conover, Practical Nonparametric Statistics, 3.2), as quantiles: at most 2.5 % of
 * binomial draws are `low` or less, by the normal law with its continuity correction. */
static sdr_code median_of(double *out, const double *sizes, int64_t n,
                          const sdr_context *context, sdr_error *error) {
    sdr_column column;
    double q[MEDIANS] = {0.5, 0.5, 0.5}, last = (double)(n - 1);
    if (n == 0) return SDR_OK;
    if (n >= MEDIAN_ROWS) {
        const double reach = HALF_QUANTILE * sqrt((double)n);
        const double low = floor(0.5 * (double)n - reach - 0.5);
        q[1] = low / last;
        q[2] = (last - low) / last;
    }
    SDR_TRY(sdr_column_over(&column, sizes, n, error));
    sdr_code code =
        sdr_quantiles(out, q, n < MEDIAN_ROWS ? 1 : MEDIANS, &column, context, error);
    sdr_column_reset(&column);
    return code;
}

/* The least value up to which a share of the weights lies; at a step, the mean of the
 * two values at its ends. */
static double weighted_quantile(const sdr_weighted *sorted, double total,
                                double share) {
    const double wanted = share * total, noise = 0x1p-50 * total;
    double sum = 0.0;
    for (int64_t i = 0; i < sorted->n; i++) {
        sum += sorted->weights[i];
        if (sum < wanted - noise) continue;
        const bool is_step = sum <= wanted + noise && i + 1 < sorted->n;
        return is_step ? 0.5 * sorted->values[i] + 0.5 * sorted->values[i + 1]
                       : sorted->values[i];
    }
    return sorted->n == 0 ? NAN : sorted->values[sorted->n - 1];
}

static void weighted_median_of(double *out, const sdr_weighted *sorted) {
    double total = 0.0, squares = 0.0;
    for (int64_t i = 0; i < sorted->n; i++) {
        total += sorted->weights[i];
        squares += sorted->squares[i];
    }
    const double size = squares > 0.0 ? total * total / squares : 0.0; /* Kish's */
    const double reach = HALF_QUANTILE / sqrt(size);
    out[0] = weighted_quantile(sorted, total, 0.5);
    if (size < MEDIAN_ROWS) return;
    out[1] = weighted_quantile(sorted, total, 0.5 - reach);
    out[2] = weighted_quantile(sorted, total, 0.5 + reach);
}

static sdr_code median_group(void *user, const sdr_group *group,
                             const sdr_context *context, sdr_error *error) {
    const median_job *j = user;
    double *out = j->out + MEDIANS * group->index;
    out[0] = out[1] = out[2] = NAN;
    const sdr_column *x = group->rows, *y = group->other;
    if (x->kind == SDR_KIND_NULL || y->kind == SDR_KIND_NULL) return SDR_OK;
    const source s = {.target = x,
                      .prediction = y,
                      .weights = j->weights == NULL
                                     ? NULL
                                     : j->weights + j->groups->starts[group->index]};
    double *sizes = sdr_allocate(2 * (size_t)x->length * sizeof *sizes);
    if (sizes == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for the median error");
    double *weights = s.weights == NULL ? NULL : sizes + x->length;
    const int64_t n = errors_of(sizes, weights, &s);
    sdr_code code;
    if (weights == NULL) {
        code = median_of(out, sizes, n, context, error);
    } else {
        sdr_weighted sorted = {0};
        code = sdr_weighted_sort(&sorted, sizes, weights, n, context, error);
        if (code == SDR_OK) weighted_median_of(out, &sorted);
        if (code == SDR_OK) sdr_weighted_reset(&sorted);
    }
    sdr_release(sizes);
    return code;
}

sdr_code sdr_median_error_groups(double *out, const sdr_column *target,
                                 const sdr_column *prediction, const double *weights,
                                 const sdr_groups *groups, const sdr_context *context,
                                 sdr_error *error) {
    SDR_TRY(check(target, prediction, "sdr_median_error_groups", error));
    median_job j = {out, weights, groups};
    const sdr_group_pass pass = {.column = target,
                                 .other = prediction,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = median_group,
                                 .user = &j};
    return sdr_groups_run(&pass, context, error);
}
