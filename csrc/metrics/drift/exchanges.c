/*
 * The law of Wasserstein-1 under exchanges of rows: the formulas of
 * simdrift/metrics/nulls/transport.py, which says where they come from, of many groups.
 *
 * The pooled sample of a group is gaps: between the rows that are known at both ends, and
 * between quantiles. Sums over pairs of gaps are cumulative sums; all sums go in the
 * order of the gaps. Time O(gaps) a group, no memory.
 */
#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "simdrift/drift.h"

enum {
    ENDS = SDR_EXTREMES,
    MOST_GAPS = 2 * (ENDS - 1) + SDR_TWO_SAMPLE_LEVELS + 1,
    GROUP_BYTES = 65536 /* about what a group costs */
};

static const double RARE = 0.5; /* rows of the smaller side make jumps below it */
static const double JUMPS_MATTER = 0.1; /* share of the variance */
static const double SQRT_2_OVER_PI = 0.79788456080286535588;

/* --- gaps --- */

/* Gaps of a group: widths, and how many rows lie below each. */
typedef struct gaps {
    int n_gaps;
    double n, m, total;
    double widths[MOST_GAPS], rows[MOST_GAPS];
} gaps;

/* As numpy.clip: NaN stays, the upper bound wins. */
static double clip(double value, double low, double high) {
    if (value < low) value = low;
    return value > high ? high : value;
}

/* The k smallest of two ascending runs of k values; their k largest from `high` on. */
static void merge_low(double *out, const double *a, const double *b, int k) {
    for (int i = 0, j = 0; i + j < k;) {
        const bool takes_a = a[i] <= b[j];
        out[i + j] = takes_a ? a[i] : b[j];
        i += takes_a;
        j += !takes_a;
    }
}

static void merge_high(double *out, const double *a, const double *b, int k) {
    for (int i = k - 1, j = k - 1, at = k - 1; at >= 0; at--) {
        const bool takes_a = a[i] >= b[j];
        out[at] = takes_a ? a[i] : b[j];
        i -= takes_a;
        j -= !takes_a;
    }
}

static void add_gap(gaps *g, double width, double rows) {
    g->widths[g->n_gaps] = width > 0.0 ? width : 0.0; /* and of NaN */
    g->rows[g->n_gaps++] = clip(rows, 0.5, g->total - 0.5);
}

/* Between the innermost known row of each end; `end`: the share of rows beyond it. */
static void add_middle(gaps *g, const sdr_exchanges *e, int64_t group, double low,
                       double high, double end) {
    const double *values =
        e->middle + (e->middle_per_group ? group * 3 * e->n_levels : 0);
    const double *below = values + e->n_levels, *upto = below + e->n_levels;
    const bool is_wide = g->total > 2.0 * e->n_ends;
    double last = low;
    if (high < low) high = low;
    for (int i = 0; i <= e->n_levels; i++) {
        const bool is_end = i == e->n_levels;
        const double point = is_end ? high : clip(values[i], low, high);
        const double after = clip(i == 0 ? end : upto[i - 1], end, 1.0 - end);
        const double before = clip(is_end ? 1.0 - end : below[i], end, 1.0 - end);
        const double odds = sqrt(after / (1.0 - after) * (before / (1.0 - before)));
        const double width = point - last;
        add_gap(g, is_wide && isfinite(width) ? width : 0.0,
                odds / (1.0 + odds) * g->total);
        last = point;
    }
}

static void find_gaps(gaps *g, const sdr_exchanges *e, int64_t group) {
    const int k = e->n_ends;
    const double *x = e->reference_ends + (e->reference_per_group ? group * 2 * k : 0);
    const double *y = e->current_ends + group * 2 * k;
    double low[ENDS], high[ENDS];
    g->n_gaps = 0;
    g->n = e->n[group];
    g->m = e->m[group];
    g->total = g->n + g->m;
    const double half = floor(g->total / 2.0);
    merge_low(low, x, y, k);
    merge_high(high, x + k, y + k, k);
    for (int i = 1; i < k; i++)
        add_gap(g, i <= half ? low[i] - low[i - 1] : 0.0, i);
    add_middle(g, e, group, low[k - 1], high[0], k / g->total);
    for (int i = 1; i < k; i++) {
        const double rank = g->total - (k - i);
        add_gap(g, rank > half ? high[i] - high[i - 1] : 0.0, rank);
    }
}

/* --- the law --- */

/* What W1 owes to each gap. */
typedef struct parts {
    double weight[MOST_GAPS]; /* what a row beyond it moves W1 by */
    double rare[MOST_GAPS];   /* expected rows of the smaller side beyond it */
    double poisson[MOST_GAPS];
    double own[MOST_GAPS]; /* standard deviation of |D| */
    double odds[MOST_GAPS];
    double outwards[MOST_GAPS]; /* rows between it and the next one outwards */
    double effect[MOST_GAPS];   /* for the third cumulant: that of rare rows */
    double share;               /* of the smaller side */
    double mean;
} parts;

