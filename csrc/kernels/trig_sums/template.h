/*
 * Trigonometric sums on any ISA with eight lanes; compiled by avx2.c, avx512.c and
 * neon.c. value.h is one lane's arithmetic. The bits of 6 + g are summed; those of 6
 * are taken away at the end, of rows that take no part, too, as their g is 0.
 */
#include "kernels/lanes.h"
#include "kernels/trig_sums/value.h"

enum { LANES = 8 };

typedef struct trig_sums {
    lanes g[SDR_TRIG_FUNCTIONS];
} trig_sums;

static inline lanes polynomial(const double *terms, lanes w) {
    lanes sum = lanes_all(terms[SDR_TRIG_TERMS - 1]);
    for (int i = SDR_TRIG_TERMS - 2; i >= 0; i--)
        sum = lanes_add(lanes_mul(sum, w), lanes_all(terms[i]));
    return sum;
}

/* One less twice the square of s, whose double is given. */
static inline lanes cosine_of(lanes twice, lanes s) {
    return lanes_sub(lanes_all(1.0), lanes_mul(twice, s));
}

/* sdr_trig_near. */
static inline trig_sums trig_near(lanes a) {
    static const double sine[] = SDR_SINE, cosine[] = SDR_COSINE;
    const lanes whole = lanes_all(SDR_WHOLE), two = lanes_all(2.0);
    lanes turns = lanes_mul(a, lanes_all(SDR_TURNS_A_RADIAN));
    turns = lanes_sub(lanes_add(turns, whole), whole);
    lanes rest = lanes_sub(a, lanes_mul(turns, lanes_all(SDR_TURN_1)));
    rest = lanes_sub(rest, lanes_mul(turns, lanes_all(SDR_TURN_2)));
    rest = lanes_sub(rest, lanes_mul(turns, lanes_all(SDR_TURN_3)));
    lanes u = lanes_mul(rest, lanes_all(0.25)), w = lanes_mul(u, u);
    lanes s = lanes_add(u, lanes_mul(lanes_mul(u, w), polynomial(sine, w)));
    lanes half = lanes_sub(lanes_all(1.0), lanes_mul(lanes_all(0.5), w));
    lanes c = lanes_add(half, lanes_mul(lanes_mul(w, w), polynomial(cosine, w)));
    for (int quarter = 0; quarter < 2; quarter++) {
        lanes twice = lanes_mul(two, s), of_twice = lanes_mul(twice, c);
        c = cosine_of(twice, s);
        s = of_twice;
    }
    lanes twice = lanes_mul(two, s);
    return (trig_sums){{c, cosine_of(twice, s), s, lanes_mul(twice, c)}};
}

/* With libm's for the lanes beyond the limit. */
static trig_sums trig_far(lanes a) {
    double angles[LANES], g[SDR_TRIG_FUNCTIONS], all[SDR_TRIG_FUNCTIONS][LANES];
    lanes_store(angles, a);
    for (int lane = 0; lane < LANES; lane++) {
        sdr_trig_of(g, isfinite(angles[lane]) ? angles[lane] : 0.0);
        for (int k = 0; k < SDR_TRIG_FUNCTIONS; k++)
            all[k][lane] = g[k];
    }
    trig_sums out;
    for (int k = 0; k < SDR_TRIG_FUNCTIONS; k++)
        out.g[k] = lanes_load(all[k]);
    return out;
}

typedef struct sums {
    lanes_counter all[SDR_TRIG_BLOCK_SUMS], count;
    lanes point, scale;
} sums;

static inline void add_values(sums *s, lanes x) {
    lanes a = lanes_mul(s->point, lanes_divide(x, s->scale)), g[SDR_TRIG_FUNCTIONS];
    const lanes six = lanes_all(SDR_TRIG_SIX);
    lanes_mask part = lanes_finite(a);
    lanes size = lanes_where(part, lanes_abs(a)); /* of those that take no part: 0 */
    trig_sums w = lanes_any(lanes_less(lanes_all(SDR_TRIG_LIMIT), size))
                      ? trig_far(a)
                      : trig_near(lanes_where(part, a));
    s->count = lanes_count(s->count, part);
    for (int i = 0; i < SDR_TRIG_FUNCTIONS; i++) {
        g[i] = lanes_where(part, w.g[i]);
        s->all[i] = lanes_add_bits(s->all[i], lanes_add(six, g[i]));
    }
#pragma GCC unroll 6
    for (int p = 0; p < SDR_TRIG_BLOCK_SUMS - SDR_TRIG_FUNCTIONS; p++) {
        lanes product =
            lanes_mul(g[sdr_trig_products[p].left], g[sdr_trig_products[p].right]);
        s->all[SDR_TRIG_FUNCTIONS + p] =
            lanes_add_bits(s->all[SDR_TRIG_FUNCTIONS + p], lanes_add(six, product));
    }
}

static void block(sdr_trig_block_sums *out, const double *values, int64_t n,
                  double point, double scale) {
    sums s = {.count = lanes_counter_zero(),
              .point = lanes_all(point),
              .scale = lanes_all(scale)};
    for (int k = 0; k < SDR_TRIG_BLOCK_SUMS; k++)
        s.all[k] = lanes_counter_zero();
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        add_values(&s, lanes_load(values + i));
    if (i < n) add_values(&s, lanes_load_part(values + i, (int)(n - i)));
    uint64_t rows = (uint64_t)(i < n ? i + LANES : i);
    out->n = lanes_counted(s.count);
    for (int k = 0; k < SDR_TRIG_BLOCK_SUMS; k++)
        out->sums[k] =
            (int64_t)(lanes_bits_sum(s.all[k]) - rows * sdr_trig_bits(SDR_TRIG_SIX));
}

#define SDR_TRIG_SUMS_FILL(isa)                                                        \
    void sdr_trig_sums_fill_##isa(sdr_trig_sums_kernels *kernels) {                    \
        kernels->block = block;                                                        \
    }
