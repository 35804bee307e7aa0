/*
 * Kolmogorov-Smirnov and Wasserstein-1 of two sorted samples, exact, and what all ways
 * to them share: merge.h has the formulas.
 *
 * Infinities: ordered at the ends for KS, left out for Wasserstein, which then has its
 * own n and m and a walk of its own.
 */
#include "metrics/drift/two_sample/two_sample.h"

#include <math.h>

sdr_status sdr_two_sample_status(int64_t rows_reference, int64_t rows_current,
                                 int64_t n, int64_t m) {
    if (!rows_reference || !rows_current) return SDR_STATUS_EMPTY;
    return n && m ? SDR_STATUS_OK : SDR_STATUS_ALL_NULL;
}

void sdr_two_sample_begin(sdr_two_sample *out, const sdr_column *reference,
                          const sdr_column *current) {
    memset(out, 0, sizeof *out);
    out->status = sdr_samples_agree(reference, current);
    out->wasserstein_status = out->status;
    out->ks = out->ks_location = out->wasserstein = NAN;
}

void sdr_two_sample_set_ks(sdr_two_sample *out, sdr_int128 best, double location) {
    sdr_uint128 numerator = (sdr_uint128)(best < 0 ? -best : best);
    out->ks = sdr_ratio(numerator, (sdr_uint128)out->n * (sdr_uint128)out->m);
    out->ks_numerator_high = (int64_t)(numerator >> 64);
    out->ks_numerator_low = (uint64_t)numerator;
    out->ks_location = location;
    out->ks_sign = (best > 0) - (best < 0);
}

void sdr_two_sample_set_wasserstein(sdr_two_sample *out, const sdr_wide *total,
                                    int64_t n, int64_t m) {
    out->wasserstein_n = n;
    out->wasserstein_m = m;
    out->wasserstein_status = SDR_STATUS_OK;
    if (!n || !m) {
        out->wasserstein_status = SDR_STATUS_OVERFLOW; /* infinities only */
        return;
    }
    double value = sdr_wide_divide(total, (sdr_uint128)n * (sdr_uint128)m);
    if (isinf(value)) {
        out->wasserstein_status = SDR_STATUS_OVERFLOW;
        return;
    }
    out->wasserstein = value;
}

typedef struct finite_part {
    const double *values;
    int64_t n, below; /* below: how many are -infinity */
} finite_part;

static finite_part finite_of(const sdr_sample *sample) {
    int64_t begin = 0, end = sample->n;
    while (begin < end && sample->values[begin] == -INFINITY) {
        begin++;
    }
    while (end > begin && sample->values[end - 1] == INFINITY) {
        end--;
    }
    return (finite_part){sample->values + begin, end - begin, begin};
}

/* The most rows that share a value: of the finite ones, and the infinite ones. */
static int64_t most_tied(const sdr_sample *x, const sdr_sample *y, finite_part fx,
                         finite_part fy, int64_t finite) {
    const int64_t below = fx.below + fy.below;
    const int64_t above = x->n + y->n - below - fx.n - fy.n;
    const int64_t infinite = below > above ? below : above;
    return finite > infinite ? finite : infinite;
}

static void walk_doubles(sdr_two_sample *out, const sdr_sample *x, const sdr_sample *y,
                         int flags, int64_t base) {
    finite_part fx = finite_of(x), fy = finite_of(y);
    sdr_merge merge;
    sdr_merge_init(&merge, x->n, y->n);
    bool same = fx.n == x->n && fy.n == y->n;
    merge.want_ks = flags & SDR_TWO_SAMPLE_KS;
    merge.want_w1 = same && (flags & SDR_TWO_SAMPLE_WASSERSTEIN);
    merge.a = (sdr_int128)fx.below * y->n - (sdr_int128)fy.below * x->n;
    sdr_merge_note(&merge, merge.a, -INFINITY);
    sdr_merge_walk(&merge, fx.values, fx.n, fy.values, fy.n);
    if (merge.want_ks) {
        sdr_two_sample_set_ks(out, merge.best, merge.best_value + (double)base);
        out->most_tied = most_tied(x, y, fx, fy, merge.most_tied);
    }
    if (!(flags & SDR_TWO_SAMPLE_WASSERSTEIN)) return;
    if (!same) {
        sdr_merge_init(&merge, fx.n, fy.n);
        merge.want_w1 = true;
        sdr_merge_walk(&merge, fx.values, fx.n, fy.values, fy.n);
    }
    sdr_wide total = {{0}};
    sdr_merge_add_to(&merge, &total);
    sdr_two_sample_set_wasserstein(out, &total, fx.n, fy.n);
}

static void walk_integers(sdr_two_sample *out, const sdr_sample *x, const sdr_sample *y,
                          int flags) {
    const int unit = 1074; /* 1 in units of 2^-1074 is 2^1074 */
    sdr_int128 a = 0, best = 0;
    double location = NAN;
    sdr_wide total = {{0}};
    int64_t most = 0;
    for (int64_t i = 0, j = 0; i < x->n || j < y->n;) {
        sdr_int128 value =
            j == y->n ? sdr_sample_integer(x, i) : sdr_sample_integer(y, j);
        if (i < x->n && sdr_sample_integer(x, i) < value) {
            value = sdr_sample_integer(x, i);
        }
        sdr_int128 before = a < 0 ? -a : a;
        const int64_t passed = i + j;
        for (; i < x->n && sdr_sample_integer(x, i) == value; i++) {
            a += y->n;
        }
        for (; j < y->n && sdr_sample_integer(y, j) == value; j++) {
            a -= x->n;
        }
        if (i + j - passed > most) most = i + j - passed;
        sdr_int128 factor = before - (a < 0 ? -a : a);
        int64_t low = (int64_t)(factor & 0xffffffff), high = (int64_t)(factor >> 32);
        sdr_wide_add_scaled(&total, value, unit, low);
        sdr_wide_add_scaled(&total, value, unit + 32, high);
        if ((a < 0 ? -a : a) <= (best < 0 ? -best : best)) continue;
        best = a;
        location = (double)value;
    }
    if (flags & SDR_TWO_SAMPLE_KS) {
        sdr_two_sample_set_ks(out, best, location);
        out->most_tied = most;
    }
    if (!(flags & SDR_TWO_SAMPLE_WASSERSTEIN)) return;
    sdr_two_sample_set_wasserstein(out, &total, x->n, y->n);
}

void sdr_two_sample_sorted(sdr_two_sample *out, const sdr_sample *x,
                           const sdr_sample *y, int flags, int64_t base) {
    if (x->keys) {
        walk_integers(out, x, y, flags);
    } else {
        walk_doubles(out, x, y, flags, base);
    }
}
