/* Fisher's exact p-value: the hypergeometric law of a 2 x 2 table with its margins.
 *
 * Probabilities are products of the ratios of neighbours, from the mode outwards, with
 * their sum apart from a power of two: right to some 1e-13, at any depth. */
#include <math.h>

#include "core/parallel.h"
#include "simdrift/counts.h"

static const double NO_LIKELIER =
    1e-12;                              /* log ratio below which tables are as likely */
static const double NEGLIGIBLE = -45.0; /* log: what is left behind it, of the rest */

typedef struct fisher_table {
    int64_t a, n, k, total, low, high, mode;
    double mine; /* log of the probability of `a`, against the mode's */
} fisher_table;

/* log of the probability of x + 1 against that of x. */
static double step_up(const fisher_table *t, int64_t x) {
    return log((double)(t->k - x) / (double)(x + 1)) +
           log((double)(t->n - x) / (double)(t->total - t->k - t->n + x + 1));
}

static double log_at(const fisher_table *t) {
    double sum = 0.0;
    for (int64_t x = t->mode; x < t->a; x++)
        sum += step_up(t, x);
    for (int64_t x = t->mode; x > t->a; x--)
        sum -= step_up(t, x - 1);
    return sum;
}

/* Adds exp(log - top) to both sums on one side of the mode; `kept` is of tables no
 * likelier than `a`, with `top` = log of `a`. */
static void add_side(const fisher_table *t, int step, double *all, double *kept) {
    double log_p = 0.0;
    int64_t end = step > 0 ? t->high : t->low;
    for (int64_t x = t->mode; x != end;) {
        log_p += step > 0 ? step_up(t, x) : -step_up(t, x - 1);
        x += step;
        *all += exp(log_p);
        if (log_p <= t->mine + NO_LIKELIER) *kept += exp(log_p - t->mine);
        if (log_p < NEGLIGIBLE && log_p < t->mine + NEGLIGIBLE) return;
    }
}

static double log_p_of(int64_t a, int64_t n, int64_t k, int64_t total) {
    fisher_table t = {.a = a, .n = n, .k = k, .total = total};
    t.low = n + k > total ? n + k - total : 0;
    t.high = n < k ? n : k;
    t.mode = (int64_t)((double)(n + 1) * ((double)(k + 1) / (double)(total + 2)));
    t.mode = t.mode < t.low ? t.low : t.mode > t.high ? t.high : t.mode;
    t.mine = log_at(&t);
    double all = 1.0, kept = 0.0 <= t.mine + NO_LIKELIER ? exp(-t.mine) : 0.0;
    add_side(&t, 1, &all, &kept);
    add_side(&t, -1, &all, &kept);
    double log_p = t.mine + log(kept) - log(all);
    return log_p < 0.0 ? log_p : 0.0;
}

typedef struct fisher_job {
    double *out;
    const int64_t *a, *n, *k, *total;
} fisher_job;

static sdr_code run_fisher(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)worker;
    (void)error;
    const fisher_job *job = user;
    for (int64_t i = begin; i < end; i++)
        job->out[i] = log_p_of(job->a[i], job->n[i], job->k[i], job->total[i]);
    return SDR_OK;
}

sdr_code sdr_fisher_log_p(double *out, const int64_t *a, const int64_t *n,
                          const int64_t *k, const int64_t *total, int64_t count,
                          const sdr_context *context, sdr_error *error) {
    for (int64_t i = 0; i < count; i++)
        if (a[i] < 0 || a[i] > n[i] || a[i] > k[i] || n[i] > total[i] ||
            k[i] > total[i] || n[i] - a[i] > total[i] - k[i])
            return sdr_error_set(
                error, SDR_INVALID_ARGUMENT,
                "tables: expected a 2 x 2 table of rows, found %lld of "
                "%lld among %lld of %lld",
                (long long)a[i], (long long)n[i], (long long)k[i], (long long)total[i]);
    fisher_job job = {out, a, n, k, total};
    return sdr_parallel_groups(context, count, 4096, run_fisher, &job, error);
}
