#include "cells.h"

void sdr_cells_fill_neon(sdr_cells_kernels *kernels) {
    (void)kernels;
}
