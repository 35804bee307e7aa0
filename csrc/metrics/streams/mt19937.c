/* The Mersenne Twister and Python's samples: mt19937.h. */
#include "metrics/streams/mt19937.h"

#include <stdbool.h>

enum { M = 397 };

static uint32_t mixed(uint32_t before) {
    return before ^ before >> 30;
}

void sdr_mt19937_seed(sdr_mt19937 *self, uint64_t seed) {
    const uint32_t key[] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t n_keys = key[1] == 0 ? 1 : 2;
    uint32_t *x = self->numbers;
    x[0] = 19650218u;
    for (uint32_t i = 1; i < SDR_MT_N; i++)
        x[i] = 1812433253u * mixed(x[i - 1]) + i;
    uint32_t i = 1;
    for (uint32_t k = 0; k < SDR_MT_N; k++) {
        const uint32_t j = k % n_keys;
        x[i] = (x[i] ^ mixed(x[i - 1]) * 1664525u) + key[j] + j;
        if (++i == SDR_MT_N) {
            x[0] = x[SDR_MT_N - 1];
            i = 1;
        }
    }
    for (uint32_t k = 1; k < SDR_MT_N; k++) {
        x[i] = (x[i] ^ mixed(x[i - 1]) * 1566083941u) - i;
        if (++i == SDR_MT_N) {
            x[0] = x[SDR_MT_N - 1];
            i = 1;
        }
    }
    x[0] = UINT32_C(1) << 31;
    self->next = SDR_MT_N;
}

static uint32_t twisted(uint32_t high, uint32_t low, uint32_t far) {
    const uint32_t joined = (high & 0x80000000u) | (low & 0x7fffffffu);
    return far ^ joined >> 1 ^ (joined & 1u ? 0x9908b0dfu : 0u);
}

static void refill(sdr_mt19937 *self) {
    uint32_t *x = self->numbers;
    for (int i = 0; i < SDR_MT_N; i++)
        x[i] = twisted(x[i], x[(i + 1) % SDR_MT_N], x[(i + M) % SDR_MT_N]);
    self->next = 0;
}

static uint32_t next(sdr_mt19937 *self) {
    if (self->next >= SDR_MT_N) refill(self);
    uint32_t y = self->numbers[self->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

/* Uniform below n: the first that fits of the numbers of as many bits as n has. */
static int32_t below(sdr_mt19937 *self, int64_t n) {
    int bits = 0;
    while (n >> bits != 0)
        bits++;
    for (;;) {
        const int64_t number = next(self) >> (32 - bits);
        if (number < n) return (int32_t)number;
    }
}

static bool is_among(const int32_t *numbers, int64_t n, int32_t number) {
    for (int64_t i = 0; i < n; i++)
        if (numbers[i] == number) return true;
    return false;
}

/* Python draws from a pool where that is smaller than its set would be. */
static bool uses_pool(int64_t n, int64_t k) {
    int64_t size = 21, power = 1;
    while (k > 5 && power < 3 * k)
        power *= 4;
    return n <= (k > 5 ? size + power : size);
}

void sdr_mt19937_sample(sdr_mt19937 *self, int64_t n, int64_t k, int32_t *pool,
                        int32_t *out) {
    if (!uses_pool(n, k)) {
        for (int64_t i = 0; i < k; i++) {
            do
                out[i] = below(self, n);
            while (is_among(out, i, out[i]));
        }
        return;
    }
    for (int64_t i = 0; i < n; i++)
        pool[i] = (int32_t)i;
    for (int64_t i = 0; i < k; i++) {
        const int32_t j = below(self, n - i);
        out[i] = pool[j];
        pool[j] = pool[n - i - 1];
    }
}
