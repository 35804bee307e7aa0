/* The Gaussian kernel with AVX2. */
#include "kernels/lanes.h"

static inline __m256d four_scaled(__m256d a, __m256d shifted) {
    __m256i power = _mm256_slli_epi64(_mm256_castpd_si256(shifted), 52);
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), power));
}

static inline lanes lanes_scaled(lanes a, lanes shifted) {
    return (lanes){four_scaled(a.low, shifted.low), four_scaled(a.high, shifted.high)};
}

#include "kernels/rbf/template.h"

SDR_RBF_FILL(avx2)
