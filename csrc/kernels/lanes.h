/*
 * Eight float64 lanes as one value, on every ISA: what the templates are written in.
 *
 *   lanes      eight doubles          lanes_mask   eight truth values
 *
 * A mask is one bit a lane with AVX-512, a full-width compare result elsewhere.
 * lanes_count adds eight counters, lanes_add_bits the bits of eight doubles;
 * lanes_lesser(x, y) is x < y ? x : y, so a NaN in x gives y; lanes_of_counts: eight
 * int32. lanes_signs looks at the upper halves of rows only, two to a vector: sign bits
 * are counted, and whether an upper half was that of a zero. Included once by each
 * avx2.c, avx512.c and neon.c.
 */
#ifndef SDR_KERNELS_LANES_H
#define SDR_KERNELS_LANES_H

#include "kernels/prefetch.h"

#include <math.h>
#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>

#define LANES_WIDE 1 /* 32 registers: passes may be fused */

typedef __m512d lanes;
typedef __mmask8 lanes_mask;
typedef __m512i lanes_counter;

static inline lanes lanes_load(const double *p) {
    return _mm512_loadu_pd(p);
}
/* The first k < 8 lanes of p, the others NaN; reads nothing beyond them. */
static inline lanes lanes_load_part(const double *p, int k) {
    return _mm512_mask_loadu_pd(_mm512_set1_pd(NAN), (__mmask8)((1u << k) - 1), p);
}
static inline void lanes_store(double *p, lanes a) {
    _mm512_storeu_pd(p, a);
}
static inline lanes lanes_all(double x) {
    return _mm512_set1_pd(x);
}
static inline lanes lanes_add(lanes a, lanes b) {
    return _mm512_add_pd(a, b);
}
static inline lanes lanes_sub(lanes a, lanes b) {
    return _mm512_sub_pd(a, b);
}
static inline lanes lanes_mul(lanes a, lanes b) {
    return _mm512_mul_pd(a, b);
}
static inline lanes lanes_divide(lanes a, lanes b) {
    return _mm512_div_pd(a, b);
}
static inline lanes lanes_of_counts(const int32_t *p) {
    return _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
static inline lanes lanes_lesser(lanes x, lanes y) {
    return _mm512_min_pd(x, y);
}
static inline lanes lanes_greater(lanes x, lanes y) {
    return _mm512_max_pd(x, y);
}
static inline lanes lanes_abs(lanes a) {
    return _mm512_abs_pd(a);
}
static inline lanes_mask lanes_less(lanes a, lanes b) {
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}
static inline lanes_mask lanes_not_above(lanes a, lanes b) { /* a <= b */
    return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ);
}
static inline lanes_mask lanes_equal(lanes a, lanes b) {
    return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
}
static inline lanes_mask lanes_finite(lanes a) {
    return lanes_less(lanes_abs(a), lanes_all(INFINITY));
}
static inline lanes_mask lanes_both(lanes_mask a, lanes_mask b) {
    return a & b;
}
static inline lanes lanes_where(lanes_mask m, lanes a) { /* else +0.0 */
    return _mm512_maskz_mov_pd(m, a);
}
static inline int lanes_any(lanes_mask m) {
    return m != 0;
}
static inline lanes_counter lanes_counter_zero(void) {
    return _mm512_setzero_si512();
}
static inline lanes_counter lanes_count(lanes_counter c, lanes_mask m) {
    return _mm512_mask_add_epi64(c, m, c, _mm512_set1_epi64(1));
}
static inline int64_t lanes_counted(lanes_counter c) {
    return _mm512_reduce_add_epi64(c);
}
static inline lanes_counter lanes_add_bits(lanes_counter c, lanes a) {
    return _mm512_add_epi64(c, _mm512_castpd_si512(a));
}
static inline uint64_t lanes_bits_sum(lanes_counter c) {
    uint64_t part[8], sum = 0; /* wraps; the header's reduction adds signed lanes */
    _mm512_storeu_si512(part, c);
    for (int i = 0; i < 8; i++)
        sum += part[i];
    return sum;
}

typedef struct lanes_signs {
    __m512i negative, least; /* least: of the upper halves without their signs */
} lanes_signs;

