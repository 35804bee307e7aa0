/*
 * Decimals to numbers: integers of 32 to 256 bits, two's complement, over 10^scale.
 *
 * A row becomes the float64 next to its value. Integers up to 2^53 over powers of ten up to
 * 10^22 are both exact as float64, so their quotient is rounded once; the digits of all others
 * are read by strtod, which rounds rightly. Whole numbers that fit into int64 stay what they are.
 * Times of day are the same: integers over 10^0, 10^3, 10^6 or 10^9, in seconds.
 */
#include "views/arrow_decimal.h"

#include "views/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_WORDS = 4,   /* of 64 bits */
    GROUP_DIGITS = 9, /* decimal digits that are split off at once */
    MOST_GROUPS = 9,  /* 2^256 has 78 digits */
    TEXT_BYTES = GROUP_DIGITS * MOST_GROUPS + 32,
    EXACT_POWER = 22 /* 10^22 = 2^22 * 5^22, and 5^22 < 2^53 */
};
static const uint32_t GROUP = 1000000000;
static const double EXACT_INTEGER = 0x1p53;

static const double powers[EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The row's words, the sign spread over what it does not have. */
static void read_words(uint64_t words[MOST_WORDS], const uint8_t *row, int bits) {
    int32_t small;
    if (bits == 32) {
        memcpy(&small, row, sizeof small);
        words[0] = (uint64_t)(int64_t)small;
    } else {
        memcpy(words, row, (size_t)bits / 8);
    }
    int known = bits < 64 ? 1 : bits / 64;
    uint64_t sign = words[known - 1] >> 63 != 0 ? UINT64_MAX : 0;
    for (int i = known; i < MOST_WORDS; i++)
        words[i] = sign;
}

static bool fits_int64(const uint64_t words[MOST_WORDS]) {
    uint64_t sign = words[0] >> 63 != 0 ? UINT64_MAX : 0;
    return words[1] == sign && words[2] == sign && words[3] == sign;
}

static void negate(uint64_t words[MOST_WORDS]) {
    uint64_t carry = 1;
    for (int i = 0; i < MOST_WORDS; i++) {
        words[i] = ~words[i] + carry;
        carry = carry != 0 && words[i] == 0;
    }
}

/* Divides by 10^9; the remainder. 32 bits at a time, so that no step overflows. */
static uint32_t split_group(uint64_t words[MOST_WORDS]) {
    uint64_t rest = 0;
    for (int i = MOST_WORDS - 1; i >= 0; i--) {
        uint64_t high = rest << 32 | words[i] >> 32;
        uint64_t low = (high % GROUP) << 32 | (words[i] & UINT32_MAX);
        words[i] = (high / GROUP) << 32 | low / GROUP;
        rest = low % GROUP;
    }
    return (uint32_t)rest;
}

/* By its digits, without a decimal point, which locales spell differently. */
static double parse(uint64_t words[MOST_WORDS], int scale) {
    char text[TEXT_BYTES];
    uint32_t groups[MOST_GROUPS];
    int n = 0, used = 0;
    bool is_negative = words[MOST_WORDS - 1] >> 63 != 0;
    if (is_negative) negate(words);
    do {
        groups[n++] = split_group(words);
    } while (n < MOST_GROUPS && (words[0] | words[1] | words[2] | words[3]) != 0);
    used += snprintf(text, sizeof text, "%s", is_negative ? "-" : "");
    for (int i = n - 1; i >= 0; i--)
        used += snprintf(text + used, sizeof text - (size_t)used, "%09u", groups[i]);
    snprintf(text + used, sizeof text - (size_t)used, "e%d", -scale);
    return strtod(text, NULL);
}

static double quotient(uint64_t words[MOST_WORDS], int scale) {
    double value = (double)(int64_t)words[0];
    bool is_exact =
        fits_int64(words) && value >= -EXACT_INTEGER && value <= EXACT_INTEGER;
    if (is_exact && scale >= 0 && scale <= EXACT_POWER) return value / powers[scale];
    return parse(words, scale);
}

bool sdr_decimals_fit(const sdr_view *views, int64_t n_views, int bits) {
    uint64_t words[MOST_WORDS];
    for (int64_t v = 0; bits > 64 && v < n_views; v++)
        for (int64_t row = 0; row < views[v].length; row++) {
            if (sdr_view_valid_bits(&views[v], row, 1) == 0) continue;
            read_words(words, views[v].data + row * views[v].stride, bits);
            if (!fits_int64(words)) return false;
        }
    return true;
}

sdr_code sdr_decimals_convert(sdr_view *view, sdr_arena *arena, sdr_type type, int bits,
                              int scale, sdr_error *error) {
    uint64_t words[MOST_WORDS], *out;
    double value;
    view->type = type;
    if (view->length > 0) {
        out = sdr_arena_allocate(arena, (size_t)view->length * sizeof *out);
        if (out == NULL) return sdr_no_memory(error);
        for (int64_t row = 0; row < view->length; row++) {
            read_words(words, view->data + row * view->stride, bits);
            value = type == SDR_TYPE_INT64 ? 0.0 : quotient(words, scale);
            memcpy(&out[row], type == SDR_TYPE_INT64 ? (void *)words : (void *)&value,
                   sizeof out[row]);
        }
        view->data = (const uint8_t *)out;
    }
    view->stride = sizeof *out;
    return SDR_OK;
}
