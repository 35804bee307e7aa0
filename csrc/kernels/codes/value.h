/* One row at a time: the specification, and the tail of every vector loop. */
#ifndef SDR_KERNELS_CODES_VALUE_H
#define SDR_KERNELS_CODES_VALUE_H

#include "kernels/codes/codes.h"
#include "kernels/prefetch.h"
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

/* Parts of rows, whose memory farther on is asked for first. */
enum { FIT_ROWS = 64 };

#define FIT(type)                                                                      \
    do {                                                                               \
        const type *x = rows;                                                          \
        int64_t i = 0;                                                                 \
        for (; i + FIT_ROWS <= n; i += FIT_ROWS) {                                     \
            for (size_t at = 0; at < FIT_ROWS * sizeof *x; at += SDR_LINE_BYTES)       \
                sdr_prefetch((const char *)(x + i) + at);                              \
            for (int64_t k = i; k < i + FIT_ROWS; k++) {                               \
                uint64_t index = (uint64_t)(int64_t)x[k] - offset;                     \
                out[k] = (uint8_t)index;                                               \
                above |= index;                                                        \
            }                                                                          \
        }                                                                              \
        for (; i < n; i++) {                                                           \
            uint64_t index = (uint64_t)(int64_t)x[i] - offset;                         \
            out[i] = (uint8_t)index;                                                   \
            above |= index;                                                            \
        }                                                                              \
    } while (0)

static inline bool fit_rows(uint8_t *restrict out, const void *rows, sdr_type type,
                            uint64_t offset, int64_t n) {
    uint64_t above = 0;
    switch (type) {
    case SDR_TYPE_INT8:
        FIT(sdr_any_int8);
        break;
    case SDR_TYPE_UINT8:
        FIT(sdr_any_uint8);
        break;
    case SDR_TYPE_INT16:
        FIT(sdr_any_int16);
        break;
    case SDR_TYPE_UINT16:
        FIT(sdr_any_uint16);
        break;
    case SDR_TYPE_INT32:
    case SDR_TYPE_DATE32:
        FIT(sdr_any_int32);
        break;
    case SDR_TYPE_UINT32:
        FIT(sdr_any_uint32);
        break;
    default:
        FIT(sdr_any_int64);
    }
    return above <= UINT8_MAX;
}

/* A number outside of the domain, and NaN, becomes the domain before it is converted:
 * no conversion overflows. */
#define WHOLE(type)                                                                    \
    do {                                                                               \
        const type *x = rows;                                                          \
        for (int64_t i = 0; i < n; i++) {                                              \
            double index = (double)x[i] - offset;                                      \
            double held = index < most ? index : most;                                 \
            held = held >= 0.0 ? held : most;                                          \
            int32_t code = (int32_t)held;                                              \
            out[i] = (double)code == index ? code : (int32_t)domain;                   \
        }                                                                              \
    } while (0)

static inline void whole_rows(int32_t *restrict out, const void *rows, sdr_type type,
                              double offset, int64_t domain, int64_t n) {
    const double most = (double)domain;
    if (type == SDR_TYPE_FLOAT32)
        WHOLE(sdr_any_float);
    else
        WHOLE(sdr_any_double);
}

static inline void count_pairs(int64_t *counts, const uint8_t *a, const uint8_t *b,
                               int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (a[i] < 2 && b[i] < 2) counts[2 * a[i] + b[i]]++;
}

static inline void join_codes(uint8_t *restrict out, const uint8_t *a, const uint8_t *b,
                              int n_a, int n_b, int64_t n) {
    const uint8_t rows = (uint8_t)n_a, columns = (uint8_t)n_b;
    for (int64_t i = 0; i < n; i++) {
        uint8_t cell = (uint8_t)(a[i] * columns + b[i]);
        out[i] = ((a[i] < rows) & (b[i] < columns)) ? cell : UINT8_MAX;
    }
}

static inline void join_wide_codes(int32_t *restrict out, const int32_t *a,
                                   const int32_t *b, int32_t n_a, int32_t n_b,
                                   int64_t n) {
    const uint32_t columns = (uint32_t)n_b;
    const int32_t none = n_a * n_b;
    for (int64_t i = 0; i < n; i++) {
        int32_t cell = (int32_t)((uint32_t)a[i] * columns + (uint32_t)b[i]);
        out[i] = ((a[i] < n_a) & (b[i] < n_b)) ? cell : none;
    }
}

#undef NARROW
#undef WIDEN
#undef FIT
#undef WHOLE

#endif
