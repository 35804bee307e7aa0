/* Waves with AVX-512. */
#include <stdbool.h>

#include "kernels/lanes.h"

typedef __m512i quanta;

static inline lanes lanes_div(lanes a, lanes b) {
    return _mm512_div_pd(a, b);
}
static inline bool lanes_every(lanes_mask m) {
    return m == 0xff;
}
static inline lanes lanes_turned(lanes a, lanes k) {
    __m512i sign = _mm512_slli_epi64(_mm512_castpd_si512(k), 62);
    return _mm512_xor_pd(
        a, _mm512_and_pd(_mm512_castsi512_pd(sign), _mm512_set1_pd(-0.0)));
}
static inline lanes lanes_by_parity(lanes k, lanes odd, lanes even) {
    __mmask8 is_odd =
        _mm512_test_epi64_mask(_mm512_castpd_si512(k), _mm512_set1_epi64(1));
    return _mm512_mask_mov_pd(even, is_odd, odd);
}
static inline quanta quanta_zero(void) {
    return _mm512_setzero_si512();
}
static inline quanta quanta_add(quanta q, lanes a) {
    return _mm512_add_epi64(q, _mm512_castpd_si512(a));
}
static inline uint64_t quanta_sum(quanta q) {
    uint64_t part[8], sum = 0; /* wraps, which the reduction of signed lanes must not */
    _mm512_storeu_si512(part, q);
    for (int i = 0; i < 8; i++)
        sum += part[i];
    return sum;
}

#include "kernels/waves/template.h"

SDR_WAVES_FILL(avx512)
