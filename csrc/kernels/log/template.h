/*
 * Logarithms and losses on any ISA with eight lanes. An ISA's file defines, before it
 * includes this,
 *   lanes_split(&k, &m, x)  x = 2^k m, as value.h says
 *   lanes_either(a, b)      the mask of lanes that are in one of the two
 */
#include <stdbool.h>
#include <stddef.h>

#define INLINE static inline __attribute__((always_inline))

/* -ln x, as log_loss_of */
INLINE lanes loss_lanes(lanes x) {
    lanes k, m;
    lanes_split(&k, &m, x);
    const lanes f = lanes_sub(m, lanes_all(1.0));
    const lanes s = lanes_divide(f, lanes_add(lanes_all(2.0), f));
    const lanes z = lanes_mul(s, s), w = lanes_mul(z, z);
    lanes odd = lanes_mul(w, lanes_all(log_terms[5]));
    odd = lanes_mul(w, lanes_add(lanes_all(log_terms[3]), odd));
    odd = lanes_mul(w, lanes_add(lanes_all(log_terms[1]), odd));
    lanes even = lanes_mul(w, lanes_all(log_terms[6]));
    even = lanes_mul(w, lanes_add(lanes_all(log_terms[4]), even));
    even = lanes_mul(w, lanes_add(lanes_all(log_terms[2]), even));
    even = lanes_mul(z, lanes_add(lanes_all(log_terms[0]), even));
    const lanes curve = lanes_mul(s, lanes_sub(f, lanes_add(odd, even)));
    const lanes part =
        lanes_sub(lanes_sub(curve, lanes_mul(k, lanes_all(LOG_LN2_LOW))), f);
    return lanes_sub(part, lanes_mul(k, lanes_all(LOG_LN2_HIGH)));
}

INLINE lanes lanes_held(lanes q, lanes least, lanes most) {
    return lanes_lesser(lanes_greater(q, least), most);
}

INLINE lanes lanes_some(const double *p, int64_t i, int64_t n) {
    return i + SDR_LOG_LANES <= n ? lanes_load(p + i)
                                  : lanes_load_part(p + i, (int)(n - i));
}

static void values(double *out, const double *x, int64_t n) {
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        double part[SDR_LOG_LANES];
        lanes_store(part, lanes_sub(lanes_all(0.0), loss_lanes(lanes_some(x, i, n))));
        for (int lane = 0; lane < SDR_LOG_LANES && i + lane < n; lane++)
            out[i + lane] = part[lane];
    }
}

/* --- sums ------------------------------------------------------------------------- */

typedef struct loss_sums {
    lanes weight, weight_squares, loss, loss_squares, brier, brier_squares;
    lanes_counter n, not_one;
} loss_sums;

static inline loss_sums sums_load(const sdr_log_lanes *from) {
    return (loss_sums){lanes_load(from->weight), lanes_load(from->weight_squares),
                       lanes_load(from->loss),   lanes_load(from->loss_squares),
                       lanes_load(from->brier),  lanes_load(from->brier_squares),
                       lanes_counter_zero(),     lanes_counter_zero()};
}

static inline void sums_store(sdr_log_lanes *to, const loss_sums *s) {
    lanes_store(to->weight, s->weight);
    lanes_store(to->weight_squares, s->weight_squares);
    lanes_store(to->loss, s->loss);
    lanes_store(to->loss_squares, s->loss_squares);
    lanes_store(to->brier, s->brier);
    lanes_store(to->brier_squares, s->brier_squares);
    to->n += lanes_counted(s->n);
    to->not_one += lanes_counted(s->not_one);
}

/* A row that takes no part adds +0.0 to sums that began at +0.0. */
INLINE void add_rows(loss_sums *s, lanes_mask part, lanes loss, lanes brier) {
    loss = lanes_where(part, loss);
    brier = lanes_where(part, brier);
    s->n = lanes_count(s->n, part);
    s->loss = lanes_add(s->loss, loss);
    s->loss_squares = lanes_add(s->loss_squares, lanes_mul(loss, loss));
    s->brier = lanes_add(s->brier, brier);
    s->brier_squares = lanes_add(s->brier_squares, lanes_mul(brier, brier));
}

INLINE void add_weighted_rows(loss_sums *s, lanes_mask part, lanes loss, lanes brier,
                              lanes w) {
    loss = lanes_where(part, loss);
    brier = lanes_where(part, brier);
    w = lanes_where(part, w);
    const lanes loss_part = lanes_mul(w, loss), brier_part = lanes_mul(w, brier);
    s->n = lanes_count(s->n, part);
    s->weight = lanes_add(s->weight, w);
    s->weight_squares = lanes_add(s->weight_squares, lanes_mul(w, w));
    s->loss = lanes_add(s->loss, loss_part);
    s->loss_squares = lanes_add(s->loss_squares, lanes_mul(loss_part, loss));
    s->brier = lanes_add(s->brier, brier_part);
    s->brier_squares = lanes_add(s->brier_squares, lanes_mul(brier_part, brier));
}

INLINE lanes_mask is_probability(lanes p) {
    return lanes_both(lanes_not_above(lanes_all(0.0), p),
                      lanes_not_above(p, lanes_all(1.0)));
}

