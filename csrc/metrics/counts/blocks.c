/* Blocks of a table, the terms of the statistics, and the binomial law of a cell. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/counts/blocks.h"

enum { REACH_SDS = 9, REACH_ROWS = 12 }; /* beyond: below 1e-17 of the binomial law */

/* --- terms ------------------------------------------------------------------------ */

static double log_ratio(double weight, double above, double below) {
    return weight > 0.0 ? weight * log(above / below) : 0.0;
}

static double smoothed_term(const count_table *table, double c, double d, double n,
                            double m) {
    const sdr_count_tables *shape = table->shape;
    double added = shape->smoothing, all = added * (double)table->n_cells;
    double p = (c + added) / (n + all), q = (d + added) / (m + all);
    if (shape->statistic == SDR_COUNT_KL) return log_ratio(p, p, q);
    return (q - p) * log(q / p);
}

static double term(const count_table *table, double c, double d, double n, double m) {
    double p = c / n, q = d / m, r = c + d, root;
    switch (table->shape->statistic) {
    case SDR_COUNT_CHI_SQUARE:
        return (c * m - d * n) * (c * m - d * n) / (r * n * m);
    case SDR_COUNT_G:
        return 2.0 *
               (log_ratio(c, c * (n + m), r * n) + log_ratio(d, d * (n + m), r * m));
    case SDR_COUNT_JENSEN_SHANNON:
        return 0.5 / M_LN2 *
               (log_ratio(p, 2.0 * p, p + q) + log_ratio(q, 2.0 * q, p + q));
    case SDR_COUNT_HELLINGER:
        root = sqrt(p) - sqrt(q);
        return 0.5 * root * root;
    case SDR_COUNT_VARIATION:
        return 0.5 * fabs(p - q);
    default:
        return smoothed_term(table, c, d, n, m);
    }
}

double sdr_count_term(const count_table *table, int64_t rows, int64_t drawn) {
    double own = (double)drawn, other = (double)(rows - drawn);
    double n = (double)table->n, m = (double)table->m;
    return table->is_flipped ? term(table, own, other, n, m)
                             : term(table, other, own, n, m);
}

void sdr_count_binomial(double *out, const count_block *block, double q) {
    int64_t r = block->rows, low = block->low, high = block->high;
    int64_t mode = (int64_t)((double)(r + 1) * q);
    mode = mode < low ? low : mode > high ? high : mode;
    double odds = q / (1.0 - q), sum = 1.0;
    out[mode - low] = 1.0;
    for (int64_t x = mode; x < high; x++)
        sum += out[x + 1 - low] =
            out[x - low] * ((double)(r - x) / (double)(x + 1)) * odds;
    for (int64_t x = mode; x > low; x--)
        sum += out[x - 1 - low] =
            out[x - low] * ((double)x / (double)(r - x + 1)) / odds;
    for (int64_t i = 0; i <= high - low; i++)
        out[i] /= sum;
}

/* --- blocks ----------------------------------------------------------------------- */

static int by_rows(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* Blocks of the sorted rows of cells; cells without rows are left out. */
static void lay_out_blocks(count_table *table, const int64_t *sorted) {
    int64_t first_cell = 0, first_row = 0, cells = table->shape->n_cells;
    for (int64_t i = 0, j; i < cells; i = j) {
        for (j = i + 1; j < cells && sorted[j] == sorted[i];)
            j++;
        if (sorted[i] == 0) continue;
        count_block *block = &table->blocks[table->n_blocks++];
        *block = (count_block){.rows = sorted[i],
                               .cells = j - i,
                               .first_cell = first_cell,
                               .first_row = first_row};
        first_cell += j - i;
        first_row += (j - i) * sorted[i];
    }
    table->n_cells = first_cell;
    table->total = first_row;
}

static void set_sides(count_table *table, int64_t current) {
    table->m = current;
    table->n = table->total - current;
    table->is_flipped = table->n < table->m;
    table->drawn = table->is_flipped ? table->n : table->m;
}

static void set_windows(count_table *table) {
    double q = (double)table->drawn / (double)table->total;
    for (int64_t b = 0; b < table->n_blocks; b++) {
        count_block *block = &table->blocks[b];
        double mean = (double)block->rows * q;
        double reach = REACH_SDS * sqrt(mean * (1.0 - q)) + REACH_ROWS;
        block->low = mean > reach ? (int64_t)(mean - reach) : 0;
        block->high = mean + reach < (double)block->rows ? (int64_t)(mean + reach) + 1
                                                         : block->rows;
        table->n_values += block->high - block->low + 1;
    }
}

static sdr_code allocate_values(count_table *table, sdr_error *error) {
    size_t values = (size_t)table->n_values, cells = (size_t)table->n_cells;
    table->memory = sdr_allocate(8 * (cells + 2 * values));
    if (table->memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)values);
    table->counts = table->memory;
    double *value = (double *)(table->counts + cells);
    uint32_t *pair = (uint32_t *)(value + values);
    for (int64_t b = 0; b < table->n_blocks; b++) {
        count_block *block = &table->blocks[b];
        int64_t width = block->high - block->low + 1;
        block->values = value;
        block->cuts = pair;
        block->aliases = pair + width;
        value += width;
        pair += 2 * width;
        for (int64_t i = 0; i < width; i++)
            block->values[i] = sdr_count_term(table, block->rows, block->low + i);
    }
    return SDR_OK;
}

sdr_code sdr_count_table_open(count_table *table, const sdr_count_tables *shape,
                              int64_t i, sdr_error *error) {
    size_t cells = (size_t)shape->n_cells;
    *table = (count_table){.shape = shape};
    table->blocks = sdr_allocate(cells * sizeof *table->blocks);
    int64_t *sorted = sdr_allocate(cells * sizeof *sorted);
    sdr_code code = SDR_OK;
    if (table->blocks == NULL || sorted == NULL) {
        code = sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld cells",
                             (long long)shape->n_cells);
    } else {
        memcpy(sorted, shape->rows + i * shape->n_cells, cells * sizeof *sorted);
        qsort(sorted, cells, sizeof *sorted, by_rows);
        lay_out_blocks(table, sorted);
        set_sides(table, shape->current[i]);
        set_windows(table);
        code = allocate_values(table, error);
    }
    sdr_release(sorted);
    if (code != SDR_OK) sdr_count_table_close(table);
    return code;
}

void sdr_count_table_close(count_table *table) {
    sdr_release(table->blocks);
    sdr_release(table->memory);
    *table = (count_table){0};
}
