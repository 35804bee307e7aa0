/* Sums of products with AVX2: the template, compiled with this ISA's flags. */
#include "kernels/products/template.h"

SDR_PRODUCTS_FILL(avx2)
