/* Histogram, the specification: a binary search for each value (search.h). */
#include "kernels/histogram/search.h"

static void count(int64_t *counts, const sdr_histogram_plan *plan, const double *values,
                  int64_t n) {
    sdr_histogram_search(counts, plan, values, n);
}

void sdr_histogram_fill_scalar(sdr_histogram_kernels *kernels) {
    kernels->count = count;
}
