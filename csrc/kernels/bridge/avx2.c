/* A step of a bridge with AVX2. */
#include "kernels/bridge/template.h"

SDR_BRIDGE_FILL(avx2)
