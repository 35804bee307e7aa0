/* Quantiles of sorted samples: see quantile.h. */
#include "metrics/common/quantile.h"

#include <math.h>

sdr_code sdr_quantiles_check(const double *q, int64_t n_q, sdr_error *error) {
    for (int64_t i = 0; i < n_q; i++) {
        if (q[i] >= 0 && q[i] <= 1) continue;
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "quantiles: expected q in [0, 1], found %g", q[i]);
    }
    return SDR_OK;
}

sdr_quantile_rank sdr_quantile_rank_of(double q, int64_t n) {
    double index = (double)(n - 1) * q, low = floor(index);
    int64_t rank = (int64_t)low;
    if (rank >= n - 1) return (sdr_quantile_rank){n - 1, n - 1, 0};
    return (sdr_quantile_rank){rank, rank + 1, index - low};
}

double sdr_quantile_between(double a, double b, double t) {
    if (a == b || t == 0) return a;
    double distance = b - a;
    if (isinf(distance) && isfinite(a) && isfinite(b)) return a * (1 - t) + b * t;
    return t >= 0.5 ? b - distance * (1 - t) : a + distance * t;
}

double sdr_quantile_sorted(const sdr_sample *sample, double q) {
    if (!sample->n) return NAN;
    sdr_quantile_rank rank = sdr_quantile_rank_of(q, sample->n);
    if (sample->keys) {
        return sdr_quantile_between((double)sdr_sample_integer(sample, rank.low),
                                    (double)sdr_sample_integer(sample, rank.high),
                                    rank.t);
    }
    return sdr_quantile_between(sample->values[rank.low], sample->values[rank.high],
                                rank.t);
}

/* --- of two sorted samples -------------------------------------------------------- */

/* The finite values of a sorted sample. */
typedef struct span {
    const sdr_sample *sample;
    int64_t begin, n;
} span;

static double at(const span *s, int64_t i) {
    i += s->begin;
    return s->sample->keys != NULL ? (double)sdr_sample_integer(s->sample, i)
                                   : s->sample->values[i];
}

static span finite_span(const sdr_sample *sample) {
    span s = {sample, 0, sample->n};
    while (s.n > 0 && at(&s, s.n - 1) == INFINITY)
        s.n--;
    while (s.n > 0 && at(&s, 0) == -INFINITY) {
        s.begin++;
        s.n--;
    }
    return s;
}

/* The value of a rank of both: i of those before it are of a, found by halving. */
static double pooled_at(const span *a, const span *b, int64_t rank) {
    int64_t low = rank > b->n ? rank - b->n : 0, high = rank < a->n ? rank : a->n;
    while (low < high) {
        int64_t i = low + (high - low) / 2;
        if (at(a, i) < at(b, rank - i - 1))
            low = i + 1;
        else
            high = i;
    }
    int64_t i = low, j = rank - low;
    if (i == a->n) return at(b, j);
    if (j == b->n) return at(a, i);
    return at(a, i) < at(b, j) ? at(a, i) : at(b, j);
}

void sdr_quantiles_of_both(double *out, const double *q, int64_t n_q,
                           const sdr_sample *x, const sdr_sample *y) {
    span a = finite_span(x), b = finite_span(y);
    for (int64_t i = 0; i < n_q; i++) {
        out[i] = NAN;
        if (a.n + b.n == 0) continue;
        sdr_quantile_rank rank = sdr_quantile_rank_of(q[i], a.n + b.n);
        out[i] = sdr_quantile_between(pooled_at(&a, &b, rank.low),
                                      pooled_at(&a, &b, rank.high), rank.t);
    }
}
