/*
 * Sums of products of all pairs of columns: correlation.h.
 *
 * Rows are taken SDR_PRODUCT_ROWS at a time. A column that is finite in all of them
 * counts with its own sum and squares, so a table without gaps costs one sum of products
 * a pair. For a column that is not, the rows of the others are summed under its mask.
 * Rows that are missing are zero, as is their mask. Counts come from bits.
 *
 * Pieces of PIECE_ROWS rows are computed in rounds of ROUND pieces, on any thread, and
 * are added in order: the bits do not depend on the threads.
 */
#include "simdrift/correlation.h"

#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "metrics/common/blocks.h"

enum { PIECE_ROWS = 128 * SDR_PRODUCT_ROWS, ROUND = 8, LINE_BYTES = 64 };
enum { WORDS = SDR_PRODUCT_ROWS / 64 };

/* Sums of a piece, as sdr_product_sums. */
typedef struct piece {
    double *sums, *squares, *products;
    int64_t *rows;
} piece;

/* What a worker writes: n columns of SDR_PRODUCT_ROWS each. */
typedef struct workspace {
    double *values, *squares,
        *masks;      /* masks: of the columns with gaps, side by side */
    double *under;   /* n * n sums under the masks */
    uint64_t *bits;  /* WORDS a column */
    int64_t *counts; /* finite rows of a column */
    int64_t *gaps;   /* the columns with gaps */
    int64_t n_gaps;
} workspace;

typedef struct job {
    const sdr_column *const *columns;
    const double *centers, *scales;
    int64_t n, start, stop;
    int64_t first; /* piece of the round */
    piece pieces[ROUND];
} job;

/* --- memory --- */

