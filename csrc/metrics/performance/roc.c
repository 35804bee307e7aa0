/*
 * ROC AUC, average precision and their variances, from one sort of tagged keys.
 *
 * With N negatives, P positives, and of each positive a = negatives below plus
 * negatives not above, of each negative c = positives above plus positives not below:
 *   AUC = sum of a / 2PN = sum of c / 2PN;
 *   DeLong's variance = var(a / 2N) / P + var(c / 2P) / N.
 * Sums of a^2 and c^2 are integers of 128 bits, and so are their central sums but for
 * one division.
 *
 * Average precision is the mean over positives i of T_i / M_i, with T_i of the M_i rows
 * that score as high or higher positive. Its influence of one more positive k is
 *   1 / P (T_k / M_k - AP + sum over positives i not above k of (M_i - T_i) / M_i^2),
 * of one more negative -1 / P times the sum of T_i / M_i^2.
 *
 * Both come from the tie groups in ascending order. Parts of the keys (kernels/roc) are
 * merged in the fixed tree (blocks.h): sums of what follows a part are shifted by it.
 */
#include "simdrift/roc.h"

#include "kernels/dispatch.h"
#include "metrics/common/blocks.h"
#include "metrics/common/exact.h"
#include "metrics/groups/groups.h"
#include "metrics/performance/placements.h"
#include "metrics/performance/rank_records.h"
#include "metrics/performance/rank_rows.h"

#include <math.h>

enum { SORT_BYTES = 64 }; /* about what a row costs */

/* --- sums over tie groups --- */

typedef struct node {
    sdr_int128 a, aa, cc;
    double positives, negatives;
    double precision, rises, falls, px, pxx, mb, mbb; /* of kernels/roc */
} node;

static void merge(void *out, const void *left, const void *right) {
    const node l = *(const node *)left, r = *(const node *)right;
    *(node *)out = (node){
        .a = l.a + r.a,
        .aa = l.aa + r.aa,
        .cc = l.cc + r.cc,
        .positives = l.positives + r.positives,
        .negatives = l.negatives + r.negatives,
        .precision = l.precision + r.precision,
        .rises = l.rises + r.rises,
        .falls = l.falls + r.falls,
        .px = l.px + (r.px + r.positives * l.rises),
        .pxx = l.pxx + (r.pxx + l.rises * (2.0 * r.px + r.positives * l.rises)),
        .mb = l.mb + (r.mb + r.negatives * l.falls),
        .mbb = l.mbb + (r.mbb + l.falls * (2.0 * r.mb + r.negatives * l.falls)),
    };
}

/* Where a part begins: keys before it, and those of them that are positive. */
typedef struct place {
    int64_t keys, positives;
} place;

/* The groups of a part but the last. */
static node node_of_part(const sdr_rank_part *part, const sdr_rank_rows *rows,
                         place at) {
    const sdr_int128 below = at.keys - at.positives;
    const sdr_int128 above = rows->positives - at.positives;
    const int64_t p = part->last_positives - part->first_positives;
    const int64_t m = part->last - part->first - p;
    return (node){
        .a = 2 * below * p + part->pa,
        .aa = 4 * below * (below * p + part->pa) + part->paa,
        .cc = 4 * above * (above * m - part->me) + part->mee,
        .positives = (double)p,
        .negatives = (double)m,
        .precision = part->precision,
        .rises = part->rises,
        .falls = part->falls,
        .px = part->px,
        .pxx = part->pxx,
        .mb = part->mb,
        .mbb = part->mbb,
    };
}

/* The tie group that begins at `at`. */
static node node_of_group(const sdr_rank_rows *rows, place at) {
    const int64_t end = sdr_tie_end(rows->keys, at.keys, rows->n);
    const int64_t p = end - sdr_tie_positives(rows->keys, at.keys, end);
    const int64_t m = end - at.keys - p;
    const sdr_int128 a = 2 * (at.keys - at.positives) + m;
    const sdr_int128 c = 2 * (rows->positives - at.positives) - p;
    const double all = (double)(rows->n - at.keys);
    const double share = (double)(rows->positives - at.positives) / all;
    const double fall = (double)p / all * share, rise = (double)p / all - fall;
    const double x = share + rise;
    return (node){
        .a = p * a,
        .aa = p * a * a,
        .cc = m * c * c,
        .positives = (double)p,
        .negatives = (double)m,
        .precision = (double)p * share,
        .rises = rise,
        .falls = fall,
        .px = (double)p * x,
        .pxx = (double)p * x * x,
        .mb = (double)m * fall,
        .mbb = (double)m * fall * fall,
    };
}

typedef struct walk {
    const sdr_rank_rows *rows;
    int64_t *before; /* positives before each block */
} walk;

/* Returns the positives of the part. */
static int64_t add_part(node *sum, const sdr_rank_rows *rows, place at, int64_t n) {
    const sdr_key *keys = rows->keys + at.keys;
    const bool begins = at.keys == 0 || !sdr_is_tied(keys[-1], keys[0]);
    sdr_rank_part part;
    sdr_dispatch_active()->roc.part(&part, keys, n, begins,
                                    rows->positives - at.positives, rows->n - at.keys);
    if (part.groups == 0) return part.positives;
    const node own = node_of_part(&part, rows, at);
    merge(sum, sum, &own);
    const node last = node_of_group(
        rows, (place){at.keys + part.last, at.positives + part.last_positives});
    merge(sum, sum, &last);
    return part.positives;
}

