/*
 * Sums over the finite rows of a column of what needs a center or a scale first:
 * distances from a center (Brown-Forsythe), and cosines and sines (Epps-Singleton).
 *
 * Distances: each block of SDR_BLOCK_ROWS has sums of its own, about its first one;
 * blocks are added pairwise in their order, so that no thread count changes a bit.
 * Cosines and their products are at most 1: they are rounded to 2^-50 and summed as
 * integers, so that the order of rows does not matter either. Cosines are libm's, the
 * same function for every ISA.
 */
#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "samples.h"
#include "simdrift/ranks.h"

enum {
    MOST = 2 * SDR_CHARACTERISTIC_POINTS,
    SUMS = MOST + MOST * (MOST + 1) / 2,
    COST_BYTES = SDR_BLOCK_ROWS * sizeof(double)
};

typedef struct part {
    int64_t n;
    double mean, squares;  /* of distances; squares about the mean */
    sdr_int128 sums[SUMS]; /* of waves and their products, in quanta */
} part;

static const double QUANTA = 0x1p50;

typedef struct pass {
    const sdr_column *column;
    part *parts; /* one a block */
    double center, scale;
    const double *points;
    int k;
} pass;

static int64_t blocks_of(const sdr_column *column) {
    return (column->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
}

static const double *load(const pass *p, int64_t block, int64_t *rows,
                          double *scratch) {
    int64_t start = block * SDR_BLOCK_ROWS, nulls;
    *rows = p->column->length - start;
    if (*rows > SDR_BLOCK_ROWS) *rows = SDR_BLOCK_ROWS;
    return sdr_column_load_f64(p->column, start, *rows, 0, scratch, &nulls);
}

static void add_distances(part *out, const pass *p, int64_t block) {
    double scratch[SDR_BLOCK_ROWS], shift = 0.0, sum = 0.0, squares = 0.0;
    int64_t rows;
    const double *values = load(p, block, &rows, scratch);
    for (int64_t i = 0; i < rows; i++) {
        double distance = fabs(values[i] - p->center);
        if (!isfinite(distance)) continue;
        if (out->n++ == 0) shift = distance;
        sum += distance - shift;
        squares += (distance - shift) * (distance - shift);
    }
    if (out->n == 0) return;
    double mean = sum / (double)out->n;
    out->mean = shift + mean;
    out->squares = squares - sum * mean;
    if (out->squares < 0.0) out->squares = 0.0;
}

/* Chan's formula for two means and sums of squares. */
static void merge_distances(part *a, const part *b) {
    if (b->n == 0) return;
    if (a->n == 0) {
        *a = *b;
        return;
    }
    double n = (double)a->n, m = (double)b->n, delta = b->mean - a->mean;
    a->squares += b->squares + delta * delta * (n * m / (n + m));
    a->mean += delta * (m / (n + m));
    a->n += b->n;
}

static int64_t quanta_of(double value) {
    return (int64_t)llrint(value * QUANTA);
}

/* Sums of g, then of the products of its pairs i <= j. */
static void add_waves(part *out, const pass *p, int64_t block) {
    double scratch[SDR_BLOCK_ROWS], g[MOST];
    int64_t rows;
    const double *values = load(p, block, &rows, scratch);
    const int k = p->k;
    for (int64_t row = 0; row < rows; row++) {
        double z = values[row] / p->scale;
        if (!isfinite(z)) continue;
        out->n++;
        for (int i = 0; i < k; i++) {
            g[i] = cos(p->points[i] * z);
            g[k + i] = sin(p->points[i] * z);
        }
        sdr_int128 *sum = out->sums;
        for (int i = 0; i < 2 * k; i++)
            *sum++ += quanta_of(g[i]);
        for (int i = 0; i < 2 * k; i++)
            for (int j = i; j < 2 * k; j++)
                *sum++ += quanta_of(g[i] * g[j]);
    }
}

static void merge_waves(part *a, const part *b) {
    a->n += b->n;
    for (int i = 0; i < SUMS; i++)
        a->sums[i] += b->sums[i];
}

static sdr_code run_distances(void *user, int64_t begin, int64_t end, int worker,
                              sdr_error *error) {
    (void)worker, (void)error;
    const pass *p = user;
    for (int64_t block = begin; block < end; block++)
        add_distances(&p->parts[block], p, block);
    return SDR_OK;
}

static sdr_code run_waves(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    (void)worker, (void)error;
    const pass *p = user;
    for (int64_t block = begin; block < end; block++)
        add_waves(&p->parts[block], p, block);
    return SDR_OK;
}

/* Neighbours, then pairs of them, and so on, into the first. */
static void merge_parts(part *parts, int64_t n, void (*merge)(part *, const part *)) {
    for (int64_t width = 1; width < n; width *= 2)
        for (int64_t i = 0; i + width < n; i += 2 * width)
            merge(&parts[i], &parts[i + width]);
}

static sdr_code run(part *out, pass *p, bool waves, const sdr_context *context,
                    sdr_error *error) {
    int64_t blocks = blocks_of(p->column);
    memset(out, 0, sizeof *out);
    if (blocks == 0 || p->column->kind == SDR_KIND_NULL) return SDR_OK;
    p->parts = sdr_allocate((size_t)blocks * sizeof *p->parts);
    if (p->parts == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for sums of blocks");
    memset(p->parts, 0, (size_t)blocks * sizeof *p->parts);
    sdr_code code = sdr_parallel_for(context, blocks, COST_BYTES,
                                     waves ? run_waves : run_distances, p, error);
    if (code == SDR_OK) {
        merge_parts(p->parts, blocks, waves ? merge_waves : merge_distances);
        *out = p->parts[0];
    }
    sdr_release(p->parts);
    return code;
}

static sdr_code check(const sdr_column *column, sdr_error *error) {
    if (column->kind != SDR_KIND_NULL && !sdr_column_is_ordered(column))
        return sdr_error_set(error, SDR_NOT_SUPPORTED, "expected a column of numbers");
    return SDR_OK;
}

sdr_code sdr_deviation_profile(sdr_deviations *out, const sdr_column *column,
                               double center, const sdr_context *context,
                               sdr_error *error) {
    SDR_TRY(check(column, error));
    pass p = {.column = column, .center = center};
    part sums;
    SDR_TRY(run(&sums, &p, false, context, error));
    out->n = sums.n;
    out->mean = sums.n > 0 ? sums.mean : NAN;
    out->variance = sums.n > 1 ? sums.squares / (double)(sums.n - 1) : NAN;
    return SDR_OK;
}

static void finish_waves(double *means, double *covariance, const part *sums, int k) {
    const double n = (double)sums->n * QUANTA;
    const sdr_int128 *products = sums->sums + 2 * k;
    for (int i = 0; i < 2 * k; i++)
        means[i] = sums->n > 0 ? (double)sums->sums[i] / n : NAN;
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
    SDR_TRY(check(column, error));
    if (k < 1 || k > SDR_CHARACTERISTIC_POINTS)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "points: expected 1 to %d, found %d",
                             SDR_CHARACTERISTIC_POINTS, k);
    if (!(scale > 0.0) || !isfinite(scale))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "scale: expected a number above 0, found %g", scale);
    pass p = {.column = column, .scale = scale, .points = points, .k = k};
    part sums;
    SDR_TRY(run(&sums, &p, true, context, error));
    *n = sums.n;
    finish_waves(means, covariance, &sums, k);
    return SDR_OK;
}
