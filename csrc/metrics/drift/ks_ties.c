/*
 * Exact two-sided p-value of the two-sample Kolmogorov-Smirnov statistic with ties,
 * given the pooled values.
 *
 * As in ks_exact.c, paths are walked diagonal by diagonal with r, the probability of
 * having left the band. With ties the two distribution functions are compared only where
 * the pooled value changes, so a place is tested only where i + j ends a run of equal
 * values; within a run paths go on outside of the band (Schroeer and Trenkler, Exact and
 * randomization distributions of Kolmogorov-Smirnov tests, 1995). With two values that is
 * Fisher's exact test, without ties it is ks_exact.c.
 *
 * A run of t rows is passed step by step, or at once where that costs less: of the j
 * values of y up to its end, j' were there before it with the hypergeometric probability
 *
 *     C(e, j') C(t, j - j') / C(e + t, j) = a(j') b(j - j') / c(j),
 *
 * where a, b and c are the binomial laws of e, t and e + t rows with any one share. All
 * terms are positive. Binomial laws are products of the ratios of neighbours from the
 * mode outwards, so that nothing is lost but what is below FLOOR. Places that are as
 * unlikely as that are taken to have left the band: p-values below 1e-250 are those of
 * ks_depth.c.
 */
#include "metrics/drift/ks_stages.h"

#include <math.h>

static const double FLOOR = 1e-280;
static const double SD_TO_FLOOR = 36.0; /* standard deviations down to FLOOR */
enum {
    ROOM = 512,           /* and of a skew law so many values more */
    JUMP_FROM = 5,        /* rows of a run; shorter ones are passed step by step */
    ROW_PLACES = 4,       /* behind m, and one before 0 */
    PLACES_A_TERM = 6,    /* a term of a binomial law costs as much as so many places */
    PRODUCTS_A_PLACE = 2, /* products that cost as much as a place */
};

/* Binomial probabilities of `first` to `last`; 0 outside. */
typedef struct law {
    int64_t first, last;
    double *p; /* of `first` */
    double *room;
} law;

typedef struct walk {
    const sdr_ks_paths *paths;
    double *row, *next, *place; /* by j, from -1 to m + 2 */
    int64_t low, high;          /* of the row, inside of the band; 1 outside */
    law before, within, after;  /* a, b, c */
    double *memory;
} walk;

static int64_t law_size(int64_t rows) {
    double reach = SD_TO_FLOOR * sqrt(0.25 * (double)rows) + ROOM;
    return 2 * (int64_t)reach + 1;
}