INLINE lanes_mask is_above_zero(lanes w) {
    return lanes_less(lanes_all(0.0), w);
}

/* --- two classes ------------------------------------------------------------------ */

INLINE void binary_rows(loss_sums *s, lanes y, lanes p, lanes w, lanes least,
                        lanes most, bool weighted) {
    const lanes one = lanes_all(1.0);
    const lanes error = lanes_sub(y, p);
    const lanes q = lanes_abs(lanes_sub(p, lanes_sub(one, y)));
    const lanes loss = loss_lanes(lanes_held(q, least, most));
    const lanes brier = lanes_mul(error, error);
    lanes_mask part =
        lanes_both(is_probability(p),
                   lanes_either(lanes_equal(y, lanes_all(0.0)), lanes_equal(y, one)));
    if (weighted)
        add_weighted_rows(s, lanes_both(part, is_above_zero(w)), loss, brier, w);
    else
        add_rows(s, part, loss, brier);
}

INLINE void binary_all(sdr_log_lanes *sums, const double *targets, const double *p,
                       const double *weights, int64_t n, double at_least,
                       bool weighted) {
    loss_sums s = sums_load(sums);
    const lanes least = lanes_all(at_least), most = lanes_all(1.0 - at_least);
    const lanes none = lanes_all(0.0);
    int64_t i = 0;
    for (; i + SDR_LOG_LANES <= n; i += SDR_LOG_LANES) {
        sdr_prefetch(targets + i);
        sdr_prefetch(p + i);
        binary_rows(&s, lanes_load(targets + i), lanes_load(p + i),
                    weighted ? lanes_load(weights + i) : none, least, most, weighted);
    }
    if (i < n)
        binary_rows(&s, lanes_some(targets, i, n), lanes_some(p, i, n),
                    weighted ? lanes_some(weights, i, n) : none, least, most, weighted);
    sums_store(sums, &s);
}

static void binary(sdr_log_lanes *sums, const double *targets, const double *p,
                   const double *weights, int64_t n, double least) {
    if (weights == NULL)
        binary_all(sums, targets, p, NULL, n, least, false);
    else
        binary_all(sums, targets, p, weights, n, least, true);
}

/* --- several classes -------------------------------------------------------------- */

INLINE void store_added(double *at, lanes a) {
    lanes_store(at, lanes_add(lanes_load(at), a));
}

static void add_class(sdr_log_strip *strip, const double *targets, const double *p,
                      int64_t n, double code) {
    const lanes one = lanes_all(1.0);
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        const lanes x = lanes_some(p, i, n);
        const lanes_mask came_true =
            lanes_equal(lanes_some(targets, i, n), lanes_all(code));
        const lanes error = lanes_sub(x, lanes_where(came_true, one));
        store_added(strip->picked + i, lanes_where(came_true, x));
        store_added(strip->total + i, x);
        store_added(strip->brier + i, lanes_mul(error, error));
        store_added(strip->within + i, lanes_where(is_probability(x), one));
    }
}

typedef struct strip_rules {
    lanes classes, least, most, tolerance;
} strip_rules;

INLINE void strip_rows(loss_sums *s, const sdr_log_strip *strip, int64_t i, lanes code,
                       const strip_rules *r, lanes w, bool weighted) {
    lanes_mask part =
        lanes_both(lanes_not_above(lanes_all(0.0), code), lanes_less(code, r->classes));
    part = lanes_both(part, lanes_equal(lanes_load(strip->within + i), r->classes));
    if (weighted) part = lanes_both(part, is_above_zero(w));
    const lanes off =
        lanes_abs(lanes_sub(lanes_load(strip->total + i), lanes_all(1.0)));
    s->not_one =
        lanes_count(s->not_one, lanes_both(part, lanes_less(r->tolerance, off)));
    const lanes loss =
        loss_lanes(lanes_held(lanes_load(strip->picked + i), r->least, r->most));
    const lanes brier = lanes_load(strip->brier + i);
    if (weighted)
        add_weighted_rows(s, part, loss, brier, w);
    else
        add_rows(s, part, loss, brier);
}

static void add_strip(sdr_log_lanes *sums, const sdr_log_strip *strip,
                      const double *targets, const double *weights, int64_t n,
                      double classes, double least, double tolerance) {
    const strip_rules r = {lanes_all(classes), lanes_all(least), lanes_all(1.0 - least),
                           lanes_all(tolerance)};
    loss_sums s = sums_load(sums);
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        const lanes code = lanes_some(targets, i, n);
        if (weights == NULL)
            strip_rows(&s, strip, i, code, &r, code, false);
        else
            strip_rows(&s, strip, i, code, &r, lanes_some(weights, i, n), true);
    }
    sums_store(sums, &s);
}

#define SDR_LOG_FILL(isa)                                                              \
    void sdr_log_fill_##isa(sdr_log_kernels *kernels) {                                \
        kernels->values = values;                                                      \
        kernels->binary = binary;                                                      \
        kernels->add_class = add_class;                                                \
        kernels->add_strip = add_strip;                                                \
    }
