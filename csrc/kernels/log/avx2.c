/* Logarithms with AVX2. */
#include "kernels/lanes.h"
#include "kernels/log/value.h"

static inline void four_split(__m256d *k, __m256d *m, __m256d x) {
    const __m256i bits =
        _mm256_add_epi64(_mm256_castpd_si256(x), _mm256_set1_epi64x((int64_t)LOG_UP));
    const __m256i power = _mm256_or_si256(_mm256_srli_epi64(bits, 52),
                                          _mm256_set1_epi64x((int64_t)LOG_WHOLE));
    const __m256i rest = _mm256_and_si256(bits, _mm256_set1_epi64x((int64_t)LOG_REST));
    *k = _mm256_sub_pd(_mm256_castsi256_pd(power), _mm256_set1_pd(LOG_BIAS));
    *m = _mm256_castsi256_pd(
        _mm256_add_epi64(rest, _mm256_set1_epi64x((int64_t)LOG_ROOT_HALF)));
}

static inline void lanes_split(lanes *k, lanes *m, lanes x) {
    four_split(&k->low, &m->low, x.low);
    four_split(&k->high, &m->high, x.high);
}

static inline lanes_mask lanes_either(lanes_mask a, lanes_mask b) {
    return (lanes_mask){_mm256_or_pd(a.low, b.low), _mm256_or_pd(a.high, b.high)};
}

/* Bits of products, and sign bits of p and of the distance of its bits to those of 1. */
typedef struct flaws {
    __m256i bits, signs;
} flaws;

static inline flaws flaws_none(void) {
    return (flaws){_mm256_setzero_si256(), _mm256_setzero_si256()};
}

static inline flaws four_flaws(flaws f, __m256d product, __m256d p) {
    const __m256i own = _mm256_castpd_si256(p);
    const __m256i one = _mm256_castpd_si256(_mm256_set1_pd(1.0));
    f.bits = _mm256_or_si256(f.bits, _mm256_castpd_si256(product));
    f.signs =
        _mm256_or_si256(f.signs, _mm256_or_si256(own, _mm256_sub_epi64(one, own)));
    return f;
}

static inline flaws flaws_add(flaws f, lanes product, lanes p) {
    return four_flaws(four_flaws(f, product.low, p.low), product.high, p.high);
}

static inline int flaws_any(flaws f) {
    return !_mm256_testz_si256(f.bits, f.bits) ||
           _mm256_movemask_pd(_mm256_castsi256_pd(f.signs)) != 0;
}

#include "kernels/log/template.h"

SDR_LOG_FILL(avx2)
