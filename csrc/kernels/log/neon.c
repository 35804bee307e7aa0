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

#include "kernels/log/template.h"

SDR_LOG_FILL(neon)
