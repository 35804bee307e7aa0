/* The Gaussian kernel with NEON. */
#include "kernels/rbf/template.h"

SDR_RBF_FILL(neon)