static void leaf(void *out, const void *user, int64_t start, int64_t count, int *hint) {
    (void)hint;
    const walk *w = user;
    const sdr_rank_rows *rows = w->rows;
    place at = {start, w->before == NULL ? 0 : w->before[start / SDR_BLOCK_ROWS]};
    node sum = {0};
    for (const int64_t stop = start + count; at.keys < stop;) {
        const int64_t left = stop - at.keys;
        const int64_t n = left < SDR_RANK_PART ? left : SDR_RANK_PART;
        at.positives += add_part(&sum, rows, at, n);
        at.keys += n;
    }
    *(node *)out = sum;
}

static sdr_code count_blocks(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)worker, (void)error;
    const walk *w = user;
    for (int64_t i = begin; i < end; i++) {
        const int64_t start = i * SDR_BLOCK_ROWS, left = w->rows->n - start;
        w->before[i] = sdr_dispatch_active()->roc.count(
            w->rows->keys + start, left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS);
    }
    return SDR_OK;
}

static sdr_code positives_before(walk *w, const sdr_context *context,
                                 sdr_error *error) {
    const int64_t blocks = (w->rows->n + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
    if (blocks == 1) return SDR_OK;
    w->before = sdr_allocate((size_t)blocks * sizeof *w->before);
    if (w->before == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld blocks",
                             (long long)blocks);
    SDR_TRY(sdr_parallel_for(context, blocks, SDR_BLOCK_ROWS * sizeof(sdr_key),
                             count_blocks, w, error));
    int64_t sum = 0;
    for (int64_t i = 0; i < blocks; i++) {
        const int64_t own = w->before[i];
        w->before[i] = sum;
        sum += own;
    }
    return SDR_OK;
}

static sdr_code sum_groups(node *out, const sdr_rank_rows *rows,
                           const sdr_context *context, sdr_error *error) {
    walk w = {.rows = rows};
    *out = (node){0};
    if (rows->n == 0) return SDR_OK;
    sdr_code code = positives_before(&w, context, error);
    const sdr_grid_pass pass = {.length = rows->n,
                                .row_bytes = 2 * sizeof(sdr_key),
                                .size = sizeof(node),
                                .merge = merge,
                                .leaf = leaf,
                                .user = &w};
    if (code == SDR_OK) code = sdr_grid_run(out, &pass, context, error);
    sdr_release(w.before);
    return code;
}

/* --- results --- */

static void set_precision(sdr_roc *out, const node *s, double p) {
    const double value = s->precision / p;
    const double gains = s->pxx - value * (2.0 * s->px - value * p);
    out->average_precision = value;
    out->average_precision_variance = fmax(gains + s->mbb, 0.0) / p / p;
}

static void set(sdr_roc *out, const node *s, int64_t p, int64_t m) {
    *out = (sdr_roc){.positives = p,
                     .negatives = m,
                     .positive_size = (double)p,
                     .negative_size = (double)m,
                     .prevalence = (double)p / (double)(p + m),
                     .auc = NAN,
                     .auc_variance = NAN,
                     .average_precision = NAN,
                     .average_precision_variance = NAN};
    if (p > 0) set_precision(out, s, (double)p);
    if (p == 0 || m == 0) return;
    out->auc = sdr_ratio((sdr_uint128)s->a, 2 * (sdr_uint128)p * (sdr_uint128)m);
    if (p > 1 && m > 1)
        out->auc_variance = sdr_placement_variance(s->aa, s->a, p, m) +
                            sdr_placement_variance(s->cc, s->a, m, p);
}

typedef struct job {
    sdr_roc *out;
    sdr_rank_source source;
    sdr_rank_rows *rows; /* one a worker */
    const sdr_groups *groups;
} job;

static sdr_code group_body(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const job *j = user;
    sdr_rank_rows *rows = j->rows + group->worker;
    const int64_t start = j->groups->starts[group->index];
    node sums;
    SDR_TRY(sdr_rank_rows_sort(rows, &j->source, start, j->groups->stops[group->index],
                               context, error));
    SDR_TRY(sum_groups(&sums, rows, context, error));
    set(j->out + group->index, &sums, rows->positives, rows->n - rows->positives);
    return SDR_OK;
}

sdr_code sdr_roc_groups(sdr_roc *out, const sdr_ranked *rows, const sdr_groups *groups,
                        const sdr_context *context, sdr_error *error) {
    if (rows->weights != NULL)
        return sdr_roc_weighted_groups(out, rows, groups, context, error);
    job j = {.out = out, .groups = groups};
    SDR_TRY(sdr_rank_source_init(&j.source, rows, "sdr_roc_groups", context, error));
    const sdr_group_pass pass = {.column = rows->score,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = group_body,
                                 .user = &j};
    SDR_TRY(sdr_groups_check(groups, rows->score, error));
    const int workers = sdr_groups_workers(&pass, context);
    SDR_TRY(sdr_rank_rows_new(&j.rows, workers, error));
    sdr_code code = sdr_groups_run(&pass, context, error);
    sdr_rank_rows_free(j.rows, workers);
    return code;
}
