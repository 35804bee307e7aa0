/* Counts of a few codes and ranges: the specification. */
#include "kernels/codes/value.h"

void sdr_codes_fill_scalar(sdr_codes_kernels *kernels) {
    kernels->few = count_few;
    kernels->narrow = narrow_rows;
    kernels->widen = widen_rows;
    kernels->range = range_of;
    kernels->fit = fit_rows;
    kernels->whole = whole_rows;
    kernels->pairs = count_pairs;
    kernels->join = join_codes;
    kernels->join_wide = join_wide_codes;
}
