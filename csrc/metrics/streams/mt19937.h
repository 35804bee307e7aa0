/*
 * MT19937 (Matsumoto and Nishida, Mersenne Twister, ACM TOMACS 8, 1998), seeded by an
 * array, and samples without replacement as Python's random.Random(seed).sample draws
 * them: KSWIN's signals are then river's.
 */
#ifndef SDR_STREAM_MT19937_H
#define SDR_STREAM_MT19937_H

#include <stdint.h>

enum { SDR_MT_N = 624 };

typedef struct sdr_mt19937 {
    int64_t next; /* of `numbers`; SDR_MT_N: none left */
    uint32_t numbers[SDR_MT_N];
} sdr_mt19937;

void sdr_mt19937_seed(sdr_mt19937 *self, uint64_t seed);
/* k of the numbers 0 to n - 1, in the order drawn. pool: n numbers of scratch. */
void sdr_mt19937_sample(sdr_mt19937 *self, int64_t n, int64_t k, int32_t *pool,
                        int32_t *out);

#endif
