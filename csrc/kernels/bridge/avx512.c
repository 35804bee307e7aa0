/* A step of a bridge with AVX-512. */
#include "kernels/bridge/template.h"

SDR_BRIDGE_FILL(avx512)