/* With k of the pooled rows below a gap: the mean of |D| times n m / total, the standard
 * deviation, and the effect. */
static double add_deviation(parts *p, const gaps *g, int i) {
    const double k = g->rows[i], n = g->n, m = g->m, total = g->total;
    const double smaller = n < m ? n : m;
    const double near = k < total - k ? k : total - k;
    const double rare = p->rare[i] = near * p->share;
    const double less = total - 1.0 > 1.0 ? total - 1.0 : 1.0;
    const double variance = k * (total - k) * (n * m / (total * total)) / less;
    double deviation = SQRT_2_OVER_PI * sqrt(variance);
    double third = 0.218 * rare * sqrt(rare);
    if (rare < 1.0) {
        const double left = 1.0 - smaller / (total - 0.5 * (near - 1.0));
        const double none = pow(left > 0.0 ? left : 0.0, near);
        deviation = 2.0 * rare * none;
        third = rare + 2.0 * (rare * rare * rare) * none - 3.0 * deviation * rare +
                2.0 * (deviation * deviation * deviation);
        if (third < 0.0) third = 0.0;
    }
    const double rest = variance - deviation * deviation;
    p->own[i] = sqrt(rest > 0.0 ? rest : 0.0);
    p->poisson[i] = exp(-rare);
    p->effect[i] =
        rare > 0.0 ? (p->poisson[i] > 0.0 ? cbrt(third * p->poisson[i] / rare) : 0.0)
                   : 1.0;
    return deviation;
}

static double largest_width(const gaps *g) {
    double largest = 0.0;
    for (int i = 0; i < g->n_gaps; i++)
        if (g->widths[i] > largest) largest = g->widths[i];
    return largest;
}

static void find_parts(parts *p, const gaps *g, double unit) {
    const double scale = g->total / (g->n * g->m);
    p->share = (g->n < g->m ? g->n : g->m) / g->total;
    p->mean = 0.0;
    for (int i = 0; i < g->n_gaps; i++) {
        const double k = g->rows[i];
        const bool is_upper = k > 0.5 * g->total;
        const double next = i + 1 < g->n_gaps ? g->rows[i + 1] : g->total;
        const double outwards = is_upper ? next - k : k - (i > 0 ? g->rows[i - 1] : 0);
        p->weight[i] = g->widths[i] / unit * scale;
        p->odds[i] = k / (g->total - k);
        p->outwards[i] = outwards > 0.0 ? outwards : 0.0;
        p->mean += p->weight[i] * add_deviation(p, g, i);
    }
}

/* Sum of a_j a_k power_j / power_k over all pairs, the lower one above the line. */
static double pairs(const double *a, const double *power, int n) {
    double sum = 0.0, total = 0.0, squares = 0.0;
    for (int i = 0; i < n; i++) {
        sum += a[i] * power[i];
        total += a[i] / power[i] * sum;
        squares += a[i] * a[i];
    }
    return 2.0 * total - squares;
}

/* What a row beyond each gap moves W1 by: the weights of the gaps inwards of it. */
static void sum_inwards(double *out, const double *weight, const gaps *g) {
    double sum = 0.0;
    int upper = g->n_gaps;
    for (int i = 0; i < g->n_gaps; i++) {
        if (!(g->rows[i] > 0.5 * g->total)) continue;
        if (i < upper) upper = i;
        out[i] = sum += weight[i];
    }
    sum = 0.0;
    for (int i = g->n_gaps - 1; i >= 0; i--)
        if (!(g->rows[i] > 0.5 * g->total)) out[i] = sum += weight[i];
}

/* Variance of the normal part, and of the rare rows. */
static void variances(double *normal, double *poisson, const parts *p, int n) {
    double a[MOST_GAPS], power[MOST_GAPS];
    for (int i = 0; i < n; i++)
        a[i] = p->weight[i] * p->own[i] * sqrt(1.0 - p->poisson[i]);
    *normal = 0.876 * pairs(a, p->odds, n);
    for (int i = 0; i < n; i++)
        power[i] = p->odds[i] * p->odds[i] * p->odds[i];
    *normal += 0.124 * pairs(a, power, n);
    for (int i = 0; i < n; i++) {
        a[i] = p->weight[i] * p->own[i] * sqrt(p->poisson[i]);
        power[i] = sqrt(p->odds[i]);
    }
    *poisson = pairs(a, power, n);
}

/* Third cumulant of rare rows. */
static double third_of_rare(const parts *p, const gaps *g) {
    double weight[MOST_GAPS], beyond[MOST_GAPS], sum = 0.0;
    const double s = p->share, odd = s * (1.0 - s) * (1.0 - 2.0 * s);
    for (int i = 0; i < g->n_gaps; i++)
        weight[i] = p->weight[i] * p->effect[i];
    sum_inwards(beyond, weight, g);
    for (int i = 0; i < g->n_gaps; i++)
        sum += odd * p->outwards[i] * (beyond[i] * beyond[i] * beyond[i]);
    return sum;
}

