/* Trig sums with AVX2: the template, compiled with this ISA's flags. */
#include "kernels/trig_sums/template.h"

SDR_TRIG_SUMS_FILL(avx2)
