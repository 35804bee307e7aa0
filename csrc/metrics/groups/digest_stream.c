/* The fingerprint of a stream; see digest_stream.h. */
#include "metrics/groups/digest_stream.h"

#include "metrics/common/exact.h"

/* Odd, half of the bits set, in no relation: the fractional parts of the square roots
 * of the first primes, 64 bits each, the last bit set. */
static const uint64_t ROOTS[SDR_STRIPE_WORDS] = {
    UINT64_C(0x6a09e667f3bcc909), UINT64_C(0xbb67ae8584caa73b),
    UINT64_C(0x3c6ef372fe94f82b), UINT64_C(0xa54ff53a5f1d36f1),
    UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
    UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179)};

#define STEP UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio */

static inline void step(uint64_t *s, uint64_t *t, uint64_t v, uint64_t w) {
    sdr_uint128 product = (sdr_uint128)(v ^ *s) * (w ^ *t);
    *s = (uint64_t)(product >> 64) + (w + STEP);
    *t = (uint64_t)product ^ v;
}

static inline uint64_t word_at(const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

static void absorb(uint64_t *state, const uint8_t *data, size_t stripes) {
    uint64_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint64_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (; stripes > 0; stripes--, data += SDR_STRIPE_BYTES) {
        step(&a, &b, word_at(data), word_at(data + 8));
        step(&c, &d, word_at(data + 16), word_at(data + 24));
        step(&e, &f, word_at(data + 32), word_at(data + 40));
        step(&g, &h, word_at(data + 48), word_at(data + 56));
    }
    const uint64_t after[SDR_STRIPE_WORDS] = {a, b, c, d, e, f, g, h};
    memcpy(state, after, sizeof after);
}

void sdr_digest_begin(sdr_digest_stream *stream, uint64_t purpose) {
    memcpy(stream->state, ROOTS, sizeof stream->state);
    for (int i = 0; i < SDR_STRIPE_WORDS; i++)
        stream->state[i] ^= purpose * STEP;
    stream->n_held = 0;
    stream->bytes = 0;
}

void sdr_digest_add(sdr_digest_stream *stream, const void *data, size_t bytes) {
    const uint8_t *from = data;
    stream->bytes += bytes;
    if (stream->n_held > 0) {
        size_t room = SDR_STRIPE_BYTES - stream->n_held;
        size_t n = bytes < room ? bytes : room;
        memcpy(stream->held + stream->n_held, from, n);
        stream->n_held += n;
        from += n;
        bytes -= n;
        if (stream->n_held < SDR_STRIPE_BYTES) return;
        absorb(stream->state, stream->held, 1);
        stream->n_held = 0;
    }
    absorb(stream->state, from, bytes / SDR_STRIPE_BYTES);
    stream->n_held = bytes % SDR_STRIPE_BYTES;
    if (stream->n_held > 0)
        memcpy(stream->held, from + (bytes - stream->n_held), stream->n_held);
}

/* A bijection in which every bit of the word reaches every bit of the result (the
 * constants are those of the MurmurHash3 finalizer in Stafford's variant 13). */
static uint64_t scramble(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

sdr_digest sdr_digest_end(sdr_digest_stream *stream) {
    if (stream->n_held > 0) {
        memset(stream->held + stream->n_held, 0, SDR_STRIPE_BYTES - stream->n_held);
        absorb(stream->state, stream->held, 1);
    }
    uint64_t s = ROOTS[0], t = ROOTS[1];
    for (int i = 0; i < SDR_STRIPE_WORDS; i += 2)
        step(&s, &t, stream->state[i], stream->state[i + 1]);
    step(&s, &t, stream->bytes, ROOTS[2]);
    step(&s, &t, ROOTS[3], ROOTS[4]);
    s = scramble(s);
    t = scramble(t + s);
    s = scramble(s + t);
    return (sdr_digest){{s, t}};
}
