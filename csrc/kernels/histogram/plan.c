/* A histogram's plan: the tree or the grid of its edges; see kernels/histogram. */
#include "kernels/histogram/search.h"

#include <math.h>
#include <string.h>

enum { LEAST_BUCKETS = 256, MOST_BUCKETS = 8192, BUCKETS_PER_EDGE = 4 };

/* The low `bits` bits of x in reverse order. */
static int reversed(int x, int bits) {
    int result = 0;
    for (int i = 0; i < bits; i++)
        result |= (x >> i & 1) << (bits - 1 - i);
    return result;
}

static void build_tree(sdr_histogram_plan *plan) {
    int levels = 1;
    while ((1 << levels) <= plan->n_edges)
        levels++;
    plan->levels = levels;
    for (int k = 0; k < levels; k++) {
        int half = 1 << (levels - 1 - k);
        for (int r = 0; r < 16; r++) {
            int edge = reversed(r, k) * 2 * half + half - 1;
            plan->level[k][r] = edge < plan->n_edges ? plan->edges[edge] : NAN;
        }
    }
}

/* Lowest and highest finite edge; false where there are not two. */
static bool finite_range(const sdr_histogram_plan *plan, double *low, double *high) {
    int64_t first = isinf(plan->edges[0]), last = plan->n_edges - 1;
    last -= isinf(plan->edges[last]);
    *low = plan->edges[first];
    *high = plan->edges[last];
    return first < last;
}

/* starts[b]: how many edges lie in buckets below b. Returns the fullest bucket's. */
static int64_t count_starts(sdr_histogram_plan *plan, int64_t buckets) {
    int64_t edge = 0, most = 0;
    for (int64_t b = 0; b < buckets; b++) {
        int64_t first = edge;
        plan->starts[b] = (uint32_t)edge;
        while (edge < plan->n_edges &&
               sdr_histogram_bucket(plan, plan->edges[edge]) == b)
            edge++;
        if (edge - first > most) most = edge - first;
    }
    return most;
}

static int64_t buckets_for(int64_t n_edges) {
    int64_t buckets = LEAST_BUCKETS;
    while (buckets < MOST_BUCKETS && buckets < BUCKETS_PER_EDGE * n_edges)
        buckets *= 2;
    return buckets;
}

static sdr_code build_grid(sdr_histogram_plan *plan, sdr_error *error) {
    int64_t buckets = buckets_for(plan->n_edges);
    size_t starts = (size_t)buckets * sizeof *plan->starts;
    size_t edges = (size_t)plan->n_edges * sizeof *plan->edges;
    plan->memory =
        sdr_allocate(starts + edges + SDR_HISTOGRAM_COMPARES * sizeof(double));
    if (plan->memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a grid of %lld edges",
                             (long long)plan->n_edges);
    plan->starts = plan->memory;
    double *padded = (double *)(void *)((char *)plan->memory + starts), high;
    memcpy(padded, plan->edges, edges);
    for (int i = 0; i < SDR_HISTOGRAM_COMPARES; i++)
        padded[plan->n_edges + i] = NAN;
    plan->edges = padded;
    plan->last_bucket = (double)(buckets - 1);
    if (finite_range(plan, &plan->low, &high))
        plan->scale = (double)buckets / (high - plan->low); /* 0 if that overflows */
    int64_t most = count_starts(plan, buckets);
    plan->compares = most <= SDR_HISTOGRAM_COMPARES ? (int)most : 0;
    return SDR_OK;
}

sdr_code sdr_histogram_plan_init(sdr_histogram_plan *out, const double *edges,
                                 int64_t n_edges, sdr_error *error) {
    *out = (sdr_histogram_plan){.edges = edges, .n_edges = n_edges};
    if (n_edges > SDR_HISTOGRAM_SMALL) return build_grid(out, error);
    build_tree(out);
    return SDR_OK;
}

void sdr_histogram_plan_reset(sdr_histogram_plan *plan) {
    sdr_release(plan->memory);
    *plan = (sdr_histogram_plan){0};
}
