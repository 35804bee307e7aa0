/*
 * Calibration over groups: rows, probabilities and targets by bins of the probability.
 *
 * A row belongs to the bin of as many inner edges as lie below its probability: bins
 * are (a, b], the first and the last without an end. Without weights all sums are of
 * integers, so that no order of rows changes a bit: a probability is rounded to
 * 2^-50 (4 + p has its last bit there), and its upper and lower 25 bits are summed
 * apart. With weights they are float64, in the order of the rows.
 */
#include "metrics/common/blocks.h"
#include "metrics/groups/groups.h"
#include "metrics/performance/scored_rows.h"

#include <math.h>
#include <string.h>

enum { HALF_BITS = 25, POLL_BLOCKS = 256, PARTS = 256 };
#define FOUR_BITS UINT64_C(0x4010000000000000)

typedef struct bin {
    int64_t n, positives, upper, lower;
    double weight, sum_p, sum_y;
} bin;

/* Where edges lie, by the part of [0, 1] that a probability is in: the edges of lower
 * parts are below it, those of its own are compared. */
typedef struct ladder {
    const double *edges;
    int64_t n_edges;
    int64_t below[PARTS + 1];
} ladder;

/* 0 <= p <= 1: scaling by a power of two keeps its order. */
static inline int64_t part_of(double p) {
    return (int64_t)(p * PARTS);
}

static void ladder_init(ladder *l, const double *edges, int64_t n_edges) {
    int64_t k = 0;
    l->edges = edges;
    l->n_edges = n_edges;
    for (int64_t part = 0; part <= PARTS; part++) {
        while (k < n_edges && edges[k] * PARTS < (double)part)
            k++;
        l->below[part] = k;
    }
}

/* How many edges lie below p. */
static inline int64_t bin_of(const ladder *l, double p) {
    int64_t k = l->below[part_of(p)];
    while (k < l->n_edges && l->edges[k] < p)
        k++;
    return k;
}

static inline void add_row(bin *b, double y, double p) {
    double four = 4.0 + p;
    uint64_t quanta;
    memcpy(&quanta, &four, sizeof quanta);
    quanta -= FOUR_BITS;
    b->n++;
    b->positives += y == 1.0;
    b->upper += (int64_t)(quanta >> HALF_BITS);
    b->lower += (int64_t)(quanta & ((UINT64_C(1) << HALF_BITS) - 1));
}

static inline void add_weighted_row(bin *b, double y, double p, double w) {
    b->n++;
    b->weight += w;
    b->sum_p += w * p;
    b->sum_y += w * y;
}

/* One test for both: random targets would mispredict one each. */
static inline bool takes_part(double y, double p) {
    return ((y == 0.0) | (y == 1.0)) & (p >= 0.0) & (p <= 1.0);
}

static void add_block(bin *bins, const double *y, const double *p,
                      const double *weights, int64_t n, const ladder *l) {
    for (int64_t i = 0; i < n; i++) {
        if (!takes_part(y[i], p[i])) continue;
        if (weights != NULL && !(weights[i] > 0.0)) continue;
        bin *b = &bins[bin_of(l, p[i])];
        if (weights == NULL)
            add_row(b, y[i], p[i]);
        else
            add_weighted_row(b, y[i], p[i], weights[i]);
    }
}

typedef struct job {
    sdr_calibration_bin *out;
    const sdr_scored_rows *rows;
    const sdr_groups *groups;
    const double *edges;
    int64_t n_bins;
    bool has_own_edges, is_null;
    bin *bins; /* n_bins a worker */
} job;

static void finish(sdr_calibration_bin *out, const bin *b, bool weighted) {
    *out = (sdr_calibration_bin){b->n, b->weight, b->sum_p, b->sum_y};
    if (weighted) return;
    out->weight = (double)b->n;
    out->sum_p = ldexp((double)b->upper, HALF_BITS - 50) + ldexp((double)b->lower, -50);
    out->sum_y = (double)b->positives;
}

static sdr_code add_rows(bin *bins, const job *j, const sdr_group *group,
                         const ladder *l, const sdr_context *context,
                         sdr_error *error) {
    const sdr_scored_rows *rows = j->rows;
    double scratch_y[SDR_BLOCK_ROWS], scratch_p[SDR_BLOCK_ROWS];
    int64_t start = j->groups->starts[group->index], length = group->rows->length;
    int64_t nulls;
    for (int64_t i = 0; i < length; i += SDR_BLOCK_ROWS) {
        if (i % (POLL_BLOCKS * SDR_BLOCK_ROWS) == 0)
            SDR_TRY(sdr_poll(context, i, length, error));
        int64_t n = length - i < SDR_BLOCK_ROWS ? length - i : SDR_BLOCK_ROWS;
        const double *y =
            sdr_column_load_f64(rows->target, start + i, n, 0, scratch_y, &nulls);
        const double *p = sdr_column_load_f64(rows->probabilities[0], start + i, n, 0,
                                              scratch_p, &nulls);
        add_block(bins, y, p, rows->weights == NULL ? NULL : rows->weights + start + i,
                  n, l);
    }
    return SDR_OK;
}

static sdr_code calibration_group(void *user, const sdr_group *group,
                                  const sdr_context *context, sdr_error *error) {
    const job *j = user;
    bin *bins = j->bins + group->worker * j->n_bins;
    const double *edges =
        j->edges + (j->has_own_edges ? group->index * (j->n_bins - 1) : 0);
    memset(bins, 0, (size_t)j->n_bins * sizeof *bins);
    ladder l;
    ladder_init(&l, edges, j->n_bins - 1);
    if (!j->is_null) SDR_TRY(add_rows(bins, j, group, &l, context, error));
    for (int64_t b = 0; b < j->n_bins; b++)
        finish(&j->out[group->index * j->n_bins + b], &bins[b],
               j->rows->weights != NULL);
    return SDR_OK;
}

sdr_code sdr_calibration_groups(sdr_calibration_bin *out, const sdr_scored_rows *rows,
                                const double *edges, int64_t n_bins, bool has_own_edges,
                                const sdr_groups *groups, const sdr_context *context,
                                sdr_error *error) {
    job j = {.out = out,
             .rows = rows,
             .groups = groups,
             .edges = edges,
             .n_bins = n_bins,
             .has_own_edges = has_own_edges};
    SDR_TRY(sdr_scored_rows_check(&j.is_null, rows, "sdr_calibration_groups", error));
    const sdr_group_pass pass = {.column = rows->target,
                                 .groups = groups,
                                 .row_bytes = 4 * sizeof(double),
                                 .body = calibration_group,
                                 .user = &j};
    SDR_TRY(sdr_groups_check(groups, rows->target, error));
    size_t workers = (size_t)sdr_groups_workers(&pass, context);
    j.bins = sdr_allocate(workers * (size_t)n_bins * sizeof *j.bins);
    if (j.bins == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld bins",
                             (long long)n_bins);
    sdr_code code = sdr_groups_run(&pass, context, error);
    sdr_release(j.bins);
    return code;
}
