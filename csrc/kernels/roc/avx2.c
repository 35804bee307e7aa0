/* Tagged keys, compiled for AVX2; AVX-512 uses these too. Tie groups are cut four keys
 * at a time. */
#include <immintrin.h>

#include "kernels/roc/cuts.h"

/* Of four bits: the places of those that are set, in order; how many are set below each
 * place. */
static const int32_t places_of[16][4] = {
    {0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {2, 0, 0, 0}, {0, 2, 0, 0},
    {1, 2, 0, 0}, {0, 1, 2, 0}, {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
    {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3}};
static const int32_t counts_below[16][4] = {
    {0, 0, 0, 0}, {0, 1, 1, 1}, {0, 0, 1, 1}, {0, 1, 2, 2}, {0, 0, 0, 1}, {0, 1, 1, 2},
    {0, 0, 1, 2}, {0, 1, 2, 3}, {0, 0, 0, 0}, {0, 1, 1, 1}, {0, 0, 1, 1}, {0, 1, 2, 2},
    {0, 0, 0, 1}, {0, 1, 1, 2}, {0, 0, 1, 2}, {0, 1, 2, 3}};

static inline __m256i load(const sdr_key *keys) {
    return _mm256_loadu_si256((const __m256i *)(const void *)keys);
}
static inline __m128i load_four(const int32_t *values) {
    return _mm_loadu_si128((const __m128i *)(const void *)values);
}
static inline void store_four(int32_t *to, __m128i values) {
    _mm_storeu_si128((__m128i *)(void *)to, values);
}

static inline int labels_of(__m256i keys) { /* the lowest bit, against the sign */
    const __m256i sign = _mm256_xor_si256(_mm256_slli_epi64(keys, 63), keys);
    return _mm256_movemask_pd(_mm256_castsi256_pd(sign));
}
static inline int starts_of(__m256i keys, __m256i before) {
    const __m256i apart = _mm256_srli_epi64(_mm256_xor_si256(keys, before), 1);
    const __m256i tied = _mm256_cmpeq_epi64(apart, _mm256_setzero_si256());
    return _mm256_movemask_pd(_mm256_castsi256_pd(tied)) ^ 15;
}

/* Groups that begin in four keys from number i on. */
static inline void cut_four(cuts *c, int32_t i, int starts, int labels) {
    const __m128i places = load_four(places_of[starts]);
    const __m128 below = _mm_castsi128_ps(load_four(counts_below[labels]));
    const __m128i before = _mm_castps_si128(_mm_permutevar_ps(below, places));
    store_four(c->starts + c->n, _mm_add_epi32(places, _mm_set1_epi32(i)));
    store_four(c->before + c->n, _mm_add_epi32(before, _mm_set1_epi32(c->positives)));
    c->n += __builtin_popcount((unsigned)starts);
    c->positives += __builtin_popcount((unsigned)labels);
}

static void cut_part(cuts *c, const sdr_key *keys, int64_t n, bool begins) {
    int32_t i = 0;
    c->n = c->positives = 0;
    for (; i < LANES && i < (int32_t)n; i++)
        cut_one(c, keys, i, begins);
    for (; i + LANES <= (int32_t)n; i += LANES) {
        const __m256i own = load(keys + i), before = load(keys + i - 1);
        cut_four(c, i, starts_of(own, before), labels_of(own));
    }
    for (; i < (int32_t)n; i++)
        cut_one(c, keys, i, begins);
}

/* Each lane becomes the sum of those up to it. */
static inline __m256d add_up(__m256d values) {
    const __m256d one = _mm256_permute4x64_pd(values, 0x90);
    values = _mm256_add_pd(values, _mm256_blend_pd(_mm256_setzero_pd(), one, 0xe));
    return _mm256_add_pd(values, _mm256_permute2f128_pd(values, values, 0x08));
}
static inline __m256d last_of(__m256d values) {
    return _mm256_permute4x64_pd(values, 0xff);
}
static inline __m256d doubles_of(const int32_t *values) {
    return _mm256_cvtepi32_pd(load_four(values));
}

static void sum_precisions(sdr_rank_part *out, const cuts *c, int32_t groups,
                           double positives, double all) {
    const __m256d t = _mm256_set1_pd(positives), n = _mm256_set1_pd(all);
    __m256d precision, px, pxx, mb, mbb, rises, falls;
    precision = px = pxx = mb = mbb = rises = falls = _mm256_setzero_pd();
    for (int32_t g = 0; g < groups; g += LANES) {
        const __m256d start = doubles_of(c->starts + g);
        const __m256d before = doubles_of(c->before + g);
        const __m256d from = _mm256_sub_pd(n, start);
        const __m256d p = _mm256_sub_pd(doubles_of(c->before + g + 1), before);
        const __m256d size = _mm256_sub_pd(doubles_of(c->starts + g + 1), start);
        const __m256d m = _mm256_sub_pd(size, p);
        const __m256d share = _mm256_div_pd(_mm256_sub_pd(t, before), from);
        const __m256d part = _mm256_div_pd(p, from), lost = _mm256_mul_pd(part, share);
        const __m256d b = _mm256_add_pd(add_up(lost), falls);
        rises = _mm256_add_pd(add_up(_mm256_sub_pd(part, lost)), rises);
        const __m256d x = _mm256_add_pd(share, rises), own = _mm256_mul_pd(p, x);
        const __m256d fallen = _mm256_mul_pd(m, b);
        falls = last_of(b);
        rises = last_of(rises);
        precision = _mm256_add_pd(precision, _mm256_mul_pd(p, share));
        px = _mm256_add_pd(px, own);
        pxx = _mm256_add_pd(pxx, _mm256_mul_pd(own, x));
        mb = _mm256_add_pd(mb, fallen);
        mbb = _mm256_add_pd(mbb, _mm256_mul_pd(fallen, b));
    }
    lane_sums s;
    _mm256_storeu_pd(s.precision, precision);
    _mm256_storeu_pd(s.px, px);
    _mm256_storeu_pd(s.pxx, pxx);
    _mm256_storeu_pd(s.mb, mb);
    _mm256_storeu_pd(s.mbb, mbb);
    out->rises = _mm256_cvtsd_f64(rises);
    out->falls = _mm256_cvtsd_f64(falls);
    set_sums(out, &s);
}

#include "kernels/roc/template.h"

void sdr_roc_fill_avx2(sdr_roc_kernels *kernels) {
    *kernels = SDR_ROC_KERNELS;
}
