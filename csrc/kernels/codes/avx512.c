/* A few codes with AVX-512: the bits of a mask register, counted. */
#include <immintrin.h>

#include "kernels/codes/codes.h"

typedef __m512i bytes;
typedef int64_t tally;
enum { BYTES = 64 };

static inline bytes bytes_load(const uint8_t *p) {
    return _mm512_loadu_si512(p);
}
static inline bytes bytes_all(uint8_t x) {
    return _mm512_set1_epi8((char)x);
}
static inline tally tally_zero(void) {
    return 0;
}
static inline tally tally_add(tally t, bytes a, bytes b) {
    return t + __builtin_popcountll(_mm512_cmpeq_epi8_mask(a, b));
}
static inline tally tally_both(tally t, bytes a, bytes b, bytes c, bytes d) {
    __mmask64 equal = _mm512_cmpeq_epi8_mask(a, b);
    return t + __builtin_popcountll(_mm512_mask_cmpeq_epi8_mask(equal, c, d));
}
static inline int64_t tally_sum(tally t) {
    return t;
}

#include "kernels/codes/template.h"

SDR_CODES_FILL(avx512)
