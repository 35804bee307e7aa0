/* The buckets with AVX2: two registers are eight values. */
#include <immintrin.h>

#include "kernels/buckets/value.h"
#include "kernels/lanes.h"

typedef lanes eight;

typedef struct bucket_constants {
    __m256d center, inverse;
    __m256i shift; /* exponent field -> left shift of the mantissa */
} bucket_constants;

static inline bucket_constants bucket_constants_of(const sdr_bucket_map *map) {
    return (bucket_constants){_mm256_set1_pd(map->center), _mm256_set1_pd(map->inverse),
                              _mm256_set1_epi64x(map->quantum - 1075)};
}

static inline eight eight_load(const double *p) {
    return lanes_load(p);
}

/* w, and in `negative` where t < 0: NaN stays NaN, and is not. */
static inline __m256d four_widths(__m256d x, const bucket_constants *c,
                                  __m256d *negative) {
    const __m256d sign = _mm256_set1_pd(-0.0);
    __m256d t = _mm256_mul_pd(_mm256_sub_pd(x, c->center), c->inverse);
    __m256d w = _mm256_add_pd(_mm256_andnot_pd(sign, t), _mm256_set1_pd(1.0));
    *negative = _mm256_cmp_pd(t, _mm256_setzero_pd(), _CMP_LT_OQ);
    return _mm256_min_pd(_mm256_set1_pd(SDR_BUCKET_END), w);
}

/* part_of_bucket of values that are not NaN, with `bits` further bits of w. */
static inline __m256i four_steps(__m256d x, const bucket_constants *c, int bits) {
    __m256d negative;
    __m256i step = _mm256_srl_epi64(_mm256_castpd_si256(four_widths(x, c, &negative)),
                                    _mm_cvtsi32_si128(SDR_BUCKET_SHIFT - bits));
    const int64_t middle = (int64_t)SDR_BUCKET_MIDDLE << bits;
    const int64_t bias = (int64_t)SDR_BUCKET_BIAS << bits;
    __m256i up = _mm256_add_epi64(_mm256_set1_epi64x(middle - bias), step);
    __m256i down = _mm256_sub_epi64(_mm256_set1_epi64x(middle - 1 + bias), step);
    return _mm256_blendv_epi8(up, down, _mm256_castpd_si256(negative));
}

/* Halves of 64-bit lanes: l0 l1 h0 h1 | l2 l3 h2 h3. */
static inline __m256i lower_halves(__m256i low, __m256i high) {
    return _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(low), _mm256_castsi256_ps(high), 0x88));
}

static inline __m256i upper_halves(__m256d low, __m256d high) {
    return _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high), 0xdd));
}

/* The leading bits of w lie in the upper half: from there on eight values at a time. */
static inline void eight_buckets(uint16_t *ids, eight x, const bucket_constants *c) {
    __m256d low_negative, high_negative;
    __m256d low = four_widths(x.low, c, &low_negative);
    __m256d high = four_widths(x.high, c, &high_negative);
    __m256i leading = _mm256_srli_epi32(upper_halves(low, high), SDR_BUCKET_SHIFT - 32);
    __m256i step = _mm256_sub_epi32(leading, _mm256_set1_epi32(SDR_BUCKET_BIAS));
    /* middle + step, or middle - 1 - step */
    __m256i mirrored =
        _mm256_xor_si256(step, upper_halves(low_negative, high_negative));
    __m256i bucket = _mm256_add_epi32(mirrored, _mm256_set1_epi32(SDR_BUCKET_MIDDLE));
    /* NaN's leading bits are far above all others: what saturates is missing */
    _Static_assert(SDR_BUCKET_MISSING == INT16_MAX, "what packs saturates to");
    __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(bucket),
                                     _mm256_extracti128_si256(bucket, 1));
    _mm_storeu_si128((__m128i *)(void *)ids, _mm_shuffle_epi32(packed, 0xd8));
}

static inline void eight_parts(uint32_t *parts, eight x, const bucket_constants *c,
                               int bits) {
    __m256i words =
        lower_halves(four_steps(x.low, c, bits), four_steps(x.high, c, bits));
    _mm256_storeu_si256((__m256i *)(void *)parts,
                        _mm256_permute4x64_epi64(words, 0xd8));
}

