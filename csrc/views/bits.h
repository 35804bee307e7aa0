/*
 * Bitmaps, 64 rows at a time, at any bit offset, never reading a byte that holds none
 * of the bits asked for.
 */
#ifndef SDR_VIEWS_BITS_H
#define SDR_VIEWS_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "bitmaps and Arrow buffers are read as little endian");

enum { SDR_WORD_BITS = 64 };

/* The n lowest bits; 0 <= n <= 64. */
static inline uint64_t sdr_bits_low(int64_t n) {
    return n >= SDR_WORD_BITS ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* Bits [at, at + n) of a bitmap, 1 <= n <= 64, the first one lowest. */
static inline uint64_t sdr_bits_load(const uint8_t *bits, int64_t at, int64_t n) {
    const uint8_t *first = bits + (at >> 3);
    int shift = (int)(at & 7);
    int64_t n_bytes = (shift + n + 7) >> 3; /* 1 to 9 */
    uint64_t word = 0;
    if (n_bytes >= 8)
        memcpy(&word, first, 8);
    else
        for (int64_t i = 0; i < n_bytes; i++)
            word |= (uint64_t)first[i] << (8 * i);
    word >>= shift;
    if (n_bytes == 9) word |= (uint64_t)first[8] << (SDR_WORD_BITS - shift);
    return word & sdr_bits_low(n);
}

static inline bool sdr_bit_get(const uint8_t *bits, int64_t at) {
    return bits[at >> 3] >> (at & 7) & 1;
}

/* Set bits of a word: sums of 2, 4, 8 bits side by side (Hacker's Delight, 5-1); the
 * baseline ISA has no instruction for it. */
static inline int sdr_bits_count(uint64_t word) {
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) +
           (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (int)(word * UINT64_C(0x0101010101010101) >> 56);
}

/* Bit i of the answer: whether byte i of 8 is not 0. */
static inline uint64_t sdr_bits_of_bytes(uint64_t bytes) {
    const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t high = ((bytes & low7) + low7) | bytes; /* bit 7 of each byte */
    uint64_t ones = high >> 7 & UINT64_C(0x0101010101010101);
    return ones * UINT64_C(0x0102040810204080) >> 56;
}

/* 8 bytes of 0 or 1 from 8 bits: byte i keeps bit i alone; adding 127 carries what is
 * not 0 into bit 7 (byte 7 has 128 already; no byte carries into the next). */
static inline uint64_t sdr_bytes_of_bits(uint64_t bits) {
    uint64_t alone =
        (bits & 0xff) * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
    const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f);
    return (((alone & low7) + low7) | alone) >> 7 & UINT64_C(0x0101010101010101);
}

#endif
