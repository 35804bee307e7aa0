/* The Gaussian kernel with NEON. */
#include "kernels/lanes.h"

static inline lanes lanes_scaled(lanes a, lanes shifted) {
    lanes result;
    for (int i = 0; i < 4; i++) {
        uint64x2_t power = vshlq_n_u64(vreinterpretq_u64_f64(shifted.v[i]), 52);
        uint64x2_t bits = vaddq_u64(vreinterpretq_u64_f64(a.v[i]), power);
        result.v[i] = vreinterpretq_f64_u64(bits);
    }
    return result;
}

#include "kernels/rbf/template.h"

SDR_RBF_FILL(neon)
