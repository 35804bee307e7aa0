/* One key at a time: the specification, and the tail of every vector loop. */
#ifndef SDR_KERNELS_SORT_VALUE_H
#define SDR_KERNELS_SORT_VALUE_H

#include <string.h>

#include "kernels/sort/sort.h"

/* Keys that no key is above: infinity, the largest integer. */
#define TOP_f64 UINT64_C(0x7ff0000000000000)
#define TOP_i64 ((sdr_key)INT64_MAX)

/* Streams from memory run this far ahead of the loads, up or down. The address may lie
 * beyond the buffer; a prefetch never faults. */
enum { AHEAD_BYTES = 4096 };

static inline void prefetch_ahead(const sdr_key *p, bool is_up, size_t bytes) {
    uintptr_t ahead = is_up ? AHEAD_BYTES : (uintptr_t)0 - AHEAD_BYTES;
    __builtin_prefetch((const void *)((uintptr_t)p + bytes + ahead), 1, 3);
}

static inline double double_of(sdr_key key) {
    double value;
    memcpy(&value, &key, sizeof value);
    return value;
}

static inline sdr_key clean_f64(sdr_key key) {
    double value = double_of(key) + 0.0; /* -0.0 becomes 0.0 */
    memcpy(&key, &value, sizeof key);
    return key;
}

static inline sdr_key clean_i64(sdr_key key) {
    return key;
}

static inline bool is_below_f64(sdr_key a, sdr_key b) {
    return double_of(a) < double_of(b);
}

static inline bool is_below_i64(sdr_key a, sdr_key b) {
    return (int64_t)a < (int64_t)b;
}

#define SDR_SORT_VALUES(order)                                                         \
    static inline void split_values_##order(sdr_split *at, const sdr_key *from,        \
                                            int64_t n, sdr_key pivot) {                \
        for (int64_t i = 0; i < n; i++) {                                              \
            sdr_key key = clean_##order(from[i]);                                      \
            bool below = is_below_##order(key, pivot);                                 \
            *at->low = key;                                                            \
            at->high[-1] = key;                                                        \
            at->low += below;                                                          \
            at->high -= !below;                                                        \
        }                                                                              \
    }                                                                                  \
                                                                                       \
    static inline void split_far_values_##order(sdr_far_split *at, int64_t most,       \
                                                sdr_key pivot) {                       \
        (void)most;                                                                    \
        sdr_key rest[SDR_HELD];                                                        \
        while (at->last > at->first) {                                                 \
            int64_t n = at->last - at->first < SDR_HELD / 2 ? at->last - at->first     \
                                                            : SDR_HELD / 2;            \
            bool is_low = at->first - at->to.low <= SDR_HELD / 2;                      \
            memcpy(rest, is_low ? at->first : at->last - n, (size_t)n * sizeof *rest); \
            at->first += is_low ? n : 0;                                               \
            at->last -= is_low ? 0 : n;                                                \
            split_values_##order(&at->to, rest, n, pivot);                             \
        }                                                                              \
        split_values_##order(&at->to, at->held, SDR_HELD, pivot);                      \
    }                                                                                  \
                                                                                       \
    static inline void insert_values_##order(sdr_key *to, const sdr_key *from,         \
                                             int64_t n) {                              \
        for (int64_t i = 0; i < n; i++) {                                              \
            sdr_key key = clean_##order(from[i]);                                      \
            int64_t j = i;                                                             \
            for (; j > 0 && is_below_##order(key, to[j - 1]); j--)                     \
                to[j] = to[j - 1];                                                     \
            to[j] = key;                                                               \
        }                                                                              \
    }

SDR_SORT_VALUES(f64)
SDR_SORT_VALUES(i64)

#endif
