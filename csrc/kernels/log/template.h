/*
 * Logarithms and losses on any ISA with eight lanes. An ISA's file defines, before it
 * includes this,
 *   lanes_split(&k, &m, x)  x = 2^k m, as value.h says
 *   lanes_either(a, b)      the mask of lanes that are in one of the two
 *   flaws                   of rows: whether a product of theirs is not +0.0, or a p is
 *                           not of +0.0 to 1.0; flaws_none(), flaws_add(f, product, p),
 *                           flaws_any(f)
 */
#include <stdbool.h>
#include <stddef.h>

#define INLINE static inline __attribute__((always_inline))

/* -ln(2^k m), as log_loss_of_parts */
INLINE lanes loss_of_parts(lanes k, lanes m) {
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

/* -ln x, as log_loss_of */
INLINE lanes loss_lanes(lanes x) {
    lanes k, m;
    lanes_split(&k, &m, x);
    return loss_of_parts(k, m);
}

/* as log_rough_loss_of */
INLINE lanes rough_loss_lanes(lanes x) {
    lanes k, m;
    lanes_split(&k, &m, x);
    const lanes f = lanes_sub(m, lanes_all(1.0));
    const lanes s = lanes_divide(f, lanes_add(lanes_all(2.0), f));
    const lanes z = lanes_mul(s, s);
    lanes curve = lanes_mul(z, lanes_all(log_rough_terms[2]));
    curve = lanes_mul(z, lanes_add(lanes_all(log_rough_terms[1]), curve));
    curve = lanes_add(lanes_all(log_rough_terms[0]), curve);
    return lanes_sub(lanes_mul(k, lanes_all(-LOG_LN2)), lanes_mul(s, curve));
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

/* --- losses without weights ------------------------------------------------------- */

/* Probabilities of what came true, 1 where a row takes no part; n: a multiple of 8. */
static void add_losses(sdr_log_lanes *sums, const double *q, int64_t n) {
    enum { STEP = LOG_FACTORS * SDR_LOG_LANES };
    lanes rough = lanes_load(sums->rough), squares = lanes_load(sums->loss_squares);
    lanes k = lanes_all(0.0), product = lanes_all(1.0), power;
    for (int64_t first = 0; first < n; first += STEP) {
        const int64_t stop = n - first < STEP ? n : first + STEP;
        for (int64_t i = first; i < stop; i += SDR_LOG_LANES) {
            const lanes x = lanes_load(q + i), loss = rough_loss_lanes(x);
            product = lanes_mul(product, x);
            rough = lanes_add(rough, loss);
            squares = lanes_add(squares, lanes_mul(loss, loss));
        }
        lanes_split(&power, &product, product);
        k = lanes_add(k, power);
    }
    lanes_store(sums->rough, rough);
    lanes_store(sums->loss_squares, squares);
    lanes_split(&power, &product, product);
    const lanes loss = loss_of_parts(lanes_add(k, power), product);
    lanes_store(sums->loss, lanes_add(lanes_load(sums->loss), loss));
}

typedef struct brier_sums {
    lanes sum, squares;
} brier_sums;

static inline brier_sums brier_load(const sdr_log_lanes *from) {
    return (brier_sums){lanes_load(from->brier), lanes_load(from->brier_squares)};
}

static inline void brier_store(sdr_log_lanes *to, brier_sums s) {
    lanes_store(to->brier, s.sum);
    lanes_store(to->brier_squares, s.squares);
}

INLINE void brier_add(brier_sums *s, lanes brier) {
    s->sum = lanes_add(s->sum, brier);
    s->squares = lanes_add(s->squares, lanes_mul(brier, brier));
}

/* q where a row takes part, else 1 */
INLINE lanes or_one(lanes_mask part, lanes q) {
    const lanes one = lanes_all(1.0);
    return lanes_add(lanes_where(part, q), lanes_sub(one, lanes_where(part, one)));
}

static int64_t padded(int64_t n) {
    return (n + SDR_LOG_LANES - 1) / SDR_LOG_LANES * SDR_LOG_LANES;
}

/* --- with weights ----------------------------------------------------------------- */

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

typedef struct binary_rows {
    lanes q, brier;
    lanes_mask part;
} binary_rows;

INLINE binary_rows binary_of(lanes y, lanes p, lanes least, lanes most) {
    const lanes one = lanes_all(1.0), error = lanes_sub(y, p);
    const lanes q = lanes_abs(lanes_sub(p, lanes_sub(one, y)));
    return (binary_rows){
        lanes_held(q, least, most), lanes_mul(error, error),
        lanes_both(is_probability(p),
                   lanes_either(lanes_equal(y, lanes_all(0.0)), lanes_equal(y, one)))};
}

/* A strip of a multiple of 8 rows that all take part; false: some do not, or a target or
 * a probability is -0.0, and nothing is added. */
INLINE bool add_complete(sdr_log_lanes *sums, double *q, const double *targets,
                         const double *p, int64_t n, lanes least, lanes most) {
    const lanes one = lanes_all(1.0);
    brier_sums s = brier_load(sums);
    flaws f = flaws_none();
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        sdr_prefetch(targets + i);
        sdr_prefetch(p + i);
        const lanes y = lanes_load(targets + i), x = lanes_load(p + i);
        const lanes other = lanes_sub(one, y), error = lanes_sub(y, x);
        f = flaws_add(f, lanes_mul(y, other), x);
        lanes_store(q + i, lanes_held(lanes_abs(lanes_sub(x, other)), least, most));
        brier_add(&s, lanes_mul(error, error));
    }
    if (flaws_any(f)) return false;
    sums->n += n;
    brier_store(sums, s);
    return true;
}

static void add_some(sdr_log_lanes *sums, double *q, const double *targets,
                     const double *p, int64_t n, lanes least, lanes most) {
    brier_sums s = brier_load(sums);
    lanes_counter rows = lanes_counter_zero();
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        const binary_rows r =
            binary_of(lanes_some(targets, i, n), lanes_some(p, i, n), least, most);
        lanes_store(q + i, or_one(r.part, r.q));
        brier_add(&s, lanes_where(r.part, r.brier));
        rows = lanes_count(rows, r.part);
    }
    sums->n += lanes_counted(rows);
    brier_store(sums, s);
}

