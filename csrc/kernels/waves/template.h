/*
 * Waves of eight rows at a time. Eight of which one is far away or not finite are taken
 * row by row. An ISA's file defines, before it includes this,
 *   lanes_div(a, b)
 *   lanes_turned(a, k)      a, its sign turned where bit 1 of k's bits is set
 *   lanes_by_parity(k, odd, even)
 *   quanta                  eight 64-bit integers
 *   quanta_zero(), quanta_add(q, a), quanta_sum(q)    sums of bits of doubles
 */
#include "value.h"

enum { LANES = 8 };

static inline lanes polynomial(const double *terms, lanes x) {
    lanes sum = lanes_all(terms[WAVES_TERMS - 1]);
    for (int i = WAVES_TERMS - 2; i >= 0; i--)
        sum = lanes_add(lanes_mul(sum, x), lanes_all(terms[i]));
    return sum;
}

static inline void lanes_waves(lanes *cosine, lanes *sine, lanes x) {
    lanes round = lanes_all(WAVES_ROUND);
    lanes shifted = lanes_add(lanes_mul(x, lanes_all(WAVES_TWO_BY_PI)), round);
    lanes k = lanes_sub(shifted, round);
    lanes r = lanes_sub(x, lanes_mul(k, lanes_all(WAVES_HALF_PI_1)));
    r = lanes_sub(r, lanes_mul(k, lanes_all(WAVES_HALF_PI_2)));
    r = lanes_sub(r, lanes_mul(k, lanes_all(WAVES_HALF_PI_3)));
    lanes r2 = lanes_mul(r, r);
    lanes s = lanes_mul(r, lanes_mul(r2, polynomial(waves_sines, r2)));
    lanes c = lanes_mul(lanes_mul(r2, r2), polynomial(waves_cosines, r2));
    s = lanes_add(r, s);
    c = lanes_add(lanes_sub(lanes_all(1.0), lanes_mul(lanes_all(0.5), r2)), c);
    *cosine = lanes_turned(lanes_by_parity(shifted, s, c),
                           lanes_add(shifted, lanes_all(1.0)));
    *sine = lanes_turned(lanes_by_parity(shifted, c, s), shifted);
}

/* Whether all eight are near enough for lanes_waves. */
static inline bool all_near(lanes z, const double *points, int k) {
    for (int i = 0; i < k; i++) {
        lanes x = lanes_mul(lanes_all(points[i]), z);
        if (!lanes_every(lanes_not_above(lanes_abs(x), lanes_all(WAVES_FAR))))
            return false;
    }
    return true;
}

static inline quanta quanta_of(quanta sum, lanes value) {
    return quanta_add(sum, lanes_add(value, lanes_all(WAVES_SIX)));
}

static inline void add_lanes(quanta *sums, lanes z, const double *points, int k) {
    lanes g[SDR_WAVES_MOST];
    for (int i = 0; i < k; i++)
        lanes_waves(&g[i], &g[k + i], lanes_mul(lanes_all(points[i]), z));
    int sum = 0;
    for (int i = 0; i < 2 * k; i++, sum++)
        sums[sum] = quanta_of(sums[sum], g[i]);
    for (int i = 0; i < 2 * k; i++)
        for (int j = i; j < 2 * k; j++, sum++)
            sums[sum] = quanta_of(sums[sum], lanes_mul(g[i], g[j]));
}

static inline int64_t add_rows(int64_t *sums, const double *values, int64_t n,
                               const double *points, int k, double scale) {
    const int n_sums = 2 * k + k * (2 * k + 1);
    quanta lanes_sums[SDR_WAVES_SUMS];
    int64_t taken = 0, in_lanes = 0, i = 0;
    for (int s = 0; s < n_sums; s++)
        lanes_sums[s] = quanta_zero();
    for (; i + LANES <= n; i += LANES) {
        lanes z = lanes_div(lanes_load(values + i), lanes_all(scale));
        if (all_near(z, points, k)) {
            add_lanes(lanes_sums, z, points, k);
            in_lanes += LANES;
            continue;
        }
        for (int row = 0; row < LANES; row++)
            taken += waves_add_row(sums, values[i + row], points, k, scale);
    }
    for (int s = 0; s < n_sums; s++) {
        uint64_t six = waves_bits(WAVES_SIX) * (uint64_t)in_lanes;
        sums[s] = (int64_t)((uint64_t)sums[s] + quanta_sum(lanes_sums[s]) - six);
    }
    for (; i < n; i++)
        taken += waves_add_row(sums, values[i], points, k, scale);
    return taken + in_lanes;
}

/* Two points are the test's: then the sums stay in registers. */
static int64_t add(int64_t *sums, const double *values, int64_t n, const double *points,
                   int k, double scale) {
    if (k == 2) return add_rows(sums, values, n, points, 2, scale);
    return add_rows(sums, values, n, points, k, scale);
}

#define SDR_WAVES_FILL(isa)                                                            \
    void sdr_waves_fill_##isa(sdr_waves_kernels *kernels) {                            \
        kernels->add = add;                                                            \
    }
