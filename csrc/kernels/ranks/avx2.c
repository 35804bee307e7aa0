/* The sums of merged ranks with AVX2. */
#include "kernels/ranks/template.h"

void sdr_ranks_fill_avx2(sdr_ranks_kernels *kernels) {
    kernels->sums = sums;
    kernels->distinct = distinct;
}
