/* Every ISA and number of blocks gives the bits of the scalar kernels: moments, pairs,
 * histograms, quantiles, codes of categories, trigonometric sums, ranks by label. */
#include "fuzz.h"

#include "simdrift/categories.h"
#include "simdrift/roc.h"

enum { MOST_EDGES = 40, QUANTILES = 5 };

typedef struct answers {
    sdr_profile profile;
    sdr_pair_profile pair;
    sdr_roc roc;
    int64_t histogram[MOST_EDGES + 1], distinct, terms_n;
    double quantiles[QUANTILES], deviation, means[4], covariance[16];
    sdr_deviations deviations;
} answers;

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Strictly increasing, without NaN. How many are left. */
static int64_t make_edges(double *edges, int64_t n) {
    int64_t left = 0;
    for (int64_t i = 0; i < n; i++)
        if (isnan(edges[i])) edges[i] = 0.5;
    qsort(edges, (size_t)n, sizeof *edges, compare_numbers);
    for (int64_t i = 0; i < n; i++)
        if (left == 0 || edges[i] > edges[left - 1]) edges[left++] = edges[i];
    return left;
}

static void compute(answers *out, const sdr_column *x, const sdr_column *y,
                    const double *edges, int64_t n_edges) {
    static const double q[QUANTILES] = {0, 0.1, 0.5, 0.9, 1};
    double standard_error;
    memset(out, 0, sizeof *out);
    CHECK(sdr_profile_column(&out->profile, x, NULL, NULL) == SDR_OK);
    CHECK(sdr_pair_profile_columns(&out->pair, x, y, NULL, NULL) == SDR_OK);
    const int64_t start = 0, stop = x->length;
    const sdr_groups all = {&start, &stop, 1};
    const sdr_ranked rows = {y, x, 1.0, -INFINITY, 0.5, NULL};
    CHECK(sdr_roc_groups(&out->roc, &rows, &all, NULL, NULL) == SDR_OK);
    if (n_edges > 0)
        CHECK(sdr_histogram(out->histogram, edges, n_edges, x, NULL, NULL) == SDR_OK);
    CHECK(sdr_quantiles(out->quantiles, q, QUANTILES, x, NULL, NULL) == SDR_OK);
    CHECK(sdr_median_deviation(&out->deviation, 0.5, x, NULL, NULL) == SDR_OK);
    CHECK(sdr_deviation_profile(&out->deviations, x, 0.5, NULL, NULL) == SDR_OK);
    CHECK(sdr_distinct_count(&out->distinct, &standard_error, x, NULL, NULL) == SDR_OK);
    CHECK(sdr_characteristic(&out->terms_n, out->means, out->covariance, x, 0.4, 1.5,
                             NULL, NULL) == SDR_OK);
}

static void check_profile(const sdr_profile *a, const sdr_profile *b) {
    CHECK(a->rows == b->rows && a->nulls == b->nulls && a->nan == b->nan);
    CHECK(a->pos_inf == b->pos_inf && a->neg_inf == b->neg_inf);
    CHECK(a->zeros == b->zeros && a->negatives == b->negatives);
    CHECK(a->finite == b->finite && same(a->min, b->min) && same(a->max, b->max));
    CHECK(same(a->sum, b->sum) && same(a->mean, b->mean));
    CHECK(same(a->mean_low, b->mean_low) && same(a->m2, b->m2));
    CHECK(same(a->m3, b->m3) && same(a->m4, b->m4));
    CHECK(a->increasing == b->increasing && a->decreasing == b->decreasing);
    CHECK(a->strict == b->strict);
}

static void check_same(const answers *a, const answers *b) {
    check_profile(&a->profile, &b->profile);
    CHECK(a->pair.n == b->pair.n && same(a->pair.c_xy, b->pair.c_xy));
    CHECK(same(a->pair.m2_x, b->pair.m2_x) && same(a->pair.m2_y, b->pair.m2_y));
    CHECK(same(a->pair.sum_abs_error, b->pair.sum_abs_error));
    CHECK(same(a->pair.sum_squared_error, b->pair.sum_squared_error));
    CHECK(same(a->pair.max_abs_error, b->pair.max_abs_error));
    CHECK(same(a->roc.auc, b->roc.auc));
    CHECK(same(a->roc.auc_variance, b->roc.auc_variance));
    CHECK(same(a->roc.average_precision, b->roc.average_precision));
    CHECK(same(a->roc.average_precision_variance, b->roc.average_precision_variance));
    CHECK(memcmp(a->histogram, b->histogram, sizeof a->histogram) == 0);
    CHECK(a->distinct == b->distinct && a->terms_n == b->terms_n);
    CHECK(same(a->deviation, b->deviation));
    CHECK(a->deviations.n == b->deviations.n);
    CHECK(same(a->deviations.mean, b->deviations.mean));
    CHECK(same(a->deviations.variance, b->deviations.variance));
    for (int i = 0; i < QUANTILES; i++)
        CHECK(same(a->quantiles[i], b->quantiles[i]));
    for (int i = 0; i < 4; i++)
        CHECK(same(a->means[i], b->means[i]));
    for (int i = 0; i < 16; i++)
        CHECK(same(a->covariance[i], b->covariance[i]));
}

/* Cell of x: how many edges are <= x. */
static void check_histogram(const answers *a, const double *values, int64_t n,
                            const uint8_t *mask, const double *edges, int64_t n_edges) {
    int64_t counts[MOST_EDGES + 1] = {0};
    for (int64_t i = 0; i < n; i++) {
        int64_t cell = 0;
        if (mask[i] || isnan(values[i])) continue;
        while (cell < n_edges && edges[cell] <= values[i])
            cell++;
        counts[cell]++;
    }
    for (int64_t i = 0; i <= n_edges; i++)
        CHECK(n_edges == 0 || counts[i] == a->histogram[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    int64_t copies = 1 + take_rows(&in, 30), part = take_rows(&in, 300);
    double *edges = take_numbers(&in, MOST_EDGES);
    int64_t n_edges = make_edges(edges, take_below(&in, MOST_EDGES + 1));
    int64_t shift = take_below(&in, 3), n = copies * part;
    double *values = take_numbers(&in, n + shift); /* behind its end: kinds of 0 */
    double *others = take_numbers(&in, n);
    uint8_t *mask = take_block(&in, (size_t)n);
    for (int64_t i = part; i < n; i++) { /* long columns of few bytes */
        values[shift + i] = values[shift + i % part];
        others[i] = others[i % part];
    }
    for (int64_t i = 0; i < n; i++)
        mask[i] = mask[i] > 230;
    sdr_column x = column_of(values + shift, n, mask), y = column_of(others, n, NULL);
    answers scalar, other;
    CHECK(sdr_isa_force(SDR_ISA_SCALAR, NULL) == SDR_OK);
    compute(&scalar, &x, &y, edges, n_edges);
    check_histogram(&scalar, values + shift, n, mask, edges, n_edges);
    for (EACH_ISA(isa)) {
        compute(&other, &x, &y, edges, n_edges);
        check_same(&scalar, &other);
    }
    sdr_column_reset(&x);
    sdr_column_reset(&y);
    free(edges);
    free(values);
    free(others);
    free(mask);
    return 0;
}
