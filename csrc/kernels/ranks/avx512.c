/* The sums of merged ranks with AVX-512. */
#include "kernels/ranks/template.h"

void sdr_ranks_fill_avx512(sdr_ranks_kernels *kernels) {
    kernels->sums = sums;
    kernels->distinct = distinct;
}