static inline lanes_signs lanes_signs_new(void) {
    return (lanes_signs){_mm512_setzero_si512(), _mm512_set1_epi32(-1)};
}
static inline void lanes_signs_add(lanes_signs *s, lanes a, lanes b) {
    __m512i upper = _mm512_castps_si512(
        _mm512_shuffle_ps(_mm512_castpd_ps(a), _mm512_castpd_ps(b), 0xdd));
    s->negative = _mm512_add_epi32(s->negative, _mm512_srli_epi32(upper, 31));
    s->least = _mm512_min_epu32(s->least, _mm512_add_epi32(upper, upper));
}
static inline int64_t lanes_signs_counted(const lanes_signs *s) {
    return _mm512_reduce_add_epi32(s->negative);
}
static inline int lanes_signs_zero(const lanes_signs *s) {
    return _mm512_testn_epi32_mask(s->least, s->least) != 0;
}

#elif defined(__AVX2__)
#include <immintrin.h>

#define LANES_WIDE 0 /* 16 registers: two short passes spill less than one */

typedef struct lanes {
    __m256d low, high;
} lanes;
typedef struct lanes_mask {
    __m256d low, high;
} lanes_mask;
typedef __m256i lanes_counter;

static inline lanes lanes_load(const double *p) {
    return (lanes){_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
}
static inline lanes lanes_load_part(const double *p, int k) {
    double part[8] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    for (int i = 0; i < k; i++)
        part[i] = p[i];
    return lanes_load(part);
}
static inline void lanes_store(double *p, lanes a) {
    _mm256_storeu_pd(p, a.low);
    _mm256_storeu_pd(p + 4, a.high);
}
static inline lanes lanes_all(double x) {
    return (lanes){_mm256_set1_pd(x), _mm256_set1_pd(x)};
}
static inline lanes lanes_add(lanes a, lanes b) {
    return (lanes){_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
}
static inline lanes lanes_sub(lanes a, lanes b) {
    return (lanes){_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)};
}
static inline lanes lanes_mul(lanes a, lanes b) {
    return (lanes){_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
}
static inline lanes lanes_divide(lanes a, lanes b) {
    return (lanes){_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)};
}
static inline __m256d lanes_half_of_counts(const int32_t *p) {
    return _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline lanes lanes_of_counts(const int32_t *p) {
    return (lanes){lanes_half_of_counts(p), lanes_half_of_counts(p + 4)};
}
static inline lanes lanes_lesser(lanes x, lanes y) {
    return (lanes){_mm256_min_pd(x.low, y.low), _mm256_min_pd(x.high, y.high)};
}
static inline lanes lanes_greater(lanes x, lanes y) {
    return (lanes){_mm256_max_pd(x.low, y.low), _mm256_max_pd(x.high, y.high)};
}
static inline lanes lanes_abs(lanes a) {
    const __m256d sign = _mm256_set1_pd(-0.0);
    return (lanes){_mm256_andnot_pd(sign, a.low), _mm256_andnot_pd(sign, a.high)};
}
static inline lanes_mask lanes_less(lanes a, lanes b) {
    return (lanes_mask){_mm256_cmp_pd(a.low, b.low, _CMP_LT_OQ),
                        _mm256_cmp_pd(a.high, b.high, _CMP_LT_OQ)};
}
static inline lanes_mask lanes_not_above(lanes a, lanes b) {
    return (lanes_mask){_mm256_cmp_pd(a.low, b.low, _CMP_LE_OQ),
                        _mm256_cmp_pd(a.high, b.high, _CMP_LE_OQ)};
}
static inline lanes_mask lanes_equal(lanes a, lanes b) {
    return (lanes_mask){_mm256_cmp_pd(a.low, b.low, _CMP_EQ_OQ),
                        _mm256_cmp_pd(a.high, b.high, _CMP_EQ_OQ)};
}
static inline lanes_mask lanes_finite(lanes a) {
    return lanes_less(lanes_abs(a), lanes_all(INFINITY));
}
static inline lanes_mask lanes_both(lanes_mask a, lanes_mask b) {
    return (lanes_mask){_mm256_and_pd(a.low, b.low), _mm256_and_pd(a.high, b.high)};
}
static inline lanes lanes_where(lanes_mask m, lanes a) {
    return (lanes){_mm256_and_pd(m.low, a.low), _mm256_and_pd(m.high, a.high)};
}
static inline int lanes_any(lanes_mask m) {
    return _mm256_movemask_pd(_mm256_or_pd(m.low, m.high)) != 0;
}
static inline lanes_counter lanes_counter_zero(void) {
    return _mm256_setzero_si256();
}
static inline lanes_counter lanes_count(lanes_counter c, lanes_mask m) {
    __m256i pair =
        _mm256_add_epi64(_mm256_castpd_si256(m.low), _mm256_castpd_si256(m.high));
    return _mm256_sub_epi64(c, pair); /* a true lane is -1 */
}
static inline int64_t lanes_counted(lanes_counter c) {
    int64_t part[4];
    _mm256_storeu_si256((__m256i *)(void *)part, c);
    return part[0] + part[1] + part[2] + part[3];
}
static inline lanes_counter lanes_add_bits(lanes_counter c, lanes a) {
    __m256i pair =
        _mm256_add_epi64(_mm256_castpd_si256(a.low), _mm256_castpd_si256(a.high));
    return _mm256_add_epi64(c, pair);
}
static inline uint64_t lanes_bits_sum(lanes_counter c) {
    uint64_t part[4];
    _mm256_storeu_si256((__m256i *)(void *)part, c);
    return part[0] + part[1] + part[2] + part[3];
}

typedef struct lanes_signs {
    __m256i negative, least; /* least: of the upper halves without their signs */
} lanes_signs;

static inline lanes_signs lanes_signs_new(void) {
    return (lanes_signs){_mm256_setzero_si256(), _mm256_set1_epi32(-1)};
}
static inline void lanes_signs_add_eight(lanes_signs *s, lanes a) {
    __m256i upper = _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castpd_ps(a.low), _mm256_castpd_ps(a.high), 0xdd));
    s->negative = _mm256_add_epi32(s->negative, _mm256_srli_epi32(upper, 31));
    s->least = _mm256_min_epu32(s->least, _mm256_add_epi32(upper, upper));
}
static inline void lanes_signs_add(lanes_signs *s, lanes a, lanes b) {
    lanes_signs_add_eight(s, a);
    lanes_signs_add_eight(s, b);
}
static inline int64_t lanes_signs_counted(const lanes_signs *s) {
    uint32_t part[8];
    int64_t sum = 0;
    _mm256_storeu_si256((__m256i *)(void *)part, s->negative);
    for (int i = 0; i < 8; i++)
        sum += part[i];
    return sum;
}
static inline int lanes_signs_zero(const lanes_signs *s) {
    __m256i none = _mm256_cmpeq_epi32(s->least, _mm256_setzero_si256());
    return _mm256_movemask_epi8(none) != 0;
}

