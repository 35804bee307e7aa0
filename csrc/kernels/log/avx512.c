/* Logarithms with AVX-512. */
#include "kernels/lanes.h"
#include "kernels/log/value.h"

static inline void lanes_split(lanes *k, lanes *m, lanes x) {
    const __m512i bits =
        _mm512_add_epi64(_mm512_castpd_si512(x), _mm512_set1_epi64((int64_t)LOG_UP));
    const __m512i power = _mm512_or_si512(_mm512_srli_epi64(bits, 52),
                                          _mm512_set1_epi64((int64_t)LOG_WHOLE));
    const __m512i rest = _mm512_and_si512(bits, _mm512_set1_epi64((int64_t)LOG_REST));
    *k = _mm512_sub_pd(_mm512_castsi512_pd(power), _mm512_set1_pd(LOG_BIAS));
    *m = _mm512_castsi512_pd(
        _mm512_add_epi64(rest, _mm512_set1_epi64((int64_t)LOG_ROOT_HALF)));
}

static inline lanes_mask lanes_either(lanes_mask a, lanes_mask b) {
    return a | b;
}

/* Bits of products, and sign bits of p and of the distance of its bits to those of 1. */
typedef struct flaws {
    __m512i bits, signs;
} flaws;

static inline flaws flaws_none(void) {
    return (flaws){_mm512_setzero_si512(), _mm512_setzero_si512()};
}

static inline flaws flaws_add(flaws f, lanes product, lanes p) {
    const __m512i own = _mm512_castpd_si512(p);
    const __m512i one = _mm512_castpd_si512(_mm512_set1_pd(1.0));
    f.bits = _mm512_or_si512(f.bits, _mm512_castpd_si512(product));
    f.signs =
        _mm512_or_si512(f.signs, _mm512_or_si512(own, _mm512_sub_epi64(one, own)));
    return f;
}

static inline int flaws_any(flaws f) {
    return _mm512_test_epi64_mask(f.bits, f.bits) != 0 ||
           _mm512_cmplt_epi64_mask(f.signs, _mm512_setzero_si512()) != 0;
}

#include "kernels/log/template.h"

SDR_LOG_FILL(avx512)