/* Third cumulant of the normal part: by simulation the skewness is 3.2 times the
 * coefficient of variation where many gaps act alone, and 1 (of |Z|) to 1.15 (of the
 * bridge) elsewhere. */
static double third_of_body(double variance, double mean) {
    const double ratio = mean > 0.0 ? sqrt(variance) / mean : 0.0;
    const double most = 1.15 - 0.4 * clip(ratio - 0.35, 0.0, 0.4);
    return (3.2 * ratio < most ? 3.2 * ratio : most) * (variance * sqrt(variance));
}

static double skewness_of(double third, double std) {
    return clip(std > 0.0 ? third / (std * std * std) : 1.0, 0.2, 20.0);
}

/* Half of what a row moves W1 by where few gaps have a say. */
static double half_step(const parts *p, int n) {
    double together = 0.0, sum = 0.0;
    for (int i = 0; i < n; i++)
        together += p->weight[i] * p->own[i];
    if (!(together > 0.0)) return 0.0;
    for (int i = 0; i < n; i++) {
        const double share = p->weight[i] * p->own[i] / together;
        sum += p->weight[i] * (share * share * share);
    }
    return 0.5 * sum;
}

/* Of single rows of the tails, where they matter: jumps of those sizes. */
static void find_jumps(sdr_exchange_law *law, double *jumps, const parts *p,
                       const gaps *g, double variance, double third) {
    double weight[MOST_GAPS], sizes[MOST_GAPS], spread = 0.0, moved = 0.0;
    for (int i = 0; i < g->n_gaps; i++) {
        const double rare = 1.0 - p->rare[i] / RARE;
        weight[i] = p->weight[i] * (rare > 0.0 ? rare : 0.0);
    }
    sum_inwards(sizes, weight, g);
    for (int i = 0; i < g->n_gaps; i++) {
        if (!(weight[i] > 0.0)) sizes[i] = 0.0;
        spread += p->share * (1.0 - p->share) * p->outwards[i] * (sizes[i] * sizes[i]);
        moved += p->share * p->outwards[i] * sizes[i];
    }
    law->has_jumps = spread > JUMPS_MATTER * variance;
    law->share = p->share;
    law->jump_mean = law->mean - moved;
    const double left = variance - spread, least = 0.01 * variance;
    law->jump_std = sqrt(left > least ? left : least);
    law->jump_skewness = clip(skewness_of(third, law->jump_std), 0.2, 2.0);
    if (jumps == NULL) return;
    memcpy(jumps, sizes, (size_t)g->n_gaps * sizeof *sizes);
    memcpy(jumps + g->n_gaps, p->outwards, (size_t)g->n_gaps * sizeof *sizes);
}

static void find_law(sdr_exchange_law *law, double *jumps, const gaps *g) {
    parts p;
    double normal, poisson;
    int exponent;
    const double largest = largest_width(g);
    (void)frexp(isfinite(largest) ? largest : 0.0, &exponent);
    law->unit = ldexp(1.0, exponent - 1);
    find_parts(&p, g, law->unit);
    variances(&normal, &poisson, &p, g->n_gaps);
    const double variance = normal + poisson, body = third_of_body(normal, p.mean);
    law->mean = p.mean;
    law->std = sqrt(variance);
    law->skewness = skewness_of(body + third_of_rare(&p, g), law->std);
    law->half_step = half_step(&p, g->n_gaps);
    find_jumps(law, jumps, &p, g, variance, body);
}

/* --- of groups --- */

typedef struct exchange_job {
    sdr_exchange_law *out;
    double *jumps;
    const sdr_exchanges *e;
} exchange_job;

static sdr_code law_items(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    (void)worker, (void)error;
    const exchange_job *j = user;
    gaps g;
    for (int64_t i = begin; i < end; i++) {
        find_gaps(&g, j->e, i);
        find_law(&j->out[i], j->jumps == NULL ? NULL : j->jumps + i * 2 * g.n_gaps, &g);
    }
    return SDR_OK;
}

sdr_code sdr_exchange_laws(sdr_exchange_law *out, double *jumps, const sdr_exchanges *e,
                           const sdr_context *context, sdr_error *error) {
    if (e->n_ends < 1 || e->n_ends > ENDS || e->n_levels < 0 ||
        e->n_levels > SDR_TWO_SAMPLE_LEVELS)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_exchange_laws: expected 1 to %d rows at each end and "
                             "at most %d levels, found %d and %d",
                             ENDS, SDR_TWO_SAMPLE_LEVELS, e->n_ends, e->n_levels);
    exchange_job j = {out, jumps, e};
    return sdr_parallel_groups(context, e->n_groups, GROUP_BYTES, law_items, &j, error);
}
