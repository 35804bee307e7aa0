/*
 * Kernel family "cells": a monotone map of float64 values onto 32,768 cells, and the
 * values themselves in modular fixed point.
 *
 *   t = (x - center) * inverse,  w = min(|t| + 1, last),
 *   cell = 16384 + the leading bits of w, less those of 1 (t >= 0), mirrored where
 *          t < 0.
 *
 * The bits of w >= 1 are a piecewise linear logarithm: 2,048 cells an octave, eight
 * octaves a side, so cells are narrow in the middle and wide in the tails, as densities
 * want them. Every step is one correctly rounded, monotone operation, hence x <= y
 * implies cell(x) <= cell(y), and the counts at a border of cells are exact values of
 * the ECDF. Infinities and what lies beyond 255 / inverse land in the end cells, NaN in
 * a cell of its own.
 *
 *   fixed = x * 2^quantum mod 2^64: the mantissa, shifted.
 *
 * Sums of it wrap and are still right, as long as the true sum of a cell is known to
 * within 2^63 from elsewhere (its place and its count). Values that are no multiple of
 * 2^-quantum give anything.
 */
#ifndef SDR_KERNELS_CELLS_H
#define SDR_KERNELS_CELLS_H

#include <stdint.h>

enum {
    SDR_CELLS = 32768,
    SDR_CELL_FIRST = 1,      /* from -infinity */
    SDR_CELL_MIDDLE = 16384, /* the first with t >= 0 */
    SDR_CELL_LAST = 32766,   /* to +infinity */
    SDR_CELL_MISSING = 32767,
    SDR_CELL_SHIFT = 41, /* 52 bits of mantissa less 11: 2,048 cells an octave */
    SDR_CELL_BIAS = 1023 << 11,
    SDR_CELL_MOST_BITS = 12 /* further bits of w may be rounding of x - center */
};

typedef struct sdr_cell_map {
    double center, inverse; /* inverse: finite, positive */
    int quantum;
} sdr_cell_map;

/* Cells low, ..., low + width. */
typedef struct sdr_cell_run {
    uint16_t low, width;
} sdr_cell_run;

enum { SDR_CELL_RUNS = 16 }; /* at most; a compare of a batch of ids each */

/* Values low <= x <= high. */
typedef struct sdr_value_run {
    double low, high;
} sdr_value_run;

enum { SDR_SELECT_SLACK = 8 };

typedef struct sdr_cells_kernels {
    /* ids[i] = cell of values[i]; any n >= 0 */
    void (*map)(uint16_t *ids, const double *values, int64_t n,
                const sdr_cell_map *map);
    /* and fixed[i] = values[i] in fixed point */
    void (*map_fixed)(uint16_t *ids, uint64_t *fixed, const double *values, int64_t n,
                      const sdr_cell_map *map);
    /* parts[i] = cell * 2^bits + the next `bits` <= SDR_CELL_MOST_BITS bits of w: cells
     * cut finer, in order. Values are not NaN. */
    void (*parts)(uint32_t *parts, const double *values, int64_t n,
                  const sdr_cell_map *map, int bits);
    /* Copies the values whose cell lies in a run to out (room for n), in order; how
     * many. */
    int64_t (*select)(double *out, const uint16_t *ids, const double *values, int64_t n,
                      const sdr_cell_run *runs, int n_runs);
    /* The same by value: needs no ids. Room for SDR_SELECT_SLACK more than n. */
    int64_t (*between)(double *out, const double *values, int64_t n, sdr_value_run run);
} sdr_cells_kernels;

void sdr_cells_fill_scalar(sdr_cells_kernels *kernels);
void sdr_cells_fill_avx2(sdr_cells_kernels *kernels);
void sdr_cells_fill_avx512(sdr_cells_kernels *kernels);
void sdr_cells_fill_neon(sdr_cells_kernels *kernels);

#endif
