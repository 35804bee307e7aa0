/*
 * The limit law of Kolmogorov and Smirnov's D of two samples with many ties.
 *
 * B = sqrt(n m / N) (F - G), N = n + m, is a Brownian bridge in the share of the pooled
 * rows that have been passed. Where single values hold much of the rows it is seen only
 * at the ends of these, so that D is smaller than of different values. With c = sqrt(n m
 * / N) d, r(x) the probability that a bridge at x has yet to leave (-c, c), and y its
 * place one step of length h further on,
 *
 *     r(x) = P(y outside) + integral over y inside of density(y) (cross + (1 - cross)
 *            r'(y)),
 *
 * backwards from 0 at the end (kernels/bridge). `cross` is 0 for the step of one value,
 * and of a stretch of many the chance that a bridge between x and y leaves (-c, c) on its
 * way. All terms are positive. A stretch whose values hold a share s each is seen on a
 * grid: its bounds are moved out by 0.5826 sqrt(s) (Chernoff 1965; Broadie, Glasserman
 * and Kou, Math. Finance 7, 1997). r is even, so half of the nodes are enough. The
 * integral is Gauss and Legendre's, with nodes by how wide the narrowest step is.
 *
 * O(cells + steps * nodes^2) a group, 20 to 100 us. Within 1e-12 of the integrals by the
 * same nodes; of the law of paths it is the limit.
 */
#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "simdrift/drift.h"

#include <math.h>

#define PI 3.14159265358979323846
static const double GRID = 0.5826;
static const double LARGE = SDR_KS_STEPS_LARGE;
static const double LOST = 40.0; /* exp(-40) of a number is below its last bit */
enum { FEWEST_NODES = 32, MOST_NODES = 96, IMAGES = 3, LAW_BYTES = 1 << 18 };
enum { ROOM = MOST_NODES + SDR_BRIDGE_LANES, RULES = MOST_NODES - FEWEST_NODES + 1 };

/* What B is seen over: a step's share of the rows, whether it is of one value, and the
 * mean share of a value in it where it is not. */
typedef struct step {
    double length, tie;
    bool is_single;
} step;

enum {
    MOST_STEPS = 53
}; /* 25 large values, a stretch before and behind each, one more */

typedef struct steps {
    int n;
    step of[MOST_STEPS];
    double left[MOST_STEPS], width[MOST_STEPS];
    double widest; /* the largest variance of the bridge at the end of a step */
} steps;

/* --- steps ------------------------------------------------------------------------ */

/* The rows since the last large value, with the small values that were seen in them. */
typedef struct stretch {
    double share, small;
    int n_small;
} stretch;

static void close_stretch(steps *s, stretch *rest) {
    if (rest->share > 0.0) {
        const double mean = rest->n_small ? rest->small / rest->n_small : 0.0;
        s->of[s->n++] = (step){rest->share, fmin(mean, rest->share), false};
    }
    *rest = (stretch){0.0, 0.0, 0};
}

/* Out of the shares of cells, the odd ones of one value each. The values of a column's
 * quantiles are drawn in proportion to their rows: the mean of their shares is that of a
 * row's value. */
static void find_steps(steps *s, const double *shares, int64_t n_cells) {
    stretch rest = {0.0, 0.0, 0};
    s->n = 0;
    for (int64_t i = 0; i < n_cells; i++) {
        const bool is_value = i % 2 == 1 && shares[i] > 0.0;
        if (is_value && shares[i] >= LARGE) {
            close_stretch(s, &rest);
            s->of[s->n++] = (step){shares[i], 0.0, true};
            continue;
        }
        if (is_value) rest.small += shares[i], rest.n_small++;
        rest.share += shares[i];
    }
    close_stretch(s, &rest);
}

