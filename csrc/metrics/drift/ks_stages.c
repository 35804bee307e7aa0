/*
 * The exact law of the Kolmogorov-Smirnov statistic where one side is much smaller.
 *
 * Of i + j = t rows passed, j of the smaller side's, a path is inside of the band while
 * low(t) <= j <= high(t), both of which ascend with t. j never falls, so that a path that
 * is above `high` still is so at the last t with this `high`, and one below `low` was so
 * at the first t with this `low`: only these 2 m places need a test, whatever n, and of
 * tied values only the ends next to them. Between two of them a path moves freely, by a
 * binomial number of rows of the smaller side.
 *
 * Rows are drawn as those of a walk which takes one of the smaller side with the chance
 * s = m / (n + m); with b(R, k) the binomial probability of k in R rows, and g(t, j) that
 * of a walk that is inside of the band up to t, where it is at j,
 *
 *     g(t + R, j) = sum over k of g(t, j - k) b(R, k),
 *     p = sum over places that are left at t of g(t, j) b(N - t, m - j) / b(N, m).
 *
 * All terms are positive: within 1e-12 of p. Places beyond `high` are added up to NEGLIGIBLE
 * of what was left in the stage (log-concave terms fall ever faster). O(m w^2), w the
 * width of the band in j, where ks_exact.c takes O((n + m) w).
 *
 * b(R, k): Loader, Fast and accurate computation of binomial probabilities, 2000.
 */
#include "metrics/drift/ks_stages.h"

#include <math.h>
#include <string.h>

#include "kernels/dispatch.h"
#include "metrics/drift/smirnov.h"

#define TWO_PI 6.28318530717958647693
static const double NEGLIGIBLE = 0x1p-58, FLOOR = 1e-300, LEAST_LOG = -600.0;
enum {
    LAWS = 4,             /* the steps of both borders have two lengths each */
    OUTSIDE = 8,          /* places outside of the band that are passed, and */
    STAGE = 600,          /* products that cost as much as the rest of a stage */
    PRODUCTS_A_PLACE = 4, /* products that cost as much as a place of ks_exact.c */
    DIAGONAL = 8          /* places that cost as much as a diagonal's ends */
};

/* b(rows, 0 to size - 1), with zeros before and behind. */
typedef struct binomial {
    int64_t rows, size;
    double *p;
} binomial;

typedef struct walk {
    const sdr_ks_paths *paths;
    double share, log_other; /* s, log(1 - s) */
    double *now, *next;      /* g by j */
    int64_t passed, low, high;
    int64_t moved; /* places up to this one are known */
    double left;   /* times b(N, m) */
    int64_t products;
    binomial laws[LAWS];
    int oldest;
} walk;

/* --- binomial laws ---------------------------------------------------------------- */

/* x log(x / mean) + mean - x. */
static double deviance(double x, double mean) {
    return x * sdr_minus_log1p((mean - x) / x);
}

/* sdr_stirling_error of a whole number above 0; the first ones take it a logarithm each. */
static double stirling_error(int64_t k) {
    static const double first[] = {
        INFINITY,
        0.08106146679532725822,
        0.04134069595540929409,
        0.02767792568499833915,
        0.02079067210376509311,
        0.01664469118982119216,
        0.01387612882307074800,
        0.01189670994589177010,
    };
    return k < 8 ? first[k] : sdr_stirling_error((double)k);
}

/* b(rows, k). */
static double binomial_at(const walk *w, int64_t rows, int64_t k) {
    const double n = (double)rows, x = (double)k, y = n - x;
    if (k < 0 || k > rows) return 0.0;
    if (k == 0) return exp(n * w->log_other);
    if (k == rows) return exp(n * log(w->share));
    const double errors = stirling_error(rows) - stirling_error(k);
    const double log_p = errors - stirling_error(rows - k) - deviance(x, n * w->share) -
                         deviance(y, n * (1.0 - w->share));
    return exp(log_p) * sqrt(n / (TWO_PI * x * y));
}

static const binomial *law_of(walk *w, int64_t rows) {
    for (int i = 0; i < LAWS; i++)
        if (w->laws[i].rows == rows) return &w->laws[i];
    binomial *law = &w->laws[w->oldest];
    w->oldest = (w->oldest + 1) % LAWS;
    const double odds = w->share / (1.0 - w->share);
    double p = exp((double)rows * w->log_other);
    memset(law->p, 0, (size_t)law->size * sizeof *law->p);
    law->rows = rows;
    law->size = 0;
    for (int64_t k = 0; k <= rows && k <= w->paths->m && p > FLOOR; k++) {
        law->p[law->size++] = p;
        p *= (double)(rows - k) / (double)(k + 1) * odds;
    }
    return law;
}

/* --- a stage ---------------------------------------------------------------------- */

/* next[j] = g at j after the step, of low <= j <= high. */
static void move(walk *w, const binomial *law, int64_t low, int64_t high) {
    const int64_t n = w->high - w->low + 1;
    sdr_dispatch_active()->convolve.range(w->next + w->low, low - w->low,
                                          high - w->low + 1, w->now + w->low, n, law->p,
                                          law->size);
    w->products += n * (high - low + 1);
}

/* What leaves at the places first, first + 1, ... to last of the diagonal `end`, of which
 * those up to w->moved are known. */
