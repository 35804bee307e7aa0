/* Convolutions with AVX-512. */
#include "kernels/convolve/template.h"

SDR_CONVOLVE_FILL(avx512)
