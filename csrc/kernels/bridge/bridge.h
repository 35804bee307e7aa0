/*
 * Kernel family "bridge": one step back of the recursion for the probability that a
 * Brownian bridge leaves (-c, c), seen at the ends of steps (metrics/drift/ks_steps.c).
 *
 * Of a bridge at x before the step and at y behind it,
 *
 *     kept(x) = sum over nodes y of density(y) (cross + (1 - cross) ahead(y)),
 *     density(y) = weight exp(-(y - left x)^2 / (2 width^2)),
 *
 * cross being the probability that a bridge from x to y has left (-bound, bound) on its
 * way, by the reflection principle: of each pair of images,
 *
 *     exp(-2 (odd - x) (odd - y) / step) + exp(-2 (odd + x) (odd + y) / step)
 *     - exp(-2 even (even + (y - x)) / step) - exp(-2 even (even - (y - x)) / step),
 *
 * odd = (2 k + 1) bound, even = (2 k + 2) bound. Nodes are added in eight lanes, node i
 * in lane i mod 8, which are combined as everywhere.
 */
#ifndef SDR_KERNELS_BRIDGE_H
#define SDR_KERNELS_BRIDGE_H

#include <stdint.h>

enum { SDR_BRIDGE_LANES = 8 };

typedef struct sdr_bridge_step {
    int64_t n; /* nodes: a multiple of 8, the last ones with a weight of 0 */
    const double *y, *weights, *ahead;
    double left;
    double density_rate; /* -1 / (2 width^2) */
    int images;          /* 0: nothing leaves on the way */
    double bound;
    double cross_rate; /* -2 / step */
} sdr_bridge_step;

typedef struct sdr_bridge_kernels {
    double (*kept)(const sdr_bridge_step *step, double x);
} sdr_bridge_kernels;

void sdr_bridge_fill_scalar(sdr_bridge_kernels *kernels);
void sdr_bridge_fill_avx2(sdr_bridge_kernels *kernels);
void sdr_bridge_fill_avx512(sdr_bridge_kernels *kernels);
void sdr_bridge_fill_neon(sdr_bridge_kernels *kernels);

#endif
