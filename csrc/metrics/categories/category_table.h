/*
 * The table behind sdr_categories: labels by code, codes by label.
 *
 * Everything is keyed by label text, so a table filled from saved labels meets
 * integers, booleans and text alike. Labels are made once per distinct value, never per
 * row.
 */
#ifndef SDR_METRICS_CATEGORY_TABLE_H
#define SDR_METRICS_CATEGORY_TABLE_H

#include <string.h>

#include "simdrift/categories.h"

/* Codes are int32 and stand in the slots plus one, so that 0 is a free slot. */
#define SDR_CATEGORIES_LIMIT (INT32_MAX - 1)

/* Multiplies to 128 bits and folds: every input bit reaches every output bit. The two
 * odd constants are the fractional parts of the golden ratio and of sqrt(2), in 64
 * bits. */
static inline uint64_t sdr_mix(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    wide product =
        (wide)(a ^ UINT64_C(0x9E3779B97F4A7C15)) * (b ^ UINT64_C(0x6A09E667F3BCC909));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t sdr_word64(const uint8_t *data) {
    uint64_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

static inline uint64_t sdr_word32(const uint8_t *data) {
    uint32_t word;
    memcpy(&word, data, sizeof word);
    return word;
}

typedef struct sdr_word_pair {
    uint64_t first, last;
} sdr_word_pair;

/* The words of at most 16 bytes: they may overlap, and with the size are all of them.
 * Never reads outside [data, data + size). */
static inline sdr_word_pair sdr_words_of(const uint8_t *data, int64_t size) {
    if (size >= 8)
        return (sdr_word_pair){sdr_word64(data), sdr_word64(data + size - 8)};
    if (size >= 4)
        return (sdr_word_pair){sdr_word32(data), sdr_word32(data + size - 4)};
    if (size == 0) return (sdr_word_pair){0, 0};
    uint64_t few = (uint64_t)data[0] | (uint64_t)data[size / 2] << 8 |
                   (uint64_t)data[size - 1] << 16;
    return (sdr_word_pair){few, few};
}

/* The size, or what longer texts make of it, is mixed in, so that overlapping reads of
 * different sizes do not meet. */
static inline uint64_t sdr_hash_words(sdr_word_pair words, uint64_t size) {
    return sdr_mix(words.first ^ size, words.last);
}

static inline uint64_t sdr_hash_bytes(const uint8_t *data, int64_t size) {
    uint64_t hash = (uint64_t)size;
    for (; size > 16; size -= 16, data += 16)
        hash = sdr_mix(sdr_word64(data) ^ hash, sdr_word64(data + 8));
    return sdr_hash_words(sdr_words_of(data, size), hash);
}

/* Code of a label, added where it is new; -1 where that would exceed the maximum. */
sdr_code sdr_categories_add(sdr_categories *categories, sdr_string label, int64_t *code,
                            sdr_error *error);

int64_t sdr_categories_maximum(const sdr_categories *categories);

#endif
