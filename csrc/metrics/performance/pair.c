/*
 * Pairs of two columns: means, central sums and errors, in one pass over both.
 *
 * Blocks are merged pairwise in the fixed tree (blocks.h):
 *   c_xy = c_a + c_b + (mx_b - mx_a)(my_b - my_a) ab/n, m2 likewise (Pebay 2008).
 */
#include "kernels/dispatch.h"
#include "metrics/common/blocks.h"
#include "simdrift/performance.h"

#include <math.h>

typedef struct source {
    const sdr_column *x, *y;
    void (*pair)(sdr_block_pairs *out, const double *x, const double *y, int64_t n);
} source;

static void leaf(void *out, const void *user, int64_t start, int64_t count, int *hint) {
    (void)hint;
    const source *s = user;
    double scratch_x[SDR_BLOCK_ROWS], scratch_y[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *x = sdr_column_load_f64(s->x, start, count, 0, scratch_x, &nulls);
    const double *y = sdr_column_load_f64(s->y, start, count, 0, scratch_y, &nulls);
    sdr_block_pairs b;
    s->pair(&b, x, y, count);
    *(sdr_pair_profile *)out = (sdr_pair_profile){b.n,
                                                  b.mean_x,
                                                  b.mean_y,
                                                  b.m2_x,
                                                  b.m2_y,
                                                  b.c_xy,
                                                  b.sum_error,
                                                  b.sum_abs_error,
                                                  b.sum_squared_error,
                                                  b.sum_fourth_power,
                                                  b.max_abs_error};
}

static void merge(void *out, const void *left, const void *right) {
    sdr_pair_profile l = *(const sdr_pair_profile *)left;
    sdr_pair_profile r = *(const sdr_pair_profile *)right, *o = out;
    if (l.n == 0 || r.n == 0) {
        *o = l.n == 0 ? r : l;
        return;
    }
    double n = (double)l.n + (double)r.n, share = (double)r.n / n;
    double weight = (double)l.n * share;
    double dx = r.mean_x - l.mean_x, dy = r.mean_y - l.mean_y;
    o->n = l.n + r.n;
    o->mean_x = l.mean_x + dx * share;
    o->mean_y = l.mean_y + dy * share;
    o->m2_x = (l.m2_x + r.m2_x) + dx * dx * weight;
    o->m2_y = (l.m2_y + r.m2_y) + dy * dy * weight;
    o->c_xy = (l.c_xy + r.c_xy) + dx * dy * weight;
    o->sum_error = l.sum_error + r.sum_error;
    o->sum_abs_error = l.sum_abs_error + r.sum_abs_error;
    o->sum_squared_error = l.sum_squared_error + r.sum_squared_error;
    o->sum_fourth_power = l.sum_fourth_power + r.sum_fourth_power;
    o->max_abs_error = fmax(l.max_abs_error, r.max_abs_error);
}

sdr_code sdr_pair_profile_columns(sdr_pair_profile *out, const sdr_column *x,
                                  const sdr_column *y, const sdr_context *context,
                                  sdr_error *error) {
    SDR_TRY(sdr_require_numeric(x, "sdr_pair_profile_columns", error));
    SDR_TRY(sdr_require_numeric(y, "sdr_pair_profile_columns", error));
    if (x->length != y->length)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_pair_profile_columns: expected columns of equal "
                             "length, found %lld and %lld rows",
                             (long long)x->length, (long long)y->length);
    *out = (sdr_pair_profile){0};
    if (x->length == 0 || x->kind == SDR_KIND_NULL || y->kind == SDR_KIND_NULL)
        return SDR_OK;
    source s = {.x = x, .y = y, .pair = sdr_dispatch_active()->moments.pair};
    sdr_grid_pass pass = {.length = x->length,
                          .row_bytes = 2 * sizeof(double),
                          .size = sizeof(sdr_pair_profile),
                          .merge = merge,
                          .leaf = leaf,
                          .user = &s};
    return sdr_grid_run(out, &pass, context, error);
}
