/* Sorting with AVX-512: eight keys a register. */
#include <immintrin.h>

#include "kernels/sort/network.h"
#include "kernels/sort/value.h"

#define LANES_8 1
enum { LANES = 8, INSERTED = 8, HALF = 16 * LANES, MOST = 2 * HALF };
typedef __m512i vec;

static inline vec vec_load(const sdr_key *p) {
    return _mm512_loadu_si512(p);
}
static inline void vec_store(sdr_key *p, vec x) {
    _mm512_storeu_si512(p, x);
}
static inline vec vec_all(sdr_key key) {
    return _mm512_set1_epi64((int64_t)key);
}
static inline vec vec_load_first(const sdr_key *p, int64_t n, vec other) {
    __mmask8 first = n >= 8 ? 0xff : n <= 0 ? 0 : (__mmask8)((1u << n) - 1);
    return _mm512_mask_loadu_epi64(other, first, p);
}
static inline vec vec_swap1(vec x) {
    return _mm512_shuffle_epi32(x, _MM_PERM_BADC);
}
static inline vec vec_swap2(vec x) {
    return _mm512_permutex_epi64(x, _MM_SHUFFLE(1, 0, 3, 2));
}
static inline vec vec_reverse4(vec x) {
    return _mm512_permutex_epi64(x, _MM_SHUFFLE(0, 1, 2, 3));
}
static inline vec vec_reverse(vec x) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0), x);
}
static inline vec vec_swap4(vec x) {
    return _mm512_shuffle_i64x2(x, x, _MM_SHUFFLE(1, 0, 3, 2));
}
static inline vec vec_pick1(vec low, vec high) {
    return _mm512_mask_mov_epi64(low, 0xaa, high);
}
static inline vec vec_pick2(vec low, vec high) {
    return _mm512_mask_mov_epi64(low, 0xcc, high);
}
static inline vec vec_pick4(vec low, vec high) {
    return _mm512_mask_mov_epi64(low, 0xf0, high);
}

static inline void vec_transpose(vec *v) {
    vec pairs[8], quads[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm512_unpacklo_epi64(v[i], v[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi64(v[i], v[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) { /* 128-bit parts 0 and 2, 1 and 3 */
            quads[i + k] = _mm512_shuffle_i64x2(pairs[i + k], pairs[i + 2 + k], 0x88);
            quads[i + 2 + k] =
                _mm512_shuffle_i64x2(pairs[i + k], pairs[i + 2 + k], 0xdd);
        }
    for (int k = 0; k < 2; k++) {
        v[k] = _mm512_shuffle_i64x2(quads[k], quads[4 + k], 0x88);
        v[4 + k] = _mm512_shuffle_i64x2(quads[k], quads[4 + k], 0xdd);
        v[2 + k] = _mm512_shuffle_i64x2(quads[2 + k], quads[6 + k], 0x88);
        v[6 + k] = _mm512_shuffle_i64x2(quads[2 + k], quads[6 + k], 0xdd);
    }
}

/* Byte k: the lane that comes k-th, the lanes of the bits first. */
#define BELOW(bits, lane) __builtin_popcount((bits) & ((1u << (lane)) - 1))
#define PLACE(bits, lane)                                                              \
    ((bits) >> (lane) & 1 ? BELOW(bits, lane)                                          \
                          : BELOW(bits, 8) + (lane) - BELOW(bits, lane))
#define LANE(bits, lane) (uint64_t)(lane) << 8 * (PLACE(bits, lane))
#define ORDER_OF(bits)                                                                 \
    LANE(bits, 1) | LANE(bits, 2) | LANE(bits, 3) | LANE(bits, 4) | LANE(bits, 5) |    \
        LANE(bits, 6) | LANE(bits, 7)
#define FOUR(bits)                                                                     \
    ORDER_OF(bits), ORDER_OF(bits + 1u), ORDER_OF(bits + 2u), ORDER_OF(bits + 3u)
#define SIXTEEN(bits) FOUR(bits), FOUR(bits + 4u), FOUR(bits + 8u), FOUR(bits + 12u)
#define SIXTY_FOUR(bits)                                                               \
    SIXTEEN(bits), SIXTEEN(bits + 16u), SIXTEEN(bits + 32u), SIXTEEN(bits + 48u)
static const uint64_t parted_order[256] = {SIXTY_FOUR(0u), SIXTY_FOUR(64u),
                                           SIXTY_FOUR(128u), SIXTY_FOUR(192u)};

static inline vec vec_parted(vec x, uint32_t bits) {
    __m128i order =
        _mm_loadl_epi64((const __m128i *)(const void *)(parted_order + bits));
    return _mm512_permutexvar_epi64(_mm512_cvtepu8_epi64(order), x);
}

static inline vec clean_lanes_f64(vec x) {
    return _mm512_castpd_si512(
        _mm512_add_pd(_mm512_castsi512_pd(x), _mm512_setzero_pd()));
}
static inline vec lesser_f64(vec a, vec b) {
    return _mm512_castpd_si512(
        _mm512_min_pd(_mm512_castsi512_pd(a), _mm512_castsi512_pd(b)));
}
static inline vec greater_f64(vec a, vec b) {
    return _mm512_castpd_si512(
        _mm512_max_pd(_mm512_castsi512_pd(b), _mm512_castsi512_pd(a)));
}
static inline uint32_t below_f64(vec x, vec pivot) {
    return _mm512_cmp_pd_mask(_mm512_castsi512_pd(x), _mm512_castsi512_pd(pivot),
                              _CMP_LT_OQ);
}

static inline vec clean_lanes_i64(vec x) {
    return x;
}
static inline vec lesser_i64(vec a, vec b) {
    return _mm512_min_epi64(a, b);
}
static inline vec greater_i64(vec a, vec b) {
    return _mm512_max_epi64(a, b);
}
static inline uint32_t below_i64(vec x, vec pivot) {
    return _mm512_cmplt_epi64_mask(x, pivot);
}

#define ORDER(name) name##_f64
#include "kernels/sort/template.h"
#undef ORDER
#define ORDER(name) name##_i64
#include "kernels/sort/template.h"

void sdr_sort_fill_avx512(sdr_sort_kernels *kernels) {
    kernels->f64 = (sdr_sort_order){few_f64, split_f64, split_far_f64};
    kernels->i64 = (sdr_sort_order){few_i64, split_i64, split_far_i64};
    kernels->most = MOST;
    kernels->is_fastest = true;
}