#elif defined(__ARM_NEON)
#include <arm_neon.h>

#define LANES_WIDE 0

typedef struct lanes {
    float64x2_t v[4];
} lanes;
typedef struct lanes_mask {
    uint64x2_t v[4];
} lanes_mask;
typedef uint64x2_t lanes_counter;

/* result.v[i] = expression, for the four pairs of lanes */
#define LANES_EACH(type, expression)                                                   \
    type result;                                                                       \
    for (int i = 0; i < 4; i++)                                                        \
        result.v[i] = (expression);                                                    \
    return result

static inline lanes lanes_load(const double *p) {
    LANES_EACH(lanes, vld1q_f64(p + 2 * i));
}
static inline lanes lanes_load_part(const double *p, int k) {
    double part[8] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    for (int i = 0; i < k; i++)
        part[i] = p[i];
    return lanes_load(part);
}
static inline void lanes_store(double *p, lanes a) {
    for (int i = 0; i < 4; i++)
        vst1q_f64(p + 2 * i, a.v[i]);
}
static inline lanes lanes_all(double x) {
    LANES_EACH(lanes, vdupq_n_f64(x));
}
static inline lanes lanes_add(lanes a, lanes b) {
    LANES_EACH(lanes, vaddq_f64(a.v[i], b.v[i]));
}
static inline lanes lanes_sub(lanes a, lanes b) {
    LANES_EACH(lanes, vsubq_f64(a.v[i], b.v[i]));
}
static inline lanes lanes_mul(lanes a, lanes b) {
    LANES_EACH(lanes, vmulq_f64(a.v[i], b.v[i]));
}
static inline lanes lanes_divide(lanes a, lanes b) {
    LANES_EACH(lanes, vdivq_f64(a.v[i], b.v[i]));
}
static inline lanes lanes_of_counts(const int32_t *p) {
    LANES_EACH(lanes, vcvtq_f64_s64(vmovl_s32(vld1_s32(p + 2 * i))));
}
static inline lanes lanes_lesser(lanes x, lanes y) {
    LANES_EACH(lanes, vbslq_f64(vcltq_f64(x.v[i], y.v[i]), x.v[i], y.v[i]));
}
static inline lanes lanes_greater(lanes x, lanes y) {
    LANES_EACH(lanes, vbslq_f64(vcgtq_f64(x.v[i], y.v[i]), x.v[i], y.v[i]));
}
static inline lanes lanes_abs(lanes a) {
    LANES_EACH(lanes, vabsq_f64(a.v[i]));
}
static inline lanes_mask lanes_less(lanes a, lanes b) {
    LANES_EACH(lanes_mask, vcltq_f64(a.v[i], b.v[i]));
}
static inline lanes_mask lanes_not_above(lanes a, lanes b) {
    LANES_EACH(lanes_mask, vcleq_f64(a.v[i], b.v[i]));
}
static inline lanes_mask lanes_equal(lanes a, lanes b) {
    LANES_EACH(lanes_mask, vceqq_f64(a.v[i], b.v[i]));
}
static inline lanes_mask lanes_finite(lanes a) {
    return lanes_less(lanes_abs(a), lanes_all(INFINITY));
}
static inline lanes_mask lanes_both(lanes_mask a, lanes_mask b) {
    LANES_EACH(lanes_mask, vandq_u64(a.v[i], b.v[i]));
}
static inline lanes lanes_where(lanes_mask m, lanes a) {
    LANES_EACH(lanes,
               vreinterpretq_f64_u64(vandq_u64(m.v[i], vreinterpretq_u64_f64(a.v[i]))));
}
static inline int lanes_any(lanes_mask m) {
    uint64x2_t any = vorrq_u64(vorrq_u64(m.v[0], m.v[1]), vorrq_u64(m.v[2], m.v[3]));
    return (vgetq_lane_u64(any, 0) | vgetq_lane_u64(any, 1)) != 0;
}
static inline lanes_counter lanes_counter_zero(void) {
    return vdupq_n_u64(0);
}
static inline lanes_counter lanes_count(lanes_counter c, lanes_mask m) {
    for (int i = 0; i < 4; i++)
        c = vsubq_u64(c, m.v[i]); /* a true lane is -1 */
    return c;
}
static inline int64_t lanes_counted(lanes_counter c) {
    return (int64_t)(vgetq_lane_u64(c, 0) + vgetq_lane_u64(c, 1));
}
static inline lanes_counter lanes_add_bits(lanes_counter c, lanes a) {
    for (int i = 0; i < 4; i++)
        c = vaddq_u64(c, vreinterpretq_u64_f64(a.v[i]));
    return c;
}
static inline uint64_t lanes_bits_sum(lanes_counter c) {
    return vgetq_lane_u64(c, 0) + vgetq_lane_u64(c, 1);
}
#undef LANES_EACH

typedef struct lanes_signs {
    uint32x4_t negative, least; /* least: of the upper halves without their signs */
} lanes_signs;

static inline lanes_signs lanes_signs_new(void) {
    return (lanes_signs){vdupq_n_u32(0), vdupq_n_u32(UINT32_MAX)};
}
static inline void lanes_signs_add_eight(lanes_signs *s, lanes a) {
    for (int i = 0; i < 4; i += 2) {
        uint32x4_t upper = vuzp2q_u32(vreinterpretq_u32_f64(a.v[i]),
                                      vreinterpretq_u32_f64(a.v[i + 1]));
        s->negative = vsraq_n_u32(s->negative, upper, 31);
        s->least = vminq_u32(s->least, vshlq_n_u32(upper, 1));
    }
}
static inline void lanes_signs_add(lanes_signs *s, lanes a, lanes b) {
    lanes_signs_add_eight(s, a);
    lanes_signs_add_eight(s, b);
}
static inline int64_t lanes_signs_counted(const lanes_signs *s) {
    return vaddlvq_u32(s->negative);
}
static inline int lanes_signs_zero(const lanes_signs *s) {
    return vminvq_u32(s->least) == 0;
}

#endif

#endif