static sdr_code walk_open(walk *w, const sdr_ks_paths *paths, sdr_error *error) {
    const int64_t columns = paths->m + ROW_PLACES, size = law_size(paths->n + paths->m);
    *w = (walk){.paths = paths};
    w->memory = sdr_allocate((size_t)(3 * columns + 3 * size) * sizeof *w->memory);
    if (w->memory == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    w->row = w->memory + 1;
    w->next = w->row + columns;
    w->place = w->next + columns;
    w->before.room = w->memory + 3 * columns;
    w->within.room = w->before.room + size;
    w->after.room = w->within.room + size;
    for (int64_t j = -1; j < columns - 1; j++)
        w->row[j] = w->next[j] = 1.0, w->place[j] = (double)j;
    w->row[0] = 0.0;
    return SDR_OK;
}

/* --- binomial laws ---------------------------------------------------------------- */

static void fill_law(law *out, int64_t rows, double share, int64_t size) {
    const double odds = share / (1.0 - share), count = (double)rows;
    const int64_t mode = sdr_smaller_of((int64_t)((count + 1.0) * share), rows);
    double *at = out->room + size / 2, total = 1.0, p = 1.0;
    int64_t k;
    at[0] = 1.0;
    for (k = mode; k < rows && k - mode < size / 2; k++) {
        p *= (count - (double)k) / ((double)k + 1.0) * odds;
        if (p < FLOOR) break;
        total += at[k + 1 - mode] = p;
    }
    out->last = k;
    for (k = mode, p = 1.0; k > 0 && mode - k < size / 2; k--) {
        p *= (double)k / ((count - (double)k + 1.0) * odds);
        if (p < FLOOR) break;
        total += at[k - 1 - mode] = p;
    }
    out->first = k;
    out->p = at + (out->first - mode);
    for (k = out->first; k <= out->last; k++)
        out->p[k - out->first] /= total;
}

static double probability(const law *of, int64_t k) {
    return k < of->first || k > of->last ? 0.0 : of->p[k - of->first];
}

/* --- a run ------------------------------------------------------------------------ */

static void swap_rows(walk *w) {
    double *row = w->row;
    w->row = w->next, w->next = row;
}

/* One row more, which is not tested. */
static void pass_row(walk *w, int64_t sum) {
    const sdr_ks_paths *p = w->paths;
    w->low = sdr_larger_of(w->low, sum - p->n);
    w->high = sdr_smaller_of(w->high + 1, p->m);
    sdr_ks_advance(w->next, w->row, w->place, sum, w->low, w->high);
    w->next[w->low - 1] = w->next[w->high + 1] = 1.0;
    swap_rows(w);
}

/* next[low..high] += left * p(j - before): paths that had `before` values of y. */
static void add_from(walk *w, int64_t before, double left, int64_t low, int64_t high) {
    const law *b = &w->within;
    low = sdr_larger_of(low, before + b->first);
    high = sdr_smaller_of(high, before + b->last);
    double *restrict next = w->next;
    const double *restrict p = b->p - b->first - before;
    for (int64_t j = low; j <= high; j++)
        next[j] += left * p[j];
}

/* All `run` rows after `passed` at once, onto the places low to high. */
static void jump(walk *w, int64_t passed, int64_t run, int64_t low, int64_t high) {
    const sdr_ks_paths *p = w->paths;
    const double share = (double)p->m / (double)(p->n + p->m);
    const int64_t size = law_size(p->n + p->m);
    fill_law(&w->before, passed, share, size);
    fill_law(&w->within, run, share, size);
    fill_law(&w->after, passed + run, share, size);
    for (int64_t j = low; j <= high; j++)
        w->next[j] = 0.0;
    const law *a = &w->before;
    const int64_t from = sdr_larger_of(a->first, low - w->within.last);
    const int64_t until = sdr_smaller_of(a->last, high - w->within.first);
    for (int64_t j = from; j <= until; j++) {
        const bool is_inside = j >= w->low && j <= w->high;
        const double left = (is_inside ? w->row[j] : 1.0) * a->p[j - a->first];
        if (left > 0.0) add_from(w, j, left, low, high);
    }
    for (int64_t j = low; j <= high; j++) {
        const double all = probability(&w->after, j);
        w->next[j] = all > FLOOR ? fmin(1.0, w->next[j] / all) : 1.0;
    }
    swap_rows(w);
}

/* About what it costs, in places, to pass a run of so many rows step by step, and at once
 * onto `width` places. */
static double steps_cost(const walk *w, int64_t run) {
    const double places = (double)(w->high - w->low + 1) + 0.5 * (double)run;
    return (double)run * fmin(places, (double)w->paths->m + 1.0);
}

static double jump_cost(int64_t passed, int64_t run, int64_t width) {
    const double sd = SD_TO_FLOOR * 2.0 * sqrt(0.25 * (double)(passed + run)) + ROOM;
    const double from = fmin((double)passed + 1.0, sd);
    const double reach = fmin(from, (double)(width + run));
    return (double)width * reach / PRODUCTS_A_PLACE + PLACES_A_TERM * 3.0 * sd;
}

/* Passes the run from `passed` to `end` and tests its end. */
static double pass_run(walk *w, int64_t passed, int64_t end) {
    const int64_t low = sdr_ks_first(w->paths, end), high = sdr_ks_last(w->paths, end);
    const int64_t run = end - passed;
    w->high = high < low ? -1 : w->high;
    if (high < low) return 0.0; /* no path is left inside */
    double steps = steps_cost(w, run), at_once = INFINITY;
    if (run >= JUMP_FROM) at_once = jump_cost(passed, run, high - low + 1);
    if (at_once < steps) {
        jump(w, passed, run, low, high);
    } else {
        for (int64_t sum = passed + 1; sum <= end; sum++)
            pass_row(w, sum);
    }
    w->low = low, w->high = high;
    w->row[low - 1] = w->row[high + 1] = 1.0;
    return fmin(steps, at_once);
}

static sdr_code walk_runs(double *p, walk *w, const sdr_context *context,
                          sdr_error *error) {
    const sdr_ks_paths *paths = w->paths;
    double places = 0.0;
    for (int64_t i = 0, passed = 0; i < paths->n_ends; i++) {
        places += pass_run(w, passed, paths->ends[i]);
        passed = paths->ends[i];
        if (w->low > w->high) {
            *p = 1.0;
            return SDR_OK;
        }
        if (places < SDR_KS_POLL_PLACES) continue;
        places = 0.0;
        SDR_TRY(sdr_poll(context, passed, paths->n + paths->m, error));
    }
    *p = w->row[paths->m];
    return SDR_OK;
}

/* --- the call --------------------------------------------------------------------- */

static sdr_code check_ends(const sdr_ks_case *of, sdr_error *error) {
    int64_t before = 0;
    for (int64_t i = 0; i < of->n_ends; i++) {
        if (of->ends[i] <= before)
            return sdr_error_set(
                error, SDR_INVALID_ARGUMENT,
                "KS with ties: expected ends that ascend from 1, found "
                "%lld after %lld",
                (long long)of->ends[i], (long long)before);
        before = of->ends[i];
    }
    if (before == of->n + of->m) return SDR_OK;
    return sdr_error_set(
        error, SDR_INVALID_ARGUMENT,
        "KS with ties: expected a last end of n + m = %lld, found %lld",
        (long long)(of->n + of->m), (long long)before);
}

sdr_code sdr_ks_paths_init(sdr_ks_paths *out, double *p, bool *trivial,
                           const sdr_ks_case *of, sdr_error *error) {
    const int64_t n = of->n, m = of->m;
    const bool in_range =
        n > 0 && m > 0 && n <= SDR_KS_MOST_ROWS && m <= SDR_KS_MOST_ROWS;
    *trivial = false;
    if (!in_range)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "exact KS: expected n, m from 1 to %lld, found n = %lld, "
                             "m = %lld",
                             (long long)SDR_KS_MOST_ROWS, (long long)n, (long long)m);
    if (of->ends != NULL) SDR_TRY(check_ends(of, error));
    sdr_int128 limit = (sdr_int128)of->numerator.high << 64 | of->numerator.low;
    *trivial = limit <= 0 || limit > (sdr_int128)n * m;
    if (*trivial) *p = limit <= 0 ? 1.0 : 0.0;
    *out = (sdr_ks_paths){.n = sdr_larger_of(n, m),
                          .m = sdr_smaller_of(n, m),
                          .limit = *trivial ? 0 : (int64_t)limit,
                          .ends = of->ends,
                          .n_ends = of->ends == NULL ? n + m : of->n_ends};
    return SDR_OK;
}

