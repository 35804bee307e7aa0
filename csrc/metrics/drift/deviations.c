/*
 * Distances of the finite rows of a column from a center (Brown-Forsythe): each block
 * by the kernel of profiles, merged as blocks.h says. Where their squares leave
 * float64's range, they are read again, scaled by a power of two.
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
    int exponent; /* distances are read times 2^-exponent */
} centered;

/* times 2^-exponent: in two steps, since that power itself may be out of range */
static double scaled_down(double x, int exponent) {
    int half = exponent / 2;
    return ldexp(ldexp(x, -half), half - exponent);
}

/* A distance may be out of range where the scaled one is not. */
static double distance(double x, const centered *c) {
    if (c->exponent == 0) return fabs(x - c->center);
    return fabs(scaled_down(x, c->exponent) - scaled_down(c->center, c->exponent));
}

static void add_distances(void *out, const void *user, int64_t start, int64_t count,
                          int *hint) {
    const centered *c = user;
    double scratch[SDR_BLOCK_ROWS], found[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(c->column, start, count, 0, scratch, &nulls);
    for (int64_t i = 0; i < count; i++)
        found[i] = distance(values[i], c);
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

/* The binary exponent of the largest finite value or of the center. */
static int largest_exponent(const centered *c) {
    double scratch[SDR_BLOCK_ROWS], most = fabs(c->center);
    int64_t nulls;
    for (int64_t start = 0; start < c->column->length; start += SDR_BLOCK_ROWS) {
        int64_t rest = c->column->length - start;
        int64_t n = rest < SDR_BLOCK_ROWS ? rest : SDR_BLOCK_ROWS;
        const double *values =
            sdr_column_load_f64(c->column, start, n, 0, scratch, &nulls);
        for (int64_t i = 0; i < n; i++)
            if (isfinite(values[i]) && fabs(values[i]) > most) most = fabs(values[i]);
    }
    return most == 0.0 ? 0 : ilogb(most);
}

/* Squares that lose digits, or are infinite. Of distances from 2^-400 on, 0 is none that
 * is too small: they are all alike. */
static bool is_out_of_range(const distances *all) {
    const double smallest = 0x1p-960, largest = 0x1p960;
    if (all->n < 2 || all->mean == 0.0) return false;
    if (all->squares == 0.0 && all->mean > 0x1p-400) return false;
    return !(all->squares > smallest && all->squares < largest);
}

sdr_code sdr_deviation_profile(sdr_deviations *out, const sdr_column *column,
                               double center, const sdr_context *context,
                               sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_deviation_profile", error));
    distances all = {0};
    centered c = {.column = column, .center = center};
    sdr_grid_pass pass = {.length = column->length,
                          .row_bytes = sizeof(double),
                          .size = sizeof all,
                          .merge = merge_distances,
                          .leaf = add_distances,
                          .user = &c};
    if (column->length > 0 && column->kind != SDR_KIND_NULL)
        SDR_TRY(sdr_grid_run(&all, &pass, context, error));
    if (is_out_of_range(&all)) {
        c.exponent = largest_exponent(&c);
        SDR_TRY(sdr_grid_run(&all, &pass, context, error));
    }
    const double variance = all.n > 1 ? all.squares / (double)(all.n - 1) : NAN;
    out->n = all.n;
    out->mean = all.n > 0 ? ldexp(all.mean, c.exponent) : NAN;
    out->variance = ldexp(variance, 2 * c.exponent);
    out->std = ldexp(sqrt(variance), c.exponent);
    return SDR_OK;
}