static void weighted_binary(sdr_log_lanes *sums, const double *targets, const double *p,
                            const double *weights, int64_t n, double at_least) {
    loss_sums s = sums_load(sums);
    const lanes least = lanes_all(at_least), most = lanes_all(1.0 - at_least);
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        sdr_prefetch(targets + i);
        sdr_prefetch(p + i);
        const lanes w = lanes_some(weights, i, n);
        const binary_rows r =
            binary_of(lanes_some(targets, i, n), lanes_some(p, i, n), least, most);
        add_weighted_rows(&s, lanes_both(r.part, is_above_zero(w)), loss_lanes(r.q),
                          r.brier, w);
    }
    sums_store(sums, &s);
}

static void binary(sdr_log_lanes *sums, const double *targets, const double *p,
                   const double *weights, int64_t n, double at_least) {
    if (weights != NULL) {
        weighted_binary(sums, targets, p, weights, n, at_least);
        return;
    }
    const lanes least = lanes_all(at_least), most = lanes_all(1.0 - at_least);
    double q[SDR_LOG_STRIP];
    for (int64_t i = 0; i < n; i += SDR_LOG_STRIP) {
        const int64_t rows = n - i < SDR_LOG_STRIP ? n - i : SDR_LOG_STRIP;
        if (rows % SDR_LOG_LANES != 0 ||
            !add_complete(sums, q, targets + i, p + i, rows, least, most))
            add_some(sums, q, targets + i, p + i, rows, least, most);
        add_losses(sums, q, padded(rows));
    }
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

/* Rows of a strip whose target is a class and whose probabilities are. */
INLINE lanes_mask strip_part(const sdr_log_strip *strip, int64_t i, lanes code,
                             lanes classes) {
    const lanes_mask is_class =
        lanes_both(lanes_not_above(lanes_all(0.0), code), lanes_less(code, classes));
    return lanes_both(is_class, lanes_equal(lanes_load(strip->within + i), classes));
}

INLINE lanes_mask strip_off(const sdr_log_strip *strip, int64_t i, lanes tolerance) {
    return lanes_less(
        tolerance, lanes_abs(lanes_sub(lanes_load(strip->total + i), lanes_all(1.0))));
}

INLINE lanes strip_picked(const sdr_log_strip *strip, int64_t i, const strip_rules *r) {
    return lanes_held(lanes_load(strip->picked + i), r->least, r->most);
}

static void add_weighted_strip(sdr_log_lanes *sums, const sdr_log_strip *strip,
                               const double *targets, const double *weights, int64_t n,
                               const strip_rules *r) {
    loss_sums s = sums_load(sums);
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        const lanes code = lanes_some(targets, i, n), w = lanes_some(weights, i, n);
        const lanes_mask part =
            lanes_both(strip_part(strip, i, code, r->classes), is_above_zero(w));
        s.not_one =
            lanes_count(s.not_one, lanes_both(part, strip_off(strip, i, r->tolerance)));
        add_weighted_rows(&s, part, loss_lanes(strip_picked(strip, i, r)),
                          lanes_load(strip->brier + i), w);
    }
    sums_store(sums, &s);
}

static void add_plain_strip(sdr_log_lanes *sums, const sdr_log_strip *strip,
                            const double *targets, int64_t n, const strip_rules *r) {
    double q[SDR_LOG_STRIP];
    brier_sums s = brier_load(sums);
    lanes_counter rows = lanes_counter_zero(), not_one = lanes_counter_zero();
    for (int64_t i = 0; i < n; i += SDR_LOG_LANES) {
        const lanes_mask part =
            strip_part(strip, i, lanes_some(targets, i, n), r->classes);
        not_one =
            lanes_count(not_one, lanes_both(part, strip_off(strip, i, r->tolerance)));
        rows = lanes_count(rows, part);
        lanes_store(q + i, or_one(part, strip_picked(strip, i, r)));
        brier_add(&s, lanes_where(part, lanes_load(strip->brier + i)));
    }
    sums->n += lanes_counted(rows);
    sums->not_one += lanes_counted(not_one);
    brier_store(sums, s);
    add_losses(sums, q, padded(n));
}

static void add_strip(sdr_log_lanes *sums, const sdr_log_strip *strip,
                      const double *targets, const double *weights, int64_t n,
                      double classes, double least, double tolerance) {
    const strip_rules r = {lanes_all(classes), lanes_all(least), lanes_all(1.0 - least),
                           lanes_all(tolerance)};
    if (weights == NULL)
        add_plain_strip(sums, strip, targets, n, &r);
    else
        add_weighted_strip(sums, strip, targets, weights, n, &r);
}

#define SDR_LOG_FILL(isa)                                                              \
    void sdr_log_fill_##isa(sdr_log_kernels *kernels) {                                \
        kernels->values = values;                                                      \
        kernels->binary = binary;                                                      \
        kernels->add_class = add_class;                                                \
        kernels->add_strip = add_strip;                                                \
    }
