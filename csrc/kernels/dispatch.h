/*
 * The dispatch table: one function pointer a kernel, filled from one ISA at load.
 *
 * A kernel family lives in kernels/<family>/: scalar.c is the specification; template.h
 * is the body written against a few vector macros, compiled by avx2.c, avx512.c and
 * neon.c with that ISA's flags; each exports `void
 * sdr_<family>_fill_<isa>(sdr_<family>_kernels *)`, which sets the pointers it
 * implements. Filling starts with scalar, so a family may leave an ISA out. Every ISA
 * must give the scalar kernel's bits.
 */
#ifndef SDR_KERNELS_DISPATCH_H
#define SDR_KERNELS_DISPATCH_H

#include "simdrift/context.h"

#include "kernels/bridge/bridge.h"
#include "kernels/buckets/buckets.h"
#include "kernels/codes/codes.h"
#include "kernels/convolve/convolve.h"
#include "kernels/histogram/histogram.h"
#include "kernels/log/log.h"
#include "kernels/moments/moments.h"
#include "kernels/products/products.h"
#include "kernels/ranks/ranks.h"
#include "kernels/rbf/rbf.h"
#include "kernels/roc/roc.h"
#include "kernels/sort/sort.h"
#include "kernels/trig_sums/trig_sums.h"

typedef struct sdr_dispatch {
    sdr_moments_kernels
        moments;               /* kernels/moments: profile blocks, pairs, read bound */
    sdr_bridge_kernels bridge; /* kernels/bridge: steps of a Brownian bridge */
    sdr_convolve_kernels convolve;   /* kernels/convolve: laws of sums */
    sdr_histogram_kernels histogram; /* kernels/histogram */
    sdr_buckets_kernels
        buckets;             /* kernels/buckets: monotone bucket map, counts, sums */
    sdr_codes_kernels codes; /* kernels/codes: counts of a few codes, ranges */
    sdr_rbf_kernels rbf;     /* kernels/rbf: Gaussian kernel, sums by labels */
    sdr_sort_kernels sort;   /* kernels/sort: splits, few keys */
    sdr_ranks_kernels ranks; /* kernels/ranks: sums over merged ranks */
    sdr_roc_kernels roc;     /* kernels/roc: scores with labels, sums over tie groups */
    sdr_log_kernels log;     /* kernels/log: logarithms, losses of probabilities */
    sdr_products_kernels products;   /* kernels/products: sums of products of columns */
    sdr_trig_sums_kernels trig_sums; /* kernels/trig_sums: characteristic functions */
} sdr_dispatch;

/* The active table. Reading is one load; sdr_isa_force replaces it whole. */
const sdr_dispatch *sdr_dispatch_active(void);

#endif
