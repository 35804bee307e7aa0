/*
 * Histogram with AVX-512: a level of up to 16 edges is one or two registers.
 *
 * Four registers of values go down level by level together: their steps do not depend
 * on each other, and a level alone takes a compare, a mask and a permutation in turn.
 */
#include "kernels/histogram/search.h"

#include <immintrin.h>
#include <string.h>

enum { STEP = 32 }; /* values a search takes */

typedef struct search_state {
    __m512d level[4];            /* levels 0 to 3: up to eight edges, repeated */
    __m512d last_low, last_high; /* level 4 */
    __m512d sum;                 /* of all values: NaN if one is */
} search_state;

static inline search_state search_begin(const sdr_histogram_plan *plan) {
    search_state s = {.sum = _mm512_setzero_pd()};
    for (int k = 0; k < 4; k++)
        s.level[k] = _mm512_load_pd(plan->level[k]);
    s.last_low = _mm512_load_pd(plan->level[4]);
    s.last_high = _mm512_load_pd(plan->level[4] + 8);
    return s;
}

static inline bool search_saw_nan(const search_state *s) {
    return _mm512_cmp_pd_mask(s->sum, s->sum, _CMP_UNORD_Q) != 0;
}

static inline __m512d edge_of(const search_state *s, int k, __m512i r) {
    return k < 4 ? _mm512_permutexvar_pd(r, s->level[k])
                 : _mm512_permutex2var_pd(s->last_low, r, s->last_high);
}

enum { VECTORS = STEP / 8 };

/* One level for all vectors: each r gets bit k where the value reaches the edge. */
static inline void descend(const search_state *s, int k, __m512i *r, const __m512d *x) {
    __m512d edge[VECTORS];
    __mmask8 up[VECTORS];
    for (int v = 0; v < VECTORS; v++)
        edge[v] = edge_of(s, k, r[v]);
    for (int v = 0; v < VECTORS; v++)
        up[v] = _mm512_cmp_pd_mask(x[v], edge[v], _CMP_GE_OQ);
    for (int v = 0; v < VECTORS; v++)
        r[v] = _mm512_mask_or_epi64(r[v], up[v], r[v], _mm512_set1_epi64(1 << k));
}

static inline void search(uint32_t *pairs, search_state *s, int levels,
                          const double *values) {
    __m512d x[VECTORS];
    __m512i r[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        sdr_prefetch(values + 8 * v);
        x[v] = _mm512_loadu_pd(values + 8 * v);
        s->sum = _mm512_add_pd(s->sum, x[v]);
        r[v] = _mm512_setzero_si512();
    }
#pragma GCC unroll 5
    for (int k = 0; k < levels; k++)
        descend(s, k, r, x);
    __m512i low = _mm512_add_epi64(r[0], _mm512_slli_epi64(r[1], (unsigned)levels));
    __m512i high = _mm512_add_epi64(r[2], _mm512_slli_epi64(r[3], (unsigned)levels));
    __m512i all = _mm512_add_epi64(low, _mm512_slli_epi64(high, 32));
    _mm256_storeu_si256((__m256i *)(void *)pairs, _mm512_castsi512_si256(all));
    _mm256_storeu_si256((__m256i *)(void *)(pairs + 8),
                        _mm512_extracti64x4_epi64(all, 1));
}

#include "kernels/histogram/template.h"

void sdr_histogram_fill_avx512(sdr_histogram_kernels *kernels) {
    kernels->count = count;
}
