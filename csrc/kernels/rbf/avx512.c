/* The Gaussian kernel with AVX-512. */
#include "kernels/lanes.h"

static inline lanes lanes_scaled(lanes a, lanes shifted) {
    __m512i power = _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), power));
}

#include "kernels/rbf/template.h"

SDR_RBF_FILL(avx512)
