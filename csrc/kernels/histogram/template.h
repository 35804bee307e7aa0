/*
 * Histogram of up to 31 edges on vectors; compiled by avx2.c and avx512.c, which give
 * `search`: the cells of STEP values as STEP / 2 pairs. scalar.c says what it computes.
 *
 * Search. The edges, padded with NaN (which no value reaches), form a perfect tree of 1
 * to 5 levels, held in registers. A value's way down is a number r, its first decision
 * the lowest bit: the next edge is then a permutation of one register by r, whatever
 * the higher bits hold. r is the cell with its bits reversed; only the totals are put
 * into order.
 *
 * Counting. Two values make one index r_a + 32 r_b into a table of 1024 counters: one
 * increment for both. TABLES of them take turns, so that equal
 * values in a row do not wait for each other's store. At the end of a block the rows'
 * and the columns' sums are the counts. 16 bits hold them: a block has 2048 pairs.
 *
 * NaN goes down to r = 0 with the smallest values and is subtracted there. It shows in
 * the sum of all values (so may inf - inf: then nothing is found); only then it is
 * counted.
 */
#include "kernels/histogram/search.h"

enum {
    CELLS = 1 << MAX_LEVELS,
    TABLES = 2,
    SHORT_ROWS = 256 /* below, summing the tables up costs more than it saves */
};

typedef struct pair_tables {
    _Alignas(64) uint16_t counts[TABLES][CELLS][CELLS]; /* [r_b][r_a] */
} pair_tables;

/* Adds the pair tables' sums, without the NaN, to the counts. */
static void tables_add(int64_t *counts, int64_t n_edges, const pair_tables *t,
                       int levels, int64_t nan) {
    uint16_t columns[CELLS] = {0}, rows[CELLS];
    for (int b = 0; b < CELLS; b++) {
        uint16_t row = 0;
        for (int a = 0; a < CELLS; a++) {
            uint16_t sum = 0;
            for (int table = 0; table < TABLES; table++)
                sum = (uint16_t)(sum + t->counts[table][b][a]);
            columns[a] = (uint16_t)(columns[a] + sum);
            row = (uint16_t)(row + sum);
        }
        rows[b] = row;
    }
    for (int cell = 0; cell <= n_edges; cell++) {
        int r = reversed(cell, levels);
        counts[cell] += columns[r] + rows[r];
    }
    counts[0] -= nan;
}

static int64_t count_nan(const double *values, int64_t n) {
    int64_t nan = 0;
    for (int64_t i = 0; i < n; i++)
        nan += values[i] != values[i];
    return nan;
}

/* Counts n values, a multiple of STEP; returns how many were NaN. */
static inline int64_t count_pairs(pair_tables *t, const edge_tree *tree, int levels,
                                  const double *values, int64_t n) {
    search_state state = search_begin(tree);
    for (int64_t i = 0; i < n; i += STEP) {
        uint32_t pairs[STEP / 2];
        search(pairs, &state, levels, values + i);
#pragma GCC unroll 16
        for (int j = 0; j < STEP / 2; j++)
            ((uint16_t *)t->counts[j % TABLES])[pairs[j]]++;
    }
    return search_saw_nan(&state) ? count_nan(values, n) : 0;
}

static void small(int64_t *counts, const double *edges, int64_t n_edges,
                  const double *values, int64_t n) {
    int64_t full = n < SHORT_ROWS ? 0 : n - n % STEP;
    if (full > 0) {
        pair_tables t;
        edge_tree tree = {.levels = 0};
        memset(&t, 0, sizeof t);
        tree_build(&tree, edges, n_edges);
        int64_t nan;
        switch (tree.levels) { /* a constant in each: the levels are unrolled */
        case 5:
            nan = count_pairs(&t, &tree, 5, values, full);
            break;
        case 4:
            nan = count_pairs(&t, &tree, 4, values, full);
            break;
        case 3:
            nan = count_pairs(&t, &tree, 3, values, full);
            break;
        case 2:
            nan = count_pairs(&t, &tree, 2, values, full);
            break;
        default:
            nan = count_pairs(&t, &tree, 1, values, full);
            break;
        }
        tables_add(counts, n_edges, &t, tree.levels, nan);
    }
    sdr_histogram_count(counts, edges, n_edges, values + full, n - full);
}
