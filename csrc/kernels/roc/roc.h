/*
 * Kernel family "roc": a score and its label as one float64, and sums over such keys in
 * ascending order.
 *
 * A tagged key orders as the scores do, and of equal scores negatives before positives:
 * one sort serves for both. Scores of 2^-510 to 2^510 and 0 have one; the label is the
 * lowest bit, inverted where the sign bit is set.
 *
 * A tie group is a run of keys that differ in their label alone. Sums over tie groups
 * run in four lanes, group g of a part in lane g mod 4; integers are exact.
 */
#ifndef SDR_KERNELS_ROC_H
#define SDR_KERNELS_ROC_H

#include "kernels/sort/sort.h"

enum { SDR_RANK_PART = 1024 /* keys of a part: its sums of integers fit 32 bits */ };

/* Which targets are positives, and which negatives: from `low` to `high`. */
typedef struct sdr_binary {
    double positive, low, high;
} sdr_binary;

/* What tie groups that begin in a part add to the statistics of their ranks. In a
 * group: p positives, m negatives; a and e: negatives, positives of the part before it,
 * plus those up to its end. T of all M keys from the group on are positives. */
typedef struct sdr_rank_part {
    int64_t groups;      /* that begin in the part; the sums are over all but the
                                  last one, whose end may lie behind the part */
    int64_t first, last; /* keys of the part before the first, the last of them */
    int64_t first_positives, last_positives; /* positives among those */
    int64_t positives;                       /* of the part */
    int64_t pa, paa, me, mee;                /* sum of p a, p a^2, m e, m e^2 */
    double precision;                        /* sum of p T / M */
    double rises, falls;     /* sum of p / M (1 - T / M), of p / M T / M */
    double px, pxx, mb, mbb; /* x: T / M and the rises up to the group, b: the falls up
                                  to it; sum of p x, p x^2, m b, m b^2 */
} sdr_rank_part;

typedef struct sdr_roc_kernels {
    /* out[0 ... result): tagged keys of the rows that are positive or negative and whose
     * score is a number; *positives grows. *fits: false where a score has no key. */
    int64_t (*tag)(sdr_key *out, int64_t *positives, bool *fits, const double *scores,
                   const double *targets, int64_t n, const sdr_binary *binary);
    /* Positives among n keys. */
    int64_t (*count)(const sdr_key *keys, int64_t n);
    /* A part of n <= SDR_RANK_PART keys; `begins`: the first begins a tie group. `all`
     * keys from the first of the part on, `positives` of them positive. */
    void (*part)(sdr_rank_part *out, const sdr_key *keys, int64_t n, bool begins,
                 int64_t positives, int64_t all);
} sdr_roc_kernels;

static inline bool sdr_is_tied(sdr_key a, sdr_key b) {
    return (a ^ b) >> 1 == 0;
}
static inline int64_t sdr_label_of(sdr_key key) {
    return (int64_t)((key ^ key >> 63) & 1);
}

void sdr_roc_fill_scalar(sdr_roc_kernels *kernels);
void sdr_roc_fill_avx2(sdr_roc_kernels *kernels);

#endif
