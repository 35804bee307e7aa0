#include "cells.h"

void sdr_cells_fill_avx2(sdr_cells_kernels *kernels) {
    (void)kernels;
}
