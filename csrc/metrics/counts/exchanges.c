/*
 * Random exchanges of rows of a table.
 *
 * Rows of the smaller side are a random subset of all rows. Given how many rows have
 * been chosen, each on its own with one probability, every subset of that size is as
 * likely: so cells draw binomial numbers (Walker's alias tables, one a block), with a
 * probability somewhat too small, and the rows that lack are drawn one by one. Of a side
 * of few rows, all are drawn one by one.
 */
#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "metrics/common/exact.h"
#include "metrics/counts/blocks.h"

enum {
    SEED = 7,
    SPARE_SDS = 2,        /* by which the binomial sum is expected to lie too low */
    ROWS_A_CELL = 3,      /* fewer rows than cells / this: drawn one by one */
    EXCHANGES_A_POLL = 64 /* between two looks at the clock */
};

static uint64_t random_bits(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* A number below n, by the high half of a product: the bias is below n / 2^64. */
static int64_t random_below(uint64_t *state, int64_t n) {
    return (int64_t)((sdr_uint128)random_bits(state) * (uint64_t)n >> 64);
}

/* --- alias tables ----------------------------------------------------------------- */

/* Of a law of `width` probabilities; `law` is used up, `order` is scratch. */
static void fill_aliases(count_block *block, double *law, int64_t *order) {
    int64_t width = block->high - block->low + 1, small = 0, large = width;
    for (int64_t i = 0; i < width; i++) {
        law[i] *= (double)width;
        if (law[i] < 1.0)
            order[small++] = i;
        else
            order[--large] = i;
    }
    while (small > 0 && large < width) {
        int64_t from = order[--small], to = order[large];
        block->cuts[from] = (uint32_t)(law[from] * 4294967295.0);
        block->aliases[from] = (uint32_t)to;
        law[to] -= 1.0 - law[from];
        if (law[to] < 1.0) {
            order[small++] = to;
            large++;
        }
    }
    while (small > 0 || large < width) {
        int64_t rest = small > 0 ? order[--small] : order[large++];
        block->cuts[rest] = UINT32_MAX;
        block->aliases[rest] = (uint32_t)rest;
    }
}

static int64_t draw_alias(const count_block *block, uint64_t *state) {
    uint64_t bits = random_bits(state);
    uint64_t width = (uint64_t)(block->high - block->low + 1);
    uint64_t i = (bits >> 32) * width >> 32;
    return (uint32_t)bits <= block->cuts[i] ? (int64_t)i : (int64_t)block->aliases[i];
}

/* --- one exchange ----------------------------------------------------------------- */

typedef struct exchange {
    const count_table *table;
    uint64_t state;
    int64_t rows; /* of the smaller side so far */
    double value; /* of the statistic so far */
} exchange;

static double value_of(const count_table *table, const count_block *block, int64_t x) {
    if (x >= block->low && x <= block->high) return block->values[x - block->low];
    return sdr_count_term(table, block->rows, x);
}

static const count_block *block_of(const count_table *table, int64_t row) {
    int64_t low = 0, high = table->n_blocks - 1;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (table->blocks[middle].first_row <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return &table->blocks[low];
}

/* Draws rows until one can change sides: to the smaller side, or from it. In each cell
 * the first ones are the smaller side's. */
static void move_row(exchange *e, int step) {
    for (;;) {
        int64_t row = random_below(&e->state, e->table->total);
        const count_block *block = block_of(e->table, row);
        int64_t place = row - block->first_row;
        int64_t *count = &e->table->counts[block->first_cell + place / block->rows];
        if ((place % block->rows >= *count) != (step > 0)) continue;
        e->value -= value_of(e->table, block, *count);
        *count += step;
        e->value += value_of(e->table, block, *count);
        e->rows += step;
        return;
    }
}

static void draw_cells(exchange *e) {
    const count_table *table = e->table;
    for (int64_t b = 0; b < table->n_blocks; b++) {
        const count_block *block = &table->blocks[b];
        int64_t *counts = table->counts + block->first_cell, rows = 0;
        double value = 0.0;
        for (int64_t i = 0; i < block->cells; i++) {
            int64_t drawn = draw_alias(block, &e->state);
            counts[i] = block->low + drawn;
            rows += counts[i];
            value += block->values[drawn];
        }
        e->rows += rows;
        e->value += value;
    }
}

static double sum_of_cells(const count_table *table) {
    double value = 0.0;
    for (int64_t b = 0; b < table->n_blocks; b++)
        for (int64_t i = 0; i < table->blocks[b].cells; i++)
            value += value_of(table, &table->blocks[b],
                              table->counts[table->blocks[b].first_cell + i]);
    return value;
}

typedef struct plan {
    bool one_by_one;
    bool sums_at_the_end; /* terms may be infinite */
    double start;         /* the statistic where the smaller side has no rows */
} plan;

static double exchanged(exchange *e, const plan *plan) {
    const count_table *table = e->table;
    e->rows = 0;
    e->value = plan->start;
    if (plan->one_by_one)
        memset(table->counts, 0, (size_t)table->n_cells * sizeof *table->counts);
    else
        draw_cells(e);
    while (e->rows < table->drawn)
        move_row(e, 1);
    while (e->rows > table->drawn)
        move_row(e, -1);
    return plan->sums_at_the_end ? sum_of_cells(table) : e->value;
}

/* --- all of them ------------------------------------------------------------------ */

static plan plan_of(const count_table *table) {
    const sdr_count_tables *shape = table->shape;
    plan plan = {.one_by_one = table->drawn <= table->n_cells / ROWS_A_CELL + 16,
                 .sums_at_the_end =
                     shape->smoothing == 0.0 && (shape->statistic == SDR_COUNT_PSI ||
                                                 shape->statistic == SDR_COUNT_KL)};
    for (int64_t b = 0; plan.one_by_one && b < table->n_blocks; b++)
        plan.start += (double)table->blocks[b].cells *
                      sdr_count_term(table, table->blocks[b].rows, 0);
    return plan;
}

static void fill_all_aliases(const count_table *table, double *scratch) {
    double rows = (double)table->drawn, total = (double)table->total;
    double spare = SPARE_SDS * sqrt(rows * (1.0 - rows / total));
    double q = rows > 2.0 * spare ? (rows - spare) / total : 0.5 * rows / total;
    for (int64_t b = 0; b < table->n_blocks; b++) {
        count_block *block = &table->blocks[b];
        sdr_count_binomial(scratch, block, q);
        fill_aliases(block, scratch, (int64_t *)scratch + block->high - block->low + 1);
    }
}

sdr_code sdr_count_exchanges(sdr_count_law *out, const count_table *table,
                             double observed, double *scratch,
                             const sdr_context *context, sdr_error *error) {
    const sdr_count_tables *shape = table->shape;
    plan plan = plan_of(table);
    if (!plan.one_by_one) fill_all_aliases(table, scratch);
    exchange e = {.table = table, .state = SEED};
    int64_t reached = 0, done = 0;
    double bound = observed - SDR_COUNT_SAME * fabs(observed);
    while (done < shape->most && reached < shape->enough) {
        reached += !(exchanged(&e, &plan) < bound);
        if (++done % EXCHANGES_A_POLL == 0)
            SDR_TRY(sdr_poll(context, done, shape->most, error));
    }
    out->exchanges = done;
    out->p_value = reached >= shape->enough
                       ? (double)reached / (double)done
                       : (1.0 + (double)reached) / (1.0 + (double)done);
    return SDR_OK;
}
