/*
 * Kernel family "sort": the steps of a quicksort that vectors do fast, on 64-bit keys
 * in one of two orders, float64 and int64.
 *
 * A split reads keys once and writes each register whole at both ends, each end
 * counting those that belong to it; no step depends on a branch. In the caches the keys
 * below the pivot go to the front of the memory they came from, the others, from the
 * back, to the same places of a second buffer; beyond them both stay, which costs less
 * memory traffic and more waiting. Few keys are sorted by a network in registers.
 *
 * float64 keys hold no NaN; every step writes -0.0 as 0.0. Sorted keys are a function
 * of the multiset, so every ISA's bits are equal.
 */
#ifndef SDR_KERNELS_SORT_H
#define SDR_KERNELS_SORT_H

#include <stdbool.h>
#include <stdint.h>

/* The bits of a float64 or an int64; may lie in memory that held values. */
typedef uint64_t __attribute__((may_alias)) sdr_key;

/* Where the next keys of a split go: from `low` on, and before `high`. */
typedef struct sdr_split {
    sdr_key *low, *high;
} sdr_split;

/* A split of a range that no cache holds, in place: keys first ... last are not read
 * yet; the SDR_HELD around them, half of them at each end, are held when it begins. */
enum { SDR_HELD = 64 };

typedef struct sdr_far_split {
    sdr_split to;
    const sdr_key *first, *last;
    sdr_key held[SDR_HELD];
} sdr_far_split;

typedef struct sdr_sort_order {
    /* to[0 ... n) = from[0 ... n), ascending; n <= most. `from` may be `to`. */
    void (*few)(sdr_key *to, const sdr_key *from, int64_t n);
    /* Takes n keys, in parts of any size. Room for n at `low`, which may be `from` or
     * lie before it, and for n before `high`. The order within a part is any. */
    void (*split)(sdr_split *at, const sdr_key *from, int64_t n, sdr_key pivot);
    /* Takes `most` keys or a few more; all where first == last after it. Then those
     * below the pivot lie before to.low == to.high, the others behind. */
    void (*split_far)(sdr_far_split *at, int64_t most, sdr_key pivot);
} sdr_sort_order;

typedef struct sdr_sort_kernels {
    sdr_sort_order f64, i64;
    int64_t most;    /* keys of `few` */
    bool is_fastest; /* else a radix sort beats splitting */
} sdr_sort_kernels;

void sdr_sort_fill_scalar(sdr_sort_kernels *kernels);
void sdr_sort_fill_avx2(sdr_sort_kernels *kernels);
void sdr_sort_fill_avx512(sdr_sort_kernels *kernels);

#endif
