/*
 * The logarithm of the exact two-sided p-value of the two-sample Kolmogorov-Smirnov
 * statistic, to any depth.
 *
 * p is the probability that a path leaves the band: the sum over the tested places
 * outside of it of
 *
 *     P(the path visits the place) * v,  P = C(s, j) C(N - s, m - j) / C(N, m),
 *
 * with s = i + j, N = n + m, and v the probability, given the visit, that no tested place
 * before was outside. v follows from place to place as r does (ks_exact.c), from 1 at the
 * start, and is 0 outside of the band behind a test. It never becomes small where it
 * counts, all that can underflow are the visits, and these are known by their logarithms:
 * the sum carries its exponent along. With ties (ks_ties.c) a run is passed row by row.
 *
 * Above SDR_KS_EXACT_LIMIT paths are too many: with ties the sum over the ends of the
 * hypergeometric tails beyond the band is then an upper bound of p, and as deep in the
 * tail the largest of them is nearly all of p.
 *
 * Without ties D = 1 has two orders of C(N, n), and sides of n rows each have
 *
 *     p = 2 sum over k of (-1)^(k-1) C(2 n, n - k c) / C(2 n, n),  c = D n
 *
 * (Gnedenko and Korolyuk 1951), at any size.
 */
#include "metrics/drift/ks_paths.h"

#include <math.h>

#include "metrics/drift/smirnov.h"

#define HALF_LOG_TWO_PI 0.91893853320467274178

static const double NEGLIGIBLE = 45.0; /* e^-45 of the largest term */
enum { ROW_PLACES = 4 };

/* sum * exp(exponent). */
typedef struct scaled {
    double exponent, sum;
} scaled;

static void add(scaled *to, double log_term) {
    if (log_term > to->exponent) {
        to->sum = to->sum * exp(to->exponent - log_term) + 1.0;
        to->exponent = log_term;
    } else if (log_term > to->exponent - NEGLIGIBLE) {
        to->sum += exp(log_term - to->exponent);
    }
}

static double log_factorial(int64_t k) {
    if (k == 0) return 0.0;
    const double x = (double)k;
    return (x + 0.5) * log(x) - x + HALF_LOG_TWO_PI + sdr_stirling_error(x);
}

