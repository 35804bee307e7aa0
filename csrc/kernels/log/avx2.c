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

#include "kernels/log/template.h"

SDR_LOG_FILL(avx2)
