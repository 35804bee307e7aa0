/* Logarithms with NEON. */
#include "kernels/lanes.h"
#include "kernels/log/value.h"

static inline void lanes_split(lanes *k, lanes *m, lanes x) {
    for (int i = 0; i < 4; i++) {
        const uint64x2_t bits =
            vaddq_u64(vreinterpretq_u64_f64(x.v[i]), vdupq_n_u64(LOG_UP));
        const uint64x2_t power =
            vorrq_u64(vshrq_n_u64(bits, 52), vdupq_n_u64(LOG_WHOLE));
        const uint64x2_t rest = vandq_u64(bits, vdupq_n_u64(LOG_REST));
        k->v[i] = vsubq_f64(vreinterpretq_f64_u64(power), vdupq_n_f64(LOG_BIAS));
        m->v[i] = vreinterpretq_f64_u64(vaddq_u64(rest, vdupq_n_u64(LOG_ROOT_HALF)));
    }
}

static inline lanes_mask lanes_either(lanes_mask a, lanes_mask b) {
    lanes_mask result;
    for (int i = 0; i < 4; i++)
        result.v[i] = vorrq_u64(a.v[i], b.v[i]);
    return result;
}

/* Bits of products, and sign bits of p and of the distance of its bits to those of 1. */
typedef struct flaws {
    uint64x2_t bits, signs;
} flaws;

static inline flaws flaws_none(void) {
    return (flaws){vdupq_n_u64(0), vdupq_n_u64(0)};
}

static inline flaws flaws_add(flaws f, lanes product, lanes p) {
    const uint64x2_t one = vreinterpretq_u64_f64(vdupq_n_f64(1.0));
    for (int i = 0; i < 4; i++) {
        const uint64x2_t own = vreinterpretq_u64_f64(p.v[i]);
        f.bits = vorrq_u64(f.bits, vreinterpretq_u64_f64(product.v[i]));
        f.signs = vorrq_u64(f.signs, vorrq_u64(own, vsubq_u64(one, own)));
    }
    return f;
}

static inline int flaws_any(flaws f) {
    const uint64x2_t any = vorrq_u64(f.bits, vshrq_n_u64(f.signs, 63));
    return (vgetq_lane_u64(any, 0) | vgetq_lane_u64(any, 1)) != 0;
}

#include "kernels/log/template.h"

SDR_LOG_FILL(neon)
