/*
 * The elementwise walk over two sorted samples. See merge.h for the formulas.
 */
#include "metrics/drift/merge.h"

#include <math.h>

void sdr_merge_init(sdr_merge *merge, int64_t n, int64_t m) {
    memset(merge, 0, sizeof *merge);
    merge->n = n;
    merge->m = m;
    merge->best_value = NAN;
}

void sdr_merge_note(sdr_merge *merge, sdr_int128 a, double value) {
    if (sdr_magnitude(a) <= sdr_magnitude(merge->best)) return;
    merge->best = a;
    merge->best_value = value;
}

/* One value of a side, `step` its change of A. */
static void pass_value(sdr_merge *merge, sdr_exact_sum *sum, double value,
                       int64_t step) {
    sdr_int128 before = merge->a, after = before + step;
    merge->a = after;
    if (!merge->want_w1) return;
    bool x_rises = step > 0;
    if (before >= 0 && after >= 0) {
        sdr_exact_add(sum, x_rises ? -value : value);
    } else if (before <= 0 && after <= 0) {
        sdr_exact_add(sum, x_rises ? value : -value);
    } else {
        int64_t factor = (int64_t)(sdr_magnitude(before) - sdr_magnitude(after));
        sdr_wide_add_product(&merge->crossed, value, factor);
    }
}

void sdr_merge_walk(sdr_merge *merge, const double *x, int64_t nx, const double *y,
                    int64_t ny) {
    int64_t i = 0, j = 0;
    while (i < nx || j < ny) {
        double value = i == nx || (j < ny && y[j] < x[i]) ? y[j] : x[i];
        const int64_t before = i + j;
        for (; i < nx && x[i] == value; i++) {
            pass_value(merge, &merge->x, value, merge->m);
        }
        for (; j < ny && y[j] == value; j++) {
            pass_value(merge, &merge->y, value, -merge->n);
        }
        if (i + j - before > merge->most_tied) merge->most_tied = i + j - before;
        if (merge->want_ks) sdr_merge_note(merge, merge->a, value);
    }
}

void sdr_merge_add_to(const sdr_merge *merge, sdr_wide *total) {
    sdr_wide_add_sum(total, &merge->x, merge->m);
    sdr_wide_add_sum(total, &merge->y, merge->n);
    for (int i = 0, carry = 0; i < SDR_WIDE_WORDS; i++) {
        sdr_uint128 sum = (sdr_uint128)total->words[i] + merge->crossed.words[i];
        sum += (unsigned)carry;
        total->words[i] = (uint64_t)sum;
        carry = (int)(sum >> 64);
    }
}
