/*
 * Passes over a column by cell: what lies between two cells of a monotone map is
 * counted and summed exactly, and only the cells that matter are collected and sorted.
 *
 * Determinism: counts and wrapping sums are integers, and collected values are sorted
 * by who asked for them, so neither threads nor ISA nor the sample behind the map can
 * change a bit.
 */
#ifndef SDR_METRICS_CELLS_H
#define SDR_METRICS_CELLS_H

#include "kernels/cells/cells.h"
#include "simdrift/view.h"

/* Which rows of a column are taken, and as what. */
typedef enum sdr_cell_rows {
    SDR_CELL_ROWS_ALL,      /* that are neither null nor NaN */
    SDR_CELL_ROWS_FINITE,   /* nor infinite */
    SDR_CELL_ROWS_DEVIATION /* |row - center|, where finite */
} sdr_cell_rows;

/* Rows of a column as float64 less `base`; the others are missing. */
typedef struct sdr_cell_source {
    const sdr_column *column;
    int64_t base;
    sdr_cell_rows rows;
    double center;
} sdr_cell_source;

/* Whether a sample repeats values: some of them, so that cells may well hold a single
 * one, or so many that nearly all cells do. */
typedef enum sdr_cell_ties {
    SDR_CELL_TIES_FEW,
    SDR_CELL_TIES_SOME,
    SDR_CELL_TIES_MOST
} sdr_cell_ties;

/* Rows [start, start + n), n <= SDR_BLOCK_ROWS, the missing ones NaN: in scratch, or
 * where the column has them. */
const double *sdr_cell_source_load(const sdr_cell_source *source, int64_t start,
                                   int64_t n, double *scratch);

typedef struct sdr_cell {
    uint64_t sum; /* of values in fixed point, modulo 2^64 */
    int64_t count;
} sdr_cell;

typedef struct sdr_cell_set {
    uint64_t words[SDR_CELLS / 64];
} sdr_cell_set;

static inline bool sdr_cell_set_has(const sdr_cell_set *set, int id) {
    return set->words[id >> 6] >> (id & 63) & 1;
}
static inline void sdr_cell_set_add(sdr_cell_set *set, int id) {
    set->words[id >> 6] |= UINT64_C(1) << (id & 63);
}

/* The set as runs; false where it has more than SDR_CELL_RUNS. */
bool sdr_cell_set_runs(sdr_cell_run *runs, int *n_runs, const sdr_cell_set *set);

/* A run of cells as its smallest and largest value;
 * none where no value has its cells. */
sdr_value_run sdr_cell_run_values(sdr_cell_run run, const sdr_cell_map *map);

/* Rows in ascending order, NaN left out, and what counting them gave: made once. */
typedef struct sdr_cells_sorted {
    const double *values;
    int64_t n;
    sdr_cell_map map;
    sdr_cell_ties ties;
    sdr_cell *table; /* counts and sums */
} sdr_cells_sorted;

/* Bits that all values of a cell share: a cell holds one value where all == any. */
typedef struct sdr_cell_bits {
    uint64_t all, any; /* AND and OR of the values' bits; all > any: no value */
} sdr_cell_bits;

/* Of SDR_CELLS cells without a value. */
sdr_code sdr_cell_bits_new(sdr_cell_bits **out, sdr_error *error);

/* A map for these columns, from a sample of each: center and scale from its quartiles,
 * quantum so that sums of some `rows` rows stay in their bounds. */
sdr_code sdr_cells_choose(sdr_cell_map *map, sdr_cell_ties *ties,
                          const sdr_cell_source *sources, int n, sdr_error *error);
/* Counts (and, where with_sums, sums) by cell into table[SDR_CELLS], zeroed here. */
sdr_code sdr_cells_count(sdr_cell *table, bool with_sums, const sdr_cell_source *source,
                         const sdr_cell_map *map, const sdr_context *context,
                         sdr_error *error);
/* Counts by cell, and adds the values of all cells to bits[SDR_CELLS]: one pass, and
 * fast where the ties are most. A cell of several values gets bits that differ. */
sdr_code sdr_cells_count_ties(sdr_cell *table, sdr_cell_bits *bits,
                              const sdr_cell_source *source, const sdr_cell_map *map,
                              const sdr_context *context, sdr_error *error);
/* Counts `values`, sorted, which must outlive it, with a map of their own. */
sdr_code sdr_cells_sorted_init(sdr_cells_sorted *out, const double *values, int64_t n,
                               const sdr_context *context, sdr_error *error);
void sdr_cells_sorted_reset(sdr_cells_sorted *sorted);
/* Adds the values of the cells in `wanted` to bits[SDR_CELLS]. */
sdr_code sdr_cells_share(sdr_cell_bits *bits, const sdr_cell_set *wanted,
                         const sdr_cell_source *source, const sdr_cell_map *map,
                         const sdr_context *context, sdr_error *error);
/* The same of sorted rows, of all cells: the first and the last of each tell. */
void sdr_cells_share_sorted(sdr_cell_bits *bits, const sdr_cells_sorted *sorted);
/* The values in the cells of `wanted`, in any order: as many as were counted, `room`,
 * else the rows have changed, SDR_INVALID_COLUMN. `few`: hardly any row is wanted. */
sdr_code sdr_cells_collect(double *out, int64_t room, const sdr_cell_set *wanted,
                           bool few, const sdr_cell_source *source,
                           const sdr_cell_map *map, const sdr_context *context,
                           sdr_error *error);

#endif