/* The ends of steps: how much of the bridge is left, and how wide a step is. */
static void place_steps(steps *s) {
    double total = 0.0, end = 0.0;
    s->widest = 0.0;
    for (int k = 0; k < s->n; k++)
        total += s->of[k].length;
    for (int k = 0; k < s->n; k++) {
        const double before = end;
        s->of[k].length /= total;
        end = k == s->n - 1 ? 1.0 : end + s->of[k].length;
        s->left[k] = before < 1.0 ? (1.0 - end) / (1.0 - before) : 0.0;
        s->width[k] = sqrt(s->of[k].length * s->left[k]);
        s->widest = fmax(s->widest, end * (1.0 - end));
    }
}

static int nodes_for(const steps *s, double inner) {
    double least = inner;
    for (int k = 0; k < s->n - 1; k++)
        least = fmin(least, s->width[k]);
    return (int)fmin(fmax(6.0 * inner / least, FEWEST_NODES), MOST_NODES);
}

/* --- nodes ------------------------------------------------------------------------ */

typedef struct rule {
    bool is_wanted;
    double place[MOST_NODES], weight[MOST_NODES];
} rule;

/* P_n and its derivative at x, by the recurrence of Legendre's polynomials. */
static double legendre(double *slope, int n, double x) {
    double before = 1.0, p = x;
    for (int k = 2; k <= n; k++) {
        const double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
        before = p, p = next;
    }
    *slope = n * (x * p - before) / (x * x - 1.0);
    return p;
}

static void fill_rule(rule *r, int n) {
    for (int i = 0; i < (n + 1) / 2; i++) {
        double x = cos(PI * (i + 0.75) / (n + 0.5)), slope = 1.0;
        for (int newton = 0; newton < 8; newton++) {
            const double change = legendre(&slope, n, x) / slope;
            x -= change;
            if (fabs(change) < 1e-15) break;
        }
        if (2 * i + 1 == n) x = 0.0;
        (void)legendre(&slope, n, x);
        r->place[i] = -x, r->place[n - 1 - i] = x;
        r->weight[i] = r->weight[n - 1 - i] = 2.0 / ((1.0 - x * x) * slope * slope);
    }
}

/* --- the recursion ---------------------------------------------------------------- */

typedef struct law {
    const steps *steps;
    double inner, passed;
    int n; /* nodes */
    double y[ROOM], base[ROOM], weights[ROOM], ahead[ROOM], own[ROOM];
} law;

static double normal_below(double x) {
    return 0.5 * erfc(-x / sqrt(2.0));
}

/* P(a normal number lies outside of (-inner, inner)). */
static double outside(double mean, double width, double inner) {
    return normal_below((mean - inner) / width) + normal_below((-inner - mean) / width);
}

static void set_crossing(sdr_bridge_step *to, const law *l, int k) {
    const step *of = &l->steps->of[k];
    to->bound = l->passed + GRID * sqrt(of->tie);
    to->cross_rate = -2.0 / of->length;
    /* each further pair of images is at most exp(-8 bound^2 / step) of the first */
    const bool is_first_enough = 8.0 * to->bound * to->bound > LOST * of->length;
    to->images = of->is_single ? 0 : is_first_enough ? 1 : IMAGES;
}

/* r before the last step: it ends at 0. */
static double last_step(const sdr_bridge_step *s, double x) {
    static const double end = 0.0, weight = 1.0, ahead = 0.0;
    sdr_bridge_step one = *s;
    double padded[3][SDR_BRIDGE_LANES] = {{end}, {weight}, {ahead}};
    one.n = SDR_BRIDGE_LANES;
    one.y = padded[0], one.weights = padded[1], one.ahead = padded[2];
    one.left = one.density_rate = 0.0;
    return sdr_dispatch_active()->bridge.kept(&one, x);
}

/* r before step k, of a bridge at x; `s` is of this step. */
static double before_step(const law *l, const sdr_bridge_step *s, int k, double x) {
    if (k == l->steps->n - 1) return last_step(s, x);
    return outside(s->left * x, l->steps->width[k], l->inner) +
           sdr_dispatch_active()->bridge.kept(s, x);
}

