/* Moments with AVX-512: the template, compiled with this ISA's flags. */
#include "kernels/moments/template.h"

SDR_MOMENTS_FILL(avx512)
