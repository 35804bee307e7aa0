/*
 * The walk over a prepared reference. See prefix.h; merge.h has the formulas.
 */
#include "metrics/drift/prefix.h"

#include <math.h>

enum {
    STRIDE = SDR_PREFIX_STRIDE,
    MOST_BITS = 124 /* of a sum, sign and a spare bit aside */
};

/* value in units of 2^(exponent - 1074); exact by the choice of the exponent. */
static inline sdr_int128 quanta(double value, int exponent) {
    int64_t mantissa;
    int shift = sdr_exact_split(&mantissa, value) - exponent;
    if (shift < 0) return mantissa >> (shift > -63 ? -shift : 63);
    return (sdr_int128)((sdr_uint128)(sdr_int128)mantissa << shift);
}

/* The finest unit and the bits of the largest value; false where one is infinite. */
static bool span_of(int *lowest, int *highest, const double *values, int64_t n) {
    *lowest = 4096;
    *highest = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t mantissa;
        if (!isfinite(values[i])) return false;
        int exponent = sdr_exact_split(&mantissa, values[i]);
        if (mantissa == 0) continue;
        uint64_t magnitude = (uint64_t)(mantissa < 0 ? -mantissa : mantissa);
        int low = exponent + __builtin_ctzll(magnitude);
        int high = exponent + 64 - __builtin_clzll(magnitude);
        if (low < *lowest) *lowest = low;
        if (high > *highest) *highest = high;
    }
    return true;
}

sdr_code sdr_prefix_init(sdr_prefix *out, const double *values, int64_t n,
                         sdr_error *error) {
    int lowest, highest, row_bits = 1;
    *out = (sdr_prefix){0};
    if (!span_of(&lowest, &highest, values, n)) return SDR_OK;
    if (lowest > highest) lowest = highest; /* zeros only */
    while (n >> row_bits > 0)
        row_bits++;
    if (highest - lowest + row_bits > MOST_BITS) return SDR_OK;
    out->exponent = lowest;
    out->sums = sdr_allocate(((size_t)n / STRIDE + 1) * sizeof *out->sums);
    if (out->sums == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for prefix sums");
    sdr_int128 sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i % STRIDE == 0) out->sums[i / STRIDE] = sum;
        sum += quanta(values[i], lowest);
    }
    if (n % STRIDE == 0) out->sums[n / STRIDE] = sum;
    return SDR_OK;
}

void sdr_prefix_reset(sdr_prefix *prefix) {
    sdr_release(prefix->sums);
    prefix->sums = NULL;
}

sdr_int128 sdr_prefix_sum(const sdr_prefix *prefix, const double *values, int64_t i) {
    sdr_int128 sum = prefix->sums[i / STRIDE];
    for (int64_t k = i - i % STRIDE; k < i; k++)
        sum += quanta(values[k], prefix->exponent);
    return sum;
}

sdr_int128 sdr_prefix_value(const sdr_prefix *prefix, double value) {
    return quanta(value, prefix->exponent);
}

/* First index >= from with values[index] >= bound (or > bound): steps double, then
 * halve. */
static int64_t first_from(const double *values, int64_t n, int64_t from, double bound,
                          bool above) {
    int64_t low = from, step = 1;
    while (low + step <= n && (values[low + step - 1] < bound ||
                               (above && values[low + step - 1] == bound))) {
        low += step;
        step *= 2;
    }
    int64_t high = low + step - 1 < n ? low + step - 1 : n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        bool before = values[middle] < bound || (above && values[middle] == bound);
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

typedef struct walk {
    sdr_merge *merge;
    const sdr_prefix *prefix;
    const double *x;
    int64_t i;        /* values of x passed */
    sdr_int128 sum_i; /* of them */
    sdr_int128 sum_x;
} walk;

static sdr_int128 magnitude(sdr_int128 a) {
    return a < 0 ? -a : a;
}

/* x[i, until): A rises by m with each; those that keep A <= 0 count +,
 * A >= 0 count -. */
static void pass_x(walk *w, int64_t until) {
    sdr_merge *merge = w->merge;
    sdr_int128 before = merge->a,
               after = before + (sdr_int128)(until - w->i) * merge->m;
    merge->a = after;
    if (!merge->want_w1) {
        w->i = until;
        return;
    }
    sdr_int128 sum = sdr_prefix_sum(w->prefix, w->x, until);
    if (before >= 0) {
        w->sum_x -= sum - w->sum_i;
    } else if (after <= 0) {
        w->sum_x += sum - w->sum_i;
    } else {
        int64_t turn = w->i + (int64_t)(-before / merge->m);
        sdr_int128 at = before + (sdr_int128)(turn - w->i) * merge->m;
        sdr_int128 sum_turn = sdr_prefix_sum(w->prefix, w->x, turn),
                   sum_rest = sum_turn;
        if (at < 0) { /* this one value takes A across zero */
            int64_t factor = (int64_t)(-at - (at + merge->m));
            sdr_wide_add_product(&merge->crossed, w->x[turn], factor);
            sum_rest += quanta(w->x[turn], w->prefix->exponent);
        }
        w->sum_x += sum_turn - w->sum_i;
        w->sum_x -= sum - sum_rest;
    }
    w->i = until;
    w->sum_i = sum;
}

/* The values equal to `value`: count_x of x and count_y of y. */
static void pass_ties(walk *w, double value, int64_t count_x, int64_t count_y) {
    sdr_merge *merge = w->merge;
    sdr_int128 before = merge->a;
    sdr_int128 after =
        before + (sdr_int128)count_x * merge->m - (sdr_int128)count_y * merge->n;
    merge->a = after;
    w->i += count_x;
    if (!merge->want_w1) return;
    if (count_x > 0) w->sum_i += quanta(value, w->prefix->exponent) * count_x;
    if (count_x == 0 && count_y == 1 && before >= 0 && after >= 0) {
        sdr_exact_add(&merge->y, value);
    } else if (count_x == 0 && count_y == 1 && before <= 0) {
        sdr_exact_add(&merge->y, -value);
    } else {
        int64_t factor = (int64_t)(magnitude(before) - magnitude(after));
        sdr_wide_add_product(&merge->crossed, value, factor);
    }
}

void sdr_prefix_walk(sdr_merge *merge, sdr_int128 *sum_x, const sdr_prefix *prefix,
                     const double *x, const double *y) {
    walk w = {.merge = merge, .prefix = prefix, .x = x};
    int64_t n = merge->n, m = merge->m;
    for (int64_t j = 0; j < m;) {
        double value = y[j];
        int64_t first = j;
        while (j < m && y[j] == value)
            j++;
        int64_t below = first_from(x, n, w.i, value, false);
        if (below > w.i) {
            pass_x(&w, below);
            if (merge->want_ks) sdr_merge_note(merge, merge->a, x[below - 1]);
        }
        int64_t equal = first_from(x, n, below, value, true) - below;
        pass_ties(&w, value, equal, j - first);
        if (equal + j - first > merge->most_tied) merge->most_tied = equal + j - first;
        if (merge->want_ks) sdr_merge_note(merge, merge->a, value);
    }
    if (w.i < n) pass_x(&w, n);
    *sum_x = w.sum_x;
}
