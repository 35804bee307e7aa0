/*
 * Maximum mean discrepancy over all pairs of rows, under many labelings at once.
 *
 * With k_ij for i < j and labels l (1: a row of the reference), everything comes from
 *
 *   within  = sum l_i l_j k_ij     touched = sum (l_i + l_j) k_ij     total = sum k_ij
 *
 *   between = touched - 2 within,  of the others: total - touched + within
 *
 * Rows are taken eight at a time (a band). A band's sums over the columns to its right,
 * by row and labeling, come from kernels/rbf; what it adds to `within` and `touched` is
 * folded once the last column is reached. `total` is touched / 2 of a labeling that has
 * every row, added as the last.
 *
 * Bits: band b belongs to strip b mod STRIPS, which adds its bands in order; strips are
 * added in order. Threads share out strips, a round of a few bands at a time.
 */
#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "simdrift/table.h"

enum {
    BAND = SDR_RBF_ROWS,
    STRIPS = 32,
    ROUND_BANDS = 4, /* of a strip, between two looks at the clock */
    ROUND_ROWS = STRIPS * ROUND_BANDS * BAND,
    LOOKUPS_A_BYTE = 8 /* about what a labeling costs against reading a byte */
};

typedef struct mmd_job {
    int64_t n, d, labelings; /* labelings: with the one of every row */
    double gamma;
    double *bands;     /* band after band, feature after feature, eight rows */
    double *columns;   /* row after row; zeros behind the last */
    uint8_t *patterns; /* labeling after labeling, `stride` each: four rows a byte */
    int64_t stride;
    double *strips;  /* strip after strip: within, touched of each labeling */
    double *scratch; /* worker after worker: eight sums of each labeling */
    int64_t first_band, n_bands; /* of this round; of all */
} mmd_job;

/* --- what the kernels read -------------------------------------------------------- */

static void lay_out_rows(const mmd_job *job, const sdr_mmd_rows *rows) {
    int64_t d = job->d;
    for (int64_t i = 0; i < job->n; i++)
        for (int64_t f = 0; f < d; f++)
            job->bands[(i / BAND * d + f) * BAND + i % BAND] = rows->values[i * d + f];
    memcpy(job->columns, rows->values, (size_t)(job->n * d) * sizeof(double));
}

static void lay_out_labels(const mmd_job *job, const sdr_mmd_rows *rows) {
    for (int64_t p = 0; p < job->labelings; p++) {
        uint8_t *to = job->patterns + p * job->stride;
        for (int64_t i = 0; i < job->n; i++) {
            bool all = p == rows->n_labelings;
            bool labelled = all || rows->labels[p * job->n + i] != 0;
            to[i / 4] = (uint8_t)(to[i / 4] | labelled << i % 4);
        }
    }
}

/* --- a band ----------------------------------------------------------------------- */

/* Leaves the pairs i < j of rows there are: `right` columns of the tile are rows. */
static void clear_outside(double *values, bool diagonal, int64_t right) {
    for (int j = 0; diagonal && j < BAND; j++)
        memset(values + BAND * j + j, 0, (size_t)(BAND - j) * sizeof *values);
    if (right < SDR_RBF_COLUMNS)
        memset(values + BAND * right, 0,
               (size_t)(BAND * (SDR_RBF_COLUMNS - right)) * sizeof *values);
}

/* Sum of the lanes whose bit is set. */
static double sum_where(const double *lanes, unsigned bits) {
    double sum = 0.0;
    for (int r = 0; r < BAND; r++)
        sum += bits >> r & 1 ? lanes[r] : 0.0;
    return sum;
}

/* What a band's sums add to within and touched. */
static void fold_band(double *strip, const double *sums, const mmd_job *job,
                      int64_t band) {
    const double *all = sums + BAND * (job->labelings - 1);
    for (int64_t p = 0; p < job->labelings; p++) {
        const uint8_t *bytes = job->patterns + p * job->stride + 2 * band;
        unsigned bits = (unsigned)bytes[0] | (unsigned)bytes[1] << 4;
        strip[2 * p] += sum_where(sums + BAND * p, bits);
        strip[2 * p + 1] += sum_where(sums + BAND * p, 255) + sum_where(all, bits);
    }
}

static void run_band(const mmd_job *job, int64_t band, double *sums) {
    const sdr_rbf_kernels *kernels = &sdr_dispatch_active()->rbf;
    _Alignas(64) double values[SDR_RBF_COLUMNS * BAND];
    int64_t start = band * BAND;
    memset(sums, 0, (size_t)(BAND * job->labelings) * sizeof *sums);
    for (int64_t j = start; j < job->n; j += SDR_RBF_COLUMNS) {
        kernels->tile(values, job->bands + start * job->d, job->columns + j * job->d,
                      job->d, job->gamma);
        clear_outside(values, j == start, job->n - j);
        kernels->add(sums, values, job->patterns + j / 4, job->stride, job->labelings);
    }
    fold_band(job->strips + band % STRIPS * 2 * job->labelings, sums, job, band);
}

static sdr_code run_strips(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)error;
    const mmd_job *job = user;
    double *sums = job->scratch + worker * BAND * job->labelings;
    for (int64_t strip = begin; strip < end; strip++)
        for (int64_t i = 0; i < ROUND_BANDS; i++) {
            int64_t band = job->first_band + i * STRIPS + strip;
            if (band < job->n_bands) run_band(job, band, sums);
        }
    return SDR_OK;
}

/* --- rounds ----------------------------------------------------------------------- */

/* The caller's poll, which counts pairs of rows rather than strips. */
typedef struct progress {
    const sdr_context *caller;
    int64_t rows, first_row, round_rows;
} progress;