static double walk_back(law *l) {
    for (int k = l->steps->n - 1; k >= 0; k--) {
        const double width = l->steps->width[k];
        sdr_bridge_step s = {.n = (l->n + SDR_BRIDGE_LANES - 1) / SDR_BRIDGE_LANES *
                                  SDR_BRIDGE_LANES,
                             .y = l->y,
                             .weights = l->weights,
                             .ahead = l->ahead,
                             .left = l->steps->left[k],
                             .density_rate = -0.5 / (width * width)};
        set_crossing(&s, l, k);
        for (int i = 0; i < l->n && width > 0.0; i++)
            l->weights[i] = l->base[i] / (width * sqrt(2.0 * PI));
        if (k == 0) return before_step(l, &s, k, 0.0);
        for (int i = l->n / 2; i < l->n; i++)
            l->own[i] = before_step(l, &s, k, l->y[i]);
        for (int i = l->n / 2; i < l->n; i++)
            l->ahead[i] = l->ahead[l->n - 1 - i] = l->own[i];
    }
    return 0.0;
}

/* --- the call --------------------------------------------------------------------- */

typedef struct job {
    sdr_ks_steps_law *out;
    const sdr_ks_steps *of;
    rule *rules; /* by how many nodes more than the fewest */
} job;

static void steps_of_group(steps *s, const job *j, int64_t i) {
    find_steps(s, j->of->shares + i * j->of->n_cells, j->of->n_cells);
    place_steps(s);
}

static void law_of_group(const job *j, int64_t i) {
    steps s;
    law l = {.steps = &s, .inner = j->of->inner[i], .passed = j->of->passed[i]};
    steps_of_group(&s, j, i);
    j->out[i] = (sdr_ks_steps_law){.p = 1.0, .variance = s.widest};
    if (!(l.inner > 0.0) || s.n == 0) return;
    l.n = nodes_for(&s, l.inner);
    const rule *nodes = &j->rules[l.n - FEWEST_NODES];
    for (int k = 0; k < l.n; k++) {
        l.y[k] = l.inner * nodes->place[k];
        l.base[k] = l.inner * nodes->weight[k];
    }
    j->out[i].p = fmin(1.0, fmax(0.0, walk_back(&l)));
}

static sdr_code law_items(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    (void)worker;
    (void)error;
    for (int64_t i = begin; i < end; i++)
        law_of_group(user, i);
    return SDR_OK;
}

static sdr_code check_shares(const sdr_ks_steps *of, sdr_error *error) {
    for (int64_t i = 0; i < of->n_groups; i++) {
        const double *shares = of->shares + i * of->n_cells;
        double total = 0.0;
        bool is_share = isfinite(of->inner[i]);
        for (int64_t k = 0; k < of->n_cells; k++) {
            is_share = is_share && shares[k] >= 0.0;
            total += shares[k];
        }
        if (is_share && total <= 1.0 + 1e-9) continue;
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "KS with ties: expected finite bounds and shares from 0 "
                             "on with a sum of 1, found %g and a sum of %g in group "
                             "%lld",
                             of->inner[i], total, (long long)i);
    }
    return SDR_OK;
}

/* The nodes that some group wants. */
static void fill_rules(const job *j) {
    steps s;
    for (int i = 0; i < RULES; i++)
        j->rules[i].is_wanted = false;
    for (int64_t i = 0; i < j->of->n_groups; i++) {
        if (!(j->of->inner[i] > 0.0)) continue;
        steps_of_group(&s, j, i);
        j->rules[nodes_for(&s, j->of->inner[i]) - FEWEST_NODES].is_wanted = true;
    }
    for (int i = 0; i < RULES; i++)
        if (j->rules[i].is_wanted) fill_rule(&j->rules[i], i + FEWEST_NODES);
}

sdr_code sdr_ks_steps_p(sdr_ks_steps_law *out, const sdr_ks_steps *of,
                        const sdr_context *context, sdr_error *error) {
    SDR_TRY(check_shares(of, error));
    job j = {out, of, sdr_allocate(RULES * sizeof(rule))};
    if (j.rules == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    fill_rules(&j);
    sdr_code code =
        sdr_parallel_groups(context, of->n_groups, LAW_BYTES, law_items, &j, error);
    sdr_release(j.rules);
    return code;
}
