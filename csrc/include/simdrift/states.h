/*
 * What of a column can be added to the same of other rows, exactly: sums of powers.
 *
 * A sum is kept as integers, one for each exponent that occurs, and never rounded. So it
 * depends on neither the order of rows nor on how they are cut into parts, and moments
 * that are computed from it are the same for every tree of merges.
 */
#ifndef SIMDRIFT_STATES_H
#define SIMDRIFT_STATES_H

#include "simdrift/view.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SDR_POWERS = 4,      /* x, x^2, x^3, x^4 */
    SDR_POWER_WORDS = 14 /* of 64 bits: 2 + 3 + 4 + 5 */
};

/* A finite x is m * 2^(exponent - 1074), |m| < 2^53, or |m| < 2^64 of integers. */
typedef struct sdr_power_sums {
    int64_t n; /* exponents that occur, without that of zeros */
    int32_t *exponents;
    /* Of each: sums of m, m^2, m^3, m^4 as two's complement integers of 2, 3, 4, 5 words,
     * little end first. Exact for up to 2^43 rows. */
    uint64_t (*words)[SDR_POWER_WORDS];
} sdr_power_sums;

/* Of the finite rows of a column of numbers, booleans, times, or categories of those. */
SDR_API sdr_code sdr_power_sums_init(sdr_power_sums *out, const sdr_column *column,
                                     const sdr_context *context, sdr_error *error);
SDR_API void sdr_power_sums_reset(sdr_power_sums *sums);

#ifdef __cplusplus
}
#endif
#endif
