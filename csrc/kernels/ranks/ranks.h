/*
 * Kernel family "ranks": the sums that rank statistics take over a block of merged
 * ranks of two sorted samples, x of n rows and y of m, N = n + m.
 *
 * A block has at most SDR_RANKS_BLOCK ranks. Of its values in ascending order, with tx
 * and ty rows at a value, t = tx + ty, and i x and j y of the block before it:
 *
 *   across_y  = sum ty (2 i + tx)       squares_y = sum ty (2 i + tx)^2
 *   across_x  = sum tx (2 j + ty)       squares_x = sum tx (2 j + ty)^2
 *   cubes_x   = sum tx^3 - tx           cubes_y, ties: of ty, of t
 *   most, least: of a = i N - p n with i x in p rows passed, over all values
 *   darling   = sum t d^2 / (b (2 N - b) - N t), d = 2 A + a before + a after,
 *               b = twice the rows below the value and t
 *   energy    = sum ((H + h) / (n' m'))^2 (next value - value), h as a but of the
 *               finite rows n', m'
 *
 * All but the last two are whole numbers below 2^53: exact, in any order. Those two run
 * in eight lanes, value k in lane k mod 8, and the lanes are added as a tree of pairs.
 */
#ifndef SDR_KERNELS_RANKS_H
#define SDR_KERNELS_RANKS_H

#include <stdint.h>

enum { SDR_RANKS_BLOCK = 1024, SDR_RANKS_LANES = 8 };

typedef struct sdr_rank_block {
    int64_t count;           /* values to sum over; there is one more */
    const double *values;    /* ascending, distinct */
    const int32_t *passed;   /* rows of the block before value k: [0] = 0, of both */
    const int32_t *passed_x; /* of x */
    double n, total;         /* n, N */
    double start;            /* A: i N - p n of all rows before the block */
    double below2;           /* twice the rows before the block */
    double finite_n, finite_total;
    double height, inverse; /* H; 1 / (n' m') */
} sdr_rank_block;

typedef struct sdr_rank_sums {
    double across_x, across_y, squares_x, squares_y, cubes_x, cubes_y, ties;
    double most, least; /* 0 at the block's start */
    double darling, energy;
} sdr_rank_sums;

typedef struct sdr_ranks_kernels {
    void (*sums)(sdr_rank_sums *out, const sdr_rank_block *block);
    /* How many of n ascending values are distinct. Where fewer than n: values[k] is the
     * k-th of them, passed and passed_x [k + 1] the rows up to it. */
    int64_t (*distinct)(double *values, int32_t *passed, int32_t *passed_x, int64_t n);
} sdr_ranks_kernels;

void sdr_ranks_fill_scalar(sdr_ranks_kernels *kernels);
void sdr_ranks_fill_avx2(sdr_ranks_kernels *kernels);
void sdr_ranks_fill_avx512(sdr_ranks_kernels *kernels);
void sdr_ranks_fill_neon(sdr_ranks_kernels *kernels);

#endif
