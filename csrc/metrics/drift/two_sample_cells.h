/* What the passes over cells of two samples share: two_sample_cells.c, _refine.c. */
#ifndef SDR_METRICS_TWO_SAMPLE_CELLS_H
#define SDR_METRICS_TWO_SAMPLE_CELLS_H

#include <stdlib.h>

#include "metrics/common/cells.h"
#include "metrics/drift/two_sample.h"

enum { SDR_CELL_OCTAVES = 8 }; /* of w, a side of the center */

typedef struct sdr_cells_side {
    sdr_cell_source source;
    const sdr_cells_sorted *sorted; /* all rows in order, counted before; or NULL */
    const sdr_cell *table;          /* SDR_CELLS */
    const double *values; /* those that the walk takes from: sorted's, or `found` */
    sdr_cell *counted;    /* the table, where it was counted here */
    double *found;        /* values of the cells to walk: collected, then sorted */
    int64_t collected, rows;
} sdr_cells_side;

/* A finer table over the cells to walk: each is cut into 2^bits parts. */
typedef struct sdr_cells_fine {
    int bits, cells;
    int32_t *rank;     /* SDR_CELLS: a cell's place among those to walk, times 2^bits */
    sdr_cell *x, *y;   /* cells << bits parts */
    uint64_t *to_walk; /* a bit a part */
} sdr_cells_fine;

typedef struct sdr_cells_work {
    sdr_cells_side x, y;
    sdr_cell_map map;
    int first, last;        /* cells that have rows lie in between */
    double unit;            /* a t of 1 as a distance of values */
    double quanta;          /* in a value of 1 */
    int fine_from, fine_to; /* cells that may hold values finer than a quantum */
    double most_summed[SDR_CELL_OCTAVES]; /* rows of a cell whose sum is known */
    bool want_ks, want_w1;
    bool has_sums; /* the tables, of what fills them now */
    sdr_cell_ties ties;
    sdr_cell_set wanted, single; /* cells to walk; cells that hold one value */
    sdr_cell_set drawn;          /* cells that the picture wants collected */
    sdr_cell_bits *bits;         /* of cells, where ties were looked for */
    int64_t border;              /* largest |A| at a border */
    sdr_cells_fine fine;         /* rank NULL: not made */
    sdr_picture *picture;        /* NULL: none */
} sdr_cells_work;

typedef struct sdr_cells_walk {
    sdr_merge merge;
    sdr_wide total;    /* of cells of one value */
    sdr_int128 tx, ty; /* of cells that keep the sign: -s sum(x), s sum(y), in quanta */
    int64_t i, j;      /* of both sides' values, passed */
} sdr_cells_walk;

/* Every value of a cell lies in this range, which is somewhat wider than the cell. */
sdr_value_run sdr_cells_range_of(int id, const sdr_cells_work *w);
/* What the two below read, once the rows are counted. */
void sdr_cells_sums_begin(sdr_cells_work *w);
/* Whether both sums of a cell, or of a part of it,
 * can be recovered from what wrapped. */
bool sdr_cells_sums_hold(const sdr_cells_work *w, int id, int64_t count);
/* Adds -sign * sum(x) and sign * sum(y) of a cell or a part. */
void sdr_cells_add_sums(sdr_cells_walk *k, const sdr_cells_work *w, int id,
                        const sdr_cell *x, const sdr_cell *y, int sign);

/* The value of a cell that is known to hold a single one. */
double sdr_cells_single_value(const sdr_cells_work *w, int id);

static inline int64_t sdr_larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* What hx and hy rows change A by; |A| <= n * m, which 63 bits hold (compare). */
static inline int64_t sdr_cells_step(const sdr_cells_work *w, int64_t hx, int64_t hy) {
    return hx * w->y.rows - hy * w->x.rows;
}

/* Whether a part of cell `id` with these counts, entered with A = a, must be walked
 * value by value. */
bool sdr_cells_must_walk(const sdr_cells_work *w, int id, int64_t a, int64_t hx,
                         int64_t hy);
/* Walks the next hx and hy values. */
void sdr_cells_walk_values(sdr_cells_walk *k, const sdr_cells_work *w, int64_t a,
                           int64_t hx, int64_t hy);
/* Takes the sums of a part of cell `id` that keeps the sign of A. */
void sdr_cells_take_sums(sdr_cells_walk *k, const sdr_cells_work *w, int id,
                         const sdr_cell *x, const sdr_cell *y, int64_t before,
                         int64_t after);

/* Cuts the cells to walk finer and keeps of the collected values only those of parts
 * that must be walked, unsorted. */
sdr_code sdr_cells_refine(sdr_cells_work *w, const sdr_context *context,
                          sdr_error *error);
/* Walks the parts of cell `id`, entered with A = a. */
void sdr_cells_walk_parts(sdr_cells_walk *k, const sdr_cells_work *w, int id,
                          int64_t a);
void sdr_cells_fine_reset(sdr_cells_fine *fine);

/* What a picture wants collected, once the rows are counted: `drawn`. Gives it up where
 * quantiles lie in the endless cells. */
void sdr_cells_picture_want(sdr_cells_work *w);
/* Gives it up where that is much, once cells of one value are known; whether it did. */
bool sdr_cells_picture_spare(sdr_cells_work *w);
/* Fills the picture, once the cells to walk are collected. */
sdr_code sdr_cells_picture_count(sdr_cells_work *w, const sdr_context *context,
                                 sdr_error *error);

#endif
