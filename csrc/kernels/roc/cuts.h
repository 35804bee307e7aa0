/* Where the tie groups of a part begin. */
#ifndef SDR_KERNELS_ROC_CUTS_H
#define SDR_KERNELS_ROC_CUTS_H

#include "kernels/roc/roc.h"

enum { LANES = 4 };

/* Their first keys, and the positives before those; LANES more that are empty. */
typedef struct cuts {
    int32_t starts[SDR_RANK_PART + LANES + 1], before[SDR_RANK_PART + LANES + 1];
    int32_t n, positives;
} cuts;

/* Sums of kernels/roc from group to group, in lanes. */
typedef struct lane_sums {
    double precision[LANES], px[LANES], pxx[LANES], mb[LANES], mbb[LANES];
} lane_sums;

static inline double sum_of(const double *lanes) {
    return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
}

static inline void set_sums(sdr_rank_part *out, const lane_sums *s) {
    out->precision = sum_of(s->precision);
    out->px = sum_of(s->px);
    out->pxx = sum_of(s->pxx);
    out->mb = sum_of(s->mb);
    out->mbb = sum_of(s->mbb);
}

/* Key i of the part, after those before it. */
static inline void cut_one(cuts *c, const sdr_key *keys, int32_t i, bool begins) {
    c->starts[c->n] = i;
    c->before[c->n] = c->positives;
    c->n += i == 0 ? begins : !sdr_is_tied(keys[i - 1], keys[i]);
    c->positives += (int32_t)sdr_label_of(keys[i]);
}

#endif
