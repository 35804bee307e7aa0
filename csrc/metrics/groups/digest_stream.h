/*
 * A 128-bit fingerprint of a stream of bytes: the same for the same bytes, however they
 * were handed over. It finds accidental changes; it is no defence against somebody who
 * looks for two streams with one fingerprint.
 *
 * Four lanes take 16 bytes each of every 64. A lane is two words (s, t) and takes two
 * words (v, w):
 *
 *   high, low = (v ^ s) * (w ^ t)       64 x 64 to 128 bits
 *   s = high + w + STEP,  t = low ^ v
 *
 * Both halves of the product are kept, and the words are added after it, so a factor of
 * zero loses nothing, and a change of one word survives but for 1 in 2^128 states of
 * the lane. The states are chained, so the order counts. The end is filled up with
 * zeros; the number of bytes is mixed in last.
 */
#ifndef SDR_METRICS_DIGEST_STREAM_H
#define SDR_METRICS_DIGEST_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SDR_STRIPE_BYTES = 64, SDR_STRIPE_WORDS = 8 };

typedef struct sdr_digest {
    uint64_t words[2];
} sdr_digest;

typedef struct sdr_digest_stream {
    uint64_t state[SDR_STRIPE_WORDS];
    uint8_t held[SDR_STRIPE_BYTES]; /* the first bytes of the next stripe */
    size_t n_held;
    uint64_t bytes;
} sdr_digest_stream;

/* Streams of different purposes begin differently. */
void sdr_digest_begin(sdr_digest_stream *stream, uint64_t purpose);
void sdr_digest_add(sdr_digest_stream *stream, const void *data, size_t bytes);
/* For a few bytes at a time: they wait for the rest of their stripe. */
static inline void sdr_digest_add_word(sdr_digest_stream *stream, uint64_t word) {
    sdr_digest_add(stream, &word, sizeof word);
}
/* The stream must not be used any more. */
sdr_digest sdr_digest_end(sdr_digest_stream *stream);

#endif
