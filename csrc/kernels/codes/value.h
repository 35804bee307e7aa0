/* One row at a time: the specification, and the tail of every vector loop. */
#ifndef SDR_KERNELS_CODES_VALUE_H
#define SDR_KERNELS_CODES_VALUE_H

#include "kernels/codes/codes.h"
#include "views/reading.h"

static inline void count_few(int64_t *counts, const uint8_t *rows, int64_t n,
                             int n_values) {
    for (int64_t i = 0; i < n; i++)
        if (rows[i] < n_values) counts[rows[i]]++;
}

/* Eight extremes side by side, which compilers turn into lanes. */
static inline void range_of(int64_t *low, int64_t *high, const int64_t *rows,
                            int64_t n) {
    enum { LANES = 8 };
    int64_t least[LANES], most[LANES], i = 0;
    for (int lane = 0; lane < LANES; lane++) {
        least[lane] = *low;
        most[lane] = *high;
    }
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            int64_t x = rows[i + lane];
            least[lane] = x < least[lane] ? x : least[lane];
            most[lane] = x > most[lane] ? x : most[lane];
        }
    for (; i < n; i++) {
        least[0] = rows[i] < least[0] ? rows[i] : least[0];
        most[0] = rows[i] > most[0] ? rows[i] : most[0];
    }
    for (int lane = 0; lane < LANES; lane++) {
        *low = least[lane] < *low ? least[lane] : *low;
        *high = most[lane] > *high ? most[lane] : *high;
    }
}

/* The offset modulo 2^8 is enough: the difference is below 2^8. */
#define NARROW(type)                                                                   \
    do {                                                                               \
        const type *x = rows;                                                          \
        for (int64_t i = 0; i < n; i++)                                                \
            out[i] = (uint8_t)((uint8_t)x[i] - offset);                                \
    } while (0)

static inline void narrow_rows(uint8_t *restrict out, const void *rows, int width,
                               uint8_t offset, int64_t n) {
    if (width == 1)
        NARROW(sdr_any_uint8);
    else if (width == 2)
        NARROW(sdr_any_uint16);
    else if (width == 4)
        NARROW(sdr_any_uint32);
    else
        NARROW(sdr_any_uint64);
}

#define WIDEN(type)                                                                    \
    do {                                                                               \
        const type *x = rows;                                                          \
        for (int64_t i = 0; i < n; i++) {                                              \
            uint64_t index = (uint64_t)(int64_t)x[i] - offset;                         \
            out[i] = (int32_t)(index < domain ? index : domain);                       \
        }                                                                              \
    } while (0)

static inline void widen_rows(int32_t *restrict out, const void *rows, sdr_type type,
                              uint64_t offset, int64_t n_values, int64_t n) {
    uint64_t domain = (uint64_t)n_values;
    switch (type) {
    case SDR_TYPE_INT8:
        WIDEN(sdr_any_int8);
        break;
    case SDR_TYPE_UINT8:
        WIDEN(sdr_any_uint8);
        break;
    case SDR_TYPE_INT16:
        WIDEN(sdr_any_int16);
        break;
    case SDR_TYPE_UINT16:
        WIDEN(sdr_any_uint16);
        break;
    case SDR_TYPE_INT32:
    case SDR_TYPE_DATE32:
        WIDEN(sdr_any_int32);
        break;
    case SDR_TYPE_UINT32:
        WIDEN(sdr_any_uint32);
        break;
    default:
        WIDEN(sdr_any_int64);
    }
}

#undef NARROW
#undef WIDEN

#endif
