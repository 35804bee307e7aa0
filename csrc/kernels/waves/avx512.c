/* Waves with AVX-512: the template, compiled with this ISA's flags. */
#include "kernels/waves/template.h"

SDR_WAVES_FILL(avx512)