double sdr_ks_ties_cost(const sdr_ks_case *of) {
    sdr_ks_paths paths;
    sdr_error ignored;
    double p, cost = 0.0;
    bool trivial;
    if (of->ends == NULL ||
        sdr_ks_paths_init(&paths, &p, &trivial, of, &ignored) != SDR_OK || trivial)
        return 0.0;
    walk w = {.paths = &paths};
    for (int64_t i = 0, passed = 0; i < paths.n_ends; passed = paths.ends[i++]) {
        const int64_t end = paths.ends[i], run = end - passed;
        const int64_t low = sdr_ks_first(&paths, end), high = sdr_ks_last(&paths, end);
        if (high < low) break;
        double steps = steps_cost(&w, run);
        cost += run < JUMP_FROM ? steps
                                : fmin(steps, jump_cost(passed, run, high - low + 1));
        w.low = low, w.high = high;
    }
    return cost;
}

sdr_code sdr_ks_ties_p(double *p, const sdr_ks_case *of, const sdr_context *context,
                       sdr_error *error) {
    sdr_ks_paths paths;
    bool trivial;
    if (of->ends == NULL)
        return sdr_ks_exact_p(p, of->n, of->m, of->numerator.high, of->numerator.low,
                              context, error);
    SDR_TRY(sdr_ks_paths_init(&paths, p, &trivial, of, error));
    if (trivial) return SDR_OK;
    if (sdr_ks_stages_serve(&paths)) return sdr_ks_stages_p(p, &paths, context, error);
    walk w;
    SDR_TRY(walk_open(&w, &paths, error));
    sdr_code code = walk_runs(p, &w, context, error);
    sdr_release(w.memory);
    return code;
}
