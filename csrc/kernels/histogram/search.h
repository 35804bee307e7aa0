/* The tree of edges that the vector kernels descend, and the scalar count of a rest. */
#ifndef SDR_KERNELS_HISTOGRAM_SEARCH_H
#define SDR_KERNELS_HISTOGRAM_SEARCH_H

#include "kernels/histogram/histogram.h"

#include <math.h>
#include <string.h>

enum { MAX_LEVELS = 5, STEP = 32 /* values a search takes */ };

/* Edges of level k (0 first), indexed by the k decisions before it; repeated to 16. */
typedef struct edge_tree {
    _Alignas(64) double level[MAX_LEVELS][16];
    int levels;
} edge_tree;

/* The low `bits` bits of x in reverse order. */
static inline int reversed(int x, int bits) {
    int result = 0;
    for (int i = 0; i < bits; i++)
        result |= (x >> i & 1) << (bits - 1 - i);
    return result;
}

static inline void tree_build(edge_tree *tree, const double *edges, int64_t n_edges) {
    int levels = 1;
    while ((1 << levels) <= n_edges)
        levels++;
    tree->levels = levels;
    for (int k = 0; k < levels; k++) {
        int half = 1 << (levels - 1 - k);
        for (int r = 0; r < 16; r++) {
            int edge = reversed(r, k) * 2 * half + half - 1;
            tree->level[k][r] = edge < n_edges ? edges[edge] : NAN;
        }
    }
}

/* How many of the n edges are <= x: a branch-free binary search. It keeps the half that
 * holds the answer: ceil(log2(n + 1)) steps, none of them a guess. */
static inline int64_t sdr_histogram_cell(const double *edges, int64_t n, double x) {
    int64_t cell = 0;
    while (n > 0) {
        int64_t half = (n + 1) / 2;
        cell += edges[cell + half - 1] <= x ? half : 0;
        n -= half;
    }
    return cell;
}

static inline void sdr_histogram_count(int64_t *counts, const double *edges,
                                       int64_t n_edges, const double *values,
                                       int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (values[i] == values[i])
            counts[sdr_histogram_cell(edges, n_edges, values[i])]++;
}

/* Eight kilobytes ahead; may lie beyond the buffer, a prefetch never faults. */
static inline void search_prefetch(const double *values) {
    __builtin_prefetch((const void *)((uintptr_t)values + 8192), 0, 3);
}

#endif
