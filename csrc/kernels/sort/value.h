/* One key at a time: the specification, and the tail of every vector loop. */
#ifndef SDR_KERNELS_SORT_VALUE_H
#define SDR_KERNELS_SORT_VALUE_H

#include <string.h>

#include "sort.h"

/* Keys that no key is above: infinity, the largest integer. */
#define TOP_f64 UINT64_C(0x7ff0000000000000)
#define TOP_i64 ((sdr_key)INT64_MAX)

/* Streams from memory run this far ahead of loads and stores: from FAR_KEYS on, which
 * with as many of the other buffer leave a second level cache of 1 MB. The address may
 * lie beyond the buffer; a prefetch never faults. */
enum { FAR_KEYS = 1 << 16, AHEAD_BYTES = 4096 };

static inline void prefetch_read(const sdr_key *p, size_t bytes) {
    __builtin_prefetch((const void *)((uintptr_t)p + bytes + AHEAD_BYTES), 0, 3);
}

static inline void prefetch_written(const sdr_key *p, size_t bytes) {
    __builtin_prefetch((const void *)((uintptr_t)p - bytes - AHEAD_BYTES), 1, 3);
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
