/*
 * Exact two-sided p-value of the two-sample Kolmogorov-Smirnov statistic.
 *
 * Under the null hypothesis without ties, the merged order of n and m values is a
 * uniformly drawn lattice path from (0, 0) to (n, m). P(D >= d) is the share of paths
 * that touch |i*m - j*n| >= numerator. The probability of having touched is carried on
 * directly, never as 1 - p: with r = probability, given that (i, j) is visited, that
 * the path up to there has touched, r(i, j) = 1 where |i*m - j*n| >= numerator, else
 *
 *     r(i, j) = (i * r(i-1, j) + j * r(i, j-1)) / (i + j),
 *
 * since a path at (i, j) came from (i-1, j) with probability i / (i + j). All terms are
 * positive, so the relative error grows by a few units in the last place a step: below
 * 1e-10 for n + m up to 1e5. Values that underflow are below 1e-300.
 *
 * Only the band |i*m - j*n| < numerator is walked: about 2 * numerator places, at two
 * nanoseconds. Memory O(min(n, m)). Reference: Hodges, The significance probability of
 * the Smirnov two-sample test, 1958.
 */
#include "core/parallel.h"
#include "metrics/common/exact.h"
#include "simdrift/drift.h"

enum { POLL_PLACES = 1 << 22 }; /* some 10 ms */

typedef struct band {
    int64_t n, m; /* m <= n: rows of the walk are short */
    sdr_int128 limit;
    double *row;             /* r(i, 0 ... m) */
    double *from_x, *weight; /* of r(i, j) = from_x + weight * r(i, j-1) */
} band;

/* First and last j with |i*m - j*n| < limit. */
static int64_t band_low(const band *b, int64_t i) {
    sdr_int128 edge = (sdr_int128)i * b->m - b->limit;
    return edge < 0 ? 0 : (int64_t)(edge / b->n) + 1;
}

static int64_t band_high(const band *b, int64_t i) {
    sdr_int128 edge = (sdr_int128)i * b->m + b->limit;
    int64_t last = (int64_t)((edge - 1) / b->n);
    return last < b->m ? last : b->m;
}

/* From r(i-1, .) to r(i, .); outside of the band r is 1. */
static void advance(const band *b, int64_t i, int64_t low, int64_t high) {
    for (int64_t j = low; j <= high; j++) {
        double share = 1.0 / (double)(i + j);
        b->from_x[j] = (double)i * share * b->row[j];
        b->weight[j] = (double)j * share;
    }
    double r = 1.0;
    if (low > 0) b->row[low - 1] = 1.0;
    for (int64_t j = low; j <= high; j++) {
        r = b->from_x[j] + b->weight[j] * r;
        b->row[j] = r;
    }
}

static sdr_code walk(double *p, const band *b, const sdr_context *context,
                     sdr_error *error) {
    int64_t first = band_high(b, 0), places = 0;
    for (int64_t j = 0; j <= b->m; j++)
        b->row[j] = j <= first ? 0.0 : 1.0;
    for (int64_t i = 1; i <= b->n; i++) {
        int64_t low = band_low(b, i), high = band_high(b, i);
        advance(b, i, low, high);
        places += high - low + 1;
        if (places < POLL_PLACES) continue;
        places = 0;
        SDR_TRY(sdr_poll(context, i, b->n, error));
    }
    *p = b->row[b->m];
    return SDR_OK;
}

sdr_code sdr_ks_exact_p(double *p, int64_t n, int64_t m, int64_t numerator_high,
                        uint64_t numerator_low, const sdr_context *context,
                        sdr_error *error) {
    bool in_range = n > 0 && m > 0 && n <= SDR_KS_EXACT_LIMIT / m;
    if (!in_range) {
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "exact KS: expected n, m > 0 and n * m <= %lld, found "
                             "n = %lld, m = %lld",
                             (long long)SDR_KS_EXACT_LIMIT, (long long)n, (long long)m);
    }
    band b = {.n = n > m ? n : m, .m = n > m ? m : n};
    b.limit = (sdr_int128)numerator_high << 64 | numerator_low;
    *p = b.limit <= 0 ? 1.0 : 0.0;
    if (b.limit <= 0 || b.limit > (sdr_int128)n * m) return SDR_OK;
    const size_t length = (size_t)b.m + 1;
    b.row = sdr_allocate(3 * length * sizeof *b.row);
    if (!b.row) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    b.from_x = b.row + length;
    b.weight = b.from_x + length;
    sdr_code code = walk(p, &b, context, error);
    sdr_release(b.row);
    return code;
}
