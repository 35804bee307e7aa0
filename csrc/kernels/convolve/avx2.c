/* Convolutions with AVX2. */
#include "kernels/convolve/template.h"

SDR_CONVOLVE_FILL(avx2)
