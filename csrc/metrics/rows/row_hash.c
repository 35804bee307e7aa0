/*
 * Hashes of rows: row_hash.h.
 *
 * A hash is a pair of words (s, t) that takes two words (v, w) of each value:
 *
 *   high, low = (v ^ s) * (w ^ t)       64 x 64 to 128 bits
 *   s = high + w + STEP,  t = low ^ v
 *
 * as the lanes of groups/digest_stream.h. A number is its word and whether it is
 * missing; a text the hash of its words of 8 bytes, filled up with zeros, then its size.
 */
#include "metrics/rows/row_hash.h"

#include <string.h>

#include "metrics/common/exact.h"

/* The fractional parts of the square roots of 2, 3 and 5, the last bit set. */
#define ROOT_2 UINT64_C(0x6a09e667f3bcc909)
#define ROOT_3 UINT64_C(0xbb67ae8584caa73b)
#define ROOT_5 UINT64_C(0x3c6ef372fe94f82b)
#define STEP UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio */

enum { PAIR_BYTES = 16 };

static inline sdr_row_hash step(sdr_row_hash at, uint64_t v, uint64_t w) {
    sdr_uint128 product = (sdr_uint128)(v ^ at.high) * (w ^ at.low);
    return (sdr_row_hash){(uint64_t)(product >> 64) + (w + STEP),
                          (uint64_t)product ^ v};
}

/* The constants are those of the MurmurHash3 finalizer in Stafford's variant 13. */
static inline uint64_t scramble(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

sdr_row_hash sdr_text_hash(sdr_string text) {
    sdr_row_hash at = {ROOT_5, ROOT_2};
    uint64_t words[2];
    int64_t i = 0;
    for (; text.size - i >= PAIR_BYTES; i += PAIR_BYTES) {
        memcpy(words, text.data + i, sizeof words);
        at = step(at, words[0], words[1]);
    }
    memset(words, 0, sizeof words);
    if (text.size > i) memcpy(words, text.data + i, (size_t)(text.size - i));
    at = step(at, words[0], words[1]);
    return step(at, (uint64_t)text.size, ROOT_5);
}

static void add_texts(sdr_row_hash *out, const sdr_row_values *values, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = values->missing[i] ? step(out[i], ROOT_3, ROOT_2)
                                    : step(out[i], values->words[i], values->more[i]);
}

static void add_words(sdr_row_hash *out, const sdr_row_values *values, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = step(out[i], values->words[i], ROOT_5 ^ values->missing[i]);
}

void sdr_row_hash_block(sdr_row_hash *out, int64_t *empty,
                        const sdr_row_column *columns, int64_t n_columns, int64_t start,
                        int64_t n, uint64_t seed, sdr_row_values *values) {
    uint8_t all_missing[SDR_ROWS_AT_ONCE];
    memset(all_missing, n_columns > 0, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        out[i] = (sdr_row_hash){ROOT_2 ^ seed * STEP, ROOT_3};
    for (int64_t c = 0; c < n_columns; c++) {
        sdr_row_column_load(values, &columns[c], start, n, true);
        if (columns[c].is_text)
            add_texts(out, values, n);
        else
            add_words(out, values, n);
        for (int64_t i = 0; i < n; i++)
            all_missing[i] &= values->missing[i];
    }
    for (int64_t i = 0; i < n; i++) {
        *empty += all_missing[i];
        out[i].high = scramble(out[i].high);
        out[i].low = scramble(out[i].low + out[i].high);
    }
}
