/* Waves with NEON. */
#include <stdbool.h>

#include "kernels/lanes.h"

typedef uint64x2_t quanta; /* two sums of four lanes each */

static inline lanes lanes_div(lanes a, lanes b) {
    lanes result;
    for (int i = 0; i < 4; i++)
        result.v[i] = vdivq_f64(a.v[i], b.v[i]);
    return result;
}
static inline bool lanes_every(lanes_mask m) {
    uint64x2_t all = vandq_u64(vandq_u64(m.v[0], m.v[1]), vandq_u64(m.v[2], m.v[3]));
    return (vgetq_lane_u64(all, 0) & vgetq_lane_u64(all, 1)) == UINT64_MAX;
}
static inline lanes lanes_turned(lanes a, lanes k) {
    lanes result;
    for (int i = 0; i < 4; i++) {
        uint64x2_t sign = vshlq_n_u64(vreinterpretq_u64_f64(k.v[i]), 62);
        sign = vandq_u64(sign, vdupq_n_u64(UINT64_C(1) << 63));
        result.v[i] =
            vreinterpretq_f64_u64(veorq_u64(vreinterpretq_u64_f64(a.v[i]), sign));
    }
    return result;
}
static inline lanes lanes_by_parity(lanes k, lanes odd, lanes even) {
    lanes result;
    for (int i = 0; i < 4; i++) {
        uint64x2_t is_odd = vtstq_u64(vreinterpretq_u64_f64(k.v[i]), vdupq_n_u64(1));
        result.v[i] = vbslq_f64(is_odd, odd.v[i], even.v[i]);
    }
    return result;
}
static inline quanta quanta_zero(void) {
    return vdupq_n_u64(0);
}
static inline quanta quanta_add(quanta q, lanes a) {
    for (int i = 0; i < 4; i++)
        q = vaddq_u64(q, vreinterpretq_u64_f64(a.v[i]));
    return q;
}
static inline uint64_t quanta_sum(quanta q) {
    return vgetq_lane_u64(q, 0) + vgetq_lane_u64(q, 1);
}

#include "kernels/waves/template.h"

SDR_WAVES_FILL(neon)
