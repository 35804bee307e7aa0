/*
 * Histogram on vectors: the tree of up to 31 edges (more: grid.h); compiled by avx2.c
 * and avx512.c, which give `search`: the bins of STEP values as STEP / 2 pairs.
 * scalar.c says what it computes.
 *
 * Search. The edges, padded with NaN (which no value reaches), form a perfect tree of 1
 * to 5 levels, held in registers. A value's way down is a number r, its first decision
 * the lowest bit: the next edge is then a permutation of one register by r, whatever
 * the higher bits hold. r is the bin with its bits reversed; only the totals are put
 * into order.
 *
 * Counting. Two values make one index r_a + bins * r_b into a table of bins^2
 * counters: one increment for both. Several tables take turns, so that equal values in
 * a row do not wait for each other's store; 4 KiB hold two of 32 bins, eight of fewer.
 * At the end of a block the rows' and the columns' sums are the counts. 16 bits hold
 * them: a block has 2048 pairs.
 *
 * NaN goes down to r = 0 with the smallest values and is subtracted there. It shows in
 * the sum of all values (so may inf - inf: then nothing is found); only then it is
 * counted.
 */
#include "kernels/histogram/grid.h"

#include <string.h>

enum {
    COUNTERS = 2048,
    MOST_TABLES = 8,
    SHORT_ROWS = 256 /* below, summing the tables up costs more than it saves */
};

static inline int tables_of(int levels) {
    int tables = COUNTERS >> 2 * levels;
    return tables < MOST_TABLES ? tables : MOST_TABLES;
}

/* Rows' and columns' sums of the tables: sums[r] values have gone down as r. */
static inline void tables_sum(uint16_t *sums, const uint16_t *counters, int levels) {
    int bins = 1 << levels, tables = tables_of(levels);
    memset(sums, 0, (size_t)bins * sizeof *sums);
    for (int b = 0; b < bins; b++) {
        uint16_t row = 0;
        for (int a = 0; a < bins; a++) {
            uint16_t sum = 0;
            for (int table = 0; table < tables; table++)
                sum = (uint16_t)(sum + counters[(table * bins + b) * bins + a]);
            sums[a] = (uint16_t)(sums[a] + sum);
            row = (uint16_t)(row + sum);
        }
        sums[b] = (uint16_t)(sums[b] + row);
    }
}

static int64_t count_nan(const double *values, int64_t n) {
    int64_t nan = 0;
    for (int64_t i = 0; i < n; i++)
        nan += values[i] != values[i];
    return nan;
}

/* Counts n values, a multiple of STEP, by their ways down;
 * returns how many were NaN. */
static inline int64_t count_ways(uint16_t *sums, const sdr_histogram_plan *plan,
                                 int levels, const double *values, int64_t n) {
    _Alignas(64) uint16_t counters[COUNTERS];
    memset(counters, 0, sizeof counters);
    search_state state = search_begin(plan);
    int tables = tables_of(levels);
    for (int64_t i = 0; i < n; i += STEP) {
        uint32_t pairs[STEP / 2];
        search(pairs, &state, levels, values + i);
        /* pairs go through memory: compilers would take the vector apart, which costs
         * more than the loads */
        __asm__ volatile("" : : "r"(pairs) : "memory");
#pragma GCC unroll 16
        for (int j = 0; j < STEP / 2; j++)
            counters[(j % tables << 2 * levels) + (int)pairs[j]]++;
    }
    tables_sum(sums, counters, levels);
    return search_saw_nan(&state) ? count_nan(values, n) : 0;
}

/* The levels are a constant in each: loops over them are unrolled. */
static int64_t count_tree(uint16_t *sums, const sdr_histogram_plan *plan,
                          const double *values, int64_t n) {
    switch (plan->levels) {
    case 5:
        return count_ways(sums, plan, 5, values, n);
    case 4:
        return count_ways(sums, plan, 4, values, n);
    case 3:
        return count_ways(sums, plan, 3, values, n);
    case 2:
        return count_ways(sums, plan, 2, values, n);
    default:
        return count_ways(sums, plan, 1, values, n);
    }
}

static void add_sums(int64_t *counts, const sdr_histogram_plan *plan,
                     const uint16_t *sums, int64_t nan) {
    for (int bin = 0; bin <= plan->n_edges; bin++) {
        int r = 0; /* the bin's bits in reverse order */
        for (int bit = 0; bit < plan->levels; bit++)
            r |= (bin >> bit & 1) << (plan->levels - 1 - bit);
        counts[bin] += sums[r];
    }
    counts[0] -= nan;
}

static void count(int64_t *counts, const sdr_histogram_plan *plan, const double *values,
                  int64_t n) {
    if (plan->starts != NULL) {
        sdr_histogram_grid(counts, plan, values, n);
        return;
    }
    int64_t full = n < SHORT_ROWS ? 0 : n - n % STEP;
    if (full > 0) {
        uint16_t sums[1 << SDR_HISTOGRAM_LEVELS];
        int64_t nan = count_tree(sums, plan, values, full);
        add_sums(counts, plan, sums, nan);
    }
    sdr_histogram_search(counts, plan, values + full, n - full);
}
