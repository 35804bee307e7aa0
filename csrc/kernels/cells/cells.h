/*
 * Kernel family "cells": a monotone map of float64 values onto a few ten thousand
 * cells, and what is counted, summed or collected by cell.
 */
#ifndef SDR_KERNELS_CELLS_H
#define SDR_KERNELS_CELLS_H

#include <stdint.h>

typedef struct sdr_cells_kernels {
    int unused;
} sdr_cells_kernels;

void sdr_cells_fill_scalar(sdr_cells_kernels *kernels);
void sdr_cells_fill_avx2(sdr_cells_kernels *kernels);
void sdr_cells_fill_avx512(sdr_cells_kernels *kernels);
void sdr_cells_fill_neon(sdr_cells_kernels *kernels);

#endif