static double log_choose(int64_t n, int64_t k) {
    return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/* log of the share of paths that visit (sum - j, j), times C(N, m). */
static double log_visit(const sdr_ks_paths *p, int64_t sum, int64_t j) {
    return log_choose(sum, j) + log_choose(p->n + p->m - sum, p->m - j);
}

/* --- paths ------------------------------------------------------------------------ */

typedef struct walk {
    const sdr_ks_paths *paths;
    double *row, *next, *place; /* v by j, from -1 to m + 2 */
    int64_t low, high;          /* places where v may be above 0 */
    scaled left;                /* paths that left the band */
    int64_t places;             /* since the last poll */
} walk;

static void pass_row(walk *w, int64_t sum) {
    const sdr_ks_paths *p = w->paths;
    w->low = sdr_larger_of(w->low, sum - p->n);
    w->high = sdr_smaller_of(w->high + 1, p->m);
    sdr_ks_advance(w->next, w->row, w->place, sum, w->low, w->high);
    w->next[w->low - 1] = w->next[w->high + 1] = 0.0;
    double *row = w->row;
    w->row = w->next, w->next = row;
    w->places += w->high - w->low + 1;
}

static void leave(walk *w, int64_t sum, int64_t from, int64_t until) {
    for (int64_t j = from; j <= until; j++) {
        if (w->row[j] > 0.0)
            add(&w->left, log_visit(w->paths, sum, j) + log(w->row[j]));
        w->row[j] = 0.0;
    }
}

static void test_end(walk *w, int64_t sum) {
    const int64_t low = sdr_ks_first(w->paths, sum), high = sdr_ks_last(w->paths, sum);
    leave(w, sum, w->low, sdr_smaller_of(low - 1, w->high));
    leave(w, sum, sdr_larger_of(high + 1, w->low), w->high);
    w->low = sdr_larger_of(low, w->low);
    w->high = sdr_smaller_of(high, w->high);
}

static sdr_code walk_paths(walk *w, const sdr_context *context, sdr_error *error) {
    const sdr_ks_paths *p = w->paths;
    for (int64_t i = 0, sum = 0; i < p->n_ends; i++) {
        const int64_t end = sdr_ks_end(p, i);
        while (sum < end)
            pass_row(w, ++sum);
        test_end(w, end);
        if (w->low > w->high) return SDR_OK;
        if (w->places < SDR_KS_POLL_PLACES) continue;
        w->places = 0;
        SDR_TRY(sdr_poll(context, end, p->n + p->m, error));
    }
    return SDR_OK;
}

static sdr_code count_paths(scaled *left, const sdr_ks_paths *paths,
                            const sdr_context *context, sdr_error *error) {
    const int64_t columns = paths->m + ROW_PLACES;
    double *memory = sdr_allocate((size_t)(3 * columns) * sizeof *memory);
    if (memory == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    walk w = {.paths = paths, .left = *left};
    w.row = memory + 1;
    w.next = w.row + columns;
    w.place = w.next + columns;
    for (int64_t j = -1; j < columns - 1; j++)
        w.row[j] = w.next[j] = 0.0, w.place[j] = (double)j;
    w.row[0] = 1.0;
    sdr_code code = walk_paths(&w, context, error);
    *left = w.left;
    sdr_release(memory);
    return code;
}

/* --- tails ------------------------------------------------------------------------ */

/* The visits of diagonal `sum` from place j on outwards: they fall from there. */
static void add_tail(scaled *to, const sdr_ks_paths *p, int64_t sum, int64_t j,
                     int step) {
    const int64_t first = sdr_larger_of(0, sum - p->n),
                  last = sdr_smaller_of(sum, p->m);
    for (; j >= first && j <= last; j += step) {
        const double term = log_visit(p, sum, j);
        if (term < to->exponent - NEGLIGIBLE) return;
        add(to, term);
    }
}

static sdr_code add_tails(scaled *to, const sdr_ks_paths *p, const sdr_context *context,
                          sdr_error *error) {
    for (int64_t i = 0; i < p->n_ends; i++) {
        const int64_t end = sdr_ks_end(p, i);
        if (i % (1 << 16) == 0) SDR_TRY(sdr_poll(context, end, p->n + p->m, error));
        add_tail(to, p, end, sdr_ks_first(p, end) - 1, -1);
        add_tail(to, p, end, sdr_ks_last(p, end) + 1, 1);
    }
    return SDR_OK;
}

/* --- closed forms ----------------------------------------------------------------- */

/* log of C(2 n, n - a) / C(2 n, n), without cancellation between large logarithms. */
static double log_share(int64_t n, int64_t a) {
    const double x = (double)n, y = (double)a;
    const double own = 2.0 * sdr_stirling_error(x);
    if (a == n) return -log_choose(2 * n, n);
    const double bent = (x + y + 0.5) * log1p(y / x) + (x - y + 0.5) * log1p(-y / x);
    return own - sdr_stirling_error(x + y) - sdr_stirling_error(x - y) - bent;
}

static double equal_log_p(int64_t n, int64_t c) {
    double sum = 0.0, first = log_share(n, c);
    for (int64_t k = 1; k <= n / c; k++) {
        const double term = exp(log_share(n, k * c) - first);
        sum += k % 2 == 1 ? term : -term;
        if (term < 1e-18) break;
    }
    return fmin(0.0, first + log(2.0 * sum));
}

/* Fills it where D = 1 or n = m; `all`: log of C(N, m). */
static bool has_closed_form(double *log_p, const sdr_ks_paths *p, double all) {
    if (p->limit == p->n * p->m) {
        *log_p = fmin(0.0, log(2.0) - all);
    } else if (p->n == p->m) {
        *log_p = equal_log_p(p->n, (p->limit + p->n - 1) / p->n);
    } else {
        return false;
    }
    return true;
}

/* --- the call --------------------------------------------------------------------- */

sdr_code sdr_ks_exact_log_p(double *log_p, const sdr_ks_case *of,
                            const sdr_context *context, sdr_error *error) {
    sdr_ks_paths paths;
    bool trivial;
    double p = 0.0;
    SDR_TRY(sdr_ks_paths_init(&paths, &p, &trivial, of, error));
    *log_p = p > 0.0 ? 0.0 : -INFINITY;
    if (trivial) return SDR_OK;
    const double all = log_choose(paths.n + paths.m, paths.m);
    if (paths.ends == NULL && has_closed_form(log_p, &paths, all)) return SDR_OK;
    scaled left = {.exponent = -INFINITY, .sum = 0.0};
    const bool few = paths.n <= SDR_KS_EXACT_LIMIT / paths.m;
    if (!few && paths.ends == NULL)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "exact KS: expected ties, n = m or n * m <= %lld, found "
                             "n = %lld, m = %lld",
                             (long long)SDR_KS_EXACT_LIMIT, (long long)of->n,
                             (long long)of->m);
    SDR_TRY(few ? count_paths(&left, &paths, context, error)
                : add_tails(&left, &paths, context, error));
    *log_p = fmin(0.0, left.exponent + log(left.sum) - all);
    return SDR_OK;
}
