/* The buckets with AVX-512: a register is eight values, a mask register their signs. */
#include <immintrin.h>

#include "kernels/buckets/value.h"

typedef __m512d eight;

typedef struct bucket_constants {
    __m512d center, inverse;
    __m512i shift; /* exponent field -> left shift of the mantissa */
} bucket_constants;

static inline bucket_constants bucket_constants_of(const sdr_bucket_map *map) {
    return (bucket_constants){_mm512_set1_pd(map->center), _mm512_set1_pd(map->inverse),
                              _mm512_set1_epi64(map->quantum - 1075)};
}

static inline eight eight_load(const double *p) {
    return _mm512_loadu_pd(p);
}

/* part_of_bucket with `bits` further bits of w, a constant 0 in eight_buckets; of NaN,
 * whose leading bits are far above all others, more than any other. */
static inline __m512i eight_steps(eight x, const bucket_constants *c, int bits) {
    __m512d t = _mm512_mul_pd(_mm512_sub_pd(x, c->center), c->inverse);
    __m512d w = _mm512_add_pd(_mm512_abs_pd(t), _mm512_set1_pd(1.0));
    w = _mm512_min_pd(_mm512_set1_pd(SDR_BUCKET_END), w); /* NaN stays */
    __m512i step = _mm512_srl_epi64(_mm512_castpd_si512(w),
                                    _mm_cvtsi32_si128(SDR_BUCKET_SHIFT - bits));
    const int64_t middle = (int64_t)SDR_BUCKET_MIDDLE << bits;
    const int64_t bias = (int64_t)SDR_BUCKET_BIAS << bits;
    const __m512i up = _mm512_set1_epi64(middle - bias);
    const __m512i down = _mm512_set1_epi64(middle - 1 + bias);
    __mmask8 negative = _mm512_cmp_pd_mask(t, _mm512_setzero_pd(), _CMP_LT_OQ);
    __m512i bucket = _mm512_add_epi64(up, step);
    return _mm512_mask_sub_epi64(bucket, negative, down, step);
}

static inline void eight_buckets(uint16_t *ids, eight x, const bucket_constants *c) {
    _Static_assert(SDR_BUCKET_MISSING == INT16_MAX, "what NaN saturates to");
    _mm_storeu_si128((__m128i *)(void *)ids,
                     _mm512_cvtsepi64_epi16(eight_steps(x, c, 0)));
}

static inline void eight_parts(uint32_t *parts, eight x, const bucket_constants *c,
                               int bits) {
    _mm256_storeu_si256((__m256i *)(void *)parts,
                        _mm512_cvtepi64_epi32(eight_steps(x, c, bits)));
}

static inline void eight_fixed(uint64_t *fixed, eight x, const bucket_constants *c) {
    __m512i bits = _mm512_castpd_si512(x);
    const __m512i one = _mm512_set1_epi64(INT64_C(1) << 52);
    __m512i exponent = _mm512_srli_epi64(_mm512_slli_epi64(bits, 1), 53);
    __m512i mantissa = _mm512_or_si512(
        _mm512_and_si512(bits, _mm512_set1_epi64((INT64_C(1) << 52) - 1)), one);
    /* a shift that is negative or above 63 gives 0, as the specification wants */
    __m512i value = _mm512_sllv_epi64(mantissa, _mm512_add_epi64(exponent, c->shift));
    __mmask8 negative = _mm512_movepi64_mask(bits);
    value = _mm512_mask_sub_epi64(value, negative, _mm512_setzero_si512(), value);
    _mm512_storeu_si512(fixed, value);
}

static inline eight eight_all(double x) {
    return _mm512_set1_pd(x);
}

static inline uint32_t eight_between(eight x, eight low, eight high) {
    __mmask8 from = _mm512_cmp_pd_mask(x, low, _CMP_GE_OQ);
    return _mm512_mask_cmp_pd_mask(from, x, high, _CMP_LE_OQ);
}

/* To a register, then to memory: compressing to memory is microcoded on Zen 4. */
static inline void eight_pick(double *out, eight x, uint32_t bits) {
    _mm512_storeu_pd(out, _mm512_maskz_compress_pd((__mmask8)bits, x));
}

enum { BATCH = 32, BATCH_BITS = 1 };

static inline uint32_t batch_matches(const uint16_t *ids, sdr_bucket_run run) {
    __m512i distance =
        _mm512_sub_epi16(_mm512_loadu_si512(ids), _mm512_set1_epi16((short)run.low));
    return _mm512_cmple_epu16_mask(distance, _mm512_set1_epi16((short)run.width));
}

static inline int before_of_8(const uint16_t *codes, uint32_t part) {
    const __m128i near = _mm_loadu_si128((const __m128i *)(const void *)codes);
    const __m128i behind = _mm_sub_epi16(near, _mm_set1_epi16((short)part));
    return __builtin_popcount(_mm_movepi16_mask(behind));
}

static inline int before_of_16(const uint16_t *codes, uint32_t part) {
    const __m256i near = _mm256_loadu_si256((const __m256i *)(const void *)codes);
    const __m256i behind = _mm256_sub_epi16(near, _mm256_set1_epi16((short)part));
    return __builtin_popcount(_mm256_movepi16_mask(behind));
}

static inline int before_of_32(const uint16_t *codes, uint32_t part) {
    const __m512i behind =
        _mm512_sub_epi16(_mm512_loadu_si512(codes), _mm512_set1_epi16((short)part));
    return __builtin_popcount(_mm512_movepi16_mask(behind));
}

#include "kernels/buckets/template.h"

void sdr_buckets_fill_avx512(sdr_buckets_kernels *kernels) {
    kernels->map = map_ids;
    kernels->map_fixed = map_fixed;
    kernels->parts = map_parts;
    kernels->place = place_in_windows;
    kernels->select = select_runs;
    kernels->between = select_between;
}
