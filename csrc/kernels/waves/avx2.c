/* Waves with AVX2. */
#include <stdbool.h>

#include "kernels/lanes.h"

typedef __m256i quanta; /* four sums of two lanes each */

static inline lanes lanes_div(lanes a, lanes b) {
    return (lanes){_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)};
}
static inline bool lanes_every(lanes_mask m) {
    return _mm256_movemask_pd(_mm256_and_pd(m.low, m.high)) == 0xf;
}
static inline __m256d four_turned(__m256d a, __m256d k) {
    __m256d sign = _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(k), 62));
    return _mm256_xor_pd(a, _mm256_and_pd(sign, _mm256_set1_pd(-0.0)));
}
static inline lanes lanes_turned(lanes a, lanes k) {
    return (lanes){four_turned(a.low, k.low), four_turned(a.high, k.high)};
}
static inline __m256d four_by_parity(__m256d k, __m256d odd, __m256d even) {
    __m256d sign = _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(k), 63));
    return _mm256_blendv_pd(even, odd, sign);
}
static inline lanes lanes_by_parity(lanes k, lanes odd, lanes even) {
    return (lanes){four_by_parity(k.low, odd.low, even.low),
                   four_by_parity(k.high, odd.high, even.high)};
}
static inline quanta quanta_zero(void) {
    return _mm256_setzero_si256();
}
static inline quanta quanta_add(quanta q, lanes a) {
    return _mm256_add_epi64(
        q, _mm256_add_epi64(_mm256_castpd_si256(a.low), _mm256_castpd_si256(a.high)));
}
static inline uint64_t quanta_sum(quanta q) {
    uint64_t part[4];
    _mm256_storeu_si256((__m256i *)(void *)part, q);
    return part[0] + part[1] + part[2] + part[3];
}

#include "kernels/waves/template.h"

SDR_WAVES_FILL(avx2)
