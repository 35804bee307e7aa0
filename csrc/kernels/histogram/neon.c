/* Histogram with NEON: the grid for many edges, the specification's search for few. */
#include "kernels/histogram/grid.h"

static void count(int64_t *counts, const sdr_histogram_plan *plan, const double *values,
                  int64_t n) {
    if (plan->starts != NULL)
        sdr_histogram_grid(counts, plan, values, n);
    else
        sdr_histogram_search(counts, plan, values, n);
}

void sdr_histogram_fill_neon(sdr_histogram_kernels *kernels) {
    kernels->count = count;
}
