/* Sums of products with NEON: the template, compiled with this ISA's flags. */
#include "kernels/products/template.h"

SDR_PRODUCTS_FILL(neon)
