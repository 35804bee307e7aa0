/* Sorting with AVX2: four keys a register. */
#include <immintrin.h>

#include "kernels/sort/network.h"
#include "kernels/sort/value.h"

#define LANES_8 0
enum { LANES = 4, INSERTED = 8, HALF = 16 * LANES, MOST = 4 * HALF };
typedef __m256i vec;

static inline vec vec_load(const sdr_key *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
static inline void vec_store(sdr_key *p, vec x) {
    _mm256_storeu_si256((__m256i *)(void *)p, x);
}
static inline vec vec_all(sdr_key key) {
    return _mm256_set1_epi64x((int64_t)key);
}
static inline vec vec_load_first(const sdr_key *p, int64_t n, vec other) {
    vec first =
        _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
    vec keys = _mm256_maskload_epi64((const long long *)(const void *)p, first);
    return _mm256_blendv_epi8(other, keys, first);
}
static inline vec vec_swap1(vec x) {
    return _mm256_shuffle_epi32(x, _MM_SHUFFLE(1, 0, 3, 2));
}
static inline vec vec_reverse4(vec x) {
    return _mm256_permute4x64_epi64(x, _MM_SHUFFLE(0, 1, 2, 3));
}
static inline vec vec_swap2(vec x) {
    return _mm256_permute4x64_epi64(x, _MM_SHUFFLE(1, 0, 3, 2));
}
static inline vec vec_reverse(vec x) {
    return vec_reverse4(x);
}
static inline vec vec_pick1(vec low, vec high) {
    return _mm256_blend_epi32(low, high, 0xcc);
}
static inline vec vec_pick2(vec low, vec high) {
    return _mm256_blend_epi32(low, high, 0xf0);
}

static inline void vec_transpose(vec *v) {
    vec a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    vec c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* The 32-bit halves of the lanes of the bits, then those of the others. */
static const uint32_t parted_order[16][8] = {
    {0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}, {2, 3, 0, 1, 4, 5, 6, 7},
    {0, 1, 2, 3, 4, 5, 6, 7}, {4, 5, 0, 1, 2, 3, 6, 7}, {0, 1, 4, 5, 2, 3, 6, 7},
    {2, 3, 4, 5, 0, 1, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}, {6, 7, 0, 1, 2, 3, 4, 5},
    {0, 1, 6, 7, 2, 3, 4, 5}, {2, 3, 6, 7, 0, 1, 4, 5}, {0, 1, 2, 3, 6, 7, 4, 5},
    {4, 5, 6, 7, 0, 1, 2, 3}, {0, 1, 4, 5, 6, 7, 2, 3}, {2, 3, 4, 5, 6, 7, 0, 1},
    {0, 1, 2, 3, 4, 5, 6, 7}};

static inline vec vec_parted(vec x, uint32_t bits) {
    __m256i order =
        _mm256_loadu_si256((const __m256i *)(const void *)parted_order[bits]);
    return _mm256_permutevar8x32_epi32(x, order);
}

static inline vec clean_lanes_f64(vec x) {
    return _mm256_castpd_si256(
        _mm256_add_pd(_mm256_castsi256_pd(x), _mm256_setzero_pd()));
}
static inline vec lesser_f64(vec a, vec b) {
    return _mm256_castpd_si256(
        _mm256_min_pd(_mm256_castsi256_pd(a), _mm256_castsi256_pd(b)));
}
static inline vec greater_f64(vec a, vec b) {
    return _mm256_castpd_si256(
        _mm256_max_pd(_mm256_castsi256_pd(b), _mm256_castsi256_pd(a)));
}
static inline uint32_t below_f64(vec x, vec pivot) {
    return (uint32_t)_mm256_movemask_pd(
        _mm256_cmp_pd(_mm256_castsi256_pd(x), _mm256_castsi256_pd(pivot), _CMP_LT_OQ));
}

static inline vec clean_lanes_i64(vec x) {
    return x;
}
static inline vec lesser_i64(vec a, vec b) {
    return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(b, a));
}
static inline vec greater_i64(vec a, vec b) {
    return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(b, a));
}
static inline uint32_t below_i64(vec x, vec pivot) {
    return (uint32_t)_mm256_movemask_pd(
        _mm256_castsi256_pd(_mm256_cmpgt_epi64(pivot, x)));
}

#define ORDER(name) name##_f64
#include "kernels/sort/template.h"
#undef ORDER
#define ORDER(name) name##_i64
#include "kernels/sort/template.h"

void sdr_sort_fill_avx2(sdr_sort_kernels *kernels) {
    kernels->f64 = (sdr_sort_order){few_f64, split_f64, split_far_f64};
    kernels->i64 = (sdr_sort_order){few_i64, split_i64, split_far_i64};
    kernels->most = MOST;
    kernels->is_fastest = true;
}
