/* Tagged keys, one at a time: the specification that every ISA equals. */
#include "kernels/roc/cuts.h"

static void cut_part(cuts *c, const sdr_key *keys, int64_t n, bool begins) {
    c->n = c->positives = 0;
    for (int32_t i = 0; i < (int32_t)n; i++)
        cut_one(c, keys, i, begins);
}

/* Each becomes the sum of those up to it, and of what was before; returns the last. */
static double add_up(double *values, double before) {
    for (int step = 1; step < LANES; step *= 2)
        for (int i = LANES - 1; i >= step; i--)
            values[i] += values[i - step];
    for (int i = 0; i < LANES; i++)
        values[i] += before;
    return values[LANES - 1];
}

static void sum_precisions(sdr_rank_part *out, const cuts *c, int32_t groups,
                           double positives, double all) {
    lane_sums s = {{0}, {0}, {0}, {0}, {0}};
    for (int32_t g = 0; g < groups; g += LANES) {
        double p[LANES], m[LANES], share[LANES], rise[LANES], fall[LANES];
        const int32_t *starts = c->starts + g, *before = c->before + g;
        for (int i = 0; i < LANES; i++) {
            const double from = all - starts[i];
            p[i] = before[i + 1] - before[i];
            m[i] = (starts[i + 1] - starts[i]) - p[i];
            share[i] = (positives - before[i]) / from;
            rise[i] = p[i] / from;
            fall[i] = rise[i] * share[i];
            rise[i] -= fall[i];
        }
        out->rises = add_up(rise, out->rises);
        out->falls = add_up(fall, out->falls);
        for (int i = 0; i < LANES; i++) {
            const double x = share[i] + rise[i], px = p[i] * x, mb = m[i] * fall[i];
            s.precision[i] += p[i] * share[i];
            s.px[i] += px;
            s.pxx[i] += px * x;
            s.mb[i] += mb;
            s.mbb[i] += mb * fall[i];
        }
    }
    set_sums(out, &s);
}

#include "kernels/roc/template.h"

void sdr_roc_fill_scalar(sdr_roc_kernels *kernels) {
    *kernels = SDR_ROC_KERNELS;
}
