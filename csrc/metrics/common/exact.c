/*
 * Exact sums: the wide integer and the one rounding at the end. See exact.h.
 *
 * Rounding: with N the integer of bit length L and D the divisor of bit length d, N is
 * shifted so that the quotient has 57 or 58 bits; bits shifted out and the remainder
 * decide ties. Nothing is rounded twice, subnormal results included.
 */
#include "metrics/common/exact.h"

#include <math.h>

enum {
    QUOTIENT_BITS = 57,   /* 53 of the result, a half bit, and room for either length */
    UNIT_EXPONENT = -1074 /* the wide integer counts units of 2^-1074 */
};

void sdr_wide_add(sdr_wide *wide, sdr_int128 value, int exponent) {
    int word = exponent >> 6, shift = exponent & 63;
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    uint64_t low = (uint64_t)value, high = (uint64_t)((sdr_uint128)value >> 64);
    uint64_t parts[3] = {low << shift, high << shift, sign << shift};
    if (shift) {
        parts[1] |= low >> (64 - shift);
        parts[2] |= high >> (64 - shift);
    }
    sdr_uint128 carry = 0;
    for (int i = word; i < SDR_WIDE_WORDS; i++) {
        uint64_t part = i - word < 3 ? parts[i - word] : sign;
        carry += (sdr_uint128)wide->words[i] + part;
        wide->words[i] = (uint64_t)carry;
        carry >>= 64;
        if (i - word >= 2 && (uint64_t)carry == (sign & 1)) return; /* nothing moves */
    }
}

void sdr_wide_add_product(sdr_wide *wide, double value, int64_t factor) {
    int64_t mantissa;
    int exponent = sdr_exact_split(&mantissa, value);
    sdr_wide_add(wide, (sdr_int128)mantissa * factor, exponent);
}

void sdr_wide_add_scaled(sdr_wide *wide, sdr_int128 value, int exponent,
                         int64_t factor) {
    /* value = high * 2^32 + low with 0 <= low < 2^32, so that neither product leaves
     * 128 bits even where |high| takes 95 and |factor| 63: high is split once more. */
    sdr_int128 low = value & 0xffffffff, high = value >> 32;
    sdr_int128 middle = high & 0xffffffff, top = high >> 32;
    sdr_wide_add(wide, low * factor, exponent);
    sdr_wide_add(wide, middle * factor, exponent + 32);
    sdr_wide_add(wide, top * factor, exponent + 64);
}

void sdr_wide_add_sum(sdr_wide *wide, const sdr_exact_sum *sum, int64_t factor) {
    for (int bin = 0; bin < SDR_EXACT_BINS; bin++) {
        if (!sum->bins[bin]) continue;
        sdr_wide_add_scaled(wide, sum->bins[bin], bin << SDR_EXACT_BIN_BITS, factor);
    }
}

static int bit_length(sdr_uint128 value) {
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    if (high) return 128 - __builtin_clzll(high);
    return low ? 64 - __builtin_clzll(low) : 0;
}

static int wide_bit_length(const sdr_wide *wide) {
    for (int i = SDR_WIDE_WORDS - 1; i >= 0; i--) {
        if (wide->words[i]) return 64 * i + 64 - __builtin_clzll(wide->words[i]);
    }
    return 0;
}

static int wide_bit(const sdr_wide *wide, int bit) {
    return bit < 0 ? 0 : (int)(wide->words[bit >> 6] >> (bit & 63) & 1);
}

static bool wide_any_below(const sdr_wide *wide, int bit) {
    if (bit <= 0) return false;
    for (int i = 0; i < bit >> 6; i++) {
        if (wide->words[i]) return true;
    }
    return (bit & 63) && wide->words[bit >> 6] << (64 - (bit & 63));
}

/* quotient * 2^exponent, with `sticky` for what lies below the quotient's last bit. */
static double round_scaled(uint64_t quotient, int exponent, bool sticky) {
    int length = bit_length(quotient);
    int top = length + exponent; /* value < 2^top */
    int kept = top < -1021 ? top - UNIT_EXPONENT : 53;
    if (kept < 0 || !length) return 0;
    int dropped = length - kept;
    if (dropped > 0) {
        uint64_t tail = quotient & (((uint64_t)1 << dropped) - 1);
        uint64_t half = (uint64_t)1 << (dropped - 1);
        quotient >>= dropped;
        exponent += dropped;
        if (tail > half || (tail == half && (sticky || (quotient & 1)))) quotient++;
    }
    return ldexp((double)quotient, exponent); /* exact: at most 53 bits, in range */
}

/* The bits from `bit` on, which may lie below the first: those are 0. Less than 128 of
 * them are left. */
static sdr_uint128 wide_from(const sdr_wide *wide, int bit) {
    sdr_uint128 bits = 0;
    for (int i = SDR_WIDE_WORDS - 1; i >= 0 && 64 * i + 64 > bit; i--) {
        const int at = 64 * i - bit;
        if (wide->words[i] == 0) continue;
        bits |= at >= 0 ? (sdr_uint128)wide->words[i] << at : wide->words[i] >> -at;
    }
    return bits;
}

/* The quotient of the bits from `shift` on; whether anything is left. */
static uint64_t divide_bits(bool *rest, const sdr_wide *wide, int length, int shift,
                            sdr_uint128 divisor) {
    sdr_uint128 remainder = 0;
    uint64_t quotient = 0;
    for (int bit = length - 1; bit >= shift; bit--) {
        remainder = remainder << 1 | (sdr_uint128)wide_bit(wide, bit);
        quotient <<= 1;
        if (remainder < divisor) continue;
        remainder -= divisor;
        quotient |= 1;
    }
    *rest = remainder != 0;
    return quotient;
}

static double divide_magnitude(const sdr_wide *wide, sdr_uint128 divisor) {
    int length = wide_bit_length(wide);
    if (!length) return 0;
    int shift = length - bit_length(divisor) - QUOTIENT_BITS;
    bool rest;
    uint64_t quotient;
    if (divisor >> 64 == 0) { /* at most 121 bits, which the machine divides */
        const sdr_uint128 bits = wide_from(wide, shift);
        quotient = (uint64_t)(bits / divisor);
        rest = bits % divisor != 0;
    } else {
        quotient = divide_bits(&rest, wide, length, shift, divisor);
    }
    bool sticky = rest || wide_any_below(wide, shift);
    return round_scaled(quotient, shift + UNIT_EXPONENT, sticky);
}

double sdr_wide_divide(const sdr_wide *wide, sdr_uint128 divisor) {
    if (!(wide->words[SDR_WIDE_WORDS - 1] >> 63))
        return divide_magnitude(wide, divisor);
    sdr_wide negated;
    sdr_uint128 carry = 1;
    for (int i = 0; i < SDR_WIDE_WORDS; i++) {
        carry += (uint64_t)~wide->words[i];
        negated.words[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return -divide_magnitude(&negated, divisor);
}

double sdr_ratio(sdr_uint128 numerator, sdr_uint128 denominator) {
    const sdr_uint128 exact = (sdr_uint128)1
                              << 53; /* float64 divides these as wanted */
    if (numerator <= exact && denominator <= exact)
        return (double)(uint64_t)numerator / (double)(uint64_t)denominator;
    sdr_wide wide = {{0}};
    sdr_wide_add(&wide, (sdr_int128)numerator, -UNIT_EXPONENT);
    return sdr_wide_divide(&wide, denominator);
}
