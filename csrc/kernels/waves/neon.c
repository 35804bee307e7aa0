/* Waves with NEON: the template, compiled with this ISA's flags. */
#include "kernels/waves/template.h"

SDR_WAVES_FILL(neon)
