/* A walk of two sorted samples, or of a part of them, and what it has summed. */
#ifndef SDR_METRICS_RANK_WALK_H
#define SDR_METRICS_RANK_WALK_H

#include "metrics/common/samples.h"

/* A sum of blocks, with what rounding lost. */
typedef struct sdr_block_sum {
    double block, total, lost;
} sdr_block_sum;

typedef struct sdr_rank_walk {
    const sdr_sample *x, *y;
    int64_t n, m;
    int64_t i, j;         /* passed */
    int64_t low_x, low_y; /* -infinity */
    int64_t finite_n, finite_m;
    int64_t distinct;
    bool narrow; /* every product of two counts fits 64 bits */
    sdr_int128 ties, ties_x, ties_y, u2, plus, minus, squares_x, squares_y;
    sdr_block_sum ad, energy;
} sdr_rank_walk;

/* At the start, with every sum zero. */
void sdr_rank_walk_init(sdr_rank_walk *w, const sdr_sample *x, const sdr_sample *y);
/* Passes the next value of both samples; there is one. */
void sdr_rank_walk_value(sdr_rank_walk *w);
/* Adds the sums of a part; parts in ascending order. */
void sdr_rank_walk_add(sdr_rank_walk *w, const sdr_rank_walk *part);
/* Ends the block. */
void sdr_block_sum_close(sdr_block_sum *sum);
/* Walks two float64 samples in strips, on all threads of the context. */
sdr_code sdr_rank_walk_strips(sdr_rank_walk *w, const sdr_context *context,
                              sdr_error *error);

#endif
