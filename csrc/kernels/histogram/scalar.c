/*
 * Histogram, the specification: a branch-free binary search for each value.
 *
 * The search keeps the half that holds the answer: `cell += step` where the edge at the
 * end of the lower half is <= x. ceil(log2(n_edges + 1)) steps, none of them a guess.
 */
#include "kernels/histogram/histogram.h"

/* How many of the n edges are <= x. */
static int64_t cell_of(const double *edges, int64_t n, double x) {
    int64_t cell = 0;
    while (n > 0) {
        int64_t half = (n + 1) / 2;
        cell += edges[cell + half - 1] <= x ? half : 0;
        n -= half;
    }
    return cell;
}

static void count(int64_t *counts, const double *edges, int64_t n_edges,
                  const double *values, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (values[i] == values[i]) counts[cell_of(edges, n_edges, values[i])]++;
}

void sdr_histogram_fill_scalar(sdr_histogram_kernels *kernels) {
    kernels->small = count;
    kernels->large = count;
}
