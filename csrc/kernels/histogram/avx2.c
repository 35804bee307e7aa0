/*
 * Histogram with AVX2: no permutation of doubles by a variable there is, but one of
 * eight 32-bit words. An edge is taken as two halves, each from a register of eight.
 *
 * Eight values are two registers of doubles; their ways down are eight 32-bit numbers
 * in the order 0 1 4 5 2 3 6 7, which is the order that unpacking two halves undoes.
 */
#include "kernels/histogram/search.h"

#include <immintrin.h>
#include <string.h>

enum { STEP = 32 }; /* values a search takes */

typedef struct search_state {
    __m256d first;          /* level 0 */
    __m256 low[5], high[5]; /* levels 1 to 3, and 4 in two parts: halves of edges */
    __m256d sum;            /* of all values: NaN if one is */
} search_state;

/* The lower or upper 32 bits of eight doubles. */
static inline __m256 halves(const double *edges, int upper) {
    float part[8];
    for (int i = 0; i < 8; i++)
        memcpy(&part[i], (const char *)&edges[i] + 4 * upper, sizeof part[i]);
    return _mm256_loadu_ps(part);
}

static inline search_state search_begin(const sdr_histogram_plan *plan) {
    search_state s = {.first = _mm256_set1_pd(plan->level[0][0]),
                      .sum = _mm256_setzero_pd()};
    for (int k = 0; k < 5; k++) {
        const double *edges = k < 4 ? plan->level[k + 1] : plan->level[4] + 8;
        s.low[k] = halves(edges, 0);
        s.high[k] = halves(edges, 1);
    }
    return s;
}

static inline bool search_saw_nan(const search_state *s) {
    return _mm256_movemask_pd(_mm256_cmp_pd(s->sum, s->sum, _CMP_UNORD_Q)) != 0;
}

/* Eight truth values as 32-bit words, in the order 0 1 4 5 2 3 6 7. */
static inline __m256i narrow(__m256d a, __m256d b) {
    return _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castpd_ps(a), _mm256_castpd_ps(b), 0x88));
}

/* Words of level k that r selects; level 4 holds 16 and r's bit 3 chooses the part. */
static inline __m256 select_half(const __m256 *half, int k, __m256i r) {
    __m256 word = _mm256_permutevar8x32_ps(half[k - 1], r);
    if (k < 4) return word;
    __m256 upper = _mm256_permutevar8x32_ps(half[k], r);
    return _mm256_blendv_ps(word, upper, _mm256_castsi256_ps(_mm256_slli_epi32(r, 28)));
}

/* Eight values: where each of a, b reaches its edge of level k, r gets bit k. */
static inline __m256i descend(const search_state *s, int k, __m256i r, __m256d a,
                              __m256d b) {
    __m256 low = select_half(s->low, k, r), high = select_half(s->high, k, r);
    __m256d edge_a = _mm256_castps_pd(_mm256_unpacklo_ps(low, high));
    __m256d edge_b = _mm256_castps_pd(_mm256_unpackhi_ps(low, high));
    __m256i up = narrow(_mm256_cmp_pd(a, edge_a, _CMP_GE_OQ),
                        _mm256_cmp_pd(b, edge_b, _CMP_GE_OQ));
    return _mm256_or_si256(r, _mm256_and_si256(up, _mm256_set1_epi32(1 << k)));
}

static inline __m256i descend_first(const search_state *s, __m256d a, __m256d b) {
    __m256i up = narrow(_mm256_cmp_pd(a, s->first, _CMP_GE_OQ),
                        _mm256_cmp_pd(b, s->first, _CMP_GE_OQ));
    return _mm256_srli_epi32(up, 31);
}

/* Eight pairs of 16 values; two groups of eight go down together. */
static inline __m256i search_16(search_state *s, int levels, const double *values) {
    __m256d a = _mm256_loadu_pd(values), b = _mm256_loadu_pd(values + 4);
    __m256d c = _mm256_loadu_pd(values + 8), d = _mm256_loadu_pd(values + 12);
    __m256d sum = _mm256_add_pd(_mm256_add_pd(a, b), _mm256_add_pd(c, d));
    s->sum = _mm256_add_pd(s->sum, sum);
    __m256i low = descend_first(s, a, b), high = descend_first(s, c, d);
#pragma GCC unroll 5
    for (int k = 1; k < levels; k++) {
        low = descend(s, k, low, a, b);
        high = descend(s, k, high, c, d);
    }
    return _mm256_add_epi32(low, _mm256_slli_epi32(high, levels));
}

static inline void search(uint32_t *pairs, search_state *s, int levels,
                          const double *values) {
    for (int i = 0; i < STEP; i += 8)
        sdr_prefetch(values + i);
    __m256i *out = (__m256i *)(void *)pairs;
    _mm256_storeu_si256(out, search_16(s, levels, values));
    _mm256_storeu_si256(out + 1, search_16(s, levels, values + 16));
}

#include "kernels/histogram/template.h"

void sdr_histogram_fill_avx2(sdr_histogram_kernels *kernels) {
    kernels->count = count;
}
