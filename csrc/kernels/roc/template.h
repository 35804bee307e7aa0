/*
 * Tagged keys on any ISA: what the compiler turns into vectors by itself. An ISA's file
 * defines, before it includes this,
 *   cut_part(c, keys, n, begins)   the groups that begin; returns the positives
 *   sum_precisions(out, c, groups, positives, all)   precision ... mbb of the part
 */
#include "kernels/roc/cuts.h"

#include <math.h>
#include <string.h>

/* --- tagging --- */

#define SIGN (UINT64_C(1) << 63)
#define LEAST_BITS (UINT64_C(513) << 52) /* of LEAST */
#define BASE_BITS (UINT64_C(1) << 52)    /* no key is denormal */
static const double LEAST = 0x1p-510, MOST = 0x1p510;

static inline uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline sdr_key tagged(double score, bool is_positive) {
    const double magnitude = fabs(score);
    const uint64_t sign = bits_of(score + 0.0) & SIGN; /* -0.0 becomes 0.0 */
    const uint64_t steps = bits_of(magnitude < LEAST ? LEAST : magnitude) - LEAST_BITS;
    return sign | (2 * steps + BASE_BITS + ((uint64_t)is_positive ^ sign >> 63));
}

static inline bool is_taken(double score, double target, const sdr_binary *b) {
    const bool has_label =
        (target == b->positive) | ((target >= b->low) & (target <= b->high));
    return has_label & (score == score);
}

static int64_t tag(sdr_key *out, int64_t *positives, bool *fits, const double *scores,
                   const double *targets, int64_t n, const sdr_binary *binary) {
    const sdr_binary b = *binary;
    uint64_t left = 0, beyond = 0, found = 0;
    for (int64_t i = 0; i < n; i++) {
        const double score = scores[i], magnitude = fabs(score);
        const bool is_positive = targets[i] == b.positive;
        out[i] = tagged(score, is_positive);
        found += is_positive;
        left |= !is_taken(score, targets[i], &b);
        beyond |= (magnitude >= MOST) | ((magnitude <= LEAST) & (magnitude > 0.0));
    }
    if (beyond != 0) *fits = false;
    if (left == 0) {
        *positives += (int64_t)found;
        return n;
    }
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        const bool taken = is_taken(scores[i], targets[i], &b);
        out[kept] = out[i];
        kept += taken;
        *positives += taken & (targets[i] == b.positive);
    }
    return kept;
}

static int64_t count(const sdr_key *keys, int64_t n) {
    uint64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        found += (keys[i] ^ keys[i] >> 63) & 1;
    return (int64_t)found;
}

/* --- tie groups of a part --- */

static void cut(cuts *c, const sdr_key *keys, int64_t n, bool begins) {
    cut_part(c, keys, n, begins);
    for (int32_t i = c->n; c->n > 0 && i < c->n + LANES; i++) {
        c->starts[i] = c->starts[c->n - 1];
        c->before[i] = c->before[c->n - 1];
    }
}

static void sum_integers(sdr_rank_part *out, const cuts *c, int32_t groups) {
    int32_t pa = 0, paa = 0, me = 0, mee = 0;
    for (int32_t g = 0; g < groups; g++) {
        const int32_t start = c->starts[g], end = c->starts[g + 1];
        const int32_t before = c->before[g], upto = c->before[g + 1];
        const int32_t p = upto - before, m = end - start - p;
        const int32_t a = (start - before) + (end - upto), e = before + upto;
        pa += p * a;
        paa += p * a * a;
        me += m * e;
        mee += m * e * e;
    }
    out->pa = pa;
    out->paa = paa;
    out->me = me;
    out->mee = mee;
}

static void part(sdr_rank_part *out, const sdr_key *keys, int64_t n, bool begins,
                 int64_t positives, int64_t all) {
    cuts c;
    cut(&c, keys, n, begins);
    *out = (sdr_rank_part){.groups = c.n, .positives = c.positives};
    if (c.n == 0) return;
    out->first = c.starts[0];
    out->first_positives = c.before[0];
    out->last = c.starts[c.n - 1];
    out->last_positives = c.before[c.n - 1];
    sum_integers(out, &c, c.n - 1);
    sum_precisions(out, &c, c.n - 1, (double)positives, (double)all);
}

#define SDR_ROC_KERNELS ((sdr_roc_kernels){tag, count, part})
