/*
 * Exact two-sided p-value of the two-sample Kolmogorov-Smirnov statistic.
 *
 * Under the null hypothesis without ties, the merged order of n and m values is a
 * uniformly drawn lattice path from (0, 0) to (n, m). P(D >= d) is the share of paths
 * that touch |i*m - j*n| >= numerator. The probability of having touched is carried on
 * directly, never as 1 - p: with r = probability, given that (i, j) is visited, that
 * the path up to there has touched, r(i, j) = 1 where |i*m - j*n| >= numerator, else
 *     r(i, j) = (i * r(i-1, j) + j * r(i, j-1)) / (i + j),
 * since a path at (i, j) came from (i-1, j) with probability i / (i + j). All terms are
 * positive, so the relative error grows by a few units in the last place a step: below
 * 1e-10 for n + m up to 1e5. Values that underflow are below 1e-300.
 *
 * Time O(n * m), memory O(m). Reference: Hodges, The significance probability of the
 * Smirnov two-sample test, 1958.
 */
#include "exact.h"
#include "simdrift/drift.h"

static double next_share(int64_t i, int64_t j, double from_x, double from_y) {
    return ((double)i * from_x + (double)j * from_y) / (double)(i + j);
}

static double touched_share(double *row, int64_t n, int64_t m, sdr_int128 limit) {
    for (int64_t i = 0; i <= n; i++) {
        for (int64_t j = 0; j <= m; j++) {
            sdr_int128 a = (sdr_int128)i * m - (sdr_int128)j * n;
            if (a >= limit || -a >= limit) {
                row[j] = 1;
            } else if (i == 0 || j == 0) {
                row[j] = i == 0 && j == 0 ? 0 : j == 0 ? row[0] : row[j - 1];
            } else {
                row[j] = next_share(i, j, row[j], row[j - 1]);
            }
        }
    }
    return row[m];
}

sdr_code sdr_ks_exact_p(double *p, int64_t n, int64_t m, int64_t numerator_high,
                        uint64_t numerator_low, const sdr_context *context,
                        sdr_error *error) {
    (void)context;
    bool in_range = n > 0 && m > 0 && n <= SDR_KS_EXACT_LIMIT / m;
    if (!in_range) {
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "exact KS: expected n, m > 0 and n * m <= %lld, found "
                             "n = %lld, m = %lld",
                             (long long)SDR_KS_EXACT_LIMIT, (long long)n, (long long)m);
    }
    sdr_int128 limit = (sdr_int128)numerator_high << 64 | numerator_low;
    double *row = sdr_allocate(((size_t)m + 1) * sizeof *row);
    if (!row) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    *p = limit <= 0                  ? 1
         : limit > (sdr_int128)n * m ? 0
                                     : touched_share(row, n, m, limit);
    sdr_release(row);
    return SDR_OK;
}
