/* Histogram, the specification: a binary search for each value (search.h). */
#include "kernels/histogram/search.h"

void sdr_histogram_fill_scalar(sdr_histogram_kernels *kernels) {
    kernels->small = sdr_histogram_count;
    kernels->large = sdr_histogram_count;
}
