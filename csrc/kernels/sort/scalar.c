/* Splitting and few keys, one at a time: the specification that every ISA equals. */
#include "kernels/sort/value.h"

enum { MOST = 16 }; /* more are not worth an insertion sort */

void sdr_sort_fill_scalar(sdr_sort_kernels *kernels) {
    kernels->f64 =
        (sdr_sort_order){insert_values_f64, split_values_f64, split_far_values_f64};
    kernels->i64 =
        (sdr_sort_order){insert_values_i64, split_values_i64, split_far_values_i64};
    kernels->most = MOST;
    kernels->is_fastest = false;
}
