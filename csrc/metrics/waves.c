/*
 * The empirical characteristic function of a column at t and 2 t, as the test of Epps
 * and Singleton takes it. See ranks.h for what is promised, kernels/waves for the sums.
 *
 * Blocks give means and sums of products about their own means, merged as blocks.h says
 * by Chan's formula for two means and co-moments. Time: one read, some 2 ns a row.
 */
#include <math.h>

#include "blocks.h"
#include "core/dispatch.h"
#include "simdrift/ranks.h"

typedef struct waves {
    int64_t n;
    double mean[SDR_WAVES];
    double products[SDR_WAVE_PRODUCTS]; /* about the means, of the pairs i <= j */
} waves;

typedef struct scaled {
    const sdr_column *column;
    double point, scale;
} scaled;

static void add_waves(void *out, const void *user, int64_t start, int64_t count,
                      int *hint) {
    (void)hint;
    const scaled *s = user;
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(s->column, start, count, 0, scratch, &nulls);
    sdr_wave_sums block;
    sdr_dispatch_active()->waves.block(&block, values, count, s->point, s->scale);
    waves *part = out;
    *part = (waves){.n = block.n};
    if (block.n == 0) return;
    const double *sums = block.sums, n = (double)block.n;
    for (int k = 0; k < SDR_WAVES; k++)
        part->mean[k] = block.anchor[k] + sums[k] / n;
    for (int i = 0, at = 0; i < SDR_WAVES; i++)
        for (int j = i; j < SDR_WAVES; j++, at++)
            part->products[at] = sums[SDR_WAVES + at] - sums[i] * (sums[j] / n);
}

static void merge_waves(void *out, const void *left, const void *right) {
    waves a = *(const waves *)left;
    const waves *b = right;
    if (a.n == 0 || b->n == 0) {
        *(waves *)out = a.n == 0 ? *b : a;
        return;
    }
    double n = (double)a.n, m = (double)b->n, delta[SDR_WAVES];
    for (int k = 0; k < SDR_WAVES; k++)
        delta[k] = b->mean[k] - a.mean[k];
    for (int i = 0, at = 0; i < SDR_WAVES; i++)
        for (int j = i; j < SDR_WAVES; j++, at++)
            a.products[at] += b->products[at] + delta[i] * delta[j] * (n * m / (n + m));
    for (int k = 0; k < SDR_WAVES; k++)
        a.mean[k] += delta[k] * (m / (n + m));
    a.n += b->n;
    *(waves *)out = a;
}

static void finish_waves(double *means, double *covariance, const waves *all) {
    for (int k = 0; k < SDR_WAVES; k++)
        means[k] = all->n > 0 ? all->mean[k] : NAN;
    for (int i = 0, at = 0; i < SDR_WAVES; i++)
        for (int j = i; j < SDR_WAVES; j++, at++) {
            double value = all->n > 0 ? all->products[at] / (double)all->n : NAN;
            covariance[i * SDR_WAVES + j] = covariance[j * SDR_WAVES + i] = value;
        }
}

sdr_code sdr_characteristic(int64_t *n, double *means, double *covariance,
                            const sdr_column *column, double point, double scale,
                            const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_characteristic", error));
    if (!isfinite(point) || fabs(point) > 1.0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "point: expected a number from -1 to 1, found %g", point);
    if (!(scale > 0.0) || !isfinite(scale))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "scale: expected a number above 0, found %g", scale);
    waves all = {0};
    scaled s = {column, point, scale};
    sdr_grid_pass pass = {.length = column->length,
                          .row_bytes = sizeof(double),
                          .size = sizeof all,
                          .merge = merge_waves,
                          .leaf = add_waves,
                          .user = &s};
    if (column->length > 0 && column->kind != SDR_KIND_NULL)
        SDR_TRY(sdr_grid_run(&all, &pass, context, error));
    *n = all.n;
    finish_waves(means, covariance, &all);
    return SDR_OK;
}
