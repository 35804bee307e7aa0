/* exp of eight lanes, as exp_of. Included once by each avx2.c, avx512.c and neon.c that
 * wants it. */
#ifndef SDR_KERNELS_EXP_LANES_H
#define SDR_KERNELS_EXP_LANES_H

#include "kernels/exp.h"
#include "kernels/lanes.h"

/* lanes_scaled: a with the last bits of shifted added to its exponent. */
#if defined(__AVX512F__)
static inline lanes lanes_scaled(lanes a, lanes shifted) {
    __m512i power = _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), power));
}
#elif defined(__AVX2__)
static inline __m256d four_scaled(__m256d a, __m256d shifted) {
    __m256i power = _mm256_slli_epi64(_mm256_castpd_si256(shifted), 52);
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), power));
}

static inline lanes lanes_scaled(lanes a, lanes shifted) {
    return (lanes){four_scaled(a.low, shifted.low), four_scaled(a.high, shifted.high)};
}
#elif defined(__ARM_NEON)
static inline lanes lanes_scaled(lanes a, lanes shifted) {
    lanes result;
    for (int i = 0; i < 4; i++) {
        uint64x2_t power = vshlq_n_u64(vreinterpretq_u64_f64(shifted.v[i]), 52);
        uint64x2_t bits = vaddq_u64(vreinterpretq_u64_f64(a.v[i]), power);
        result.v[i] = vreinterpretq_f64_u64(bits);
    }
    return result;
}
#endif

static inline lanes exp_lanes(lanes x) {
    lanes_mask normal = lanes_not_above(lanes_all(EXP_LOWEST), x);
    lanes round = lanes_all(EXP_ROUND);
    lanes shifted = lanes_add(lanes_mul(x, lanes_all(EXP_LOG2_E)), round);
    lanes k = lanes_sub(shifted, round);
    lanes r = lanes_sub(lanes_sub(x, lanes_mul(k, lanes_all(EXP_LN2_HIGH))),
                        lanes_mul(k, lanes_all(EXP_LN2_LOW)));
    lanes q = lanes_all(exp_terms[EXP_TERMS - 1]);
    for (int i = EXP_TERMS - 2; i >= 0; i--)
        q = lanes_add(lanes_mul(q, r), lanes_all(exp_terms[i]));
    lanes part = lanes_add(r, lanes_mul(lanes_mul(r, r), q));
    return lanes_where(normal, lanes_scaled(lanes_add(lanes_all(1.0), part), shifted));
}

#endif
