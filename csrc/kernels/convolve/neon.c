/* Convolutions with NEON. */
#include "kernels/convolve/template.h"

SDR_CONVOLVE_FILL(neon)
