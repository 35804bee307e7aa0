/*
 * Poisson counts of mean 1 by number: the count of row i of resample r is a function of
 * the seed, r and i alone.
 *
 * splitmix64 (Steele, Lea and Flood 2014) of a counter gives two draws of 32 bits; a
 * table over the upper byte and one comparison turn a draw into a count, whose
 * probability is Poisson's to 2^-32.
 */
#ifndef SDR_METRICS_POISSON_H
#define SDR_METRICS_POISSON_H

#include <stdint.h>

enum { SDR_POISSON_BYTES = 256 };

typedef struct sdr_poisson {
    uint32_t cut[SDR_POISSON_BYTES];  /* a draw of that byte above it counts one more */
    uint8_t least[SDR_POISSON_BYTES]; /* what all draws of that byte count */
} sdr_poisson;

void sdr_poisson_init(sdr_poisson *table);
/* The counts of rows first ... first + n - 1; `first` is even. */
void sdr_poisson_draw(uint8_t *out, const sdr_poisson *table, uint64_t seed,
                      int64_t resample, int64_t first, int64_t n);

#endif
