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
 * The places with one i + j depend on those with one less alone, so they are computed
 * side by side. Only the band |i*m - j*n| < numerator is walked: about 2 * numerator
 * places, at one nanosecond. Memory O(min(n, m)). Reference: Hodges, The significance
 * probability of the Smirnov two-sample test, 1958. Where one side is much smaller,
 * ks_stages.c gives the same within 1e-12 sooner.
 */
#include "metrics/drift/ks_stages.h"

typedef struct band {
    int64_t n, m; /* m <= n: the diagonals are short */
    int64_t limit;
    double *row, *next; /* r of a diagonal by j, from -1 to m + 1 */
    double *place;      /* j by j */
} band;

/* floor((sum * m + offset) / (n + m)) for sum = 0, 1, ...: it grows by 0 or 1. */
typedef struct edge {
    int64_t quotient, remainder;
} edge;

static edge edge_at_0(const band *b, int64_t offset) {
    int64_t by = b->n + b->m;
    edge e = {offset / by, offset % by};
    if (e.remainder < 0) e.quotient--, e.remainder += by;
    return e;
}

static void edge_next(edge *e, const band *b) {
    e->remainder += b->m;
    bool is_over = e->remainder >= b->n + b->m;
    e->remainder -= is_over ? b->n + b->m : 0;
    e->quotient += is_over;
}

static sdr_code walk(double *p, band *b, const sdr_context *context, sdr_error *error) {
    /* first and last j with |i * m - j * n| < limit */
    edge below = edge_at_0(b, -b->limit), above = edge_at_0(b, b->limit - 1);
    int64_t places = 0, end = b->n + b->m;
    for (int64_t j = -1; j <= b->m + 1; j++)
        b->row[j] = b->next[j] = 1.0, b->place[j] = (double)j;
    b->row[0] = 0.0;
    for (int64_t sum = 1; sum <= end; sum++) {
        edge_next(&below, b);
        edge_next(&above, b);
        int64_t low = sdr_larger_of(sdr_larger_of(below.quotient + 1, sum - b->n), 0);
        int64_t high = sdr_smaller_of(sdr_smaller_of(above.quotient, sum), b->m);
        sdr_ks_advance(b->next, b->row, b->place, sum, low, high);
        b->next[low - 1] = b->next[high + 1] = 1.0;
        double *row = b->row;
        b->row = b->next, b->next = row;
        places += high - low + 1;
        if (places < SDR_KS_POLL_PLACES) continue;
        places = 0;
        SDR_TRY(sdr_poll(context, sum, end, error));
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
    sdr_int128 limit = (sdr_int128)numerator_high << 64 | numerator_low;
    *p = limit <= 0 ? 1.0 : 0.0;
    if (limit <= 0 || limit > (sdr_int128)n * m) return SDR_OK;
    b.limit = (int64_t)limit;
    const sdr_ks_paths paths = {b.n, b.m, b.limit, NULL, n + m};
    if (sdr_ks_stages_serve(&paths)) return sdr_ks_stages_p(p, &paths, context, error);
    const size_t length = (size_t)b.m + 3;
    double *memory = sdr_allocate(3 * length * sizeof *memory);
    if (!memory) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    b.row = memory + 1;
    b.next = b.row + length;
    b.place = b.next + length;
    sdr_code code = walk(p, &b, context, error);
    sdr_release(memory);
    return code;
}
