/*
 * Distances of the finite rows of a column from a center (Brown-Forsythe): each block
 * by the kernel of profiles, merged as blocks.h says.
 */
#include <math.h>

#include "kernels/dispatch.h"
#include "metrics/common/blocks.h"
#include "simdrift/drift.h"

typedef struct distances {
    int64_t n;
    double mean, squares; /* squares about the mean */
} distances;

typedef struct centered {
    const sdr_column *column;
    double center;
} centered;

static void add_distances(void *out, const void *user, int64_t start, int64_t count,
                          int *hint) {
    const centered *c = user;
    double scratch[SDR_BLOCK_ROWS], found[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(c->column, start, count, 0, scratch, &nulls);
    for (int64_t i = 0; i < count; i++)
        found[i] = fabs(values[i] - c->center);
    sdr_block_moments block; /* of the finite ones */
    sdr_dispatch_active()->moments.block(&block, found, count, *hint || nulls > 0);
    *hint = block.finite < count;
    *(distances *)out = (distances){block.finite, block.mean, block.m2};
}

/* Chan's formula for two means and sums of squares. */
static void merge_distances(void *out, const void *left, const void *right) {
    distances a = *(const distances *)left, b = *(const distances *)right;
    if (b.n == 0 || a.n == 0) {
        *(distances *)out = b.n == 0 ? a : b;
        return;
    }
    double n = (double)a.n, m = (double)b.n, delta = b.mean - a.mean;
    a.squares += b.squares + delta * delta * (n * m / (n + m));
    a.mean += delta * (m / (n + m));
    a.n += b.n;
    *(distances *)out = a;
}

sdr_code sdr_deviation_profile(sdr_deviations *out, const sdr_column *column,
                               double center, const sdr_context *context,
                               sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_deviation_profile", error));
    distances all = {0};
    centered c = {column, center};
    sdr_grid_pass pass = {.length = column->length,
                          .row_bytes = sizeof(double),
                          .size = sizeof all,
                          .merge = merge_distances,
                          .leaf = add_distances,
                          .user = &c};
    if (column->length > 0 && column->kind != SDR_KIND_NULL)
        SDR_TRY(sdr_grid_run(&all, &pass, context, error));
    out->n = all.n;
    out->mean = all.n > 0 ? all.mean : NAN;
    out->variance = all.n > 1 ? all.squares / (double)(all.n - 1) : NAN;
    return SDR_OK;
}