/* Pairs whose first row is one of the first `rows`. */
static int64_t pairs_of(int64_t rows, int64_t n) {
    return rows * (n - 1) - rows * (rows - 1) / 2;
}

static int poll_pairs(void *user, int64_t done, int64_t total) {
    const progress *p = user;
    int64_t row = p->first_row + (int64_t)((double)p->round_rows * (double)done /
                                           (double)(total > 0 ? total : 1));
    if (row > p->rows) row = p->rows;
    return p->caller->poll(p->caller->user, pairs_of(row, p->rows),
                           pairs_of(p->rows, p->rows));
}

/* About the bytes of the columns that a strip reads in a round, and of its look-ups. */
static size_t strip_cost(int64_t n, int64_t d, int64_t labelings) {
    int64_t bands = (n + BAND * STRIPS - 1) / (BAND * STRIPS);
    if (bands > ROUND_BANDS) bands = ROUND_BANDS;
    return (size_t)(bands * n * (8 * d + labelings / LOOKUPS_A_BYTE + 64) / 2);
}

static sdr_code run_rounds(mmd_job *job, const sdr_context *context, sdr_error *error) {
    progress all = {.caller = context, .rows = job->n, .round_rows = ROUND_ROWS};
    sdr_context round = {.threads = context != NULL ? context->threads : 0};
    if (context != NULL && context->poll != NULL) {
        round.poll = poll_pairs;
        round.user = &all;
    }
    size_t cost = strip_cost(job->n, job->d, job->labelings);
    for (; job->first_band < job->n_bands; job->first_band += STRIPS * ROUND_BANDS) {
        all.first_row = job->first_band * BAND;
        SDR_TRY(sdr_parallel_for(&round, STRIPS, cost, run_strips, job, error));
        SDR_TRY(sdr_poll(&round, STRIPS, STRIPS, error));
    }
    return SDR_OK;
}

/* --- public ----------------------------------------------------------------------- */

static void finish(double *out, const mmd_job *job) {
    int64_t size = 2 * job->labelings;
    double *sums = job->strips;
    for (int strip = 1; strip < STRIPS; strip++)
        for (int64_t i = 0; i < size; i++)
            sums[i] += job->strips[strip * size + i];
    double total = 0.5 * sums[size - 1];
    for (int64_t p = 0; p + 1 < job->labelings; p++) {
        double within = sums[2 * p], touched = sums[2 * p + 1], n = 0.0;
        for (int64_t c = 0; c < job->stride; c++)
            n += __builtin_popcount(job->patterns[p * job->stride + c]);
        double m = (double)job->n - n, others = total - touched + within;
        double between = touched - 2.0 * within;
        out[p] = n < 2.0 || m < 2.0
                     ? NAN
                     : 2.0 * within / (n * (n - 1.0)) + 2.0 * others / (m * (m - 1.0)) -
                           2.0 * between / (n * m);
    }
}

static sdr_code check_rows(const sdr_mmd_rows *rows, sdr_error *error) {
    if (rows->n_rows < 0 || rows->n_features < 0 || rows->n_labelings < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "rows: expected sizes >= 0, found %lld x %lld, %lld",
                             (long long)rows->n_rows, (long long)rows->n_features,
                             (long long)rows->n_labelings);
    if (!(rows->gamma > 0.0 && isfinite(rows->gamma)))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "gamma: expected a positive number, found %g",
                             rows->gamma);
    return SDR_OK;
}

static sdr_code allocate(mmd_job *job, int workers, sdr_error *error) {
    int64_t padded = (job->n_bands * BAND + SDR_RBF_COLUMNS) * job->d;
    size_t columns = (size_t)padded * sizeof(double);
    size_t strips = (size_t)(STRIPS * 2 * job->labelings) * sizeof(double);
    size_t patterns = (size_t)(job->stride * job->labelings);
    job->bands = sdr_allocate(columns);
    job->columns = sdr_allocate(columns);
    job->strips = sdr_allocate(strips);
    job->patterns = sdr_allocate(patterns);
    job->scratch =
        sdr_allocate((size_t)(workers * BAND * job->labelings) * sizeof(double));
    if (job->bands == NULL || job->columns == NULL || job->strips == NULL ||
        job->patterns == NULL || job->scratch == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld rows",
                             (long long)job->n);
    memset(job->bands, 0, columns);
    memset(job->columns, 0, columns);
    memset(job->strips, 0, strips);
    memset(job->patterns, 0, patterns);
    return SDR_OK;
}

sdr_code sdr_mmd_quadratic(double *out, const sdr_mmd_rows *rows,
                           const sdr_context *context, sdr_error *error) {
    SDR_TRY(check_rows(rows, error));
    mmd_job job = {.n = rows->n_rows,
                   .d = rows->n_features,
                   .labelings = rows->n_labelings + 1,
                   .gamma = rows->gamma,
                   .n_bands = (rows->n_rows + BAND - 1) / BAND};
    job.stride = job.n_bands * (BAND / 4) + SDR_RBF_FOURS;
    int workers =
        sdr_parallel_workers(context, STRIPS, strip_cost(job.n, job.d, job.labelings));
    sdr_code code = allocate(&job, workers, error);
    if (code == SDR_OK) {
        lay_out_rows(&job, rows);
        lay_out_labels(&job, rows);
        code = run_rounds(&job, context, error);
    }
    if (code == SDR_OK) finish(out, &job);
    sdr_release(job.bands);
    sdr_release(job.columns);
    sdr_release(job.strips);
    sdr_release(job.patterns);
    sdr_release(job.scratch);
    return code;
}
