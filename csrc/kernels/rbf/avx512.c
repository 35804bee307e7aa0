/* The Gaussian kernel with AVX-512. */
#include "kernels/rbf/template.h"

SDR_RBF_FILL(avx512)
