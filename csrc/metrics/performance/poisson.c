/* Poisson counts of mean 1: poisson.h. */
#include "metrics/performance/poisson.h"

enum { COUNTS = 13, LAST = SDR_POISSON_BYTES - 1 };

/* The largest draw that counts k or less: P(X <= k) 2^32, rounded down. */
static const uint32_t upto[COUNTS] = {
    1580030168u, 3160060337u, 3950075421u, 4213413783u, 4279248373u,
    4292415291u, 4294609777u, 4294923276u, 4294962463u, 4294966817u,
    4294967252u, 4294967292u, 4294967295u};

static uint8_t count_of(uint32_t draw) {
    uint8_t count = 0;
    while (draw > upto[count])
        count++;
    return count;
}

void sdr_poisson_init(sdr_poisson *table) {
    for (uint32_t b = 0; b < SDR_POISSON_BYTES; b++) {
        table->least[b] = count_of(b << 24);
        table->cut[b] = upto[table->least[b]];
    }
}

static uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* All bytes but the last hold one cut at most. */
static inline uint8_t counted(const sdr_poisson *table, uint32_t draw) {
    const uint32_t byte = draw >> 24;
    if (byte == LAST) return count_of(draw);
    return (uint8_t)(table->least[byte] + (draw > table->cut[byte]));
}

void sdr_poisson_draw(uint8_t *out, const sdr_poisson *table, uint64_t seed,
                      int64_t resample, int64_t first, int64_t n) {
    const uint64_t step = UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t stream = mixed(mixed(seed + step) + step * (uint64_t)(resample + 1));
    uint64_t at = stream + step * (uint64_t)(first / 2);
    for (int64_t i = 0; i < n; i += 2) {
        const uint64_t bits = mixed(at += step);
        out[i] = counted(table, (uint32_t)bits);
        if (i + 1 < n) out[i + 1] = counted(table, (uint32_t)(bits >> 32));
    }
}