static void *aligned(char **at, size_t bytes) {
    void *block = *at;
    *at += (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    return block;
}

static size_t lines(size_t bytes) {
    return (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
}

static sdr_code no_memory(sdr_error *error, int64_t n) {
    return sdr_error_set(error, SDR_NO_MEMORY,
                         "no memory for the pairs of %lld columns", (long long)n);
}

static sdr_code workspace_open(workspace *w, void **block, int64_t n,
                               sdr_error *error) {
    const size_t columns = (size_t)n, rows = SDR_PRODUCT_ROWS * sizeof(double);
    const size_t size = 3 * lines(columns * rows) + lines(columns * columns * 8) +
                        lines(columns * WORDS * 8) + 2 * lines(columns * 8);
    char *at = sdr_allocate(size);
    *block = at;
    if (at == NULL) return no_memory(error, n);
    w->values = aligned(&at, columns * rows);
    w->squares = aligned(&at, columns * rows);
    w->masks = aligned(&at, columns * rows);
    w->under = aligned(&at, columns * columns * 8);
    w->bits = aligned(&at, columns * WORDS * 8);
    w->counts = aligned(&at, columns * 8);
    w->gaps = aligned(&at, columns * 8);
    return SDR_OK;
}

static void *pieces_open(piece *pieces, int64_t n) {
    const size_t one = (size_t)(n * n) * 8;
    char *block = sdr_allocate(ROUND * 4 * one), *at = block;
    for (int i = 0; i < ROUND && block != NULL; i++, at += 4 * one)
        pieces[i] = (piece){(double *)(void *)at, (double *)(void *)(at + one),
                            (double *)(void *)(at + 2 * one),
                            (int64_t *)(void *)(at + 3 * one)};
    return block;
}

/* --- a few rows --- */

/* Writes d, its square and the bits of finite rows; returns how many are finite. */
static int64_t load_column(double *d, double *squares, uint64_t *bits,
                           const sdr_column *column, double center, double scale,
                           int64_t start, int64_t n) {
    double scratch[SDR_PRODUCT_ROWS];
    int64_t nulls, finite = 0;
    const double *values = sdr_column_load_f64(column, start, n, 0, scratch, &nulls);
    memset(bits, 0, WORDS * sizeof *bits);
    for (int64_t i = 0; i < n; i++) {
        bool is_finite = isfinite(values[i]) != 0;
        double x = (values[i] - center) * scale;
        d[i] = is_finite ? x : 0.0;
        squares[i] = d[i] * d[i];
        bits[i / 64] |= (uint64_t)is_finite << (i % 64);
        finite += is_finite;
    }
    int64_t padded = (n + 7) / 8 * 8;
    for (int64_t i = n; i < padded; i++)
        d[i] = squares[i] = 0.0;
    return finite;
}

static void write_mask(double *mask, const uint64_t *bits, int64_t n) {
    for (int64_t i = 0; i < (n + 7) / 8 * 8; i++)
        mask[i] = (double)(bits[i / 64] >> (i % 64) & 1);
}

static double sum_of(const double *values, int64_t n) {
    double lanes[8] = {0};
    for (int64_t i = 0; i < (n + 7) / 8 * 8; i++)
        lanes[i % 8] += values[i];
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

static void load_rows(workspace *w, const job *j, int64_t start, int64_t n) {
    w->n_gaps = 0;
    for (int64_t c = 0; c < j->n; c++) {
        const int64_t at = c * SDR_PRODUCT_ROWS;
        w->counts[c] =
            load_column(w->values + at, w->squares + at, w->bits + c * WORDS,
                        j->columns[c], j->centers[c], j->scales[c], start, n);
        if (w->counts[c] == n) continue;
        write_mask(w->masks + w->n_gaps * SDR_PRODUCT_ROWS, w->bits + c * WORDS, n);
        w->gaps[w->n_gaps++] = c;
    }
}

/* Sums of column i under the columns without gaps: its own. */
static void add_whole(double *out, const workspace *w, const double *values, int64_t n,
                      int64_t rows) {
    for (int64_t i = 0; i < n; i++) {
        double sum = sum_of(values + i * SDR_PRODUCT_ROWS, rows);
        int64_t next_gap = 0;
        for (int64_t k = 0; k < n; k++) {
            if (next_gap < w->n_gaps && w->gaps[next_gap] == k)
                next_gap++;
            else
                out[i * n + k] += sum;
        }
    }
}

static void add_under_masks(double *out, workspace *w, const double *values, int64_t n,
                            int64_t rows) {
    if (w->n_gaps == 0) return;
    memset(w->under, 0, (size_t)(n * w->n_gaps) * sizeof *w->under);
    sdr_dispatch_active()->products.sums(w->under, values, n, w->masks, w->n_gaps,
                                         (rows + 7) / 8 * 8, false);
    for (int64_t i = 0; i < n; i++)
        for (int64_t g = 0; g < w->n_gaps; g++)
            out[i * n + w->gaps[g]] += w->under[i * w->n_gaps + g];
}

static int64_t common_rows(const uint64_t *a, const uint64_t *b) {
    int64_t count = 0;
    for (int i = 0; i < WORDS; i++)
        count += __builtin_popcountll(a[i] & b[i]);
    return count;
}

static void add_counts(int64_t *out, const workspace *w, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++)
            out[i * n + k] +=
                w->n_gaps == 0 ? w->counts[i]
                               : common_rows(w->bits + i * WORDS, w->bits + k * WORDS);
}

static void add_rows(const piece *p, workspace *w, const job *j, int64_t start,
                     int64_t n) {
    load_rows(w, j, start, n);
    sdr_dispatch_active()->products.sums(p->products, w->values, j->n, w->values, j->n,
                                         (n + 7) / 8 * 8, true);
    add_whole(p->sums, w, w->values, j->n, n);
    add_whole(p->squares, w, w->squares, j->n, n);
    add_under_masks(p->sums, w, w->values, j->n, n);
    add_under_masks(p->squares, w, w->squares, j->n, n);
    add_counts(p->rows, w, j->n);
}

/* --- pieces --- */

static sdr_code add_pieces(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)worker;
    job *j = user;
    const size_t bytes = (size_t)(j->n * j->n) * 8;
    workspace w;
    void *block;
    SDR_TRY(workspace_open(&w, &block, j->n, error));
    for (int64_t i = begin; i < end; i++) {
        const piece *p = &j->pieces[i];
        int64_t start = j->start + (j->first + i) * PIECE_ROWS;
        int64_t stop = start + PIECE_ROWS < j->stop ? start + PIECE_ROWS : j->stop;
        memset(p->sums, 0, 4 * bytes); /* all four lie side by side */
        for (; start < stop; start += SDR_PRODUCT_ROWS) {
            int64_t left = stop - start;
            add_rows(p, &w, j, start,
                     left < SDR_PRODUCT_ROWS ? left : SDR_PRODUCT_ROWS);
        }
    }
    sdr_release(block);
    return SDR_OK;
}

static void add_piece(const sdr_product_sums *out, const piece *p, int64_t entries) {
    for (int64_t i = 0; i < entries; i++) {
        out->rows[i] += p->rows[i];
        out->sums[i] += p->sums[i];
        out->squares[i] += p->squares[i];
        out->products[i] += p->products[i];
    }
}

static void clear(const sdr_product_sums *out, int64_t entries) {
    const size_t bytes = (size_t)entries * 8;
    memset(out->rows, 0, bytes);
    memset(out->sums, 0, bytes);
    memset(out->squares, 0, bytes);
    memset(out->products, 0, bytes);
}

static sdr_code run(const sdr_product_sums *out, job *j, const sdr_context *context,
                    sdr_error *error) {
    int64_t pieces = (j->stop - j->start + PIECE_ROWS - 1) / PIECE_ROWS;
    size_t cost = PIECE_ROWS * sizeof(double) * (size_t)j->n;
    for (j->first = 0; j->first < pieces; j->first += ROUND) {
        int64_t n = pieces - j->first < ROUND ? pieces - j->first : ROUND;
        SDR_TRY(sdr_parallel_for(context, n, cost, add_pieces, j, error));
        for (int64_t i = 0; i < n; i++)
            add_piece(out, &j->pieces[i], j->n * j->n);
    }
    return SDR_OK;
}

static sdr_code check(const job *j, sdr_error *error) {
    for (int64_t i = 0; i < j->n; i++) {
        SDR_TRY(sdr_require_numeric(j->columns[i], "sdr_product_sums_of", error));
        int64_t rows = j->columns[i]->length;
        if (rows == j->columns[0]->length && 0 <= j->start && j->start <= j->stop &&
            j->stop <= rows)
            continue;
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "columns: expected %lld rows in each and a range of them, "
                             "found %lld, %lld to %lld",
                             (long long)j->columns[0]->length, (long long)rows,
                             (long long)j->start, (long long)j->stop);
    }
    return SDR_OK;
}

sdr_code sdr_product_sums_of(const sdr_product_sums *out,
                             const sdr_column *const *columns, const double *centers,
                             const double *scales, int64_t n, int64_t start,
                             int64_t stop, const sdr_context *context,
                             sdr_error *error) {
    job j = {.columns = columns,
             .centers = centers,
             .scales = scales,
             .n = n,
             .start = start,
             .stop = stop};
    SDR_TRY(check(&j, error));
    clear(out, n * n);
    void *block = pieces_open(j.pieces, n);
    if (block == NULL) return no_memory(error, n);
    sdr_code code = run(out, &j, context, error);
    sdr_release(block);
    return code;
}