static double leaving(walk *w, const binomial *law, int64_t end, int64_t first,
                      int64_t last) {
    const int64_t rest = w->paths->n + w->paths->m - end;
    const double odds = (1.0 - w->share) / w->share;
    double sum = 0.0, before = 0.0, chance = 0.0;
    for (int64_t j = first; j <= last; j++) {
        const int64_t k = w->paths->m - j;
        if (k > rest) continue;
        if (j > w->moved) {
            w->moved = sdr_smaller_of(j + OUTSIDE, last);
            move(w, law, j, w->moved);
        }
        /* of the rows that are left, from that of one more */
        chance = chance > 0.0 ? chance * (double)(k + 1) / (double)(rest - k) * odds
                              : binomial_at(w, rest, k);
        const double term = w->next[j] * chance;
        sum += term;
        if (term < before && term < NEGLIGIBLE * (sum + w->left)) break;
        before = term;
    }
    return sum;
}

/* The rows from w->passed to `end`, which is tested. */
static void pass_stage(walk *w, int64_t end) {
    const binomial *law = law_of(w, end - w->passed);
    const int64_t first = sdr_ks_first(w->paths, end),
                  last = sdr_ks_last(w->paths, end);
    const int64_t most = sdr_smaller_of(w->high + law->size - 1, w->paths->m);
    w->moved = sdr_smaller_of(sdr_larger_of(last, w->low) + OUTSIDE, most);
    move(w, law, w->low, w->moved);
    double left = leaving(w, law, end, w->low, sdr_smaller_of(first - 1, most));
    left += leaving(w, law, end, sdr_larger_of(last + 1, w->low), most);
    w->left += left;
    w->passed = end;
    w->low = sdr_larger_of(first, w->low);
    w->high = sdr_smaller_of(last, most);
    double *now = w->now;
    w->now = w->next, w->next = now;
}

/* --- which stages ----------------------------------------------------------------- */

/* ceil(a / b), b > 0. */
static int64_t divide_up(sdr_int128 a, int64_t b) {
    return (int64_t)(a / b) + (a % b > 0);
}

/* The first end that is not below t, the last one that is not above it. */
static int64_t end_from(const sdr_ks_paths *p, int64_t t) {
    int64_t low = 0, high = p->n_ends;
    if (p->ends == NULL) return t;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (p->ends[middle] < t)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->n_ends ? p->ends[low] : p->n + p->m + 1;
}

static int64_t end_until(const sdr_ks_paths *p, int64_t t) {
    int64_t low = 0, high = p->n_ends;
    if (p->ends == NULL) return t;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (p->ends[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? p->ends[low - 1] : 0;
}

/* Where a path at j = q is below the band for the first time. */
static int64_t first_below(const sdr_ks_paths *p, int64_t q) {
    const sdr_int128 rows = p->n + p->m;
    return end_from(p, divide_up(q * rows + p->limit, p->m));
}

/* Where a path at j = q + 1 is above the band for the last time. */
static int64_t last_above(const sdr_ks_paths *p, int64_t q) {
    const sdr_int128 rows = p->n + p->m;
    return end_until(p, divide_up((q + 1) * rows - p->limit + 1, p->m) - 1);
}

static sdr_code walk_stages(walk *w, const sdr_context *context, sdr_error *error) {
    const sdr_ks_paths *p = w->paths;
    const int64_t rows = p->n + p->m;
    int64_t q_low = 0, q_high = (p->limit - 1) / rows;
    int64_t below = first_below(p, q_low), above = last_above(p, q_high);
    while (w->low <= w->high) {
        const int64_t end = q_high < p->m ? sdr_smaller_of(below, above) : below;
        if (end > rows) break;
        if (end > w->passed) pass_stage(w, end);
        if (below <= end) below = first_below(p, ++q_low);
        if (q_high < p->m && above <= end) above = last_above(p, ++q_high);
        if (w->products < SDR_KS_POLL_PLACES) continue;
        w->products = 0;
        SDR_TRY(sdr_poll(context, end, rows, error));
    }
    return SDR_OK;
}

/* --- the call --------------------------------------------------------------------- */

bool sdr_ks_stages_serve(const sdr_ks_paths *p) {
    const double n = (double)p->n, m = (double)p->m, rows = n + m;
    const double ends = (double)p->n_ends;
    const double width = fmin(m, 2.0 * (double)p->limit / rows) + 1.0;
    const double stages = fmin(2.0 * m + 2.0, ends);
    const double products = stages * (width * (0.5 * width + OUTSIDE) + STAGE);
    if (rows * log1p(-m / rows) < LEAST_LOG) return false; /* b(N, 0) underflows */
    return products < PRODUCTS_A_PLACE * ends * (width + DIAGONAL);
}

sdr_code sdr_ks_stages_p(double *out, const sdr_ks_paths *paths,
                         const sdr_context *context, sdr_error *error) {
    const int64_t columns = paths->m + 1 + SDR_CONVOLVE_LANES;
    const int64_t rows = paths->n + paths->m;
    const size_t size = (size_t)(columns * (2 + 3 * LAWS)) * sizeof(double);
    const double share = (double)paths->m / (double)rows;
    double *memory = sdr_allocate(size);
    if (memory == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    memset(memory, 0, size);
    walk w = {.paths = paths, .share = share, .log_other = log1p(-share)};
    w.now = memory;
    w.next = memory + columns;
    for (int i = 0; i < LAWS; i++)
        w.laws[i].p = memory + (3 + 3 * i) * columns;
    w.now[0] = 1.0;
    sdr_code code = walk_stages(&w, context, error);
    *out = fmin(1.0, w.left / binomial_at(&w, rows, paths->m));
    sdr_release(memory);
    return code;
}
