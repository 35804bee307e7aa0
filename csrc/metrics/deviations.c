/*
 * Sums over the finite rows of a column of what needs a center or a scale first:
 * distances from a center (Brown-Forsythe), and cosines and sines (Epps-Singleton).
 *
 * Distances: each block has sums of its own, about its first one, merged as blocks.h
 * says. Cosines and their products are at most 1: they are rounded to 2^-50 and summed
 * as integers (kernels/waves), so that the order of rows does not matter either.
 */
#include <math.h>
#include <string.h>

#include "blocks.h"
#include "core/dispatch.h"
#include "exact.h"
#include "simdrift/ranks.h"

_Static_assert((int)SDR_WAVES_POINTS == (int)SDR_CHARACTERISTIC_POINTS, "points");
_Static_assert((int)SDR_WAVES_ROWS_MOST == (int)SDR_BLOCK_ROWS, "rows of a block");

static const double QUANTA = (double)(INT64_C(1) << SDR_WAVES_BITS);

/* --- distances --- */

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
    (void)hint;
    const centered *c = user;
    double scratch[SDR_BLOCK_ROWS], shift = 0.0, sum = 0.0, squares = 0.0;
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(c->column, start, count, 0, scratch, &nulls);
    distances *part = out;
    *part = (distances){0};
    for (int64_t i = 0; i < count; i++) {
        double distance = fabs(values[i] - c->center);
        if (!isfinite(distance)) continue;
        if (part->n++ == 0) shift = distance;
        sum += distance - shift;
        squares += (distance - shift) * (distance - shift);
    }
    if (part->n == 0) return;
    double mean = sum / (double)part->n;
    part->mean = shift + mean;
    part->squares = squares - sum * mean;
    if (part->squares < 0.0) part->squares = 0.0;
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

/* --- waves --- */

typedef struct waves {
    int64_t n;
    sdr_int128 sums[SDR_WAVES_SUMS]; /* of g, then of its products, in quanta */
} waves;

typedef struct scaled {
    const sdr_column *column;
    double scale;
    const double *points;
    int k;
} scaled;

static void add_waves(void *out, const void *user, int64_t start, int64_t count,
                      int *hint) {
    (void)hint;
    const scaled *s = user;
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(s->column, start, count, 0, scratch, &nulls);
    waves *part = out;
    memset(part, 0, sizeof *part);
    int64_t sums[SDR_WAVES_SUMS] = {0};
    part->n = sdr_dispatch_active()->waves.add(sums, values, count, s->points, s->k,
                                               s->scale);
    for (int i = 0; i < SDR_WAVES_SUMS; i++)
        part->sums[i] = sums[i];
}

static void merge_waves(void *out, const void *left, const void *right) {
    waves *to = out;
    const waves *a = left, *b = right;
    to->n = a->n + b->n;
    for (int i = 0; i < SDR_WAVES_SUMS; i++)
        to->sums[i] = a->sums[i] + b->sums[i];
}

static void finish_waves(double *means, double *covariance, const waves *all, int k) {
    const double n = (double)all->n * QUANTA;
    const sdr_int128 *products = all->sums + 2 * k;
    for (int i = 0; i < 2 * k; i++)
        means[i] = all->n > 0 ? (double)all->sums[i] / n : NAN;
    for (int i = 0; i < 2 * k; i++)
        for (int j = i; j < 2 * k; j++) {
            double value = (double)*products++ / n - means[i] * means[j];
            covariance[i * 2 * k + j] = covariance[j * 2 * k + i] = value;
        }
}

sdr_code sdr_characteristic(int64_t *n, double *means, double *covariance,
                            const sdr_column *column, const double *points, int k,
                            double scale, const sdr_context *context,
                            sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_characteristic", error));
    if (k < 1 || k > SDR_CHARACTERISTIC_POINTS)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "points: expected 1 to %d, found %d",
                             SDR_CHARACTERISTIC_POINTS, k);
    if (!(scale > 0.0) || !isfinite(scale))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "scale: expected a number above 0, found %g", scale);
    waves all = {0};
    scaled s = {column, scale, points, k};
    sdr_grid_pass pass = {.length = column->length,
                          .row_bytes = sizeof(double),
                          .size = sizeof all,
                          .merge = merge_waves,
                          .leaf = add_waves,
                          .user = &s};
    if (column->length > 0 && column->kind != SDR_KIND_NULL)
        SDR_TRY(sdr_grid_run(&all, &pass, context, error));
    *n = all.n;
    finish_waves(means, covariance, &all, k);
    return SDR_OK;
}