static inline __m256i four_fixed(__m256d x, const bucket_constants *c) {
    __m256i bits = _mm256_castpd_si256(x);
    const __m256i one = _mm256_set1_epi64x(INT64_C(1) << 52);
    __m256i exponent = _mm256_srli_epi64(_mm256_slli_epi64(bits, 1), 53);
    __m256i mantissa = _mm256_or_si256(
        _mm256_and_si256(bits, _mm256_set1_epi64x((INT64_C(1) << 52) - 1)), one);
    /* a shift that is negative or above 63 gives 0, as the specification wants */
    __m256i value = _mm256_sllv_epi64(mantissa, _mm256_add_epi64(exponent, c->shift));
    __m256i negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), bits);
    return _mm256_sub_epi64(_mm256_xor_si256(value, negative), negative);
}

static inline void eight_fixed(uint64_t *fixed, eight x, const bucket_constants *c) {
    _mm256_storeu_si256((__m256i *)(void *)fixed, four_fixed(x.low, c));
    _mm256_storeu_si256((__m256i *)(void *)(fixed + 4), four_fixed(x.high, c));
}

static inline eight eight_all(double x) {
    return (eight){_mm256_set1_pd(x), _mm256_set1_pd(x)};
}

static inline uint32_t four_between(__m256d x, __m256d low, __m256d high) {
    __m256d from = _mm256_cmp_pd(x, low, _CMP_GE_OQ);
    __m256d to = _mm256_cmp_pd(x, high, _CMP_LE_OQ);
    return (uint32_t)_mm256_movemask_pd(_mm256_and_pd(from, to));
}

static inline uint32_t eight_between(eight x, eight low, eight high) {
    return four_between(x.low, low.low, high.low) |
           four_between(x.high, low.high, high.high) << 4;
}

/* The lanes of a nibble's bits first, as 32-bit halves; eight of four bits each. */
static const uint32_t pick_order[16] = {0x00000000, 0x00000010, 0x00000032, 0x00003210,
                                        0x00000054, 0x00005410, 0x00005432, 0x00543210,
                                        0x00000076, 0x00007610, 0x00007632, 0x00763210,
                                        0x00007654, 0x00765410, 0x00765432, 0x76543210};

static inline void four_pick(double *out, __m256d x, uint32_t bits) {
    const __m256i places = _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28);
    __m256i order = _mm256_srlv_epi32(_mm256_set1_epi32((int)pick_order[bits]), places);
    __m256 picked = _mm256_permutevar8x32_ps(_mm256_castpd_ps(x), order);
    _mm256_storeu_pd(out, _mm256_castps_pd(picked));
}

static inline void eight_pick(double *out, eight x, uint32_t bits) {
    four_pick(out, x.low, bits & 15);
    four_pick(out + __builtin_popcount(bits & 15), x.high, bits >> 4);
}

enum { BATCH = 16, BATCH_BITS = 2 };

static inline uint32_t batch_matches(const uint16_t *ids, sdr_bucket_run run) {
    __m256i buckets = _mm256_loadu_si256((const __m256i *)(const void *)ids);
    __m256i distance = _mm256_sub_epi16(buckets, _mm256_set1_epi16((short)run.low));
    /* unsigned distance <= width where the saturating difference is 0 */
    __m256i beyond = _mm256_subs_epu16(distance, _mm256_set1_epi16((short)run.width));
    __m256i inside = _mm256_cmpeq_epi16(beyond, _mm256_setzero_si256());
    return (uint32_t)_mm256_movemask_epi8(inside) & 0x55555555u;
}

static inline int before_of_8(const uint16_t *codes, uint32_t part) {
    const __m128i near = _mm_loadu_si128((const __m128i *)(const void *)codes);
    const __m128i behind = _mm_sub_epi16(near, _mm_set1_epi16((short)part));
    const __m128i packed = _mm_packs_epi16(behind, _mm_setzero_si128());
    return __builtin_popcount((uint32_t)_mm_movemask_epi8(packed));
}

static inline int before_of_16(const uint16_t *codes, uint32_t part) {
    const __m256i near = _mm256_loadu_si256((const __m256i *)(const void *)codes);
    const __m256i behind = _mm256_sub_epi16(near, _mm256_set1_epi16((short)part));
    const uint32_t signs = (uint32_t)_mm256_movemask_epi8(behind) & 0xaaaaaaaau;
    return __builtin_popcount(signs);
}

static inline int before_of_32(const uint16_t *codes, uint32_t part) {
    return before_of_16(codes, part) + before_of_16(codes + 16, part);
}

#include "kernels/buckets/template.h"

void sdr_buckets_fill_avx2(sdr_buckets_kernels *kernels) {
    kernels->map = map_ids;
    kernels->map_fixed = map_fixed;
    kernels->parts = map_parts;
    kernels->place = place_in_windows;
    kernels->select = select_runs;
    kernels->between = select_between;
}
