/* A few codes with AVX2: a true lane is -1, subtracted. */
#include <immintrin.h>

#include "kernels/codes/codes.h"

typedef __m256i bytes;
typedef __m256i tally;
enum { BYTES = 32 };

static inline bytes bytes_load(const uint8_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
static inline bytes bytes_all(uint8_t x) {
    return _mm256_set1_epi8((char)x);
}
static inline tally tally_zero(void) {
    return _mm256_setzero_si256();
}
static inline tally tally_add(tally t, bytes a, bytes b) {
    return _mm256_sub_epi8(t, _mm256_cmpeq_epi8(a, b));
}
static inline tally tally_both(tally t, bytes a, bytes b, bytes c, bytes d) {
    __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(a, b), _mm256_cmpeq_epi8(c, d));
    return _mm256_sub_epi8(t, both);
}
static inline int64_t tally_sum(tally t) {
    int64_t part[4];
    __m256i sums = _mm256_sad_epu8(t, _mm256_setzero_si256());
    _mm256_storeu_si256((__m256i *)(void *)part, sums);
    return part[0] + part[1] + part[2] + part[3];
}

#include "kernels/codes/template.h"

SDR_CODES_FILL(avx2)
