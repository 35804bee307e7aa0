/* The Gaussian kernel with AVX2. */
#include "kernels/rbf/template.h"

SDR_RBF_FILL(avx2)
