/* A 2 x K table for its null law: cells of as many rows are one block. */
#ifndef SDR_COUNTS_BLOCKS_H
#define SDR_COUNTS_BLOCKS_H

#include "simdrift/counts.h"

/* Statistics this close, of the larger one, are ties: rounding. */
#define SDR_COUNT_SAME 1e-9

/* Cells of `rows` rows each. What is drawn is the rows of the smaller side in a cell;
 * `values` has the statistic's term of [low, high] of them, which all but 1e-17 of
 * their law lies in. */
typedef struct count_block {
    int64_t rows, cells, first_cell, first_row;
    int64_t low, high;
    double *values;
    uint32_t *cuts, *aliases; /* Walker's tables over [low, high] */
} count_block;

typedef struct count_table {
    const sdr_count_tables *shape;
    int64_t n, m, total; /* rows of reference, current, both */
    int64_t drawn;       /* rows of the smaller side */
    bool is_flipped;     /* which is the reference */
    int64_t n_blocks, n_cells, n_values;
    count_block *blocks;
    int64_t *counts; /* of cells: rows of the smaller side in an exchange */
    void *memory;
} count_table;

/* Releases with sdr_count_table_close. */
sdr_code sdr_count_table_open(count_table *table, const sdr_count_tables *shape,
                              int64_t i, sdr_error *error);
void sdr_count_table_close(count_table *table);

/* The term of a cell of so many rows, of which `drawn` are the smaller side's. */
double sdr_count_term(const count_table *table, int64_t rows, int64_t drawn);

/* Probabilities of [low, high] of the smaller side's rows in a cell of the block where
 * each row is theirs with probability q. */
void sdr_count_binomial(double *out, const count_block *block, double q);

void sdr_count_moments(sdr_count_law *out, const count_table *table, double *scratch);
sdr_code sdr_count_exchanges(sdr_count_law *out, const count_table *table,
                             double observed, double *scratch,
                             const sdr_context *context, sdr_error *error);

#endif
