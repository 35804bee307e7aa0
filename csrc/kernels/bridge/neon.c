/* A step of a bridge with NEON. */
#include "kernels/bridge/template.h"

SDR_BRIDGE_FILL(neon)
