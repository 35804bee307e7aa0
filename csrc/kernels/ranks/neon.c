/* The sums of merged ranks with NEON. */
#include "kernels/ranks/template.h"

void sdr_ranks_fill_neon(sdr_ranks_kernels *kernels) {
    kernels->sums = sums;
    kernels->distinct = distinct;
}
